"""Small files that several processes write: a lock while one is changed, and a new version all at once."""

from __future__ import annotations

import logging
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aurarouter_core.home import private_folder
from aurarouter_core.lock import take_lock
from aurarouter_hooks import ConfigError

log = logging.getLogger(__name__)
PATIENCE = 10.0
"""Seconds to wait for another process that holds the lock."""
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file, which need not exist yet, against all processes and threads that ask for it.

    The kernel gives it back when a process dies. One lock covers all files of a folder, so that asking for a second
    one there while holding the first waits in vain.

    Raises:
        ConfigError: Somebody else holds it for more than `PATIENCE` seconds, or its folder can't be opened.
        AuraRouterError: Its folder is missing and can't be made.
    """
    import random

    folder = private_folder(_target(path).parent)
    try:
        handle = _open_lock(folder)
    except OSError as error:
        raise _problem(folder, "opened", error) from error
    try:
        end = time.monotonic() + PATIENCE
        while not take_lock(handle):
            if time.monotonic() > end:
                raise ConfigError(
                    f"another process has been changing files in {folder} for {PATIENCE:.0f} seconds",
                    hint="Wait until it is done, or end it, and try again.",
                )
            time.sleep(random.uniform(0.001, 0.02))  # noqa: S311 - so that two that wait don't stay in step
        yield
    finally:
        os.close(handle)  # gives it back


def replace_file(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Write a file so that whoever reads it sees the old content or the new, never a part. Call it inside `locked`.

    Args:
        path: The file; a link is followed and stays.
        data: Its new content.
        mode: Its permissions; None keeps those it has, 0o600 for a new one.

    Raises:
        ConfigError: It can't be written; the old content is untouched.
    """
    target = _target(path)
    new = target.with_name(f".{target.name}.new")  # one name for all: what a killed process left is found again
    try:
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                _like(target, file.fileno(), mode)
                file.flush()
                os.fsync(file.fileno())
            new.replace(target)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        _settle(target.parent)
    except OSError as error:
        raise _problem(path, "written", error) from error


def _target(path: Path) -> Path:
    """The file that a path means in the end, links followed."""
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # a link that leads to itself
        raise ConfigError(f"{path} can't be resolved: {error}", hint="Correct the links on its way.") from error


def _problem(path: Path, done: str, error: OSError) -> ConfigError:
    return ConfigError(
        f"{path} can't be {done}: {error.strerror or error}",
        hint="Check the permissions of the file and its folder, and the room on the disk. Nothing was changed.",
    )


def _like(target: Path, handle: int, mode: int | None) -> None:
    """Give the new file the permissions of the old one, and its owner where we may.

    Raises:
        PermissionError: The old one is write-protected; a new one in its place would make nothing of that.
    """
    try:
        old = target.stat()
    except FileNotFoundError:
        old = None
    if old and not os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(0, "it is write-protected")
    if sys.platform != "win32":
        mine = os.fstat(handle)
        if old and (old.st_uid, old.st_gid) != (mine.st_uid, mine.st_gid):
            try:
                os.fchown(handle, old.st_uid, old.st_gid)
            except PermissionError as error:
                log.debug("%s changes its owner: %s", target, error)
        os.fchmod(handle, mode if mode is not None else stat.S_IMODE(old.st_mode) if old else 0o600)


def _settle(folder: Path) -> None:
    """Have the disk keep a new name. The file is in place already, so a disk that can't is no reason to fail."""
    if sys.platform == "win32":
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        log.debug("%s can't be synchronised: %s", folder, error)


def _open_lock(folder: Path) -> int:
    """What the lock is taken on: the folder itself, or a file in it where folders have no locks (Windows, NFS)."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            take_lock(handle)
            return handle
        except OSError as error:
            os.close(handle)
            log.debug("%s can't be locked, a file in it is: %s", folder, error)
    return os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | _NO_LINKS, 0o600)
