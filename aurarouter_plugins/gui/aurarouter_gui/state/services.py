"""The services of this machine: how each is, and what is asked of it. They outlive any panel of the window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from aurarouter_core import Plugins
from aurarouter_gui.service import Condition, Deed, Service
from aurarouter_gui.state.engine_service import EngineService
from aurarouter_gui.state.link import Link
from aurarouter_gui.state.words import Trouble, sentence, trouble


class Services:
    """Lives on the UI's thread; services themselves live in the worker's loop.

    Args:
        link: The way to the kernel.
        plugins: They bring services.

    Attributes:
        all: In the order in which they are shown.
        conditions: Service → how it was when last looked at.
        troubles: Service → why the last deed failed; one that did not has none.
        busy: Services of which something is being asked.
        heard: Told, on the UI's thread, when any of these has changed.
    """

    def __init__(self, link: Link, plugins: Plugins) -> None:
        self._link = link
        brought = [one for answer in plugins.call_hook("gui_services") for one in answer]
        self.all: list[Service] = sorted([EngineService(), *brought], key=lambda one: (one.order, one.title))
        self.conditions: dict[str, Condition] = {}
        self.troubles: dict[str, Trouble] = {}
        self.busy: set[str] = set()
        self.heard: list[Callable[[], None]] = []
        self._looking = self._again = False
        for one in self.all:
            one.begin(link, lambda: link.worker.mailbox.post(self.look))

    @property
    def owned(self) -> list[str]:
        """Titles of those that run, and would end with the window."""
        runs = ("starting", "running", "paused", "stopping")
        return [one.title for one in self.all if one.owned and self._state(one) in runs]

    def _state(self, one: Service) -> str:
        return self.conditions.get(one.id, Condition()).state

    def look(self) -> None:
        """See how they are; once more where something changes meanwhile."""
        if self._looking or self._link.worker.loop.is_closed():
            self._again = True
            return
        self._looking = True

        def came(found: Mapping[str, Condition]) -> None:
            self._looking = False
            self.conditions.update(found)
            self._tell()
            if self._again:
                self._again = False
                self.look()

        self._link.worker.begin(self._looked(), came, lambda _: None, lasting=True)

    async def _looked(self) -> Mapping[str, Condition]:
        found = await asyncio.gather(*(one.look() for one in self.all), return_exceptions=True)
        return {one.id: _condition(condition) for one, condition in zip(self.all, found, strict=True)}

    def ask(self, name: str, deed: Deed) -> None:
        """Have a service do something."""
        one = next(one for one in self.all if one.id == name)
        if name in self.busy:
            return
        self.busy.add(name)
        self.troubles.pop(name, None)
        self._tell()

        def ended(error: BaseException | None) -> None:
            self.busy.discard(name)
            if error is not None:
                self.troubles[name] = trouble(error)
            self._tell()
            self.look()

        work: Coroutine[Any, Any, None] = getattr(one, deed)()
        self._link.worker.begin(work, lambda _: ended(None), ended, lasting=True)
        self.look()

    def _tell(self) -> None:
        for hearer in self.heard:
            hearer()

    async def aclose(self) -> None:
        """The window closes."""
        await asyncio.gather(*(one.aclose() for one in self.all))


def _condition(found: Condition | BaseException) -> Condition:
    if isinstance(found, Condition):
        return found
    said = trouble(found)
    return Condition(state="failed", words=" ".join(map(sentence, filter(None, (said.what, said.next)))))
