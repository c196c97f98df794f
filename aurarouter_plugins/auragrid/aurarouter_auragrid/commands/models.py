"""`aurarouter grid models`: files that the cell keeps, and what nodes have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from attrs import asdict

from aurarouter_auragrid.commands.session import found_cell, with_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.node.control import tell_own_node
from aurarouter_auragrid.storage.model_storage import GridModel, GridModelStorage
from aurarouter_core import Home, Plugins, Registration, Router, load_config
from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.progress import ProgressLine
from aurarouter_core.log_lines import to_stderr
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable
from aurarouter_hooks import Progress

T = TypeVar("T")
JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.group("models")
def models() -> None:
    """Keep model files in the cell, and bring them to nodes."""


@models.command("push")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "model_id", required=True, help="What every node will call the model.")
@JSON
@click.pass_context
def push(context: click.Context, file: Path, model_id: str, as_json: bool) -> None:
    """Have the cell keep FILE, a GGUF file. After a break it goes on where it stopped."""
    stored = with_cell(
        context, lambda engine: _shown(f"pushing {file.name}", GridModelStorage(engine).push, file, model_id)
    )
    if as_json:
        click.echo(dumps({"success": True, **asdict(stored)}, indent=2))
    else:
        click.echo(f"'{model_id}' is in the cell: {stored.size / 1e6:.0f} MB in {stored.chunks} chunks")


@models.command("pull")
@click.argument("model_id", metavar="ID")
@JSON
@click.pass_context
def pull(context: click.Context, model_id: str, as_json: bool) -> None:
    """Bring the model ID of the cell to this machine, as a model that can be routed to at once."""
    to_stderr("%(levelname)s %(name)s: %(message)s")
    plugins, cell = Plugins(), found_cell(context)
    config = load_config(plugins, path=context.find_root().obj)

    async def run() -> Registration:
        async with Engine(cell, "aurarouter grid") as engine, Router(config, plugins, home=Home.of()) as router:
            storage = GridModelStorage(engine)
            done = await _shown(f"pulling {model_id}", storage.pull, model_id, router)
            await tell_own_node(engine)
            return done

    done = run_async(run())
    for warning in done.warnings:
        click.echo(f"Warning: {warning}", err=True)
    if as_json:
        told = {"success": True, "model": done.model_id, "path": done.path, "config": done.config}
        click.echo(dumps(told, indent=2))
    else:
        click.echo(printable(f"'{done.model_id}' is a model here: {done.path}"))


@models.command("list")
@JSON
@click.pass_context
def list_models(context: click.Context, as_json: bool) -> None:
    """List the models that the cell keeps or a node has."""
    found = with_cell(context, lambda engine: GridModelStorage(engine).models())
    if as_json:
        click.echo(dumps([asdict(one) for one in found], indent=2))
        return
    for one in found:
        click.echo(printable(_line(one)))
    if not found:
        click.echo("the cell has no models; push one: aurarouter grid models push FILE --id ID")


@models.command("remove")
@click.argument("model_id", metavar="ID")
@JSON
@click.pass_context
def remove(context: click.Context, model_id: str, as_json: bool) -> None:
    """Have the cell keep the file of ID no longer. Nodes that have pulled it keep theirs."""
    stored = with_cell(context, lambda engine: GridModelStorage(engine).remove(model_id))
    told: dict[str, Any] = {"success": True, "model": model_id, "size": stored.size}
    click.echo(dumps(told) if as_json else f"'{model_id}' is no longer in the cell")


async def _shown(what: str, act: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """Do what takes a while, with its progress on stderr."""
    with ProgressLine() as line:

        def progress(so_far: int, in_all: int | None) -> None:
            line.see(Progress(what=what, fraction=min(1.0, so_far / in_all) if in_all else None))

        return await act(*arguments, progress)


def _line(model: GridModel) -> str:
    stored, where = model.stored, ", ".join(model.nodes) or "no node"
    if stored is None:
        return f"{model.model_id:<30} not in the cell    on {where}"
    state = f"{stored.size / 1e6:.0f} MB" if stored.complete else "being pushed"
    facts = " ".join(filter(None, (stored.architecture, stored.quantisation)))
    return f"{model.model_id:<30} {state:<18} on {where}  {facts}"
