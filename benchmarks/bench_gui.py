"""The desktop window: from the start of its process until it is drawn and takes what is typed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from measure import Report, arguments

from aurarouter_core import Home
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop

SETTINGS = "models: {echo: {provider: echo}}\nroles: {coding: [echo]}\n"
FOLDER = Path(__file__).parent
WATCH = os.pathsep.join(map(str, (FOLDER / "gui_watch", FOLDER)))
COMMAND = [str(Path(sys.executable).with_name("aurarouter")), "gui"]
KINDS = ("bare", "window", "plain")
"""The bare window comes after the plain one, which leaves no engine at work behind."""
TURNS = 21


def started(kind: str) -> list[float]:
    """Seconds from the start of a process to each moment that it tells; last what else it says.

    AuraRouter's window is started as a user does, by its command.
    """
    peer = [sys.executable, "-c", f"import gui_windows; gui_windows.{kind}()"]
    command = peer if kind in ("bare", "plain") else COMMAND
    environ = {**os.environ, "PYTHONPATH": WATCH, "GUI_WATCH": kind}
    began = time.time()
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=120)
    return [said - began if said > began else said for said in map(float, done.stdout.split())]


@contextmanager
def place(plugins: str, settings: str) -> Iterator[Path]:
    """A home of one's own without a screen; its engine is stopped at the end.

    Python may keep what it has compiled, as in any installation: else each start would compile our modules again, and
    never those of Qt.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ |= {
            "AURAROUTER_HOME": folder,
            "AURAROUTER_PLUGINS": plugins,
            "PYTHONPYCACHEPREFIX": str(Path(folder, "compiled")),
        }
        Path(folder, "auraconfig.yaml").write_text(settings, encoding="utf-8")
        try:
            yield Path(folder)
        finally:
            for one in Place.all(Home(Path(folder))):
                stop(one, force=True)


def main() -> None:
    """Measure and report."""
    options = arguments("Start of the desktop window").parse_args()
    report = Report("The desktop window", "a bare QMainWindow with one label, drawn")
    with place("echo,gui,llamacpp", SETTINGS):
        for kind in (*KINDS, "engine"):
            started(kind)  # makes caches, and starts the engine
        rounds = [{kind: started(kind) for kind in KINDS} for _ in range(TURNS)]
        answered = [started("engine") for _ in range(TURNS)]
    taken = {kind: median(turn[kind][0] for turn in rounds) * 1e3 for kind in KINDS}
    bare = taken["bare"]
    report.add("a bare window with one label, drawn", bare, "ms", against=bare)
    report.add("a plain window with a text and a button, typed into", taken["plain"], "ms", against=bare)
    report.add("`aurarouter gui`, its engine running", taken["window"], "ms", against=bare, budget="ratio 1.5")
    ready, stood = (median(turn[which] for turn in answered) * 1e3 for which in (1, 2))
    report.add("the same, until its engine answers", ready, "ms", against=bare)
    report.add("from the one to the other, the loop stood still for", stood, "ms")
    report.finish(options.json)


if __name__ == "__main__":
    main()
