"""What the benchmarks share: medians of rounds that take turns, and a report that says where and when it was made."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

from attrs import asdict, define, field, frozen

ROOT = Path(__file__).parents[1]


def medians(
    work: Mapping[str, Callable[[], object]],
    *,
    rounds: int = 31,
    seconds: float = 0.02,
    once: bool = False,
    of: Callable[[list[float]], float] = median,
) -> dict[str, float]:
    """Seconds that one call of each takes. All take turns in every round, so a busy moment hits all alike.

    Args:
        work: Name → what to call.
        rounds: How many turns each gets.
        of: Which of them counts: the middle one, or with `min` the least disturbed.
        seconds: About how long one turn lasts: as many calls as fit.
        once: One call is a turn.
    """
    loops = {name: 1 if once else _loops(call, seconds) for name, call in work.items()}
    turns: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            began = perf_counter()
            for _ in range(loops[name]):
                call()
            turns[name].append((perf_counter() - began) / loops[name])
    return {name: of(times) for name, times in turns.items()}


def _loops(call: Callable[[], object], seconds: float) -> int:
    """How many calls fill a turn; finding out warms everything up."""
    call()  # what is made once, at the first call, would make one call a turn
    loops = 1
    while True:
        began = perf_counter()
        for _ in range(loops):
            call()
        took = perf_counter() - began
        if took >= seconds:
            return loops
        loops *= 2


@frozen
class Row:
    """One thing that was measured, how often the yardstick fits into it, and what was allowed."""

    what: str
    value: float
    unit: str
    ratio: float | None = None
    budget: str = ""


@define
class Report:
    """A table of measurements with everything that is needed to compare it with another day's."""

    title: str
    yardstick: str
    figure: str = "median"
    rows: list[Row] = field(factory=list)

    def add(self, what: str, value: float, unit: str, *, against: float | None = None, budget: str = "") -> None:
        """Note a measurement; `against` is the yardstick's, in the same unit."""
        self.rows.append(Row(what, value, unit, value / against if against else None, budget))

    def finish(self, file: Path | None) -> None:
        """Print the table; write the same as JSON where a file was named."""
        about = {"title": self.title, "yardstick": self.yardstick, "figure": self.figure, **circumstances()}
        for name, value in about.items():
            print(f"{name:<10} {value}")
        width = max(len(row.what) for row in self.rows)
        print(f"\n{'':<{width}} {self.figure:>14} {'ratio':>8}  budget")
        for row in self.rows:
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            print(f"{row.what:<{width}} {row.value:>9.1f} {row.unit:<4} {ratio:>8}  {row.budget}".rstrip())
        if file is not None:
            text = json.dumps({**about, "rows": [asdict(row) for row in self.rows]}, indent=2, ensure_ascii=False)
            file.write_text(text + "\n", encoding="utf-8")


def circumstances() -> dict[str, str]:
    """The machine, the day, the Python and the revision."""
    load = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "load": load,
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "revision": _revision(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def _revision() -> str:
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def arguments(title: str) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE, too")
    return parser
