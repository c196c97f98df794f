"""How long `aurarouter --help` takes, and how much memory the kernel holds, beside a Python that does nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter

from measure import ROOT, Report, arguments, medians

TITLE = "aurarouter --help and import, against bare Python"
TIMES = 20
BARE, LIBRARIES = "pass", "import click, attrs, pluggy"
IMPORTED = "import aurarouter_core"
TOUCHED = "from aurarouter_core import Plugins, Router, hotpath, load_config"
RESIDENT = "; print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')))"

Install = Callable[[str], None]


def environment(home: Path) -> dict[str, str]:
    """Ours without what would change the outcome, and with a home of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AURA", "PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "AURAROUTER_HOME": str(home)}


def fresh(folder: Path) -> tuple[Path, Install]:
    """A new virtual environment, and what installs a copy of the checkout there: the checkout itself stays clean."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():  # a file that was deleted is still listed
            (folder / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / "checkout" / name)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"

    def install(extras: str) -> None:
        command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*command, f"{folder / 'checkout'}{extras}"], check=True, env=environment(folder / "home"))

    return python, install


class Startup:
    """Measures one virtual environment."""

    def __init__(self, python: Path, home: Path, report: Report) -> None:
        self._python, self._home, self._report = str(python), home, report
        self._program = str(python.with_name("aurarouter"))

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, env=environment(self._home), cwd="/", capture_output=True, text=True, check=True)
        return done.stdout

    def wall(self, what: str) -> None:
        """`--help`: the very first time, then often, taking turns with the bare ones."""
        shutil.rmtree(self._home, ignore_errors=True)
        began = perf_counter()
        self._run(self._program, "--help")
        first = (perf_counter() - began) * 1000
        work: Mapping[str, Callable[[], object]] = {
            "pass": lambda: self._run(self._python, "-c", BARE),
            "libraries": lambda: self._run(self._python, "-c", LIBRARIES),
            "help": lambda: self._run(self._program, "--help"),
        }
        took = {name: seconds * 1000 for name, seconds in medians(work, rounds=TIMES, once=True).items()}
        against = took["libraries"]
        self._report.add(f"python -c pass, {what}", took["pass"], "ms", against=against)
        self._report.add(f"python -c '{LIBRARIES}', {what}", against, "ms", against=against)
        self._report.add(f"--help, {what}", took["help"], "ms", against=against, budget="120 ms, ratio 1.6")
        self._report.add(f"--help for the first time, {what}", first, "ms", against=against)

    def memory(self, what: str) -> None:
        """Resident memory after an import; how often bare Python's own fits into it."""
        mib = {code: self._resident(code) for code in (BARE, LIBRARIES, IMPORTED, TOUCHED)}
        against = mib[BARE]
        self._report.add(f"memory: python -c pass, {what}", against, "MiB", against=against)
        self._report.add(f"memory: {LIBRARIES}, {what}", mib[LIBRARIES], "MiB", against=against)
        self._report.add(f"memory: {IMPORTED}, {what}", mib[IMPORTED], "MiB", against=against, budget="30 MiB")
        self._report.add(f"memory: and all public names, {what}", mib[TOUCHED], "MiB", against=against, budget="30 MiB")

    def _resident(self, code: str) -> float:
        return median(int(self._run(self._python, "-c", code + RESIDENT)) / 1024 for _ in range(5))


def main() -> None:
    parser = arguments(TITLE)
    parser.add_argument("--python", type=Path, help="measure this environment, where aurarouter is, as it stands")
    options = parser.parse_args()
    report = Report(TITLE, f"python -c '{LIBRARIES}' in the same run; for memory, python -c pass")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.python is not None:
            startup = Startup(options.python, folder / "home", report)
            startup.wall("as installed")
            startup.memory("as installed")
        else:
            python, install = fresh(folder)
            startup = Startup(python, folder / "home", report)
            for what, extras in (("kernel alone", ""), ("all plugins", "[all]")):
                install(extras)
                startup.wall(what)
                startup.memory(what)
        report.finish(options.json)


if __name__ == "__main__":
    main()
