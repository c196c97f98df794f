"""The table of the window's sentences says what the marks on the tests say, and leaves none of them out."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
TABLE = tomllib.loads((Path(__file__).parent / "gui.toml").read_text(encoding="utf-8"))
FIRST, LAST = 269, 305
"""Lines of the document on which the part begins and ends."""


def marked() -> dict[str, list[str]]:
    """Id → the tests that carry it, by file and name."""
    found: dict[str, list[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.promise":
                    for argument in mark.args:
                        place = f"{path.relative_to(TESTS).as_posix()}::{node.name}"
                        found.setdefault(ast.literal_eval(argument), []).append(place)
    return found


def test_each_sentence_about_the_window_has_its_tests(promises: dict[str, Mapping[str, Any]]) -> None:
    told = {f"{section}.{number}": tests for section, rows in TABLE.items() for number, tests in rows.items()}
    there = marked()
    assert set(told) == {key for key, promise in promises.items() if FIRST <= promise["line"] <= LAST}
    assert told == {key: there.get(key, []) for key in told}
    assert {promises[key]["state"] for key in told} == {"built"}
