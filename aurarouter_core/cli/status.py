"""`aurarouter status`: whether a shared engine runs, and how it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from aurarouter_core.cli.session import Session
from aurarouter_core.daemon.control import status
from aurarouter_core.daemon.place import Place
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable


@click.command("status")
@click.option("--all", "every", is_flag=True, help="All engines of this user, not only that of this configuration.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(context: click.Context, every: bool, as_json: bool) -> None:
    """Say whether a shared engine runs for this configuration, and how it is. Exit code 1 when none does."""
    session = Session.of(context)
    places = Place.all(session.home) if every else session.engines
    states = [status(place) for place in places if not every or place.holder is not None]
    if as_json:
        click.echo(dumps(states if every else (*states, {"running": False})[0], indent=2))
    elif not states:
        click.echo(f"no shared engine is running{'' if every else ' for this configuration'}")
    else:
        for state in states:
            for line in lines(state):
                click.echo(line)
    if not any(state["running"] and not state.get("error") for state in states):
        context.exit(1)


def lines(state: Mapping[str, Any]) -> Iterator[str]:
    """The same for people."""
    if not state["running"]:
        yield "no shared engine is running for this configuration"
        return
    if "error" in state:
        yield f"✗ process {state['pid']} does not answer: {printable(state['error'])}"
        yield "    End it: aurarouter stop --force"
        return
    config = printable(state["config"]) if state["config"] else "none; every role uses the embedded model"
    yield f"✓ running as process {state['pid']} for {state['seconds']:.0f} s, version {state['version']}"
    yield f"  configuration  {config}"
    yield f"  clients        {state['clients']}"
    yield f"  running tasks  {state['tasks']}{' (paused: new ones are refused)' if state['paused'] else ''}"
    yield f"  models         {state['models']}"
    yield f"  ends           {state['idle_after']:.0f} s after its last client has gone"
    yield f"  log            {printable(state['log'])}"
    if state["problem"]:
        yield f"✗ the last change of the configuration was refused: {printable(state['problem'])}"
