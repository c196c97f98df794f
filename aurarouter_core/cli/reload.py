"""`aurarouter reload`: have the shared engine read its configuration again."""

from __future__ import annotations

import click

from aurarouter_core.cli.session import Session
from aurarouter_core.daemon.connection import ask_now
from aurarouter_core.plain import dumps
from aurarouter_hooks import DaemonError


@click.command("reload")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Have the shared engine read its configuration again. One that is not valid is refused, and the old one stays.

    It looks at the file every second by itself; this waits for the result.
    """
    places = [place for place in Session.of(context).engines if place.holder is not None]
    if not places:
        raise DaemonError(
            "no shared engine is running for this configuration",
            hint="Nothing has to be read again: the next one reads it when it starts.",
        )
    ask_now(places[0], "reload")
    click.echo(dumps({"success": True}, indent=2) if as_json else "the configuration is read again")
