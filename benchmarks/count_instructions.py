"""Machine instructions of one call, by valgrind: a figure that a busy machine doesn't change.

Each work runs twice under callgrind, with few calls and with many; the difference is the calls' own. What else differs
between two runs is taken away: dictionaries lie in the same order, and all that is kept was kept before.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Report, arguments

WORK = {
    "20 characters, the Python call": ("call", "20 characters", 500),
    "resolve, hit": ("resolve", "custom verb 5000", 2_000),
    "resolve, miss": ("resolve", "no such synonym", 2_000),
    "200 characters, the pass": ("pass", "200 characters", 200),
    "200 characters, the Python call": ("call", "200 characters", 200),
    "200 characters of Russian, the Python call": ("call", "200 characters of Russian", 200),
    "200 characters of Chinese, the Python call": ("call", "200 characters of Chinese", 200),
    "2,000 characters, the Python call": ("call", "2,000 characters", 100),
    "200,000 characters, the Python call": ("call", "200,000 characters", 20),
    "1,000,000 characters, the Python call": ("call", "1,000,000 characters", 5),
    "200,000 of newlines, the Python call": ("call", "200,000 of newlines", 10),
    "200,000 of one word, the Python call": ("call", "200,000 of one word", 10),
    "200,000 of combining marks, the Python call": ("call", "200,000 of combining marks", 10),
    "200,000 of emoji, the Python call": ("call", "200,000 of emoji", 10),
    "200,000 of numbers and passwords, the Python call": ("call", "200,000 of numbers and passwords", 10),
    "200,000 of addresses and passwords, the Python call": ("call", "200,000 of addresses and passwords", 10),
    "200,000 of accounts and single digits, the Python call": ("call", "200,000 of accounts and single digits", 10),
    "200 characters, plain": ("plain", "200 characters", 5),
}
TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)


def run_here(kind: str, what: str, calls: int) -> None:
    """The work itself, in the process that is watched."""
    from bench_analyse import SYNONYMS, plain_analyser, texts

    from aurarouter_core import hotpath
    from aurarouter_core.lexicon import Lexicon

    analyser = hotpath.Analyser(Lexicon.default().with_verbs(SYNONYMS if kind == "resolve" else {}))
    plain = plain_analyser(Lexicon.default())
    call = {
        "resolve": analyser.resolve,
        "pass": analyser._passes.analyse,
        "call": hotpath.analyse,
        "plain": plain.analyse,
    }[kind]
    given = what if kind == "resolve" else texts()[what]
    for _ in range(calls):
        call(given)


def counted(home: Path, kind: str, what: str, calls: int) -> int:
    """Instructions of a whole process with so many calls."""
    out = home / "out"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
    here = [sys.executable, __file__, "--here", kind, what]
    env = {**os.environ, "AURAROUTER_HOME": str(home / "home"), "PYTHONHASHSEED": "0"}
    subprocess.run([*here, "1"], check=True, env=env)  # keeps the bytecode and the table of synonyms
    subprocess.run([*command, *here, str(calls)], check=True, capture_output=True, env=env)
    found = TOTAL.search(out.read_text(encoding="utf-8"))
    if found is None:
        raise SystemExit("callgrind wrote no total")
    return int(found[1])


def main() -> None:
    if sys.argv[1:2] == ["--here"]:
        kind, what, calls = sys.argv[2:]
        run_here(kind, what, int(calls))
        return
    options = arguments(__doc__ or "").parse_args()
    if shutil.which("valgrind") is None:
        raise SystemExit("valgrind is not installed (Debian: apt-get install valgrind)")
    report = Report("machine instructions of one call", "the pass over 200 characters", "count")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        found = {
            name: (counted(home, kind, what, 2 * calls) - counted(home, kind, what, calls)) / calls
            for name, (kind, what, calls) in WORK.items()
        }
    for name, value in found.items():
        report.add(name, value, "instr", against=found["200 characters, the pass"])
    report.finish(options.json)


if __name__ == "__main__":
    main()
