"""The workspace: wishes, the preview of where a prompt would go, and the questions that were asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import evolve, field, frozen

from aurarouter_gui.state.link import Link
from aurarouter_gui.state.preview import Preview, Shown
from aurarouter_gui.state.run import Run, told
from aurarouter_gui.state.talk import Fill, Talk
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_gui.state.worker import Job
from aurarouter_hooks import Task


@frozen(kw_only=True)
class Choices:
    """What there is to choose from."""

    intents: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@frozen(kw_only=True)
class Wishes:
    """What the user asks for beside the prompt; None and "auto" leave it to the router."""

    intent: str | None = None
    role: str | None = None
    model: str | None = None
    mode: str = "auto"
    private: bool = False

    def task(self, text: str) -> Task:
        """A task with these wishes."""
        return Task(
            text,
            intent=self.intent,
            role=self.role,
            model=self.model,
            mode=self.mode,  # type: ignore[arg-type]  # the list of choices has no others
            private=self.private,
        )


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread when something has changed."""

    preview: Callable[[Shown | None], None] = field(default=lambda _: None)
    run: Callable[[Run], None] = field(default=lambda _: None)
    fill: Callable[[Fill | None], None] = field(default=lambda _: None)
    choices: Callable[[Choices], None] = field(default=lambda _: None)
    trouble: Callable[[Trouble], None] = field(default=lambda _: None)


class Workspace:
    """What the workspace's view shows. Lives on the UI's thread.

    Attributes:
        text: The prompt as it stands.
        wishes: What is asked for beside it.
        runs: What was asked in this window, oldest first.
        current: What is shown.
        talk: The conversation that questions belong to; None where each stands alone.
    """

    def __init__(self, link: Link, listeners: Listeners) -> None:
        self._link = link
        self._told = listeners
        self.preview = Preview(link, listeners.preview, self._within)
        self.text = ""
        self.wishes = Wishes()
        self.choices = Choices()
        self.runs: list[Run] = []
        self.current: Run | None = None
        self.talk: Talk | None = None
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """An answer is on its way."""
        return self.current is not None and self.current.state == "running"

    # What the user does

    def write(self, text: str) -> None:
        """The prompt has changed."""
        self.text = text
        self._look()

    def wish(self, **changes: Any) -> None:
        """A wish has changed: `intent`, `role`, `model`, `mode`, `private`."""
        self.wishes = evolve(self.wishes, **changes)
        self._look()

    def converse(self, on: bool) -> None:
        """Begin a conversation, or end it: what was said stays kept."""
        self.talk = Talk(self._link) if on else None
        self._fill()
        self._look()

    def _task(self) -> Task:
        task = self.wishes.task(self.text)
        return evolve(task, mode="direct") if self.talk is not None else task

    async def _within(self, task: Task) -> Task:
        talk = self.talk
        return await talk.asked(task) if talk is not None else task

    def _look(self) -> None:
        self.preview.follow(self._task() if self.text.strip() else None)

    def _fill(self) -> None:
        if self.talk is None:
            self._told.fill(None)
        else:
            self._link.worker.begin(self.talk.fill(), self._told.fill, lambda error: self._told.trouble(trouble(error)))

    def send(self) -> Run | None:
        """Ask; None when there is nothing to ask, or an answer is still on its way."""
        if self.busy or not self.text.strip():
            return None
        run = Run(self._task())
        if self.preview.shown is not None and self.preview.shown.decision is not None:
            run.graph.analysed(self.preview.shown.decision)
        self.runs.append(run)
        self.current = run

        def failed(error: BaseException) -> None:
            run.fail(error)
            changed()

        def changed() -> None:
            self._told.run(run)
            if run.state != "running" and self.talk is not None:
                self._fill()
                self._look()  # what is written by now comes after more, which may be private

        ask = self.talk.say if self.talk is not None else None
        self._job = self._link.worker.begin(told(self._link, run, changed, ask), failed=failed)
        self._told.run(run)
        return run

    def cancel(self) -> bool:
        """Stop the answer that is on its way; False when none is."""
        if not self.busy or self.current is None or self._job is None:
            return False
        self._job.cancel()
        self.current.stop()
        self._told.run(self.current)
        return True

    def show(self, run: Run) -> None:
        """Look at an earlier question again."""
        self.current = run
        self._told.run(run)

    # What there is to choose from

    def refresh(self) -> None:
        """Ask the kernel which models, roles and intents there are."""

        def came(choices: Choices) -> None:
            self.choices = choices
            self._told.choices(choices)

        self._link.worker.begin(self._offered(), came, lambda error: self._told.trouble(trouble(error)))

    async def _offered(self) -> Choices:
        kernel = await self._link.kernel()
        config = await self._link.config()
        intents: Sequence[str] = await kernel.intents()
        return Choices(intents=tuple(intents), roles=tuple(config.roles), models=tuple(await kernel.models()))
