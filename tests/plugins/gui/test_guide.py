"""The guide describes the whole window: every panel, tab and button stands in it, and every picture is shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QTabWidget

Open = Callable[..., Any]
DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "GUI_GUIDE.md").read_text(encoding="utf-8")


def words(view: Any) -> set[str]:
    """What stands on the tabs and buttons of a page."""
    tabs = {tabs.tabText(at) for tabs in view.findChildren(QTabWidget) for at in range(tabs.count())}
    return tabs | {button.text() for button in view.findChildren(QAbstractButton) if button.text()}


@pytest.mark.promise("grid-models.3")
@pytest.mark.parametrize("environment", ["local", "auragrid"])
def test_every_panel_tab_and_button_is_described(open_window: Open, environment: str) -> None:
    window = open_window(plugins="echo,gui,assets,auragrid,gateway,mcp", environment=environment)
    missing = []
    for panel in window.panels:
        for said in sorted(words(window.view(panel.id)) | {panel.title}):
            plain = re.sub(r"[ …]+$| \(\d+\)$", "", said)
            if not re.search(rf"\b{re.escape(plain)}\b", GUIDE):
                missing.append(f"{panel.title}: {said}")
    assert not missing, "; ".join(missing)


def test_every_picture_is_there_and_shown() -> None:
    both = GUIDE + (DOCS / "window-pictures.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\(images/([a-z_0-9-]+\.png)\)", both))
    assert shown == {path.name for path in (DOCS / "images").glob("*.png")}
