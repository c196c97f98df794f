"""`aurarouter apps`: keys for programs that use this router over a network."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from aurarouter_core.apps import Apps
from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable
from aurarouter_hooks import ConfigError


@click.group("apps")
def command() -> None:
    """Make, list and revoke client keys: who may use the gateway and the other servers, and under which name."""


@command.command("create")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def create(context: click.Context, name: str, as_json: bool) -> None:
    """Make a key for the app NAME and show it, once. From the first key on, every client needs one."""
    key = Apps(Session.of(context).home).create(name).reveal()
    if as_json:
        click.echo(dumps({"success": True, "name": name, "key": key}, indent=2))
    else:
        click.echo(key)
        click.echo(
            "This key is shown once. Clients send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.", err=True
        )


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def list_apps(context: click.Context, as_json: bool) -> None:
    """List the apps and how their keys begin."""
    kept = sorted(Apps(Session.of(context).home).kept().values(), key=lambda app: app.name)
    rows = [
        {"name": app.name, "key": f"{app.start}…", "since": datetime.fromtimestamp(app.since, UTC).date().isoformat()}
        for app in kept
    ]
    if as_json:
        click.echo(dumps(rows, indent=2))
    elif not rows:
        click.echo("no client keys: only programs on this machine may ask, and need none")
    for row in rows if not as_json else ():
        click.echo(f"{printable(row['name']):<24} {row['key']}  since {row['since']}")


@command.command("revoke")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def revoke(context: click.Context, name: str, as_json: bool) -> None:
    """Make the key of the app NAME worthless, at once. With the last one gone, programs on this machine need none."""
    apps = Apps(Session.of(context).home)
    if not apps.revoke(name):
        known = ", ".join(sorted(apps.kept())) or "none"
        raise ConfigError(f"no app is called '{name}'", hint=f"Known: {known}.")
    left = len(apps.kept())
    if as_json:
        click.echo(dumps({"success": True, "name": name, "keys_left": left}, indent=2))
    else:
        click.echo(f"the key of '{printable(name)}' opens nothing any more")
        if not left:
            click.echo("It was the last one: every program on this machine may ask again, without a key.", err=True)
