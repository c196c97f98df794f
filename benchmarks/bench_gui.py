"""The desktop window: from the start to a window that can be used, and its heartbeat while 20 tasks run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from measure import Report, arguments

from aurarouter_core import Home
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop

SETTINGS = "models: {echo: {provider: echo}%s}\nroles: {coding: [echo]%s}\n"
BARE = """\
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
app = QApplication([])
window = QMainWindow()
window.setCentralWidget(QLabel("Hello"))
window.show()
def usable():
    app.processEvents()
    print(time.time(), flush=True)
    app.quit()
QTimer.singleShot(0, usable)
sys.exit(app.exec())
"""
OURS = """\
import sys, time
from PySide6.QtCore import QTimer
from aurarouter_core import Plugins
from aurarouter_gui.views import app
ours = app.application()
def usable():
    ours.processEvents()
    print(time.time(), flush=True)
    for window in ours.topLevelWidgets():
        window.close()
QTimer.singleShot(0, usable)
sys.exit(app.run(None, "local", Plugins()))
"""
TURNS = 11
TASKS, SECONDS, BEAT = 20, 8.0, 5


def started(script: str) -> float:
    """Seconds from the start of a process to a window that is drawn and takes keys."""
    began = time.time()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return float(done.stdout.split()[0]) - began


def heartbeat(loads: bool) -> tuple[list[float], int]:
    """Milliseconds by which each beat of the UI's loop is late while tasks run and are drawn; and how many ended."""
    from PySide6.QtCore import QSettings, Qt, QTimer

    from aurarouter_core import Plugins
    from aurarouter_gui.state.run import Run, told
    from aurarouter_gui.views.app import application
    from aurarouter_gui.views.desk import Desk
    from aurarouter_gui.views.palette import LIGHT, dress
    from aurarouter_gui.views.window import Window
    from aurarouter_hooks import Task

    app = application()
    dress(app, LIGHT)
    desk = Desk(None, "local", Plugins(), LIGHT)
    window = Window(desk, QSettings(str(Home.of().root / "gui.ini"), QSettings.Format.IniFormat))
    window.show()
    view: Any = window.shown
    late: list[float] = []
    ended = 0
    expected = 0.0

    def beat() -> None:
        nonlocal expected
        now = perf_counter()
        late.append(max(0.0, now - expected) * 1e3)
        expected = now + BEAT / 1000

    def ask() -> None:
        run = Run(Task("Fix this function\n" * 20))

        def changed() -> None:
            nonlocal ended
            view.execution.follow(run.graph)
            if run.state != "running":
                ended += 1
                ask()

        desk.worker.begin(told(desk.link, run, changed), failed=lambda _: None)

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(beat)

    def begin() -> None:
        nonlocal expected
        for _ in range(TASKS):
            ask()
        if loads:
            slow = Run(Task("Hello", model="smollm2", parameters={"max_tokens": 8}))
            desk.worker.begin(told(desk.link, slow, lambda: None), failed=lambda _: None)
        expected = perf_counter() + BEAT / 1000
        timer.start(BEAT)

    QTimer.singleShot(1500, begin)
    QTimer.singleShot(int(1500 + SECONDS * 1000), app.quit)
    app.exec()
    timer.stop()
    window.close()
    desk.close()
    return late[20:], ended


def main() -> None:
    parser = arguments("Start of the desktop window, and its heartbeat under load")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    report = Report("The desktop window", "a bare QMainWindow with one label")
    with tempfile.TemporaryDirectory() as folder:
        model = next(Home.of().models.glob("SmolLM2*.gguf"), None)
        os.environ |= {"AURAROUTER_HOME": folder, "AURAROUTER_PLUGINS": "echo,gui,llamacpp"}
        more = (
            (f", smollm2: {{provider: llamacpp, model_path: '{model}'}}", ", reasoning: [smollm2]")
            if model
            else ("", "")
        )
        (Path(folder) / "auraconfig.yaml").write_text(SETTINGS % more, encoding="utf-8")
        try:
            started(OURS)  # makes caches, and starts the engine
            pairs = [(started(OURS), started(BARE)) for _ in range(TURNS)]
            ours, bare = (median(side) for side in zip(*pairs, strict=True))
            report.add("a bare window", bare * 1e3, "ms")
            report.add("the window, its engine running", ours * 1e3, "ms", against=bare * 1e3, budget="ratio 1.5")
            late, ended = heartbeat(model is not None)
            report.add(f"heartbeat late, median, {TASKS} tasks at a time", median(late), "ms")
            report.add("heartbeat late, p99", quantiles(late, n=100)[98], "ms", budget="50 ms")
            report.add("heartbeat late, worst", max(late), "ms")
            report.add("tasks answered and drawn a second", ended / SECONDS, "")
        finally:
            for place in Place.all(Home(Path(folder))):
                stop(place, force=True)
    report.finish(options.json)


if __name__ == "__main__":
    main()
