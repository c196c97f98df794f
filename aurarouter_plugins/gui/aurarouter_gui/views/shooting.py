"""Takes pictures of the window at work: real panels on a real kernel, in every theme and size."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from aurarouter_core import Plugins
from aurarouter_gui.state.words import trouble
from aurarouter_gui.views import panel_poses, picture
from aurarouter_gui.views.app import application
from aurarouter_gui.views.desk import Desk
from aurarouter_gui.views.first_run_view import FirstRunDialog
from aurarouter_gui.views.palette import THEMES, dress
from aurarouter_gui.views.window import Window
from aurarouter_hooks import AuraRouterError

SIZES = {"small": (900, 700), "large": (1600, 1000)}
PATIENCE = 120.0
"""Seconds that a panel gets until it looks as it should."""
FIRST_RUN = "first_run"
SETTLED = 250
"""Milliseconds for the last drawing."""

Pose = Iterator[tuple[str, Callable[[], bool]]]
QUESTION = "Refactor this function and add a unit test:\n\ndef total(items): return sum(i.price for i in items)"
SECRET = "The card 4539 1488 0343 6467 was declined. Write a short, friendly note to its owner."  # noqa: S105


def _workspace(view: Any) -> Pose:
    """Empty, while writing, with an answer, and with something private."""
    yield "empty", lambda: bool(view.state.choices.models)
    view.composer.prompt.setPlainText(QUESTION)
    yield "route", lambda: view.state.preview.shown is not None
    view.send()
    yield "answer", lambda: not view.state.busy
    view.tabs.setCurrentWidget(view.history)
    yield "history", lambda: view.history.list.count() > 0
    view.composer.chat.setChecked(True)
    view.composer.prompt.setPlainText(SECRET)
    yield "private", lambda: view.composer.badge.isVisible() and view.composer.fill.isVisible()


POSES: Mapping[str, Callable[[Any], Pose]] = {"workspace": _workspace, **panel_poses.POSES}
"""Panel id → what to do before each picture: yields the picture's name and when it may be taken."""


def _still(_: Any) -> Pose:
    yield "", lambda: True


def wait(ready: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Let the window work until this holds.

    Raises:
        AuraRouterError: It doesn't in time.
    """
    until = time.monotonic() + patience
    while not ready():
        if time.monotonic() > until:
            raise AuraRouterError(f"a panel is not ready for its picture after {patience:.0f} s")
        _pass(20)


def _pass(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def shoot(folder: Path, path: Path | None, names: Sequence[str] = (), environment: str = "local") -> Iterator[Path]:
    """Take the pictures; gives each file as it is written.

    Raises:
        AuraRouterError: The kernel can't be used, or a panel doesn't get ready.
    """
    app = application()
    folder.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        for size, (width, height) in SIZES.items():
            yield from _round(app, folder, path, names, environment, theme, size, width, height)


def _round(
    app: QApplication,
    folder: Path,
    path: Path | None,
    names: Sequence[str],
    environment: str,
    theme: str,
    size: str,
    width: int,
    height: int,
) -> Iterator[Path]:
    dress(app, THEMES[theme])
    desk = Desk(path, environment, Plugins(), THEMES[theme])
    with TemporaryDirectory() as place:
        window = Window(desk, QSettings(str(Path(place) / "gui.ini"), QSettings.Format.IniFormat))
        window.resize(width, height)
        window.show()
        try:
            for panel in window.panels:
                if names and panel.id not in names:
                    continue
                window.go(panel.id)
                wait(lambda: desk.link.standing.state in ("ready", "failed"))
                pose = POSES.get(f"{environment}:{panel.id}") or POSES.get(panel.id, _still)
                for name, ready in pose(window.view(panel.id)):
                    wait(lambda: ready() or desk.link.standing.state == "failed")  # noqa: B023 - asked at once
                    if desk.link.standing.error is not None:
                        raise AuraRouterError(trouble(desk.link.standing.error).what)
                    _pass(SETTLED)
                    file = folder / f"{'-'.join(filter(None, (panel.id, name)))}-{theme}-{size}.png"
                    picture.save(window.grab(), file)
                    yield file
            if environment == "local" and (not names or FIRST_RUN in names):
                yield _first_run(window, desk, folder / f"{FIRST_RUN}-{theme}-{size}.png")
        finally:
            window.close()
            window.deleteLater()
            desk.close()
            _pass(0)


def _first_run(window: Window, desk: Desk, file: Path) -> Path:
    """What who has no configuration sees first. Nothing is written."""
    dialog = FirstRunDialog(window, desk)
    dialog.open()
    wait(lambda: dialog.state.step == "choosing")
    _pass(SETTLED)
    picture.save(dialog.grab(), file)
    dialog.reject()
    dialog.deleteLater()
    return file
