"""The models of the cell: files that it keeps, pushed once and pulled by any node, and files that nodes have."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from attrs import Factory, evolve, frozen

from aurarouter_auragrid.engine.directory import readable
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import GridError, StorageFullError
from aurarouter_auragrid.names import model_key
from aurarouter_auragrid.ports import Piece
from aurarouter_auragrid.storage.source import fetching_from
from aurarouter_auragrid.storage.stored import CHUNK, MOST_CHUNKS, StoredModel, stored_of, to_bytes
from aurarouter_core import Registration, Router, fetch_model, gguf, wanted
from aurarouter_core.footprint import footprint
from aurarouter_core.registration import checked_id
from aurarouter_hooks import AssetError, FetchProgress, Residency

CONTEXT = 4096
"""Tokens that a model gets room for, where it was trained for more."""


@frozen(kw_only=True)
class GridModel:
    """A model that a cell knows.

    Attributes:
        model_id: Its name.
        stored: The file that the cell itself keeps; None when it has none.
        nodes: Nodes that have registered a file under this name; node → bytes.
    """

    model_id: str
    stored: StoredModel | None = None
    nodes: Mapping[str, int] = Factory(dict)


class GridModelStorage:
    """Model files in the cell.

    Args:
        engine: The cell, open.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._storage, self._records = engine.storage, engine.models

    async def models(self) -> tuple[GridModel, ...]:
        """Every model that the cell keeps or a node has, by name.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        kept = {one.model_id: one for one in await self.stored()}
        nodes: dict[str, dict[str, int]] = {}
        for node in await self._engine.membership.nodes():
            for name, size in node.assets.items():
                nodes.setdefault(name, {})[node.name] = size
        return tuple(
            GridModel(model_id=name, stored=kept.get(name), nodes=nodes.get(name, {}))
            for name in sorted(kept.keys() | nodes.keys())
        )

    async def stored(self) -> tuple[StoredModel, ...]:
        """The files that the cell keeps, those that are not complete too, by name.

        Raises:
            CellUnavailableError: The cell does not answer.
        """
        found = readable(await self._records.all(), stored_of)
        return tuple(sorted(found, key=lambda one: one.model_id))

    async def find(self, model_id: str) -> StoredModel:
        """A file that the cell keeps.

        Raises:
            AssetError: It keeps none of this name.
        """
        data = await self._records.get(model_key(model_id))
        if data is None:
            raise AssetError(
                f"the cell keeps no model '{model_id}'", hint="See 'aurarouter grid models list', or push its file."
            )
        return stored_of(data)

    async def push(self, path: Path, model_id: str, progress: FetchProgress) -> StoredModel:
        """Have the cell keep a model's file. What a push that was broken off has left is not sent again.

        Args:
            path: A GGUF file.
            model_id: What every node will call the model.
            progress: Told the bytes so far.

        Raises:
            AssetError: It is no GGUF file in one part, the id can't be used, or another file has it.
            StorageFullError: There is no room for it.
            CellUnavailableError: The cell does not answer.
        """
        name = checked_id(model_id)
        stored = await asyncio.to_thread(_described, path, name)
        known = await self._records.get(model_key(name))
        before = stored_of(known) if known else None
        if before is not None and before.complete and before.sha256 != stored.sha256:
            raise AssetError(
                f"the cell keeps another file as '{name}'",
                hint=f"Take another id, or remove that one first: aurarouter grid models remove {name}",
            )
        have = await self._storage.pieces(stored.sha256)
        await self._check_room(stored, len(have) * CHUNK)
        if before is None or before.sha256 != stored.sha256:
            await self._records.put(model_key(name), to_bytes(stored))
            if before is not None:
                await self._let_go(before)
        with path.open("rb") as file:
            sent = await self._send(file, stored, have, progress)
        arrived = await self._storage.pieces(stored.sha256)
        for piece in arrived - sent:  # of a file that was changed while somebody pushed it
            await self._storage.drop(stored.sha256, piece)
        if sent - arrived:
            raise GridError(
                f"some chunks of '{name}' did not stay in the cell",
                hint="Push the file again: only what is missing goes.",
            )
        stored = evolve(stored, complete=True, stored_at=time.time())
        await self._records.put(model_key(name), to_bytes(stored))
        return stored

    async def _send(
        self, file: IO[bytes], stored: StoredModel, have: frozenset[Piece], progress: FetchProgress
    ) -> frozenset[Piece]:
        """Send what the cell lacks; all chunks of the file."""
        whole, sent = hashlib.sha256(), set[Piece]()

        def taken() -> tuple[bytes, str]:
            data = file.read(CHUNK)
            whole.update(data)
            return data, hashlib.sha256(data).hexdigest()

        for number in range(stored.chunks):
            progress(number * CHUNK, stored.size)
            data, digest = await asyncio.to_thread(taken)
            sent.add((number, digest))
            if (number, digest) not in have:
                await self._storage.store(stored.sha256, number, data)
        if file.read(1) or whole.hexdigest() != stored.sha256:
            raise AssetError(f"{file.name} was changed while it was pushed", hint="Push it again.")
        progress(stored.size, stored.size)
        return frozenset(sent)

    async def _check_room(self, stored: StoredModel, have: int) -> None:
        used, most = await self._storage.room()
        if used + stored.size - have > most:
            raise StorageFullError(
                f"'{stored.model_id}' takes {stored.size / 1e6:.0f} MB, and {used / 1e6:.0f} of the {most / 1e6:.0f} "
                "MB that the cell keeps models in are taken",
                hint="Remove some (aurarouter grid models remove ID), or give the cell more: grid.storage.max_mb.",
            )

    async def pull(
        self, model_id: str, router: Router, progress: FetchProgress, tags: Sequence[str] = ()
    ) -> Registration:
        """Fetch a file that the cell keeps and make it a model of a node, which can be routed to at once.

        Args:
            model_id: The model.
            router: The node's.
            progress: Told the bytes so far.
            tags: Words for the model.

        Raises:
            AssetError: The cell keeps no such model, there is no room, or it can't be registered here.
            ConfigError: Another model has the name here.
            CellUnavailableError: The cell does not answer.
        """
        stored = await self.find(model_id)
        with fetching_from(self._engine):
            goal = await wanted(router, f"{stored.spec.scheme}:{model_id}", model_id)
            return await fetch_model(router, goal, progress, tags)

    async def remove(self, model_id: str) -> StoredModel:
        """Have the cell keep a model's file no longer. Nodes that have pulled it keep theirs.

        Raises:
            AssetError: The cell keeps no such model.
            CellUnavailableError: The cell does not answer.
        """
        stored = await self.find(model_id)
        await self._records.remove(model_key(model_id))
        await self._let_go(stored)
        return stored

    async def _let_go(self, stored: StoredModel) -> None:
        """Remove a file's chunks, unless another model has the same file."""
        if all(one.sha256 != stored.sha256 for one in await self.stored()):
            await self._storage.drop(stored.sha256)


def _described(path: Path, name: str) -> StoredModel:
    header = gguf.read(path)
    if len(gguf.parts(path)) > 1:
        raise AssetError(
            f"{path.name} is one part of several", hint="Make one file of them first: llama-gguf-split --merge"
        )
    if -(-header.file_bytes // CHUNK) > MOST_CHUNKS:
        raise AssetError(f"{path.name} is larger than the {MOST_CHUNKS * CHUNK >> 30} GiB that the cell can keep")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    context = min(header.context_length or CONTEXT, CONTEXT)
    return StoredModel.of(name, header, digest, footprint(header, Residency(context=context)))
