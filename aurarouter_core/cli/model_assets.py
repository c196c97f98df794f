"""`aurarouter model import` and `model list --assets`: model files on this machine."""

from __future__ import annotations

import re

import click

from aurarouter_core.amounts import written
from aurarouter_core.asset_list import Asset
from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.session import Session
from aurarouter_core.home import expanded
from aurarouter_core.plain import dumps
from aurarouter_core.registry import AssetRegistry, Registration
from aurarouter_core.shown import printable
from aurarouter_core.sources import LOADS_FILES

_PART = re.compile(r"-\d{5}-of-\d{5}$")


@click.command("import")
@click.argument("file", type=click.Path())
@click.option("--id", "model_id", help="What the model is to be called; default: as its file.")
@click.option("--tag", "tags", multiple=True, help="A word of yours; 'private' lets private content go there.")
@click.option("--provider", default=LOADS_FILES, show_default=True, help="The plugin that loads it.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def import_model(
    context: click.Context, file: str, model_id: str | None, tags: tuple[str, ...], provider: str, as_json: bool
) -> None:
    """Make the model file FILE a model. The file stays where it is, and no role changes."""
    path = expanded(file).absolute()
    if not path.exists():
        raise click.UsageError(f"{file} can't be found; name the model's file")
    registry = AssetRegistry(Session.of(context).router)
    name = model_id if model_id is not None else _PART.sub("", path.stem)
    done = run_async(registry.register_asset(name, path, tags=tags, confined=False, provider=provider))
    tell_registration(done, as_json)


def tell_registration(done: Registration, as_json: bool) -> None:
    """Say what became of it: on stdout the model and its file, on stderr what to know about it."""
    if as_json:
        told = {
            "success": True,
            "model": done.model_id,
            "path": done.path,
            "file": done.config,
            "created": done.created,
            "in_force": done.in_force,
            "warnings": done.warnings,
        }
        click.echo(dumps(told, indent=2))
        return
    click.echo(printable(f"{done.model_id}: {done.path}  ({done.config})"))
    for warning in done.warnings:
        click.echo(f"Note: {printable(warning)}", err=True)
    click.echo(f"Note: no role uses it yet: aurarouter role set ROLE {done.model_id}", err=True)


def show_assets(session: Session, scan: bool, as_json: bool) -> None:
    """Print every model file that is known."""
    assets = run_async(AssetRegistry(session.router).list_assets(scan=scan))
    if as_json:
        click.echo(dumps(assets, indent=2))
        return
    if not assets:
        click.echo("no model files are known")
    for asset in assets:
        click.echo(printable(f"{asset.model_id or '(no model)':<24} {_facts(asset)}"))
        click.echo(printable(f"{'':<24} {asset.path}"))


def _facts(asset: Asset) -> str:
    if asset.missing:
        facts = ["the file is missing"]
    elif asset.problem:
        facts = [asset.problem]
    else:
        size = written(asset.size_bytes or 0)
        facts = [word for word in (size, asset.architecture, asset.quantisation) if word]
    facts += [f"from {asset.repo}"] if asset.repo != "local" else []
    facts += ["downloaded"] if asset.downloaded else []
    facts += [f"tags {', '.join(asset.tags)}"] if asset.tags else []
    if asset.model_id and not asset.configured:
        facts.append(f"not in the configuration in force; registered in {asset.config}")
    elif asset.model_id:
        facts.append(f"[{', '.join(asset.roles) or 'no role'}]")
    return ", ".join(facts)
