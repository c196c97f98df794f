"""The shortcuts of a window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QWidget


class Keys:
    """Shortcuts that are taken away together.

    Args:
        owner: The window in which they work.
    """

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._shortcuts: list[QShortcut] = []

    def add(self, keys: str, action: Callable[[], object]) -> None:
        """Have these keys do this."""
        shortcut = QShortcut(self._owner)
        shortcut.setProperty("key", keys)
        shortcut.activated.connect(action)
        self._shortcuts.append(shortcut)

    def clear(self) -> None:
        """Take all of them away."""
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
            shortcut.deleteLater()
        self._shortcuts = []
