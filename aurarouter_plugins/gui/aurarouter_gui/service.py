"""What a service of this machine is, to whoever looks after it in the window. No Qt here, and no kernel at import.

A plugin brings services by the hook `gui_services`. One that is a command of `aurarouter` is a `state.child.Child`;
anything else overrides `Service`. All methods run in the worker's loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

if TYPE_CHECKING:
    from aurarouter_gui.state.link import Link

Deed = Literal["start", "pause", "resume", "stop"]
State = Literal["stopped", "starting", "running", "paused", "stopping", "failed", "elsewhere"]
DEEDS: tuple[Deed, ...] = ("start", "pause", "resume", "stop")


@frozen(kw_only=True)
class Condition:
    """How a service is.

    Attributes:
        state: "failed": it ended by itself, or did not start. "elsewhere": it runs, and was not started here.
        words: Where it is to be found, what it does, or why it can't be used.
        log: The last lines that it said; "" where nothing is to be said about them.
        can: What may be asked of it now.
    """

    state: State = "stopped"
    words: str = ""
    log: str = field(default="", repr=False)
    can: frozenset[Deed] = frozenset()


class Service:
    """Override what there is to do. Each deed ends once it is done, or raises an `AuraRouterError`.

    Attributes:
        id: Its name in programs: [a-z_]+.
        title: One or two words for people.
        tip: What it is for, in a sentence.
        order: Where it stands in the list.
        owned: It runs as a child of the window, and ends with it.
    """

    id = ""
    title = ""
    tip = ""
    order = 50
    owned = False

    def begin(self, link: Link, changed: Callable[[], None]) -> None:
        """Called once, before anything else.

        Args:
            link: The way to the kernel; it knows the configuration file.
            changed: To be called, from the worker's loop, when the condition may have changed.
        """

    async def look(self) -> Condition:
        """How it is now. Asked again and again."""
        return Condition()

    async def start(self) -> None:
        """Have it run."""

    async def pause(self) -> None:
        """Have it refuse new work; what runs goes on."""

    async def resume(self) -> None:
        """Have it take work again."""

    async def stop(self) -> None:
        """End it."""

    async def aclose(self) -> None:
        """The window closes."""
