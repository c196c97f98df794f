"""`aurarouter grid apps`: which client keys open every node of the cell, not just the one where they were made."""

from __future__ import annotations

from typing import Any

import click
from attrs import asdict

from aurarouter_auragrid.commands.session import with_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.settled import APPS
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.wire.auth import apps_of
from aurarouter_core import Home
from aurarouter_core.apps import Apps
from aurarouter_core.plain import dumps


@click.command("apps")
@click.argument("what", type=click.Choice(["list", "share", "withdraw"]))
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def apps(context: click.Context, what: str, names: tuple[str, ...], as_json: bool) -> None:
    """List the apps of the cell, share those NAMES of this machine with it, or withdraw them from it.

    'aurarouter apps create' makes an app and its key. The cell gets the key's hash, never the key.
    """
    if (what == "list") == bool(names):
        raise click.UsageError("name apps to share or withdraw, and none to list")

    async def run(engine: Engine) -> list[dict[str, Any]]:
        known = {app.name: app for app in apps_of(await engine.configuration.get(APPS))}
        if what == "share":
            own = Apps(Home.of()).kept()
            for name in names:
                if name not in own:
                    raise GridError(f"no app of this machine is called '{name}'", hint="See 'aurarouter apps list'.")
                known[name] = own[name]
        elif what == "withdraw":
            for name in names:
                if known.pop(name, None) is None:
                    raise GridError(f"no app of the cell is called '{name}'", hint="See 'aurarouter grid apps list'.")
        if what != "list":
            await engine.configuration.put(APPS, [asdict(app) for app in known.values()])
        return [{"name": app.name, "start": app.start} for app in known.values()]

    found = with_cell(context, run)
    if as_json:
        click.echo(dumps(found, indent=2))
        return
    click.echo("\n".join(f"{app['name']}  {app['start']}…" for app in found) or "the cell has no apps")
