"""`aurarouter trace`: what happened to a task."""

from __future__ import annotations

import click

from aurarouter_core.cli.draw import trace_lines
from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps


@click.command("trace")
@click.argument("trace_id", required=False)
@click.option("--list", "as_list", is_flag=True, help="List the latest traces, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(context: click.Context, trace_id: str | None, as_list: bool, as_json: bool) -> None:
    """Show what happened to a task: the one whose id begins with TRACE_ID, or the latest."""
    store = Session.of(context).store
    if as_list:
        traces = store.latest()
        if as_json:
            click.echo(dumps(traces, indent=2))
        else:
            for trace in traces:
                click.echo(next(trace_lines(trace)))
        return
    found = store.find(trace_id) if trace_id else store.latest(1)
    if not found and not trace_id:
        click.echo("null" if as_json else "no trace is kept yet: 'aurarouter run' leaves one")
        return
    if not found:
        raise click.UsageError(f"no trace's id begins with '{trace_id}'; 'aurarouter trace --list' shows what there is")
    if len(found) > 1:
        raise click.UsageError(f"{len(found)} traces begin with '{trace_id}'; use more of the id")
    if as_json:
        click.echo(dumps(found[0], indent=2))
    else:
        for line in trace_lines(found[0]):
            click.echo(line)
