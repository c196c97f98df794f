"""One window for each configuration: whoever comes second raises the first and leaves.

A lock says who is first. The first one hears the others once it is drawn, since Qt's network takes a while to load; and
they wait for that.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aurarouter_core import take_lock
from aurarouter_gui.opening import FILE_NAME, file_in_force, home

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

PATIENCE = 500
"""Milliseconds in which the first window must answer."""
OPENING = 5000
"""Milliseconds in which one that is being opened must hear others."""
PAUSE = 50
"""Milliseconds between two tries to reach it."""
RAISE = b"raise\n"


class Instance:
    """Whether this is the first window, and how others reach it.

    Args:
        path: The configuration file that was named; what counts is the file in force, by whatever name.
    """

    def __init__(self, path: Path | None) -> None:
        file = file_in_force(path)
        self._path = "" if file == file_in_force(home() / FILE_NAME) else str(file)
        self._lock: int | None = None
        self._server: QLocalServer | None = None
        self.raised: Callable[[], None] = lambda: None

    def claim(self) -> bool:
        """Become the first window; False when there is one, which was just told to show itself."""
        name = f"gui-{_digest(self._path)}.lock" if self._path else "gui.lock"
        cache = home() / "cache"
        try:
            cache.mkdir(mode=0o700, exist_ok=True)
            self._lock = os.open(cache / name, os.O_RDWR | os.O_CREAT, 0o600)
            if take_lock(self._lock):
                return True
            patience = OPENING
        except OSError:  # no folder yet, or one without locks: who doesn't answer isn't there
            patience = 0
        from PySide6.QtCore import QDeadlineTimer, QThread

        until = QDeadlineTimer(patience)
        while not self._tell():
            if until.hasExpired():
                self.listen()
                return True
            QThread.msleep(PAUSE)
        return False

    @property
    def _address(self) -> str:
        return "aurarouter-gui-" + _digest(f"{home()}\n{self._path}")

    def _tell(self) -> bool:
        """Tell the first window to show itself; False when none can be reached."""
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._address)
        if not socket.waitForConnected(PATIENCE):
            return False
        socket.write(RAISE)
        socket.waitForBytesWritten(PATIENCE)
        socket.disconnectFromServer()
        return True

    def listen(self) -> None:
        """Hear those that come later, if that was not begun before."""
        if self._server is not None:
            return
        from PySide6.QtNetwork import QLocalServer

        QLocalServer.removeServer(self._address)  # what a killed window has left behind
        self._server = QLocalServer()
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._met)
        self._server.listen(self._address)

    def _met(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            self.raised()

    def close(self) -> None:
        """Stop being the first."""
        if self._server is not None:
            self._server.close()
        if self._lock is not None:
            os.close(self._lock)


def _digest(text: str) -> str:
    from PySide6.QtCore import QCryptographicHash

    whole = QCryptographicHash.hash(text.encode(), QCryptographicHash.Algorithm.Sha256).toHex().data()
    return bytes(whole[:20]).decode()
