"""The audit: a row before each attempt that may matter, no text in it, and no attempt without it."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from aurarouter_core import Config, Plugins, Router, Task
from aurarouter_core.detector import Detector
from aurarouter_core.home import Home
from aurarouter_core.proof import Claim, prove
from aurarouter_core.store import Audit, AuditRow, Configuration, Found
from aurarouter_core.witness import UNKNOWN
from aurarouter_hooks import (
    Call,
    Event,
    Location,
    Media,
    Message,
    PrivacyError,
    Proceed,
    Prompt,
    Provider,
    Reply,
    hookimpl,
)

CARD = "4539 1488 0343 6467"
MAIL = "anna.berg@nordwind.de"
HERE = Location(kind="loopback", host="127.0.0.1", addresses=("127.0.0.1",))


@pytest.fixture
def audit(home: Path) -> Audit:
    return Audit(Home(home).store)


@pytest.fixture
def ask(providers: Any, configure: Callable[..., Config], home: Path) -> Any:
    """Runs tasks, one after the other, on a cloud model and, after it, one on this machine. Returns the answers."""

    async def run(
        *tasks: Task, models: tuple[str, ...] = ("cloud", "local"), more: Any = (), own: bool = True, **privacy: Any
    ) -> Any:
        known: dict[str, dict[str, Any]] = {"cloud": {"provider": "remote"}, "local": {"provider": "here"},
                 "trusted": {"provider": "remote", "tags": ["private"]}}  # fmt: skip
        config = configure(privacy=privacy, **{name: {**known[name], "options": {"seen": []}} for name in models})
        answers: list[Any] = []
        extra = [*([providers] if own else []), *more]
        async with Router(config, Plugins(discover=False, extra=extra), home=Home(home)) as router:
            for task in tasks:
                try:
                    answers.append(await router.run(task))
                except PrivacyError as error:
                    answers.append(error)
        return answers

    return run


def brief(row: AuditRow) -> tuple[Any, ...]:
    return row.action, row.model, row.here, row.private, [(found.rule, found.fate) for found in row.findings]


async def test_every_kind_of_attempt_that_may_matter_leaves_a_row(ask: Any, audit: Audit) -> None:
    await ask(
        Task("hello"), Task(f"pay with {CARD}", app="shop"), Task(f"write to {MAIL}"), Task("mine", private=True),
        rules={"iban": "redact"},
    )  # fmt: skip
    rows = list(audit.rows())
    assert [brief(row) for row in rows] == [
        ("sent", "local", True, True, [("card", "sent")]),
        ("sent", "cloud", False, False, [("email", "sent")]),
        ("sent", "local", True, True, []),
    ]
    card = rows[0]
    assert (card.node, card.number, card.place, card.surface, card.app) == ("answer", 1, "process", "embedded", "shop")
    assert (card.why, rows[1].why) == ("it runs on this machine", "what was found may go anywhere")
    assert audit.configurations()[card.configuration]["actions"]["iban"] == "redact"
    assert audit.configurations()[card.configuration]["models"]["cloud"]["tags"] == []


async def test_refusals_and_replacements_leave_rows_too(ask: Any, audit: Audit) -> None:
    pay, mail, iban = Task(f"pay with {CARD}"), Task(f"write to {MAIL}"), Task("to DE89 3704 0044 0532 0130 00")
    await ask(pay, mail, iban, models=("cloud",), rules={"email": "redact", "iban": "block"})
    await ask(pay, models=("trusted",))
    assert [brief(row) for row in audit.rows()] == [
        ("refused", "", False, True, [("card", "refused")]),
        ("replaced", "cloud", False, False, [("email", "replaced")]),
        ("refused", "", False, False, [("iban", "refused")]),
        ("sent", "trusted", False, True, [("card", "sent")]),
    ]
    assert [row.why for row in audit.rows()][2:] == ["a rule blocks it", "it has the tag 'private'"]


async def test_a_refusal_right_before_an_attempt_is_written_down(ask: Any, audit: Audit) -> None:
    class Retrieval:
        scope, order = "attempt", 0

        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            assert call.prompt is not None
            messages = (*call.prompt.messages, Message("user", f"found: {CARD}"))
            async for event in proceed(evolve(call, prompt=evolve(call.prompt, messages=messages))):
                yield event

    more = SimpleNamespace(__name__="retrieval", register_middleware=hookimpl(lambda: [Retrieval()]))
    (answer,) = await ask(Task("look it up", conversation="a"), more=[more])
    assert answer.text == "local says hello"
    assert [brief(row)[:3] for row in audit.rows()] == [("refused", "cloud", False), ("sent", "local", True)]
    assert audit.is_private("a")
    assert not audit.is_private("b")


async def test_what_is_said_to_stay_here_goes_straight_here(ask: Any, home: Path, audit: Audit) -> None:
    """Whatever its rule does: else it would pass the environment's proxy, or go to another server of the model."""
    sent: list[Prompt] = []

    class Kept(Provider):
        async def generate(self, prompt: Prompt) -> Reply:
            sent.append(prompt)
            return Reply(text="kept")

        async def where(self) -> Location:
            return HERE if self.model.id == "local" else Location(kind="remote", addresses=("192.0.2.1",))

    more = SimpleNamespace(__name__="kept", register_providers=hookimpl(lambda: {"remote": Kept, "here": Kept}))
    for model in ("local", "cloud"):
        await ask(Task(f"write to {MAIL}"), models=(model,), more=[more], own=False)
    assert [row.here for row in audit.rows()] == [True, False]
    assert [(prompt.private, prompt.location) for prompt in sent] == [(True, HERE), (False, None)]


async def test_no_text_stands_in_the_file(ask: Any, home: Path, audit: Audit) -> None:
    await ask(
        Task(f"pay with {CARD}", conversation="a"), Task(f"write to {MAIL}"), Task("mine", private=True),
        markers=["Projekt Blau"],
    )  # fmt: skip
    whole = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    for text in (CARD, CARD.replace(" ", ""), MAIL, "pay with", "mine"):
        assert text.encode() not in whole
    assert len({found.fingerprint for row in audit.rows() for found in row.findings}) == 2


async def test_what_can_not_be_written_down_does_not_happen(ask: Any, home: Path, configure: Any) -> None:
    (home / "aurarouter.db").mkdir()
    hello, pay, mail = await ask(Task("hello"), Task(f"pay with {CARD}"), Task(f"write to {MAIL}"))
    assert hello.text == "cloud says hello"
    for refused in (pay, mail):
        assert isinstance(refused, PrivacyError)
        assert "that can't be written down" in str(refused)
        assert "permissions" in refused.hint


async def test_the_row_is_there_before_the_model_is_asked(
    home: Path, make_plugin: Any, providers: Any, configure: Any, audit: Audit
) -> None:
    class Looking(Provider):
        async def generate(self, prompt: Prompt) -> Reply:
            return Reply(text=str(len(list(Audit(Home(home).store).rows()))))

        async def where(self) -> Location:
            return Location(kind="process")

    looking = make_plugin("looking", register_providers=lambda: {"looking": Looking})
    plugins = Plugins(discover=False, extra=[providers, looking])
    async with Router(configure(a={"provider": "looking"}), plugins, home=Home(home)) as router:
        answers = await asyncio.gather(*(router.run(Task(f"pay with {CARD}")) for _ in range(5)))
    assert all(int(answer.text) >= 1 for answer in answers)
    assert len(list(audit.rows())) == 5


async def test_a_detector_that_fails_is_written_down_as_not_knowing(ask: Any, audit: Audit, monkeypatch: Any) -> None:
    def broken(self: Detector, text: str, most: int = -1) -> Any:
        raise ZeroDivisionError(text)

    monkeypatch.setattr(Detector, "find", broken)
    await ask(Task("hello"), models=("trusted",))
    assert [brief(row)[4] for row in audit.rows()] == [[(UNKNOWN, "sent")]]
    proof = prove(audit, Claim.parse("rule=card where=remote"))
    assert proof.verdict == "unknown"
    assert "the detector failed" in proof.gaps[0]


async def test_a_conversation_stays_private_in_another_program(ask: Any) -> None:
    first, second = await ask(Task("hello", conversation="a"), Task(f"pay with {CARD}", conversation="a"))
    again, other = await ask(Task("and now?", conversation="a"), Task("hello", conversation="b"))
    assert [one.text.split()[0] for one in (first, second, again, other)] == ["cloud", "local", "local", "cloud"]


def row_of(at: float, using: Configuration, *rules: str, **more: Any) -> AuditRow:
    found = tuple(Found(rule, "f", "sent") for rule in rules)
    settings = {"task": "t", "trace": "t", "model": "cloud", "action": "sent", "why": "", "private": False, **more}
    return AuditRow(at=at, configuration=using.hash, findings=found, **settings)


CARDS = Configuration(body='{"actions": {"card": "reroute", "iban": "allow"}}')


def test_old_rows_go_and_what_they_covered_is_no_longer_claimed(audit: Audit) -> None:
    now = time.time()
    audit.days = 1000
    audit.commit(row_of(now - 500 * 86400, CARDS, "card"), CARDS, conversation="a")
    audit.commit(row_of(now, CARDS, "card", here=True), CARDS)
    assert prove(audit, Claim.parse("rule=card where=remote")).verdict == "sent"
    with closing(sqlite3.connect(audit.path)) as connection:
        connection.execute("UPDATE private_conversations SET at = ?", (now - 500 * 86400,))
        connection.execute("UPDATE audit_times SET at = ?", (now - 600 * 86400,))
        connection.commit()
    later = Audit(audit.path)
    later.commit(None, CARDS)
    assert [row.here for row in later.rows()] == [True]
    assert not later.is_private("a")
    proof = prove(later, Claim.parse("rule=card where=remote"))
    assert proof.verdict == "proven"
    assert proof.since == pytest.approx(now - 400 * 86400, abs=60)
    older = prove(later, Claim.parse("rule=card where=remote"), now - 450 * 86400)
    assert older.verdict == "unknown"
    assert "has been pruned" in older.gaps[0]


def test_what_was_not_looked_for_is_not_claimed(audit: Audit) -> None:
    audit.commit(None, CARDS)
    assert prove(audit, Claim.parse("rule=card where=remote")).verdict == "proven"
    proof = prove(audit, Claim.parse("rule=iban where=remote"))
    assert proof.verdict == "unknown"
    assert f"not looked for under configuration {CARDS.hash}: iban" in proof.gaps[0]
    assert prove(audit, Claim.parse("rule=money where=remote")).verdict == "unknown"
    with pytest.raises(ValueError, match="no rule is called 'crad'"):
        prove(audit, Claim.parse("rule=crad"))


def test_before_anything_happened_nothing_is_claimed(audit: Audit) -> None:
    proof = prove(audit, Claim.parse("rule=card where=remote"))
    assert (proof.verdict, audit.path.exists()) == ("unknown", False)
    assert "the audit has not begun" in proof.gaps[0]


async def test_files_that_no_scan_can_read_are_told(ask: Any, audit: Audit) -> None:
    await ask(Task(messages=[Message("user", [Media(media_type="application/pdf", data=b"%PDF")])]))
    proof = prove(audit, Claim.parse("rule=card where=remote"))
    assert proof.verdict == "proven"
    assert proof.notes == ["attempts with files that no scan can read: 1"]


@pytest.mark.parametrize("text", ["rule", "rule=", "rule=a rule=b", "who=me", "where=moon", "card"])
def test_a_claim_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Claim.parse(text)


def test_processes_share_the_audit(audit: Audit) -> None:
    others = [Audit(audit.path) for _ in range(4)]
    for other in others:
        for _ in range(5):
            other.commit(row_of(time.time(), CARDS, "card"), CARDS)
    assert len(list(audit.rows(rules=["card"], model="cloud", here=False))) == 20
    assert list(audit.rows(rules=["iban"])) == []
