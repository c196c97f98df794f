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
        said = await (engine.configuration.get(APPS) if what == "list" else engine.configuration.amend(APPS, changed))
        return [{"name": app.name, "start": app.start} for app in apps_of(said)]

    def changed(said: Any) -> list[dict[str, Any]]:
        known = {app.name: app for app in apps_of(said)}
        own = Apps(Home.of()).kept() if what == "share" else known
        for name in names:
            if name not in own:
                whose, see = ("this machine", "apps list") if what == "share" else ("the cell", "grid apps list")
                raise GridError(f"no app of {whose} is called '{name}'", hint=f"See 'aurarouter {see}'.")
            if what == "share":
                known[name] = own[name]
            else:
                del known[name]
        return [asdict(app) for app in known.values()]

    found = with_cell(context, run)
    if as_json:
        click.echo(dumps(found, indent=2))
        return
    click.echo("\n".join(f"{app['name']}  {app['start']}…" for app in found) or "the cell has no apps")
