"""One window for each configuration: whoever comes second raises the first and leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCryptographicHash, QObject
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from aurarouter_gui.opening import home

PATIENCE = 500
"""Milliseconds in which the first window must answer."""
RAISE = b"raise\n"


class Instance(QObject):
    """Whether this is the first window, and how others reach it.

    Args:
        path: The configuration file that was named.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        whole = str(path.absolute()) if path else ""
        place = f"{home()}\n{whole}".encode()
        digest = QCryptographicHash.hash(place, QCryptographicHash.Algorithm.Sha256).toHex().data()
        self._name = "aurarouter-gui-" + bytes(digest[:20]).decode()
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self.raised: Callable[[], None] = lambda: None

    def claim(self) -> bool:
        """Become the first window; False when there is one, which was just told to show itself."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if socket.waitForConnected(PATIENCE):
            socket.write(RAISE)
            socket.waitForBytesWritten(PATIENCE)
            socket.disconnectFromServer()
            return False
        QLocalServer.removeServer(self._name)  # what a killed window has left behind
        self._server.newConnection.connect(self._met)
        self._server.listen(self._name)
        return True

    def _met(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            self.raised()

    def close(self) -> None:
        """Stop being the first."""
        self._server.close()
