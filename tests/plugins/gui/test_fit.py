"""Nothing is cut and nothing overlaps, with usual and with large letters, in a small window, and with long words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QScrollArea,
    QScrollBar,
    QStackedWidget,
    QTabBar,
    QTabWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from aurarouter_gui.views.palette import LIGHT, dress

Open = Callable[..., Any]
PATIENCE = 15_000
LONG = "https://example.org/" + "a" * 300


def is_whole(text: Any, bar: QScrollBar) -> bool:
    return bar.isVisible() or bool(text.document().size().height() <= text.height())


def knows_money(traffic: Any) -> bool:
    return traffic.money is not None


@pytest.fixture
def letters(qapp: QApplication) -> Iterator[Callable[[int], None]]:
    """Sets the size of all letters, in points."""
    before = qapp.font()

    def be(points: int) -> None:
        font = qapp.font()
        font.setPointSize(points)
        qapp.setFont(font)
        dress(qapp, LIGHT)

    yield be
    qapp.setFont(before)
    dress(qapp, LIGHT)


def faults(root: QWidget) -> list[str]:
    """Parts that are smaller than their text, reach out of what holds them, or lie on each other."""
    found = []
    parts = [part for part in root.findChildren(QWidget) if part.isVisible() and not part.isWindow()]
    for part in parts:
        text = part.text() if isinstance(part, QAbstractButton | QLabel) else part.accessibleName()
        name = f"{type(part).__name__} {text!r:.40}"
        holder = part.parentWidget()
        if holder is None or isinstance(holder, QTabBar) or isinstance(part, QTabBar):
            continue  # scrolls by its own arrows
        needs = part.sizeHint() if isinstance(part, QAbstractButton) else part.minimumSizeHint()
        if isinstance(part, QAbstractButton | QLabel | QComboBox) and part.width() < needs.width():
            found.append(f"{name} is {part.width()} wide and needs {needs.width()}")
        scrolls = isinstance(holder.parentWidget(), QAbstractScrollArea)
        if not scrolls and not holder.rect().contains(part.geometry()):
            found.append(f"{name} reaches out")
        if isinstance(part, QScrollArea):
            off = part.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            inner = part.widget()
            if off and inner is not None and inner.width() > part.viewport().width():
                found.append(f"{name} is cut at its right")
        if part.layout() is not None and not isinstance(part, QStackedWidget):
            inside = [one for one in parts if one.parentWidget() is part]
            for one, other in combinations(inside, 2):
                both: QRect = one.geometry().intersected(other.geometry())
                if not both.isEmpty():
                    found.append(f"{type(one).__name__} and {type(other).__name__} overlap in {name}")
    return found


@pytest.mark.parametrize("environment", ["local", "auragrid"])
@pytest.mark.parametrize("points", [9, 14, 20])
def test_a_small_window_shows_all_of_every_panel(
    open_window: Open, qtbot: QtBot, letters: Callable[[int], None], points: int, environment: str
) -> None:
    letters(points)
    window = open_window(plugins="echo,gui,assets,auragrid,gateway,mcp", environment=environment)
    window.resize(900, 700)
    wrong = []
    for panel in window.panels:
        window.go(panel.id)
        view = window.shown
        tabs = view.findChildren(QTabWidget)
        for at in range(tabs[0].count() if tabs else 1):
            if tabs:
                tabs[0].setCurrentIndex(at)
            qtbot.wait(150)
            tries = 20
            while (found := faults(window)) and (tries := tries - 1):  # what has just heard something is laid out anew
                qtbot.wait(100)
            wrong += [f"{panel.id} {at}: {fault}" for fault in found]
    assert (window.width(), window.height()) == (900, 700)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("points", [9, 20])
def test_a_long_word_is_broken(open_window: Open, qtbot: QtBot, letters: Callable[[int], None], points: int) -> None:
    letters(points)
    window = open_window()
    window.resize(900, 700)
    view = window.shown
    qtbot.waitUntil(lambda: view.joined and bool(view.state.choices.models), timeout=PATIENCE)
    view.composer.prompt.setPlainText(LONG)
    view.send()
    qtbot.waitUntil(lambda: not view.state.busy, timeout=PATIENCE)
    view.notice.tell("Trouble", LONG, ground="bad")
    (turn,) = view.answers.turns.values()
    room = view.answers.viewport()
    qtbot.waitUntil(lambda: 0 < turn.width() <= room.width(), timeout=PATIENCE)
    for text in (turn.question, turn.answer, view.notice._parts[1]):
        assert LONG in text.toPlainText()
        bar = text.verticalScrollBar()
        qtbot.waitUntil(partial(is_whole, text, bar), timeout=PATIENCE)
        assert text.document().idealWidth() <= text.viewport().width()
    assert view.notice.text == f"Trouble\n{LONG}"
    assert not faults(window)


def test_a_small_window_with_usual_letters_needs_no_scroll_bar(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(plugins="echo,gui,assets,auragrid,gateway,mcp")
    window.resize(900, 700)
    for panel in window.panels:
        window.go(panel.id)
        view = window.shown
        tabs = view.findChildren(QTabWidget)
        for at in range(tabs[0].count() if tabs else 1):
            if tabs:
                tabs[0].setCurrentIndex(at)
            if panel.id == "monitor" and tabs[0].currentWidget() is view.traffic:
                qtbot.waitUntil(partial(knows_money, view.traffic), timeout=PATIENCE)
            qtbot.wait(100)
            bars = (window._pages.verticalScrollBar(), window._pages.horizontalScrollBar())
            assert [bar.maximum() for bar in bars] == [0, 0], f"{panel.id} {at}"
