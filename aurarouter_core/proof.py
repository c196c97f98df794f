"""Answers "did anything of that kind leave?" from the audit, and says what it can't know rather than claim."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from time import gmtime, strftime
from typing import Any, Literal

from attrs import frozen

from aurarouter_core.detection.rules import GROUPS, RULES
from aurarouter_core.store import Audit, AuditRow, Coverage
from aurarouter_core.store.audit import day
from aurarouter_core.witness import UNKNOWN

PLACES = {"here": True, "remote": False}


@frozen(kw_only=True)
class Claim:
    """What is looked for.

    Attributes:
        rule: A rule or a group of rules; "" for all.
        where: "here", "remote" (anywhere that is not provably this machine), or "" for both.
        model: Its id; "" for all.
    """

    rule: str = ""
    where: str = ""
    model: str = ""

    @classmethod
    def parse(cls, text: str) -> Claim:
        """Of words such as `rule=card where=remote`.

        Raises:
            ValueError: It says something else.
        """
        words: dict[str, str] = {}
        for word in text.split():
            key, equals, value = word.partition("=")
            if key not in ("rule", "where", "model") or not equals or not value or key in words:
                raise ValueError(f"'{word}' is none of rule=RULE, where=here, where=remote, model=MODEL, each once")
            words[key] = value
        if words.get("where", "here") not in PLACES:
            raise ValueError(f"'where' is here or remote, not '{words['where']}'")
        return cls(**words)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that are meant; empty for all."""
        if self.rule in GROUPS:
            return tuple(rule.name for rule in RULES if rule.group == self.rule)
        return (self.rule,) if self.rule else ()

    @property
    def here(self) -> bool | None:
        """The place that is meant; None for any."""
        return PLACES.get(self.where)


@frozen(kw_only=True)
class Proof:
    """What the audit says.

    Attributes:
        verdict: proven (nothing of that kind was sent), sent (it was: see `rows`), or unknown (see `gaps`).
        since, until: The period that was asked about, Unix times.
        attempts: Attempts in it that the audit has rows of, of any kind.
        rows: Attempts that contradict the claim.
        gaps: Why the audit can't tell for a part of the period, in words.
        notes: What the claim does not say.
        configurations: What was in force, by hash.
    """

    verdict: Literal["proven", "sent", "unknown"]
    claim: Claim
    since: float
    until: float
    attempts: int
    rows: Sequence[AuditRow]
    gaps: Sequence[str]
    notes: Sequence[str]
    configurations: Mapping[str, Any]


def prove(audit: Audit, claim: Claim, since: float | None = None) -> Proof:
    """Whether nothing of that kind was sent since then, or for as long as the audit goes back.

    Raises:
        ValueError: No rule or group of rules is or was called so.
        AuraRouterError: The store can't be read.
    """
    now = time.time()
    covered = audit.coverage()
    known = audit.configurations()
    built_in = {rule.name for rule in RULES} | set(GROUPS)
    if claim.rule and claim.rule not in built_in and not any(claim.rule in one["actions"] for one in known.values()):
        raise ValueError(f"no rule is called '{claim.rule}', and none was; known: {', '.join(sorted(built_in))}")
    begin = covered.since if since is None else since
    begin = now if begin is None else begin
    gaps: list[str] = []
    if covered.since is None:
        gaps.append("the audit has not begun: no model was asked yet, or by an older version only")
    elif begin < covered.since:
        why = "began only then" if covered.pruned is None or covered.since == covered.began else "has been pruned"
        gaps.append(f"nothing is known of the time before {_moment(covered.since)}: the audit {why}")
    rows = [row for row in audit.rows(since=since or 0.0) if row.action != "refused"]
    meant = [row for row in rows if claim.here in (None, row.here) and claim.model in ("", row.model)]
    blind = sum(any(found.rule == UNKNOWN for found in row.findings) for row in meant)
    if blind:
        gaps.append(f"attempts at which the detector failed, so that nobody knows what they held: {blind}")
    gaps += _unwritten(covered, day(begin))
    gaps += _unlooked(claim, [use for use in covered.uses if use[0] >= day(begin)], known)
    against = [row for row in meant if _sent(row, claim.rules)]
    closed = sum(any(found.rule == "unreadable" for found in row.findings) for row in meant)
    notes = [f"attempts with files that no scan can read: {closed}"] if closed and claim.rule != "unreadable" else []
    return Proof(
        verdict="sent" if against else "unknown" if gaps else "proven",
        claim=claim,
        since=begin,
        until=now,
        attempts=len(rows),
        rows=against,
        gaps=gaps,
        notes=notes,
        configurations={name: known[name] for name in sorted(known)},
    )


def _sent(row: AuditRow, rules: Sequence[str]) -> bool:
    return any(
        found.fate == "sent" and found.rule != UNKNOWN and (not rules or found.rule in rules) for found in row.findings
    )


def _unwritten(covered: Coverage, first: str) -> Iterator[str]:
    """Days on which models were asked and nobody knows under which configuration."""
    lost = sorted({when for when, name in set(covered.missed) - set(covered.uses) if when >= first})
    if lost:
        yield f"the configuration in force could not be written down: {_days(lost)}"
    used, begun = {when for when, _ in covered.uses}, day(covered.since or 0.0)
    bare = [when for when in covered.asked if when >= first and when > begun and when not in used]
    if bare:
        yield f"models answered, and the configuration in force is missing: {_days(bare)}"
    if not covered.writable:
        yield "the folder of the audit can't be written to, so nobody knows what was asked without it"


def _unlooked(claim: Claim, uses: Sequence[tuple[str, str]], known: Mapping[str, Any]) -> list[str]:
    """Days on which models were asked while some of the rules were not looked for."""
    days: dict[str, list[str]] = {}
    for when, name in uses:
        if name not in known:
            days.setdefault(f"the configuration {name}, which was in force, is missing", []).append(when)
            continue
        actions = known[name]["actions"]
        meant = claim.rules or tuple(actions)
        off = [rule for rule in meant if actions.get(rule, "allow") == "allow"]
        if off:
            days.setdefault(f"not looked for under configuration {name}: {', '.join(off)}", []).append(when)
    return [f"{what} ({_days(when)})" for what, when in days.items()]


def _days(when: Sequence[str]) -> str:
    return f"{when[0]} to {when[-1]}, days in UTC"


def _moment(at: float) -> str:
    return strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(at))
