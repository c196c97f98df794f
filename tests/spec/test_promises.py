"""Every sentence of the specification has a test, a waiver or a theme to come; every marker has a sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def marked_ids(node: ast.AST) -> Iterator[str]:
    """The ids of each `pytest.mark.promise(…)` below this node."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.promise":
            for argument in call.args:
                yield ast.literal_eval(argument)


def ids_on_tests(tree: ast.Module) -> Iterator[str]:
    """The ids that a test, a class of tests or a whole file of tests carries."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
            yield from marked_ids(node.value)
        elif isinstance(node, DEFINITION) and node.name.startswith(("test", "Test")):
            for decorator in node.decorator_list:
                yield from marked_ids(decorator)


@pytest.fixture(scope="module")
def carried() -> dict[str, set[str]]:
    """Id → the files whose tests carry it."""
    found: dict[str, set[str]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        name = str(path.relative_to(TESTS))
        on_tests = list(ids_on_tests(tree))
        assert sorted(on_tests) == sorted(marked_ids(tree)), f"{name}: a marker that is on no test"
        for promise in on_tests:
            found.setdefault(promise, set()).add(name)
    return found


def with_state(promises: Mapping[str, Mapping[str, Any]], state: str) -> set[str]:
    return {key for key, promise in promises.items() if promise["state"] == state}


def test_every_promise_is_written_out(register: dict[str, Any], promises: dict[str, Mapping[str, Any]]) -> None:
    for key, promise in promises.items():
        assert promise["says"].strip(), f"{key} says nothing"
        expected = {"line", "state", "says"} | ({"theme"} if promise["state"] == "unbuilt" else set())
        assert set(promise) == expected, f"{key}: exactly these keys: {', '.join(sorted(expected))}"
    assert {promise["state"] for promise in promises.values()} <= {"built", "unbuilt", "waived"}
    used = {promise["theme"] for promise in promises.values() if "theme" in promise}
    assert used <= set(register["themes"]), "a theme that `themes` does not list"


def test_sections_are_numbered_in_the_order_of_the_document(register: dict[str, Any]) -> None:
    last = 0
    for name, section in register.items():
        if not isinstance(section, dict):
            continue
        assert section["title"].strip(), f"[{name}] has no title"
        numbers = [number for number in section if number != "title"]
        assert numbers == [str(n) for n in range(1, len(numbers) + 1)], f"[{name}] is not numbered 1, 2, 3 …"
        for number in numbers:
            assert section[number]["line"] >= last, f"{name}.{number} stands before its predecessor in the document"
            last = section[number]["line"]


def test_no_sentence_is_summed_up_twice_with_the_same_words(register: dict[str, Any]) -> None:
    for name, section in register.items():
        if isinstance(section, dict):
            said = [promise["says"] for number, promise in section.items() if number != "title"]
            assert len(said) == len(set(said)), f"[{name}] says the same twice"


def test_every_built_promise_has_a_test(promises: dict[str, Mapping[str, Any]], carried: dict[str, set[str]]) -> None:
    missing = sorted(with_state(promises, "built") - set(carried))
    assert not missing, f"built, but no test carries @pytest.mark.promise for: {', '.join(missing)}"


def test_every_marker_names_a_built_promise(
    promises: dict[str, Mapping[str, Any]], carried: dict[str, set[str]]
) -> None:
    strangers = {key: files for key, files in carried.items() if key not in promises}
    assert not strangers, f"no such promise: {strangers}"
    early = {key: files for key, files in carried.items() if promises[key]["state"] != "built"}
    assert not early, f'a test shows them, so promises.toml should say state = "built": {early}'


def test_waivers_and_waived_promises_match(promises: dict[str, Mapping[str, Any]], waivers: dict[str, Any]) -> None:
    covered: set[str] = set()
    for name, waiver in waivers.items():
        assert set(waiver) == {"promises", "reading", "reason"}, f"[{name}]: promises, reading and reason, no more"
        assert waiver["reading"].strip(), f"[{name}] does not say what holds instead"
        assert waiver["reason"].strip(), f"[{name}] gives no reason"
        assert waiver["promises"], f"[{name}] waives nothing"
        unknown = sorted(set(waiver["promises"]) - set(promises))
        assert not unknown, f"[{name}] names no promise of ours: {unknown}"
        covered |= set(waiver["promises"])
    assert with_state(promises, "waived") <= covered, "waived without a reason"
