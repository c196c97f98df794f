"""Files of the cell in a stream of chunks, each under its own digest.

The client library's object store can't do this: it stores a file in one go, under a new random name each time, and
tells nobody which parts of it have arrived. Here a chunk's subject says whose it is, its number, and what it must be.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

from nats.errors import Error as NatsError
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from aurarouter_auragrid.engine.connection import Connection, translated
from aurarouter_auragrid.engine.streams import make_stream
from aurarouter_auragrid.errors import CellUnavailableError, GridError, StorageDamagedError, StorageFullError
from aurarouter_auragrid.names import FILE_SUBJECT, FILES
from aurarouter_auragrid.ports import Piece

FULL = {10023, 10047, 10077, 10122}
"""The engine's codes for a stream, or a server, that has no room for more."""


class NatsStorage:
    """Chunks of files; a file is called by its SHA-256.

    Args:
        connection: To the cell.
        most: Bytes that all files may take together; what the cell's first node said counts.
        replicas: Copies of each chunk.
    """

    def __init__(self, connection: Connection, most: int, replicas: int = 1) -> None:
        self._connection, self._most, self._replicas = connection, most, replicas

    async def make(self) -> None:
        """Make the stream where it is missing.

        Raises:
            StorageFullError: The servers may keep too little for it.
        """
        config = StreamConfig(
            name=FILES,
            subjects=[f"{FILE_SUBJECT}.*.*.*"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_msgs_per_subject=1,
            max_bytes=self._most,
            num_replicas=self._replicas,
            allow_direct=True,
        )
        try:
            await make_stream(self._connection, config)
        except GridError as error:
            if getattr(error.__cause__, "err_code", None) not in FULL:
                raise
            with suppress(GridError):
                await self._info()
                return  # it is there; the server looks for room first
            raise StorageFullError(
                f"there is no room for {self._most >> 20} MB of models on the cell's servers",
                hint="Lower grid.storage.max_mb, or raise grid.engine.max_disk_mb.",
            ) from error

    async def room(self) -> tuple[int, int]:
        """Bytes in use, and bytes in all.

        Raises:
            GridError: The cell keeps no files.
        """
        info = await self._info()
        return info.state.bytes, max(0, info.config.max_bytes or 0)

    async def pieces(self, file: str) -> frozenset[Piece]:
        """The chunks that are there."""
        state = (await self._info(f"{FILE_SUBJECT}.{file}.*.*")).state
        found = (subject.rsplit(".", 2)[1:] for subject in state.subjects or {})
        return frozenset((int(number), digest) for number, digest in found if number.isdecimal())

    async def store(self, file: str, number: int, data: bytes) -> None:
        """Store a chunk.

        Raises:
            StorageFullError: There is no room.
            CellUnavailableError: The cell does not answer.
        """
        try:
            with translated("storing a chunk"):
                await self._store(_subject(file, (number, hashlib.sha256(data).hexdigest())), data)
        except CellUnavailableError as error:
            await self._info()  # it answers: so it's not out of reach
            raise CellUnavailableError(
                "the cell answers, but it does not store a chunk",
                hint="The disk of one of its servers may be full; its node's log says so. "
                "Once it has room, push again: only what is missing goes.",
            ) from error

    async def _store(self, subject: str, data: bytes) -> None:
        try:
            await self._connection.js.publish(subject, data)
        except NatsError as error:
            if getattr(error, "err_code", None) not in FULL:
                raise
            raise StorageFullError(
                "the cell has no room for more model files",
                hint="Remove some (aurarouter grid models remove ID), or give the cell more: grid.storage.max_mb.",
            ) from error

    async def fetch(self, file: str, piece: Piece) -> bytes:
        """A chunk as it was stored.

        Raises:
            StorageDamagedError: It is gone, or is not what it was; what is damaged is thrown away.
            CellUnavailableError: The cell does not answer.
        """
        number, digest = piece
        subject = _subject(file, piece)
        with translated("reading a chunk"):
            for direct in (True, False):  # any server may answer at first; in the end the one that leads
                try:
                    data = (await self._connection.js.get_msg(FILES, subject=subject, direct=direct)).data or b""
                except NotFoundError:
                    continue
                if hashlib.sha256(data).hexdigest() == digest:
                    return data
            await self._connection.js.purge_stream(FILES, subject=subject)
        raise StorageDamagedError(
            f"chunk {number} of a file is damaged in the cell", hint="Push the file again: only what is missing goes."
        )

    async def drop(self, file: str, piece: Piece | None = None) -> None:
        """Remove a file's chunks, or one."""
        subject = f"{FILE_SUBJECT}.{file}.*.*" if piece is None else _subject(file, piece)
        with translated("removing chunks"):
            await self._connection.js.purge_stream(FILES, subject=subject)

    async def _info(self, subjects: str | None = None) -> Any:
        with translated(f"asking for {FILES}"):
            try:
                return await self._connection.js.stream_info(FILES, subjects_filter=subjects)
            except NotFoundError as error:
                raise GridError(
                    "the cell keeps no model files",
                    hint="Its first node had no room for them: see grid.storage.max_mb and grid.engine.max_disk_mb.",
                ) from error


def _subject(file: str, piece: Piece) -> str:
    return f"{FILE_SUBJECT}.{file}.{piece[0]}.{piece[1]}"
