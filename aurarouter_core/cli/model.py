"""`aurarouter model`: list models and fetch their files; adding, removing and testing are next door."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import click

from aurarouter_core import assets
from aurarouter_core.cli.model_edit import add_model, remove_model
from aurarouter_core.cli.model_file import FileFacts, file_facts
from aurarouter_core.cli.model_probe import probe_model
from aurarouter_core.cli.progress import ProgressLine
from aurarouter_core.cli.session import Session
from aurarouter_core.home import private_folder
from aurarouter_core.plain import dumps, origin
from aurarouter_core.shown import printable
from aurarouter_hooks import Health, Progress, UnknownModelError


@click.group("model")
def command() -> None:
    """List, add, remove and test models; fetch their files."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def list_models(context: click.Context, as_json: bool) -> None:
    """List the configured models, where they are used, and how they are."""
    session = Session.of(context)
    config = session.config
    health, files = asyncio.run(_found(session))
    rows: list[dict[str, Any]] = [
        {
            "model": name,
            "provider": entry.provider,
            "model_name": entry.model_name,
            "endpoint": origin(entry.endpoint),
            "tags": entry.tags,
            "roles": [role for role, chain in config.roles.items() if name in chain.models],
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
        if row["file"]:
            click.echo(printable(f"{'':<24} {row['file']}"))


async def _found(session: Session) -> tuple[Mapping[str, Health], Mapping[str, FileFacts]]:
    async with session.router as router:
        return await router.health(), file_facts(router)


@command.command("pull")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def pull(context: click.Context, name: str, as_json: bool) -> None:
    """Fetch the file of the configured model NAME."""
    session = Session.of(context)
    entry = session.config.models.get(name)
    if entry is None:
        raise UnknownModelError(name, sorted(session.config.models))
    if entry.asset is None:
        raise click.UsageError(f"model '{name}' names no 'asset:' to fetch")
    spec = assets.spec_of(entry.asset)
    folder = private_folder(session.home.models)
    path = assets.on_disk(spec, folder)
    if path is None:
        with ProgressLine() as line:
            assets.check(name, spec, session.plugins.asset_sources, os.environ)
            what = f"fetching {spec.file} ({assets.download_size(spec)})"
            line.see(Progress(what=what, fraction=0.0))

            def progress(so_far: int, in_all: int | None) -> None:
                line.see(Progress(what=what, fraction=min(1.0, so_far / in_all) if in_all else None))

            path = asyncio.run(assets.fetch(name, spec, folder, session.plugins.asset_sources, progress))
    click.echo(dumps({"model": name, "path": path, "size": path.stat().st_size}, indent=2) if as_json else str(path))


command.add_command(add_model)
command.add_command(remove_model)
command.add_command(probe_model)
