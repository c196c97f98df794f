"""A small file that says who writes, and how much they were handed: so that even a killed process's loss is known."""

from __future__ import annotations

import logging
import math
import mmap
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import field, frozen

from aurarouter_core.home import private_folder
from aurarouter_core.lock import take_lock
from aurarouter_hooks import AuraRouterError

log = logging.getLogger(__name__)
FORM = struct.Struct("<8xqqd")
"""A byte to lock, then records handed over, process id, start in Unix time."""
STRAY = 3600.0
"""Seconds after which a file that never got its name is litter."""


@frozen
class Left:
    """A process that ended without closing: it was handed this many records."""

    id: str
    pid: int
    started: float
    handed: int


@frozen
class Presence:
    """One writer's file, locked while its process lives. The count in it is shared memory, which survives a kill."""

    path: Path
    _handle: int
    _memory: mmap.mmap
    handed: memoryview = field(repr=False)

    @classmethod
    def begin(cls, folder: Path) -> Presence | None:
        """Show that this process writes; None where that can't be shown."""
        path = folder / f"{os.getpid()}-{os.urandom(8).hex()}"
        new = path.with_name(f".{path.name}")  # it gets its name once it is locked: until then it looks abandoned
        try:
            private_folder(folder)
            handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except (OSError, AuraRouterError) as error:
            log.debug("%s can't be made: %s", path, error)
            return None
        try:
            take_lock(handle)
            os.write(handle, FORM.pack(0, os.getpid(), time.time()))
            memory = mmap.mmap(handle, FORM.size)
            new.rename(path)
        except (OSError, ValueError) as error:
            log.debug("%s can't be kept: %s", path, error)
            os.close(handle)
            new.unlink(missing_ok=True)
            return None
        return cls(path, handle, memory, memoryview(memory)[8:16].cast("q"))

    @property
    def id(self) -> str:
        """A name that no other writer has had."""
        return self.path.name

    def end(self, *, settled: bool) -> None:
        """Give up the lock. The file goes when all is settled; else the next one to open counts what is missing."""
        self.handed.release()
        self._memory.close()
        os.close(self._handle)
        if settled:
            self.path.unlink(missing_ok=True)


@contextmanager
def left_behind(folder: Path) -> Iterator[list[Left]]:
    """Those whose process is gone. Their files are ours meanwhile, and go when the block ends without an error."""
    handles: dict[Path, int] = {}
    left: list[Left] = []
    try:
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name.startswith("."):
                _clear(path)
                continue
            handle = os.open(path, os.O_RDWR)
            handles[path] = handle
            if not take_lock(handle):
                os.close(handles.pop(path))
                continue
            data = os.read(handle, FORM.size)
            handed, pid, started = FORM.unpack(data) if len(data) == FORM.size else (-1, 0, 0.0)
            if handed >= 0 and math.isfinite(started):
                left.append(Left(path.name, pid, started, handed))
        yield left
    except BaseException:
        for handle in handles.values():
            os.close(handle)
        raise
    for path, handle in handles.items():
        os.close(handle)
        path.unlink(missing_ok=True)


def _clear(path: Path) -> None:
    if time.time() - path.stat().st_mtime > STRAY:
        path.unlink(missing_ok=True)
