"""The desktop window's heartbeat while 20 tasks run and are drawn, a model loads, and a download goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from bench_gui import place
from measure import Report, arguments

from aurarouter_core import Home

TASKS, SECONDS, BEAT, MEGABYTES = 20, 8.0, 5, 400
BEFORE = 1500
"""Milliseconds for the window to find its engine."""
SETTINGS = "models: {echo: {provider: echo}%s}\nroles: {coding: [echo]%s}\n"


@contextmanager
def hub() -> Iterator[None]:
    """A hub in a process of its own."""
    script = [sys.executable, str(Path(__file__).with_name("gui_hub.py")), str(MEGABYTES * 1_000_000)]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        os.environ["HF_ENDPOINT"] = process.stdout.readline().strip()
        yield


class Beats:
    """How late each beat of the UI's loop is, in milliseconds."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.late: list[float] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Listen from now on."""
        self._expected = perf_counter() + BEAT / 1000
        self._timer.start(BEAT)

    def stop(self) -> None:
        """Enough."""
        self._timer.stop()

    def _beat(self) -> None:
        now = perf_counter()
        self.late.append(max(0.0, now - self._expected) * 1e3)
        self._expected = now + BEAT / 1000


def measured(report: Report, what: str, *, loads: bool, downloads: bool) -> None:
    """Open the window, have it work, and report."""
    from PySide6.QtCore import QSettings, QTimer

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
    fetching = window.view("models").fetching if downloads else None  # type: ignore[attr-defined] # that panel's own
    beats = Beats()
    slow = Run(Task("Hello", model="smollm2", parameters={"max_tokens": 8})) if loads else None
    ended = 0

    def ask() -> None:
        run = Run(Task("Fix this function\n" * 20))

        def changed() -> None:
            nonlocal ended
            view.execution.follow(run.graph)
            if run.state != "running":
                ended += 1
                ask()

        desk.worker.begin(told(desk.link, run, changed), failed=lambda _: None)

    def begin() -> None:
        for _ in range(TASKS):
            ask()
        if slow is not None:
            desk.worker.begin(told(desk.link, slow, lambda: None), failed=lambda _: None)
        if fetching is not None:
            fetching.fetch("hf:maker/small/tiny.gguf")
        beats.start()

    QTimer.singleShot(BEFORE, begin)
    QTimer.singleShot(int(BEFORE + SECONDS * 1000), app.exit)  # to quit would ask whether the download may end
    app.exec()
    beats.stop()
    got = fetching.transfer.progress if fetching is not None else None
    if fetching is not None:
        fetching.transfer.stop()
    window.hide()
    desk.close()
    late = beats.late[20:]
    report.add(f"{what}: late, median", median(late), "ms")
    report.add(f"{what}: late, p99", quantiles(late, n=100)[98], "ms", budget="50 ms")
    report.add(f"{what}: late, worst", max(late), "ms")
    report.add(f"{what}: tasks answered and drawn a second", ended / SECONDS, "")
    if got is not None:
        whole = MEGABYTES if got.state == "done" else got.got / 1e6
        report.add(f"{what}: fetched ({got.state})", whole, "MB")
    if slow is not None:
        report.add(f"{what}: the model's answer ({slow.state})", len(slow.text), "letters")


def main() -> None:
    """Measure and report."""
    options = arguments("The heartbeat of the desktop window under load").parse_args()
    report = Report("The desktop window at work", f"a budget of 50 ms; {TASKS} tasks at a time")
    model = next(Home.of().models.glob("SmolLM2*.gguf"), None)
    local = (f", smollm2: {{provider: llamacpp, model_path: '{model}'}}", ", reasoning: [smollm2]")
    more = local if model else ("", "")
    with place("echo,gui,llamacpp,assets", SETTINGS % more), hub():
        measured(report, "tasks", loads=False, downloads=False)
        beside = "beside a download and a model that loads" if model else "beside a download"
        measured(report, beside, loads=model is not None, downloads=True)
    report.finish(options.json)


if __name__ == "__main__":
    main()
