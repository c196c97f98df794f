"""Where a prompt would go, kept up to date while it is being written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from attrs import frozen

from aurarouter_gui.state.link import Link
from aurarouter_gui.state.words import Trouble, trouble
from aurarouter_hooks import Decision, Task


@frozen
class Shown:
    """What the preview has to say: a decision, or why there is none; of which task."""

    task: Task
    decision: Decision | None = None
    trouble: Trouble | None = None


class Preview:
    """Asks the kernel again for each change of the task, one question at a time: what is asked meanwhile is asked next.

    Args:
        link: The way to the kernel.
        changed: Told, on the UI's thread, when there is something new to show; None when the task is empty.
        within: Makes of a task what is asked in the end; in a conversation that is more. Runs in the worker's loop.
    """

    def __init__(
        self,
        link: Link,
        changed: Callable[[Shown | None], None],
        within: Callable[[Task], Awaitable[Task]] | None = None,
    ) -> None:
        self._link = link
        self._changed = changed
        self._within = within
        self._asked: Task | None = None
        self._next: Task | None = None
        self.shown: Shown | None = None

    def follow(self, task: Task | None) -> None:
        """Show this task's way from now on; None for nothing."""
        self._next = task
        if task is None:
            self._show(None)
        elif self._asked is None:
            self._ask(task)

    def _ask(self, task: Task) -> None:
        self._asked = task
        self._link.worker.begin(
            self._decided(task),
            lambda decision: self._answered(Shown(task, decision)),
            lambda error: self._answered(Shown(task, trouble=trouble(error))),
        )

    async def _decided(self, task: Task) -> Decision:
        kernel = await self._link.kernel()
        return await kernel.locate_and_decide(await self._within(task) if self._within is not None else task)

    def _answered(self, shown: Shown) -> None:
        asked, self._asked = self._asked, None
        if self._next is None:
            return  # the text was emptied meanwhile
        self._show(shown)
        if self._next is not asked:
            self._ask(self._next)

    def _show(self, shown: Shown | None) -> None:
        self.shown = shown
        self._changed(shown)
