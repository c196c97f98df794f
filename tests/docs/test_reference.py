"""What is made from the configuration's classes is up to date, and the variables that it names do what it says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Plugins
from aurarouter_core.environment import read_environment
from aurarouter_core.structure import KERNEL_SECTIONS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "configuration-reference.md"
BELOW: dict[str, Any] = {
    **{section: {"my-name": {}} for section in ("models", "roles", "semantic_verbs", "intents")},
    "privacy": {"patterns": {"my-name": {}}},
    "budget": {"apps": {"my-name": {}}},
    "assets": {"catalogue": {"my-name": {}}},
    "limits": {"apps": {"my-name": {}}, "models": {"my-name": {}}},
    "telemetry": {"otlp": {"headers": {"key": ""}}},
}
PLUGINS = ("limits", "cache", "telemetry")
SECTIONS = {**KERNEL_SECTIONS, **{name: kind for name, kind in Plugins().sections.items() if name in PLUGINS}}
VALUES = {"number": "1.5", "whole number": "2", "true or false": "true", "mapping": "x"}


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "generate_reference.py"))


def rows() -> list[list[str]]:
    """[section, key, type, default, range, meaning, variable] of each setting on the page."""
    found = []
    for part in re.split(r"^##+ ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        heading = part.splitlines()[0]
        lines = [line for line in part.splitlines() if line.startswith("| `")]
        assert lines, heading
        found += [[heading, *(cell.strip() for cell in line.strip("|").split("|"))] for line in lines]
    return found


def test_what_is_committed_is_what_the_classes_give(script: dict[str, Any]) -> None:
    for file, text in script["written"]().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name} is out of date. Run: {script['COMMAND']}"


def test_the_command_that_makes_them_is_right(script: dict[str, Any]) -> None:
    assert (ROOT / script["COMMAND"].removeprefix("python ")).is_file()
    assert script["COMMAND"] in script["__doc__"]
    assert script["COMMAND"] in PAGE.read_text(encoding="utf-8")


def test_every_row_is_whole() -> None:
    known = rows()
    assert len(known) > 30
    assert {len(row) for row in known} == {7}
    assert [row[:2] for row in known if not row[2] or not row[5]] == []
    assert {row[0].split(".")[0] for row in known} == set(SECTIONS)


def test_each_row_names_the_variable_that_sets_it() -> None:
    without = [row[:2] for row in rows() if not row[6]]
    # What is below them has its own.
    assert without == [
        ["privacy", "`patterns`"],
        ["budget", "`apps`"],
        ["assets", "`catalogue`"],
        ["models.NAME", "`asset`"],
        ["models.NAME", "`price`"],
        *(["limits", f"`{key}`"] for key in ("apps", "each_app", "models", "each_model")),
        ["telemetry", "`otlp`"],
    ]
    for section, key, kind, _, _, _, variable in [row for row in rows() if row[6]]:
        path = [*section.replace("NAME", "my-name").split("."), key.strip("`")]
        name = re.sub(r"__NAME(?=__|$)", "__MY_NAME", variable.strip("`"))
        said = read_environment({name: VALUES.get(kind, "text")}, BELOW, SECTIONS)
        assert (said.warnings, said.problems) == ((), ()), variable
        (found,) = said.variables
        assert list(found) == path + (["key"] if variable.endswith("__KEY`") else []), variable


def test_links_within_the_page_lead_somewhere() -> None:
    text = PAGE.read_text(encoding="utf-8")
    anchors = {heading.replace(".", "").lower() for heading in re.findall(r"^##+ (.*)$", text, re.MULTILINE)}
    links = set(re.findall(r"\]\(#(.*?)\)", text))
    assert links
    assert links <= anchors


def test_ranges_and_defaults_are_told() -> None:
    told = {f"{row[0]}.{row[1].strip('`')}": (row[3], row[4]) for row in rows()}
    assert told["system.log_level"] == ("`WARNING`", "`DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`")
    assert told["system.default_timeout"] == ("`120.0`", "above 0, at most 31,622,400")
    assert told["models.NAME.provider"] == ("required", "")
    assert told["models.NAME.asset.file"] == ("required", "a plain file name")
    assert told["models.NAME.price.input"] == ("`0.0`", "at least 0, at most 1,000,000,000")
