"""The cell as a place that the kernel fetches model files from: the scheme `grid`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from aurarouter_auragrid.cell import Cell, find_cell
from aurarouter_auragrid.errors import GridError
from aurarouter_core import Home, Plugins, load_config
from aurarouter_hooks import AssetError, AssetSource, AssetSpec, FetchProgress

if TYPE_CHECKING:
    from aurarouter_auragrid.engine.engine import Engine

_engine: ContextVar[Engine | None] = ContextVar("engine", default=None)


@contextmanager
def fetching_from(engine: Engine) -> Iterator[None]:
    """Fetch from this cell inside the block, over the connection that is there."""
    before = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(before)


class GridSource(AssetSource):
    """Fetches files that the cell keeps; a location is a model's id there."""

    async def fetch(self, spec: AssetSpec, folder: Path, progress: FetchProgress) -> Path:
        """Put the file into `folder`, verified, whole or not at all.

        Raises:
            AssetError: It could not be fetched, or the cell has another file of this name by now.
        """
        from aurarouter_auragrid.storage.model_storage import GridModelStorage
        from aurarouter_auragrid.storage.part import arrive

        async with _cell(spec.location) as engine:
            stored = await GridModelStorage(engine).find(spec.location)
            if spec.sha256 and spec.sha256.lower() != stored.sha256:
                raise AssetError(
                    f"the cell keeps another file as '{spec.location}' by now",
                    hint="Take the model out of the configuration, and pull it again.",
                )
            path = await arrive(engine.storage, stored, folder, progress)
        if spec.file in ("", path.name):
            return path
        return await asyncio.to_thread(path.replace, folder / spec.file)

    async def files(self, location: str) -> Sequence[AssetSpec]:
        """The file that the cell keeps under this id."""
        from aurarouter_auragrid.storage.model_storage import GridModelStorage

        async with _cell(location) as engine:
            return [(await GridModelStorage(engine).find(location)).spec]


@asynccontextmanager
async def _cell(model_id: str) -> AsyncIterator[Engine]:
    """The cell, and its errors as a source's.

    Raises:
        AssetError: Something about the cell.
    """
    from aurarouter_auragrid.engine.engine import Engine

    try:
        known = _engine.get()
        if known is not None:
            yield known
            return
        async with Engine(await asyncio.to_thread(_found)) as engine:
            yield engine
    except GridError as error:
        raise AssetError(f"fetching '{model_id}' from the cell: {error}", hint=error.hint) from error


def _found() -> Cell:
    return find_cell(home=Home.of(), grid=load_config(Plugins()).sections["grid"])
