"""`aurarouter privacy`: lists, sums, exports and proves."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core.home import Home
from aurarouter_core.store import Audit

Run = Callable[..., Any]
CARD = "4539 1488 0343 6467"
CONFIG = """\
models:
  local: {provider: echo}
roles: {coding: [local], reasoning: [local]}
"""


@pytest.fixture
def used(aurarouter: Run) -> Run:
    """The program, after it has answered three tasks."""
    for task in ("hello", f"pay with {CARD}", "write to anna.berg@nordwind.de"):
        assert aurarouter("run", task, config=CONFIG).returncode == 0
    return aurarouter


def test_it_lists_sums_exports_and_proves(used: Run, home: Path) -> None:
    listed = used("privacy")
    assert listed.returncode == 0
    assert "card              here    sent             1" in listed.stdout
    assert "sent to local (here): card; it runs on this machine" in listed.stdout
    assert CARD not in listed.stdout
    whole = json.loads(used("privacy", "--rule", "money", "--json").stdout)
    assert [row["findings"][0]["rule"] for row in whole["rows"]] == ["card"]
    assert set(whole["configurations"]) == {row["configuration"] for row in whole["rows"]}
    proven = used("privacy", "--prove", "rule=card where=remote")
    assert (proven.returncode, proven.stdout.splitlines()[0]) == (
        0,
        "Proven: nothing that rule card finds was sent to models elsewhere.",
    )
    against = used("privacy", "--prove", "rule=card where=here", "--json")
    assert (against.returncode, json.loads(against.stdout)["verdict"]) == (1, "sent")
    older = used("privacy", "--prove", "rule=card where=remote", "--since", "2020-01-01")
    assert older.returncode == 1
    assert older.stdout.startswith("Not proven: ")
    assert "the audit began only then" in older.stdout
    assert used("privacy", "--csv", "out.csv", "--jsonl", "out.jsonl").stdout == ""
    with Path("out.csv").open() as file:
        assert [row["rule"] for row in csv.DictReader(file)] == ["card", "email"]
    assert [json.loads(line)["where"] for line in Path("out.jsonl").read_text().splitlines()] == ["here", "here"]
    assert len(list(Audit(Home(home).store).rows())) == 2


def test_before_anything_happened(aurarouter: Run) -> None:
    assert aurarouter("privacy").stdout == "nothing is written down yet: no model was asked\n"
    proof = aurarouter("privacy", "--prove", "rule=card where=remote")
    assert proof.returncode == 1
    assert proof.stdout.startswith("Not proven: ")
    assert "the audit has not begun" in proof.stdout


@pytest.mark.parametrize("claim", ["card", "rule=crad", "where=moon"])
def test_a_claim_that_is_none(aurarouter: Run, claim: str) -> None:
    assert aurarouter("privacy", "--prove", claim).returncode == 2
