"""`aurarouter model`: list models; adding, importing, fetching, removing and testing are next door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.model_assets import import_model, show_assets
from aurarouter_core.cli.model_edit import add_model, remove_model
from aurarouter_core.cli.model_file import FileFacts, file_facts
from aurarouter_core.cli.model_probe import probe_model
from aurarouter_core.cli.model_pull import pull_model, search_models
from aurarouter_core.cli.money import old_prices, price_words
from aurarouter_core.cli.session import Session
from aurarouter_core.configured import configured
from aurarouter_core.plain import dumps, origin
from aurarouter_core.shown import printable
from aurarouter_hooks import Health


@click.group("model")
def command() -> None:
    """List, add, import, fetch, remove and test models."""


@command.command("list")
@click.option("--assets", is_flag=True, help="List model files: those registered, and those that models name.")
@click.option("--scan", is_flag=True, help="List model files, and those that merely lie there.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def list_models(context: click.Context, assets: bool, scan: bool, as_json: bool) -> None:
    """List the configured models, where they are used, and how they are."""
    session = Session.of(context)
    if assets or scan:
        show_assets(session, scan, as_json)
        return
    config = session.config
    health, files = run_async(_found(session))
    models = configured(config)
    rows: list[dict[str, Any]] = [
        {
            "model": name,
            "provider": entry.provider,
            "model_name": entry.model_name,
            "endpoint": origin(entry.endpoint),
            "tags": entry.tags,
            "roles": [role for role, chain in config.roles.items() if name in chain.models],
            "price": models[name].price,
            "health": health[name],
            "file": files.get(name),
        }
        for name, entry in config.models.items()
    ]
    if as_json:
        click.echo(dumps(rows, indent=2))
        return
    if not rows:
        click.echo("no models are configured")
    for row in rows:
        state = health[str(row["model"])]
        detail = f": {state.detail}" if state.detail else ""
        roles = ", ".join(str(role) for role in row["roles"]) or "no role"
        click.echo(printable(f"{row['model']:<24} {row['provider']:<16} {state.state}{detail}  [{roles}]"))
        click.echo(f"{'':<24} {price_words(models[str(row['model'])])}")
        if row["file"]:
            click.echo(printable(f"{'':<24} {row['file']}"))
    for name, price, days in old_prices(config):
        click.echo(f"the price of '{name}' was looked up {days} days ago; see {price.source}", err=True)


async def _found(session: Session) -> tuple[Mapping[str, Health], Mapping[str, FileFacts]]:
    async with session.router as router:
        return await router.health(), file_facts(router)


command.add_command(import_model)
command.add_command(pull_model)
command.add_command(search_models)
command.add_command(add_model)
command.add_command(remove_model)
command.add_command(probe_model)
