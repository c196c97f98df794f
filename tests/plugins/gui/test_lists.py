"""Lists whose long lines are broken show the whole of each; a table with no line says why."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QListWidget
from pytestqt.qtbot import QtBot

from aurarouter_core import Plugins
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.lists import PADDING, break_lines
from aurarouter_gui.views.log_table import Line, LogTable
from aurarouter_gui.views.palette import LIGHT

LINE = "{}: what was asked\n23:40 · gui · SIMPLE_CODE → coding · small · {} ms · free"
MARGIN = 6
"""Qt's own, left and right of a line's words."""


@pytest.mark.parametrize("width", range(150, 400, 13))
def test_no_line_is_cut_at_any_width(qtbot: QtBot, width: int) -> None:
    made = QListWidget()
    break_lines(made)
    qtbot.addWidget(made)
    for number in (1, 22, 333, 4444, 55555, 666666):
        made.addItem(LINE.format("Say " * (number % 7), number))
    made.resize(width, 200)
    made.show()
    qtbot.wait(150)  # Qt lays out a moment later
    letters, room = made.fontMetrics(), made.viewport().width() - PADDING - MARGIN
    for at in range(made.count()):
        item = made.item(at)
        flags = Qt.TextFlag.TextWordWrap.value
        needed = letters.boundingRect(QRect(0, 0, room, 10_000), flags, item.text()).height()
        assert made.visualItemRect(item).height() >= needed + 10, item.text()


def test_a_line_with_room_is_one_line(qtbot: QtBot) -> None:
    made = QListWidget()
    break_lines(made)
    qtbot.addWidget(made)
    made.resize(900, 200)
    for _ in range(3):
        made.addItem("line 17: models.cloud.api_key: the environment variable is not set.")
    made.show()
    qtbot.wait(150)
    heights = {made.visualItemRect(made.item(at)).height() for at in range(3)}
    assert heights == {made.sizeHintForRow(0)}
    assert heights.pop() < 2 * made.fontMetrics().lineSpacing()


def drawn(table: LogTable) -> bool:
    """Whether there is anything but the ground where the lines would be."""
    image: QImage = table.viewport().grab().toImage()
    ground = image.pixel(image.width() - 1, image.height() - 1)
    return any(image.pixel(x, y) != ground for x in range(9, 300) for y in range(5, 40))


def test_an_empty_table_says_why_until_it_has_a_line(qtbot: QtBot) -> None:
    desk = Desk(None, "local", Plugins(discover=False), LIGHT)
    try:
        table = LogTable(desk, ("Name", "Words"), stretched=1)
        qtbot.addWidget(table)
        table.resize(500, 200)
        table.show()
        assert not drawn(table)
        table.empty = "Nothing yet. Ask something."
        assert drawn(table)
        table.show_lines([Line("a", ("", ""))])
        assert not drawn(table)
    finally:
        desk.close()
