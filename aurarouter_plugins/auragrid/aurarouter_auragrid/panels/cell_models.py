"""The models of the cell in the window: listed, pushed from this machine, pulled to it and removed; no Qt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen

from aurarouter_auragrid.node.control import tell_own_node
from aurarouter_auragrid.panels.entering import cell_of
from aurarouter_auragrid.storage.model_storage import GridModel, GridModelStorage
from aurarouter_core import Router
from aurarouter_gui.state.amending import taken_up
from aurarouter_gui.state.transfer import Progress, Transfer
from aurarouter_hooks import FetchProgress


@frozen(kw_only=True)
class Listeners:
    """Told on the UI's thread."""

    listed: Callable[[Sequence[GridModel]], None]
    progress: Callable[[Progress], None]
    failed: Callable[[BaseException], None]
    removed: Callable[[str], None]
    kept: Callable[[BaseException], None]


class CellModels:
    """What the cell keeps, and what its nodes have.

    Args:
        link: The window's way to its worker and its configuration.
        router: Makes a router on the configuration as it is now.
        listeners: Who is told.

    Attributes:
        transfer: The file that is on its way to the cell or from it.
        busy: The cell is being asked what there is.
    """

    def __init__(self, link: Any, router: Callable[[], Awaitable[Router]], listeners: Listeners) -> None:
        self._link, self._router, self._told = link, router, listeners
        self.transfer = Transfer(link.worker, self._went_on)
        self.busy = False

    def look(self) -> None:
        """See what there is; nothing while that is being done."""
        if self.busy or self._link.worker.loop.is_closed():
            return
        self.busy = True

        def came(found: Sequence[GridModel]) -> None:
            self.busy = False
            self._told.listed(found)

        def failed(error: BaseException) -> None:
            self.busy = False
            self._told.failed(error)

        self._link.worker.begin(self._looked(), came, failed)

    async def _looked(self) -> Sequence[GridModel]:
        async with await cell_of(self._link) as engine:
            return await GridModelStorage(engine).models()

    def push(self, path: Path, name: str) -> None:
        """Have the cell keep a file of this machine; what it has of it already is not sent again."""
        self.transfer.begin(f"{path.name} to the cell, as {name}", partial(self._pushed, path, name), place="there")

    async def _pushed(self, path: Path, name: str, progress: FetchProgress) -> str:
        async with await cell_of(self._link) as engine:
            stored = await GridModelStorage(engine).push(path, name, progress)
        return f"{name} is in the cell: {stored.size / 1e6:,.1f} MB"

    def pull(self, name: str) -> None:
        """Bring a model of the cell to this machine, and make it a model here."""
        self.transfer.begin(f"{name} from the cell", partial(self._pulled, name))

    async def _pulled(self, name: str, progress: FetchProgress) -> str:
        async with await cell_of(self._link) as engine:
            done = await GridModelStorage(engine).pull(name, await self._router(), progress)
            await tell_own_node(engine)
        await taken_up(self._link)
        return f"{done.model_id} is ready here; no role uses it yet"

    def remove(self, name: str) -> None:
        """Have the cell keep a model's file no longer; nodes that have it keep theirs."""

        def gone(_: object) -> None:
            self._told.removed(name)
            self.look()

        self._link.worker.begin(self._removed(name), gone, self._told.kept)

    async def _removed(self, name: str) -> None:
        async with await cell_of(self._link) as engine:
            await GridModelStorage(engine).remove(name)

    def _went_on(self, progress: Progress) -> None:
        self._told.progress(progress)
        if progress.state != "running":
            self.look()
