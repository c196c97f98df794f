"""`aurarouter stop`: end the shared engine."""

from __future__ import annotations

import click

from aurarouter_core.cli.session import Session
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_core.plain import dumps


@click.command("stop")
@click.option("--all", "every", is_flag=True, help="All engines of this user, not only that of this configuration.")
@click.option("--force", is_flag=True, help="Kill one that does not end.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(context: click.Context, every: bool, force: bool, as_json: bool) -> None:
    """End the shared engine of this configuration; running tasks get five seconds. Fine when none runs."""
    session = Session.of(context)
    places = Place.all(session.home) if every else session.engines
    stopped = sum(stop(place, force=force) for place in places)
    if as_json:
        click.echo(dumps({"success": True, "stopped": stopped}, indent=2))
    else:
        click.echo(f"engines stopped: {stopped}" if stopped else "no shared engine is running")
