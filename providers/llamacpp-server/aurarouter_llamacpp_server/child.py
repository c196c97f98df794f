"""The server as a child process, with a thread that drains its log and lives as long as it does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from io import BufferedReader
from pathlib import Path
from typing import cast

from aurarouter_hooks.http_errors import short
from aurarouter_llamacpp_server.logfile import LogFile

TAIL = 16 * 2**10  # bytes of its last words to remember
_PIECE = 64 * 2**10
_LISTENS = re.compile(rb"listening.{0,80}?(?:127\.0\.0\.1:|port: )(\d{1,5})\b")
_BECAUSE = re.compile(r"error loading model: (.+)")


class Child:
    """Starts at once. It's started on its own thread because the kernel ends it with the thread that started it.

    Attributes:
        port: Where it says that it listens; an error when it ends before it does.
        ended: Its exit code, negative for a signal; an error when it could not be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: LogFile) -> None:
        self.port: Future[int] = Future()
        self.ended: Future[int] = Future()
        for future in (self.port, self.ended):
            future.set_running_or_notify_cancel()  # a waiter that is cancelled must not cancel it for the others
        self.log = log
        self._command, self._environment = command, environment
        self._process: subprocess.Popen[bytes] | None = None
        self._tail = b""
        self._unwanted = False
        self._starting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="llama-server", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        """Its process id; None before it has one and after it ended."""
        return None if self._process is None or self.ended.done() else self._process.pid

    def kill(self) -> None:
        """End it. It keeps nothing that a goodbye would save."""
        with self._starting:
            self._unwanted = True
            if self._process is not None and self._process.stdin is not None:
                if sys.platform == "linux" and self._process.returncode is None:
                    os.kill(self._process.pid, signal.SIGKILL)  # Popen.kill() would reap it under its waiter's nose
                self._process.stdin.close()  # elsewhere its guard ends it then

    def join(self) -> None:
        """Wait until its thread is gone, which is right after it ended."""
        self._thread.join()

    def last_words(self) -> str:
        """What its log says of an end of its own making: why the model can't be loaded, else the last line."""
        text = self._tail.decode("utf-8", "replace")
        because = _BECAUSE.search(text)
        lines = [line for line in text.splitlines() if line.strip()]
        return short(because[1] if because else re.sub(r"^[\d.]+ [A-Z] ", "", lines[-1]) if lines else "")

    def _run(self) -> None:
        try:
            with self._starting:
                if self._unwanted:
                    raise OSError("it was stopped before it was started")
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env=dict(self._environment),
                    start_new_session=True,  # Ctrl-C at the terminal is for us
                )
        except OSError as exc:
            self.port.set_exception(exc)
            self.ended.set_exception(exc)
            return
        output = cast(BufferedReader, self._process.stdout)
        draining = threading.Thread(target=self._drain, args=(output,), name="llama-server-log", daemon=True)
        draining.start()
        code = self._waited(self._process)
        self.kill()
        draining.join()
        if not self.port.done():
            self.port.set_exception(EOFError("it ended before it listened"))
        self.ended.set_result(code)

    def _waited(self, process: subprocess.Popen[bytes]) -> int:
        """The exit code. What a script may have started beside the server is ended, too: it would hold the log open."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # until it is reaped, its group keeps its number
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass  # nothing is left
            with self._starting:  # nobody may send a signal to a number that is not its own any more
                return process.wait()
        return process.wait()

    def _drain(self, output: BufferedReader) -> None:
        with output:
            while piece := output.read1(_PIECE):
                self.log.write(piece)
                seen = self._tail + piece
                self._tail = seen[-TAIL:]
                if not self.port.done() and (found := _LISTENS.search(seen)):
                    self.port.set_result(int(found[1]))
        self.log.close()


def end(code: int) -> str:
    """How a process ended, in words."""
    if code < 0:
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"
    return f"ended with exit code {code}"


def listens(pid: int, port: int) -> bool:
    """Whether Linux says that this process, and no other, listens on this port of 127.0.0.1."""
    try:
        rows = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text("ascii").splitlines()[1:]]
        owned = {name for link in Path(f"/proc/{pid}/fd").iterdir() if (name := _target(link))}
    except OSError:
        return False
    wanted, listening = f"{'0100007F' if sys.byteorder == 'little' else '7F000001'}:{port:04X}", "0A"
    sockets = [f"socket:[{row[9]}]" for row in rows if row[1] == wanted and row[3] == listening]
    return bool(sockets) and owned.issuperset(sockets)


def resident(pid: int) -> int | None:
    """Bytes that a process holds in memory, files that are mapped in among them; None where the system doesn't say."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return None
    return None


def _target(link: Path) -> str:
    try:
        return link.readlink().name
    except OSError:
        return ""  # it was closed meanwhile
