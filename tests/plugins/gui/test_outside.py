"""What others change in the configuration is shown, and what is being written in the window stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from aurarouter_gui.state import outside

Open = Callable[..., Any]
PATIENCE = 15_000
BEFORE = "models: {a: {provider: echo}, b: {provider: echo}}\nroles: {coding: [a, b], reasoning: [a, b]}\n"
AFTER = BEFORE.replace("b: {provider: echo}}", "b: {provider: echo}, c: {provider: echo}}").replace(
    "reasoning: [a, b]", "reasoning: [c]"
)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often."""
    monkeypatch.setattr(outside, "EVERY", 0.05)


@pytest.mark.usefixtures("often")
def test_every_panel_shows_what_an_editor_has_changed(open_window: Open, qtbot: QtBot, home: Path) -> None:
    window = open_window(BEFORE)
    window.go("models")
    window.go("routing")
    models, routing, workspace = (window.view(name) for name in ("models", "routing", "workspace"))
    qtbot.waitUntil(lambda: routing.roles.list.count() == 2 and len(models.state.rows) == 2, timeout=PATIENCE)
    routing.roles.down.click()
    (home / "auraconfig.yaml").write_text(AFTER)
    qtbot.waitUntil(lambda: len(models.state.rows) == 3, timeout=PATIENCE)
    qtbot.waitUntil(lambda: workspace.composer.model.findData("c") > 0, timeout=PATIENCE)
    chains = routing.state.chains
    qtbot.waitUntil(lambda: chains.roles == {"coding": ("b", "a"), "reasoning": ("c",)}, timeout=PATIENCE)
    assert routing.unsaved() == "the chains of coding"


@pytest.mark.usefixtures("often")
def test_a_file_that_is_mended_outside_is_taken_up(open_window: Open, qtbot: QtBot, home: Path) -> None:
    window = open_window("models: [")
    link = window.desk.link
    qtbot.waitUntil(lambda: link.standing.state == "failed", timeout=PATIENCE)
    (home / "auraconfig.yaml").write_text(BEFORE)
    qtbot.waitUntil(lambda: window.shown.composer.model.findData("b") > 0, timeout=PATIENCE)
    assert link.standing.state == "ready"


@pytest.mark.usefixtures("often")
def test_routing_complains_no_longer_once_the_file_is_mended(open_window: Open, qtbot: QtBot, home: Path) -> None:
    window = open_window("models: [")
    window.go("routing")
    routing = window.shown
    qtbot.waitUntil(routing.notice.isVisible, timeout=PATIENCE)
    (home / "auraconfig.yaml").write_text(BEFORE)
    qtbot.waitUntil(lambda: routing.roles.list.count() == 2, timeout=PATIENCE)
    assert not routing.notice.isVisible()


def test_a_panel_looks_again_when_it_is_shown(open_window: Open, qtbot: QtBot, home: Path) -> None:
    window = open_window(BEFORE)
    window.go("routing")
    routing = window.shown
    qtbot.waitUntil(lambda: routing.roles.list.count() == 2, timeout=PATIENCE)
    window.go("workspace")
    (home / "auraconfig.yaml").write_text(AFTER)
    window.go("routing")
    qtbot.waitUntil(lambda: routing.state.chains.roles["reasoning"] == ("c",), timeout=PATIENCE)
