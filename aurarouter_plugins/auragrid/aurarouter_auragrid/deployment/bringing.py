"""Brings a model to this node, ready to answer, and takes it away again once nobody uses it."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.storage.model_storage import GridModelStorage
from aurarouter_auragrid.storage.stored import StoredModel
from aurarouter_core import AssetRegistry, Router
from aurarouter_core.downloads import Downloads
from aurarouter_core.free_memory import free_memory
from aurarouter_core.sources import LOADS_FILES
from aurarouter_hooks import AssetError, AuraRouterError

log = logging.getLogger(__name__)
TAG = "deployed"
"""Marks a model that the cell has brought here, and may take away; what the user has registered stays."""
LOADING = 600.0
LINGER = 5.0
"""Seconds in which other nodes notice that a model is about to leave, and ask for it elsewhere."""
LOOK = 0.5


class Bringing:
    """This node's models, as far as the cell brings them.

    Args:
        engine: The cell.
        router: The node's.
    """

    def __init__(self, engine: Engine, router: Router) -> None:
        self._router = router
        self._storage = GridModelStorage(engine)

    @property
    def capacity(self) -> int:
        """Bytes that models may take here together: what is allowed, and what is really there."""
        memory, free = self._router.pool.memory, free_memory()
        amounts = (memory.allowed(), None if free is None else free + memory.reserved)
        return min((amount for amount in amounts if amount is not None), default=0)

    def brought(self) -> frozenset[str]:
        """Models that the cell has brought here."""
        models = self._router.snapshot.config.models
        return frozenset(name for name, entry in models.items() if TAG in entry.tags)

    async def fetch(self, stored: StoredModel, progress: Callable[[float], None]) -> None:
        """Have the file here, as a model that can be routed to.

        Raises:
            AuraRouterError: It can't be had.
        """
        if LOADS_FILES not in self._router.plugins.providers:
            raise AssetError(f"nothing installed there loads model files (the provider '{LOADS_FILES}')")
        entry = self._router.snapshot.config.models.get(stored.model_id)
        path = self._router.pool.file(entry) if entry else None
        if path is not None and await asyncio.to_thread(_is, path, stored):
            return
        await self._storage.pull(
            stored.model_id, self._router, lambda done, size: progress(done / size if size else 0.0), [TAG]
        )

    async def load(self, model_id: str, fits: Callable[[int], bool]) -> None:
        """Have the model in memory.

        Args:
            model_id: The model, configured.
            fits: Told what it really takes here; says whether there is that much.

        Raises:
            AuraRouterError: It can't be loaded, or doesn't fit.
        """
        snapshot, pool = self._router.snapshot, self._router.pool
        loan = pool.borrow(snapshot.models[model_id], snapshot.config.models[model_id], snapshot.plugins)
        until = asyncio.get_running_loop().time() + LOADING
        async with loan as provider:
            if not fits(provider.model.memory or 0):
                raise AssetError(f"it takes {(provider.model.memory or 0) / 1e6:.0f} MB there, which are not free")
            async for _ in loan.room(until):
                pass
            async with asyncio.timeout_at(until):
                await provider.load()

    async def take_away(self, model_id: str) -> None:
        """Take a model away that the cell has brought; running requests end first. What is the user's stays.

        Raises:
            AuraRouterError: It can't be taken out of the configuration, which then keeps it.
        """
        await asyncio.sleep(LINGER)
        entry = self._router.snapshot.config.models.get(model_id)
        if entry is None or TAG not in entry.tags:
            return
        path = self._router.pool.file(entry)
        await AssetRegistry(self._router).unregister_asset(model_id)
        while self._router.pool.memory.holds(model_id):  # noqa: ASYNC110 - nobody tells that its last request is done
            await asyncio.sleep(LOOK)
        if path is not None:
            downloads = Downloads(self._router.home.models)
            if await asyncio.to_thread(downloads.of, path) is not None:
                await asyncio.to_thread(downloads.delete, path)


def _is(path: Path, stored: StoredModel) -> bool:
    """The file is the one that the cell keeps."""
    try:
        if path.stat().st_size != stored.size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == stored.sha256
    except OSError as error:
        log.warning("%s can't be read: %s", path, error)
        return False


def words(error: BaseException) -> str:
    """Why a model can't be had, for the cell to know."""
    if isinstance(error, AuraRouterError):
        return str(error)
    return f"{type(error).__name__} (see the node's log)"
