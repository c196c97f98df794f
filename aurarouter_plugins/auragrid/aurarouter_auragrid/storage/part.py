"""A model file while it arrives: chunk by chunk under a hidden name; it gets its own once all of it is verified."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from aurarouter_auragrid.errors import StorageDamagedError
from aurarouter_auragrid.ports import Storage
from aurarouter_auragrid.storage.stored import CHUNK, StoredModel
from aurarouter_core import take_lock
from aurarouter_core.home import private_folder
from aurarouter_hooks import AssetError, FetchProgress

PARTS = ".parts"
SPARE = 64 << 20
"""Bytes that are left free on the disk."""


async def arrive(storage: Storage, stored: StoredModel, folder: Path, progress: FetchProgress) -> Path:
    """Put a file of the cell into a folder, verified, whole or not at all.

    What came before a failure is kept and checked chunk by chunk, so the next call goes on there.

    Raises:
        AssetError: There's no room, or another process fetches it.
        StorageDamagedError: What the cell keeps is not what was pushed.
        CellUnavailableError: The cell does not answer.
    """
    digests = await _digests(storage, stored)
    part = private_folder(folder / PARTS) / f"grid-{stored.sha256}"
    try:
        with _held(part, stored) as file:
            whole = hashlib.sha256()
            have = await asyncio.to_thread(_kept, file, digests, whole)
            _check_room(stored, have * CHUNK, folder)
            for number in range(have, stored.chunks):
                progress(number * CHUNK, stored.size)
                data = await storage.fetch(stored.sha256, (number, digests[number]))
                await asyncio.to_thread(_append, file, data, whole)
            progress(stored.size, stored.size)
            if file.tell() != stored.size or whole.hexdigest() != stored.sha256:
                file.truncate(0)
                raise StorageDamagedError(
                    f"the file of '{stored.model_id}' is not what its record says",
                    hint=f"Remove it and push it again: aurarouter grid models remove {stored.model_id}",
                )
            return await asyncio.to_thread(_published, file, part, folder / stored.file)
    except OSError as error:
        raise AssetError(
            f"can't write {stored.file} into {folder}: {error.strerror or error}",
            hint="Free some space or correct the folder's permissions, then pull again: it goes on where it stopped.",
        ) from error


async def _digests(storage: Storage, stored: StoredModel) -> dict[int, str]:
    digests = dict(await storage.pieces(stored.sha256))
    missing = [number for number in range(stored.chunks) if number not in digests]
    if missing or not stored.complete:
        raise StorageDamagedError(
            f"{len(missing)} of {stored.chunks} chunks of '{stored.model_id}' are not in the cell",
            hint="Push the file again: only what is missing goes.",
        )
    return digests


@contextmanager
def _held(part: Path, stored: StoredModel) -> Iterator[IO[bytes]]:
    """The part, open at its end; no other process writes it meanwhile."""
    with part.open("a+b") as file:
        if not take_lock(file.fileno()) or not part.exists() or part.stat().st_ino != os.fstat(file.fileno()).st_ino:
            raise AssetError(f"another process is fetching {stored.file}", hint="Wait until it is done.")
        yield file


def _kept(file: IO[bytes], digests: dict[int, str], whole: hashlib._Hash) -> int:
    """How many whole chunks came before, each checked; the rest is cut off."""
    file.seek(0)
    number = 0
    while number in digests:
        data = file.read(CHUNK)
        if hashlib.sha256(data).hexdigest() != digests[number]:
            break
        whole.update(data)
        number += 1
    size = min(file.seek(0, os.SEEK_END), number * CHUNK)
    file.truncate(size)
    file.seek(size)
    return number


def _append(file: IO[bytes], data: bytes, whole: hashlib._Hash) -> None:
    file.write(data)
    file.flush()
    whole.update(data)


def _check_room(stored: StoredModel, have: int, folder: Path) -> None:
    free, needed = shutil.disk_usage(folder).free, max(0, stored.size - have)
    if free < needed + SPARE:
        raise AssetError(
            f"fetching {stored.file} takes another {needed / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free",
            hint=f"Free some space under {folder.parent}, then pull again.",
        )


def _published(file: IO[bytes], part: Path, target: Path) -> Path:
    os.fsync(file.fileno())
    part.replace(target)
    if os.name == "posix":  # the rename itself must survive a power cut
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return target
