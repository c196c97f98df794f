"""What was in force and could not be written down, or is written down no more, is not claimed to be known."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.home import Home
from aurarouter_core.proof import Claim, Proof, prove
from aurarouter_core.store import Audit, Configuration, missed
from aurarouter_core.store.usage import FIGURES

CARDS = Configuration(body='{"actions": {"card": "reroute"}}')
CLAIM = Claim.parse("rule=card where=remote")
Configure = Callable[..., Config]


@pytest.fixture
def audit(home: Path) -> Audit:
    return Audit(Home(home).store)


async def hello(configure: Configure, plugins: Plugins, home: Path, **rules: str) -> None:
    config = configure(cloud={"provider": "remote", "options": {"seen": []}}, privacy={"rules": rules})
    async with Router(config, plugins, home=Home(home)) as router:
        await router.run(Task("hello"))


def altered(audit: Audit, statement: str, *values: object) -> Proof:
    """The proof after somebody did this to the file."""
    with closing(sqlite3.connect(audit.path)) as connection:
        connection.execute(statement, values)
        connection.commit()
    return prove(audit, CLAIM)


async def test_a_day_whose_configuration_could_not_be_written_is_unknown(
    configure: Configure, plugins: Plugins, home: Path, audit: Audit
) -> None:
    audit.path.mkdir()
    await hello(configure, plugins, home, card="allow")
    audit.path.rmdir()
    audit.commit(None, CARDS)
    proof = prove(audit, CLAIM)
    assert proof.verdict == "unknown"
    (gap,) = proof.gaps
    assert "the configuration in force could not be written down" in gap
    assert prove(audit, CLAIM, time.time() + 86400).verdict == "proven"


async def test_what_is_written_later_on_the_day_is_known(
    configure: Configure, plugins: Plugins, home: Path, audit: Audit
) -> None:
    audit.path.mkdir()
    await hello(configure, plugins, home)
    audit.path.rmdir()
    await hello(configure, plugins, home)
    assert len(missed.marks(audit.path)) == 1
    assert prove(audit, CLAIM).verdict == "proven"


def test_a_configuration_that_is_gone_is_missed(audit: Audit) -> None:
    audit.commit(None, CARDS)
    assert prove(audit, CLAIM).verdict == "proven"
    proof = altered(audit, "DELETE FROM audit_configurations")
    assert proof.verdict == "unknown"
    assert f"the configuration {CARDS.hash}, which was in force, is missing" in proof.gaps[0]
    assert prove(audit, Claim()).verdict == "unknown"


def test_a_day_on_which_models_answered_has_a_configuration(audit: Audit) -> None:
    audit.commit(None, CARDS)
    altered(audit, "UPDATE audit_times SET at = ?", time.time() - 5 * 86400)
    bare = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 2 * 86400))
    zeros = ", ".join("0" for _ in FIGURES[3:])
    proof = altered(audit, f"INSERT INTO usage VALUES (?, 'm', 'p', 'r', 'a', 'u', 1, 0, 1, {zeros})", bare)
    assert proof.verdict == "unknown"
    assert f"the configuration in force is missing: {bare}" in proof.gaps[0]
    assert prove(audit, CLAIM, time.time() - 86400).verdict == "proven"


def test_where_nothing_can_be_written_nothing_is_claimed(audit: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    audit.commit(None, CARDS)
    monkeypatch.setattr(missed, "can_mark", lambda store: False)
    assert prove(audit, CLAIM).verdict == "unknown"


def test_old_marks_go(audit: Audit) -> None:
    audit.commit(None, CARDS)
    missed.mark(audit.path, "2020-02-29", CARDS.hash)
    audit.misses(CARDS)
    later = Audit(audit.path)
    later.commit(None, CARDS)
    assert len(missed.marks(audit.path)) == 1
    later.close()
