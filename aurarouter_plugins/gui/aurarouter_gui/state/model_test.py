"""One small prompt to one model, for real."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from typing import Literal

from attrs import evolve, frozen

from aurarouter_gui.state.link import Link
from aurarouter_gui.state.words import Trouble, money, seconds, tokens, trouble, trouble_of
from aurarouter_gui.state.worker import Job
from aurarouter_hooks import Done, Progress, Task

PROMPT = "Answer with one word: what colour is the sky?"
MOST_TOKENS = 32


@frozen(kw_only=True)
class Outcome:
    """How a test stands.

    Attributes:
        text: What the model answered.
        about: How long it took, and what it used.
    """

    model: str
    state: Literal["running", "answered", "failed"] = "running"
    progress: str = ""
    text: str = ""
    about: str = ""
    trouble: Trouble | None = None


class ModelTest:
    """Tests one model at a time.

    Args:
        link: The way to the kernel.
        changed: Told, on the UI's thread, how the test stands.
    """

    def __init__(self, link: Link, changed: Callable[[Outcome], None]) -> None:
        self._link = link
        self._changed = changed
        self._job: Job | None = None
        self.outcome: Outcome | None = None

    @property
    def running(self) -> bool:
        """A model is being asked."""
        return self.outcome is not None and self.outcome.state == "running"

    def begin(self, model: str) -> None:
        """Ask this model; it may cost money. What failed before is forgiven."""
        if self.running:
            return
        self._tell(Outcome(model=model))

        def failed(error: BaseException) -> None:
            self._tell(Outcome(model=model, state="failed", trouble=trouble(error)))

        self._job = self._link.worker.begin(self._asked(model), self._tell, failed)

    def cancel(self) -> bool:
        """Stop; False when nothing runs."""
        if not self.running or self.outcome is None or self._job is None:
            return False
        self._job.cancel()
        self._tell(Outcome(model=self.outcome.model, state="failed", trouble=Trouble(what="the test was stopped")))
        return True

    async def _asked(self, model: str) -> Outcome:
        kernel = await self._link.kernel()
        await kernel.excuse(model)
        task = Task(PROMPT, model=model, mode="direct", parameters={"max_tokens": MOST_TOKENS})
        async with aclosing(kernel.stream(task)) as events:
            async for event in events:
                if isinstance(event, Progress):
                    share = f" {event.fraction:.0%}" if event.fraction is not None else ""
                    now = Outcome(model=model, progress=f"{event.what}{share}")
                    self._link.worker.mailbox.post(lambda now=now: self._on_the_way(now))  # type: ignore[misc]
                elif isinstance(event, Done):
                    return _told(model, event)
        return Outcome(
            model=model, state="failed", trouble=Trouble(what="a middleware ended the task without an answer")
        )

    def _on_the_way(self, now: Outcome) -> None:
        if self.running:
            self._tell(now)

    def _tell(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._changed(outcome)


def _told(model: str, done: Done) -> Outcome:
    trace = done.trace
    about = [f"answered within {seconds(trace.seconds)}", f"tokens: {tokens(trace.usage)}", money(trace.cost)]
    found = Outcome(model=model, state="answered", text=done.text.strip(), about="  ·  ".join(filter(None, about)))
    if done.complete:
        return found
    return evolve(found, state="failed", trouble=trouble_of(trace.error) if trace.error else Trouble(what="incomplete"))
