"""`aurarouter privacy`: what the audit of private data holds, and what it proves."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO, Any

import click

from aurarouter_core.cli.session import Session
from aurarouter_core.cli.since import when
from aurarouter_core.plain import dumps, plain
from aurarouter_core.proof import Claim, Proof, prove
from aurarouter_core.shown import printable
from aurarouter_core.store import Audit, AuditRow

FIELDS = (
    "at", "task", "trace", "node", "number", "model", "provider", "where", "place", "host", "action", "why", "private",
    "surface", "app", "configuration",
)  # fmt: skip
FINDING = ("rule", "fingerprint", "fate")
UNPROVEN = 1
"""Exit code of a proof that fails, and of one that nobody can give; the verdict says which."""


def _claim(context: click.Context, parameter: click.Parameter, value: str | None) -> Claim | None:
    try:
        return None if value is None else Claim.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error), context, parameter) from error


FILE = click.File("w", encoding="utf-8", lazy=True, atomic=True)


@click.command("privacy")
@click.option("--since", callback=when, metavar="WHEN", help="Only since then: 30d, 12h, or a day like 2026-11-01.")
@click.option("--rule", default="", help="Only attempts in which this rule, or a rule of this group, found something.")
@click.option("--model", default="", help="Only attempts at this model.")
@click.option("--where", type=click.Choice(["here", "remote"]), help="Only attempts on this machine, or anywhere else.")
@click.option(
    "--prove",
    "claim",
    callback=_claim,
    metavar="CLAIM",
    help="Prove that nothing of a kind left: 'rule=card where=remote'.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many to list; JSON has all."
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, with the configurations that were in force.")
@click.option(
    "--csv", "as_csv", type=FILE, metavar="FILE", help="Write to a file (- for stdout), a line for each value."
)
@click.option("--jsonl", "as_jsonl", type=FILE, metavar="FILE", help="Write to a file, an attempt in each line.")
@click.pass_context
def command(
    context: click.Context,
    since: float | None,
    rule: str,
    model: str,
    where: str | None,
    claim: Claim | None,
    limit: int,
    as_json: bool,
    as_csv: IO[str] | None,
    as_jsonl: IO[str] | None,
) -> None:
    """Show which private data models were sent, or were not.

    Rows name rules, never text. With --prove the exit code is 0 when nothing of the kind was sent in the period, and 1
    when something was or nobody can know: the verdict says which.
    """
    session = Session.of(context)
    audit = Audit(session.home.store)
    if claim is not None:
        if rule or model or where or as_csv or as_jsonl:
            raise click.UsageError("--prove takes --since, --json and its own words: rule=, where=, model=")
        _prove(context, audit, claim, since, as_json=as_json)
        return
    chosen = Claim(rule=rule, where=where or "", model=model)
    rows = list(audit.rows(since=since or 0.0, rules=chosen.rules, model=model, here=chosen.here))
    if as_csv is not None:
        writer = csv.writer(as_csv, lineterminator="\n")
        writer.writerow([*FIELDS, *FINDING])
        writer.writerows(_lines(rows))
    if as_jsonl is not None:
        as_jsonl.writelines(f"{dumps(_entry(row))}\n" for row in rows)
    if as_json:
        whole = {"coverage": audit.coverage(), "rows": [_entry(row) for row in rows]}
        click.echo(dumps({**whole, "configurations": audit.configurations()}, indent=2))
    elif as_csv is None and as_jsonl is None:
        for line in _summary(audit, rows, limit):
            click.echo(printable(line))


def _prove(context: click.Context, audit: Audit, claim: Claim, since: float | None, *, as_json: bool) -> None:
    try:
        proof = prove(audit, claim, since)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if as_json:
        click.echo(dumps({**plain(proof), "rows": [_entry(row) for row in proof.rows]}, indent=2))
    else:
        for line in _told(proof):
            click.echo(printable(line))
    context.exit(0 if proof.verdict == "proven" else UNPROVEN)


def _told(proof: Proof) -> Iterator[str]:
    words = {"proven": "Proven", "sent": "Not so", "unknown": "Not proven"}[proof.verdict]
    claim = proof.claim
    what = f"rule {claim.rule}" if claim.rule else "any rule"
    place = {"here": " to models on this machine", "remote": " to models elsewhere", "": ""}[claim.where]
    whom = f" (model {claim.model})" if claim.model else ""
    if proof.verdict == "sent":
        yield f"{words}: what {what} finds was sent{place}{whom} in {_count(len(proof.rows), 'attempt')}."
    else:
        yield f"{words}: nothing that {what} finds was sent{place}{whom}."
    rows = _count(proof.attempts, "attempt")
    yield f"Period: {_time(proof.since)} to {_time(proof.until)}; {rows} with findings or private content."
    for gap in proof.gaps:
        yield f"Unknown: {gap}"
    for note in proof.notes:
        yield f"Note: {note}"
    for row in proof.rows:
        yield f"  {_shown(row)}"
    for name, one in proof.configurations.items():
        actions = Counter(one["actions"].values())
        rules = ", ".join(f"{actions[action]} {action}" for action in sorted(actions))
        yield f"Configuration {name}: profile {one['profile']}; rules: {rules}"


def _summary(audit: Audit, rows: Sequence[AuditRow], limit: int) -> Iterator[str]:
    covered = audit.coverage()
    if covered.since is None:
        yield "nothing is written down yet: no model was asked"
        return
    yield f"since {_time(covered.since)}: {_count(len(rows), 'row')}"
    sums: Counter[tuple[str, str, str]] = Counter()
    for row in rows:
        sums.update(
            {(rule, _where(row), fate) for rule, fate in _rules(row)} or {("(declared)", _where(row), row.action)}
        )
    if sums:
        yield f"{'rule':<18}{'where':<8}{'fate':<10}attempts"
        yield from (f"{rule:<18}{where:<8}{fate:<10}{count:>8}" for (rule, where, fate), count in sorted(sums.items()))
        yield ""
    yield from map(_shown, rows[-limit:])


def _shown(row: AuditRow) -> str:
    rules = Counter(found.rule for found in row.findings)
    what = ", ".join(f"{rule} ×{count}" if count > 1 else rule for rule, count in rules.items()) or "declared private"
    whom = f"{row.model} ({_where(row)}{f', {row.host}' if row.host else ''})" if row.model else "nobody"
    return f"{_time(row.at)}  {row.action} to {whom}: {what}; {row.why}  [task {row.task[:8]}, {row.configuration}]"


def _rules(row: AuditRow) -> set[tuple[str, str]]:
    return {(found.rule, found.fate) for found in row.findings}


def _where(row: AuditRow) -> str:
    return "here" if row.here else "remote" if row.model else "–"


def _entry(row: AuditRow) -> dict[str, Any]:
    made: dict[str, Any] = plain(row)
    made["where"] = _where(row)
    return made


def _lines(rows: Sequence[AuditRow]) -> Iterator[list[Any]]:
    """A line for each value; one with none of a value for what was declared private."""
    for row in rows:
        entry = _entry(row)
        entry["at"] = _time(row.at)
        for found in row.findings or (None,):
            values = [getattr(found, name) if found else "" for name in FINDING]
            yield [*(_cell(entry[name]) for name in FIELDS), *values]


def _cell(value: Any) -> Any:
    """No cell that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def _time(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(at))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
