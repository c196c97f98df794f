"""The question before something of the user's is lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from aurarouter_gui.views.panel_view import PanelView


def may_lose(owner: QWidget, views: Iterable[PanelView], question: str, ending: Sequence[str] = ()) -> bool:
    """Whether the user agrees to what would be lost with these pages, and to what else would end."""
    lost = [what for view in views if (what := view.unsaved())]
    words = [f"You have not saved {' and '.join(lost)}."] if lost else []
    words += [f"{' and '.join(ending)} will end."] if ending else []
    if not words:
        return True
    from PySide6.QtWidgets import QMessageBox

    buttons = QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel
    title = "Unsaved changes" if lost else "Running services"
    asked = "\n".join([*words, question])
    answer = QMessageBox.question(owner, title, asked, buttons, QMessageBox.StandardButton.Cancel)
    return answer == QMessageBox.StandardButton.Discard
