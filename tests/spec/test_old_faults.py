"""Each fault in privacy and money of an earlier program of this name has tests that show its absence."""

import ast
import tomllib
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
REGISTER: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("old_faults.toml").read_text())
FAULTS = {f"{name}.{number}": fault for name, section in REGISTER.items() for number, fault in section.items()}


def test_the_register_is_numbered_and_whole() -> None:
    for name, section in REGISTER.items():
        assert [*section] == [str(number) for number in range(1, len(section) + 1)], name
    for fault in FAULTS.values():
        assert set(fault) == {"fault", "tests"}
        assert fault["fault"].endswith(".")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_shows_its_absence_exists(fault: dict[str, Any]) -> None:
    assert fault["tests"]
    for test in fault["tests"]:
        path, name = test.split("::")
        tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert name in {node.name for node in tree.body if isinstance(node, kinds)}, test
