"""`aurarouter role`: chains as they are, and changed in the words that the file uses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
TWO = "models:\n  a: {provider: echo}\n  b: {provider: echo}\n"


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "auraconfig.yaml"
    path.write_text(f"{TWO}roles:\n  coding: [a]  # short\n  analysis:\n    chain: [a]  # old\n    description: Why\n")
    return path


def test_list_shows_chains_in_order_with_their_providers(aurarouter: Run, file: Path) -> None:
    done = aurarouter("role", "list")
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["coding           a (echo)", "analysis         a (echo)  # Why"]
    rows = json.loads(aurarouter("role", "list", "--json").stdout)["roles"]
    assert rows[1] == {
        "role": "analysis",
        "description": "Why",
        "chain": [{"model": "a", "provider": "echo", "exists": True}],
    }


def test_list_without_a_file_shows_what_is_built_in(aurarouter: Run) -> None:
    rows = json.loads(aurarouter("role", "list", "--json").stdout)["roles"]
    assert {row["role"] for row in rows} >= {"coding", "reasoning", "router"}
    assert all(row["chain"][0]["model"] == "smollm2" for row in rows)


def test_list_shows_a_chain_that_names_nobody(aurarouter: Run) -> None:
    done = aurarouter("role", "list", config=f"{TWO}roles: {{coding: [a, ghost]}}\n")
    assert done.returncode == 2
    assert "coding           a (echo) → ghost (no such model)" in done.stdout
    assert "no model is called 'ghost'" in done.stderr


def test_set_keeps_the_form_that_the_file_has(aurarouter: Run, file: Path) -> None:
    short = aurarouter("role", "set", "coding", "b", "a")
    assert (short.returncode, short.stderr) == (0, "")
    assert short.stdout == f"roles.coding.models: [a] → [b, a]  ({file}:5)\n"
    assert aurarouter("role", "set", "analysis", "b").returncode == 0
    assert aurarouter("role", "set", "new", "a").returncode == 0
    assert file.read_text() == (
        f"{TWO}roles:\n  coding: [b, a]  # short\n  analysis:\n    chain: [b]  # old\n    description: Why\n"
        "  new:\n    - a\n"
    )


def test_a_description_makes_the_long_form(aurarouter: Run, file: Path) -> None:
    assert aurarouter("role", "set", "coding", "b", "--description", "Writes code").returncode == 0
    assert aurarouter("role", "set", "analysis", "--description", "Thinks").returncode == 0
    assert yaml.safe_load(file.read_text())["roles"] == {
        "coding": {"models": ["b"], "description": "Writes code"},
        "analysis": {"chain": ["a"], "description": "Thinks"},
    }


def test_unset_takes_the_role_away_unless_somebody_needs_it(aurarouter: Run, file: Path) -> None:
    assert aurarouter("role", "set", "analysis", "--unset").returncode == 0
    assert set(yaml.safe_load(file.read_text())["roles"]) == {"coding"}
    file.write_text(f"{file.read_text()}intents: {{X: {{role: coding}}}}\n")
    before = file.read_text()
    needed = aurarouter("role", "set", "coding", "--unset")
    assert needed.returncode == 2
    assert "no role is called 'coding'" in needed.stderr
    assert file.read_text() == before


def test_an_unknown_model_is_refused_with_the_nearest(aurarouter: Run) -> None:
    config = "models: {alpha: {provider: echo}}\nroles: {coding: [alhpa]}\n"  # though the role names it already
    done = aurarouter("role", "set", "coding", "alhpa", config=config)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no model is called 'alhpa' (did you mean 'alpha'?)" in done.stderr
    told = aurarouter("role", "set", "coding", "alhpa", "--json", config=config)
    assert json.loads(told.stdout)["success"] is False


def test_a_first_role_says_that_the_built_in_ones_end(aurarouter: Run, home: Path) -> None:
    done = aurarouter("role", "set", "coding", "smollm2")
    assert done.returncode == 0
    assert "built-in analysis, reasoning, reviewer, router, summarization" in done.stderr
    assert yaml.safe_load((home / "auraconfig.yaml").read_text()) == {"roles": {"coding": ["smollm2"]}}
    assert [row["role"] for row in json.loads(aurarouter("role", "list", "--json").stdout)["roles"]] == ["coding"]


def test_set_needs_something_to_do(aurarouter: Run, file: Path) -> None:
    for arguments in (["coding"], ["coding", "a", "--unset"]):
        assert aurarouter("role", "set", *arguments).returncode == 2
