"""An engine's folder: its lock, which says who it is, its socket and its log."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import asdict, frozen

from aurarouter_core.home import Home, private_folder
from aurarouter_core.lock import take_lock
from aurarouter_core.room import unusable
from aurarouter_hooks import AuraRouterError, DaemonError

LONGEST = 100
"""Characters of a socket's path: what every system has room for."""
BOOT = Path("/proc/sys/kernel/random/boot_id")
FOLDER = "engines"


@frozen
class Process:
    """A process so that no other can be taken for it: numbers are used again, after a restart of the machine too.

    Attributes:
        started: When, in the system's own count; 0 where it can't be told.
        boot: The machine's start that it belongs to; empty where it can't be told.
    """

    pid: int
    started: int = 0
    boot: str = ""

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this number now; None when nobody has."""
        if not BOOT.exists():
            return cls(pid)
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return cls(pid, int(fields[19]), BOOT.read_text(encoding="ascii").strip())


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """While one of an engine's files is opened or written.

    Raises:
        AuraRouterError: The system refuses: the disk is full, the permissions are wrong …
    """
    try:
        yield
    except OSError as error:
        raise unusable(f"the shared engine's {path} can't be written", path, error) from error


@frozen
class Place:
    """Where one engine's files are; readable by this user alone."""

    folder: Path

    @classmethod
    def of(cls, home: Home, key: str) -> Place:
        """That of the configuration with this key."""
        return cls(home.root / FOLDER / key)

    @classmethod
    def all(cls, home: Home) -> list[Place]:
        """Every place where an engine has been."""
        folder = home.root / FOLDER
        return [cls(place) for place in sorted(folder.iterdir())] if folder.is_dir() else []

    @property
    def lock(self) -> Path:
        """Held by the engine for as long as it lives."""
        return self.folder / "engine.lock"

    @property
    def starting(self) -> Path:
        """Held by a client that starts the engine."""
        return self.folder / "start.lock"

    @property
    def address(self) -> Path:
        """Where the engine listens."""
        return self.folder / "engine.sock"

    @property
    def log(self) -> Path:
        """What the engine says."""
        return self.folder / "engine.log"

    def make(self) -> Place:
        """Make the folder.

        Raises:
            AuraRouterError: It can't be made.
            DaemonError: It is not ours alone.
        """
        for folder in (self.folder.parent, self.folder):
            private_folder(folder)
            if sys.platform == "win32":
                continue
            found = folder.stat(follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                raise DaemonError(f"{folder} belongs to somebody else", hint="Remove it, or set AURAROUTER_HOME.")
            if stat.S_IMODE(found.st_mode) & 0o077:
                folder.chmod(0o700)
        return self

    @property
    def holder(self) -> Process | None:
        """The process whose engine this is, while it lives. A file that a dead one left behind says nothing."""
        try:
            handle = os.open(self.lock, os.O_RDWR)
        except OSError:
            return None
        try:
            if take_lock(handle):
                return None
            told: dict[str, Any] = json.loads(os.read(handle, 4096) or b"{}")
            return Process(int(told["pid"]), int(told["started"]), str(told["boot"]))
        except (ValueError, KeyError, TypeError):
            return Process(0)  # it has just taken the lock, and not yet said who it is
        finally:
            os.close(handle)

    def hold(self) -> int | None:
        """Become the engine of this place: a handle to keep; None while somebody else is it.

        Raises:
            AuraRouterError: It can't be written down who the engine is.
        """
        with usable(self.lock):
            handle = os.open(self.lock, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                if not take_lock(handle):
                    os.close(handle)
                    return None
                me = Process.of(os.getpid()) or Process(os.getpid())
                os.ftruncate(handle, 0)
                os.pwrite(handle, json.dumps(asdict(me)).encode(), 0)
            except OSError:
                os.close(handle)
                raise
        return handle

    @contextmanager
    def short_address(self) -> Iterator[str]:
        """The socket's path, in a form that is short enough to be one.

        Raises:
            DaemonError: It is too long, and this system knows no short form.
        """
        path = str(self.address)
        if len(os.fsencode(path)) <= LONGEST:
            yield path
            return
        if not Path("/proc/self/fd").is_dir():
            raise DaemonError(f"the path {path} is too long for a socket", hint="Set AURAROUTER_HOME to a shorter one.")
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"/proc/self/fd/{handle}/{self.address.name}"
        finally:
            os.close(handle)

    def call(self, patience: float) -> socket.socket | None:
        """A connection to the engine; None when nobody listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(patience)
        try:
            with self.short_address() as path:
                connection.connect(path)
        except (FileNotFoundError, ConnectionError, NotADirectoryError):
            connection.close()
            return None
        except OSError as error:
            connection.close()
            raise DaemonError(f"the shared engine can't be reached: {error.strerror or error}") from error
        except AuraRouterError:
            connection.close()
            raise
        return connection

    def last_words(self, lines: int = 8) -> str:
        """The end of the log."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(0, self.log.stat().st_size - 4096))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.strip().splitlines()[-lines:])
