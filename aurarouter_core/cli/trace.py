"""`aurarouter trace`: what happened to a task."""

from __future__ import annotations

import click

from aurarouter_core.cli.draw import trace_lines
from aurarouter_core.cli.session import Session
from aurarouter_core.cli.since import when
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable

MOST = 10_000_000
"""As many traces as may be kept."""


@click.command("trace")
@click.argument("trace_id", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the latest traces, newest first.")
@click.option("--failed", is_flag=True, help="Only tasks that failed or were cut short.")
@click.option("--model", help="Only tasks in which this model was tried.")
@click.option("--app", help="Only tasks of this application.")
@click.option(
    "--since", callback=when, metavar="WHEN", help="Only tasks since then: 7d, 12h, 30m, or a day like 2026-11-01."
)
@click.option("--limit", type=click.IntRange(1, MOST), default=20, show_default=True, help="How many to list at most.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(
    context: click.Context,
    trace_id: str | None,
    as_list: bool,
    failed: bool,
    model: str | None,
    app: str | None,
    since: float | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show what happened to a task: the one whose id begins with TRACE_ID, or the latest that fits the options."""
    store = Session.of(context).store
    chosen = failed or any(wish is not None for wish in (model, app, since))
    if trace_id == "":
        raise click.UsageError("the trace's id is empty; 'aurarouter trace --list' shows what there is")
    if trace_id and (as_list or chosen):
        raise click.UsageError("an id names one trace; leave out --list and what narrows it")
    if trace_id:
        found = store.find(trace_id)
    else:
        found = store.latest(limit if as_list else 1, failed=failed, model=model, app=app, since=since)
    if as_list:
        if as_json:
            click.echo(dumps(found, indent=2))
        else:
            for trace in found:
                click.echo(next(trace_lines(trace)))
        return
    if not found and not trace_id:
        nothing = "no trace fits" if chosen else "no trace is kept yet: 'aurarouter run' leaves one"
        click.echo("null" if as_json else nothing)
        return
    if not found:
        raise click.UsageError(f"no trace's id begins with '{trace_id}'; 'aurarouter trace --list' shows what there is")
    if len(found) > 1:
        raise click.UsageError(f"{len(found)} traces begin with '{trace_id}'; use more of the id")
    if as_json:
        click.echo(dumps(found[0], indent=2))
    else:
        for line in trace_lines(found[0]):
            click.echo(printable(line))
