"""The window's heartbeat while Cell Status is drawn again and again with 50 simulated nodes and 10,000 log entries."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from measure import Report, arguments

NODES, ENTRIES, SECONDS, BEAT, EVERY = 50, 10_000, 8.0, 5, 1000  # it looks anew every 30,000 ms


def picture() -> Any:
    """A large cell."""
    from aurarouter_auragrid.panels.cell_watch import CellPicture, Logged
    from aurarouter_auragrid.records import NodeRecord

    now = time.time()
    models = {f"model-{number}": "ready" for number in range(6)}
    nodes = [
        NodeRecord(name=f"n{number}", instance="i", address=f"10.0.0.{number}:50051", models=models, seen=now)
        for number in range(NODES)
    ]
    events = [
        Logged(key=str(number), at=now - number, kind="result", id=f"{number:012}", topic="app.results",
               ok=number % 7 > 0, words="What a node has answered. " * 8)
        for number in range(ENTRIES)
    ]  # fmt: skip
    return CellPicture(nodes=nodes, events=events, dead=events)


def late_beats(page: Any, app: Any, draw: Callable[[], None]) -> list[float]:
    """Milliseconds by which each beat is late while the page is drawn anew."""
    from PySide6.QtCore import Qt, QTimer

    late: list[float] = []
    expected = perf_counter()

    def beat() -> None:
        nonlocal expected
        now = perf_counter()
        late.append(max(0.0, now - expected) * 1e3)
        expected = now + BEAT / 1000

    beats, drawing = QTimer(), QTimer()
    beats.setTimerType(Qt.TimerType.PreciseTimer)
    beats.timeout.connect(beat)
    drawing.timeout.connect(draw)
    page.show()
    beats.start(BEAT)
    drawing.start(EVERY)
    QTimer.singleShot(int(SECONDS * 1000), app.quit)
    app.exec()
    beats.stop()
    drawing.stop()
    return late[20:]


def main() -> None:
    """Measure and report."""
    options = arguments("The heartbeat of the desktop window with a large cell").parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    report = Report("The desktop window with a large cell", "a budget of 50 ms")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "AURAROUTER_HOME": folder,
            "AURAROUTER_PLUGINS": "echo,gui,auragrid",
            "AURAROUTER_NO_DAEMON": "1",
        }
        (Path(folder) / "auraconfig.yaml").write_text("models: {echo: {provider: echo}}\n", encoding="utf-8")
        from aurarouter_auragrid.panels.status_page import StatusPage
        from aurarouter_core import Plugins
        from aurarouter_gui.views.app import application
        from aurarouter_gui.views.desk import Desk
        from aurarouter_gui.views.palette import LIGHT, dress

        app = application()
        dress(app, LIGHT)
        desk = Desk(None, "auragrid", Plugins(), LIGHT)
        page = StatusPage(desk)
        page.resize(1600, 1000)
        cell = picture()
        late = late_beats(page, app, lambda: page.show_picture(cell))
        report.add("heartbeat late, median", median(late), "ms")
        report.add("heartbeat late, p99", quantiles(late, n=100)[98], "ms", budget="50 ms")
        report.add("heartbeat late, worst", max(late), "ms")
        page.close()
        desk.close()
    report.finish(options.json)


if __name__ == "__main__":
    main()
