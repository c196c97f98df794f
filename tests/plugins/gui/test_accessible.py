"""What a screen reader is given: no field is without a name, in any panel or form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

Open = Callable[..., Any]
PATIENCE = 15_000


def said(field: QWidget) -> str:
    """What a screen reader says of a field, beside what stands in it: its name, its label's, or its description."""
    interface = QAccessible.queryAccessibleInterface(field)
    labels = [one.text(QAccessible.Text.Name) for one, _ in interface.relations()]
    named = (
        "" if isinstance(field, QComboBox) else interface.text(QAccessible.Text.Name)
    )  # a choice's is what is chosen
    return " ".join(filter(None, (*labels, named, interface.text(QAccessible.Text.Description))))


def test_a_screen_reader_can_say_what_each_field_is(open_window: Open, qtbot: QtBot) -> None:
    window = open_window()
    for panel in window.panels:
        window.go(panel.id)
    view = window.view("models")
    qtbot.waitUntil(lambda: bool(view.state.rows), timeout=PATIENCE)
    view.list.new()
    fields = [field for kind in (QLineEdit, QComboBox) for field in window.findChildren(kind)]
    own = [field for field in fields if not field.objectName().startswith("qt_")]
    assert len(own) > 20
    assert not [field for field in own if not said(field)]
