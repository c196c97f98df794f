"""Writes docs/performance.md from what other benchmarks wrote: `write_performance.py ANALYSE.json COUNTS.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from measure import ROOT

PAGE = ROOT / "docs" / "performance.md"
HEAD = """\
<!-- Made by `python benchmarks/write_performance.py`; run the benchmarks again instead of changing it. -->
# Performance of the hot path

What the analyser costs, beside its twin in plain Python and beside a router without a hot path, measured in one run.
*ratio* is the share of the yardstick's. Times on a shared machine vary by a factor of two and more; instructions don't.
*throughput* is text that was handed over: of a long one only the head and the tail are read, and that is why.
"""


def table(report: dict[str, Any]) -> str:
    """One benchmark's rows."""
    lines = [
        f"## {report['title'].capitalize()}\n",
        f"{report['machine']}, load {report['load']}, Python {report['python']}, {report['date']}.\n",
        f"Revision {report['revision']}. Yardstick: {report['yardstick']}.\n",
        "| what | median | ratio | budget |",
        "|---|---:|---:|---|",
    ]
    for row in report["rows"]:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3g}"
        lines.append(f"| {row['what']} | {row['value']:,.1f} {row['unit']} | {ratio} | {row['budget']} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    reports = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    PAGE.write_text("\n".join([HEAD, *map(table, reports)]), encoding="utf-8")


if __name__ == "__main__":
    main()
