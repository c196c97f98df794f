"""`aurarouter usage`: what tasks used."""

from __future__ import annotations

import csv
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from time import gmtime, strftime
from typing import Any

import click

from aurarouter_core.cli.money import budget_lines, saved_line, standings
from aurarouter_core.cli.session import Session
from aurarouter_core.cli.since import when
from aurarouter_core.plain import dumps
from aurarouter_core.saved import reference_price, with_savings
from aurarouter_core.shown import printable
from aurarouter_hooks import AuraRouterError, Price

log = logging.getLogger(__name__)
KEYS = ("model", "role", "app", "day", "surface", "provider")
NAMES = {"input_tokens": "in", "output_tokens": "out", "cached_input_tokens": "cached", "reasoning_tokens": "reasoning"}
NOBODY = {"model": "(no model)", "provider": "(none)", "role": "(none)", "app": "(none)", "surface": "(none)"}


def _keys(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(word.strip() for value in values for word in value.split(",") if word.strip()))
    for word in wanted:
        if word not in KEYS:
            raise click.BadParameter(f"'{word}' is none of {', '.join(KEYS)}", context, parameter)
    return wanted


@click.command("usage")
@click.option(
    "--by", multiple=True, callback=_keys, metavar="KEY", help=f"One line for each: {', '.join(KEYS)}; several at once."
)
@click.option(
    "--since", callback=when, metavar="WHEN", help="Only days since then: 7d, or a day like 2026-11-01. Days are UTC."
)
@click.option("--budget", "budget", is_flag=True, help="Show how the limits of the budget stand instead.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print as CSV.")
@click.pass_context
def command(
    context: click.Context, by: tuple[str, ...], since: float | None, budget: bool, as_json: bool, as_csv: bool
) -> None:
    """Show tokens, cost and failures; by model, unless --by says otherwise.

    It outlives the traces that it was counted from. What a backend did not count itself is estimated, and marked.
    With `budget.reference` it says what the same tokens would have cost there.
    """
    if as_json and as_csv:
        raise click.UsageError("choose one of --json and --csv")
    session = Session.of(context)
    if budget:
        if by or since is not None or as_csv:
            raise click.UsageError("--budget goes with --json alone")
        _show_budget(session, as_json=as_json)
        return
    keys = by or ("model",)
    first = strftime("%Y-%m-%d", gmtime(since)) if since is not None else ""
    rows = [{**{key: row[key] for key in keys}, **row} for row in session.store.usage(keys, first)]
    name, reference = _reference(session)
    if reference is not None:
        rows = with_savings(rows, reference)
    if as_json:
        click.echo(dumps(rows, indent=2))
    elif as_csv:
        _write_csv(rows, keys, ("reference", "saved") if reference is not None else ())
    elif not rows:
        click.echo("nothing was used yet" if since is None else "nothing was used since then")
    else:
        for line in table(rows, keys):
            click.echo(line)
        if reference is not None:
            click.echo(saved_line(rows, name))


def _show_budget(session: Session, *, as_json: bool) -> None:
    rows = standings(session)
    if as_json:
        click.echo(dumps(rows, indent=2))
    elif not rows:
        click.echo("no budget is set")
    else:
        for line in budget_lines(rows):
            click.echo(printable(line))


def _reference(session: Session) -> tuple[str, Price | None]:
    """What to compare with. A configuration that can't be read keeps nobody from what was used."""
    try:
        return session.config.budget.reference, reference_price(session.config)
    except AuraRouterError as error:
        log.warning("nothing is compared with a reference: %s", error)
        return "", None


def _write_csv(rows: Sequence[Mapping[str, Any]], keys: Sequence[str], more: Sequence[str]) -> None:
    """An unknown cost is an empty field."""
    from aurarouter_core.store.usage import FIGURES

    writer = csv.DictWriter(sys.stdout, [*keys, *FIGURES, *more], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def table(rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Iterator[str]:
    """The rows in columns, and what marks in them mean."""
    head = [*keys, "tasks", "attempts", "failures", *NAMES.values(), "USD", "seconds"]
    cells = [[*(printable(row[key]) or NOBODY[key] for key in keys), *_figures(row)] for row in rows]
    widths = [max(len(line[at]) for line in (head, *cells)) for at in range(len(head))]
    for line in (head, *cells):
        sides = [f"{cell:<{width}}" for cell, width in zip(line[: len(keys)], widths, strict=False)]
        sides += [f"{cell:>{width}}" for cell, width in zip(line[len(keys) :], widths[len(keys) :], strict=True)]
        yield "  ".join(sides).rstrip()
    if any(row["estimated"] for row in rows):
        yield "~ partly estimated: a backend did not count"
    if answered := sum(row["unasked"] for row in rows):
        yield f"{answered} answered without asking the backend: {sum(row['spared'] for row in rows):.6f} USD spared"
    if any(row["cost"] is not None and row["unpriced"] for row in rows):
        yield "> and more: the price of some attempts is unknown"


def _figures(row: Mapping[str, Any]) -> Iterator[str]:
    mark = "~" if row["estimated"] else ""
    yield str(row["tasks"])
    yield str(row["attempts"])
    yield str(row["failures"])
    for name in NAMES:
        yield f"{mark if row[name] else ''}{row[name]}"
    yield _cost(row)
    yield f"{row['seconds']:.1f}"


def _cost(row: Mapping[str, Any]) -> str:
    if row["cost"] is None:
        return "unknown" if row["unpriced"] else "–"
    return f"{'>' if row['unpriced'] else ''}{mark_of(row)}{row['cost']:.6f}"


def mark_of(row: Mapping[str, Any]) -> str:
    """A cost from estimated tokens is an estimate itself."""
    return "~" if row["estimated"] else ""
