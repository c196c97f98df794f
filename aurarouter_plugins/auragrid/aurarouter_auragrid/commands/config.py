"""`aurarouter grid config`: what all nodes of the cell are told, beside their own files."""

from __future__ import annotations

import time

import click

from aurarouter_auragrid.commands.config_change import apply_file, rollback, set_value
from aurarouter_auragrid.commands.session import with_cell
from aurarouter_auragrid.configuration import CellConfiguration, NodeState, Version
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_core.plain import dumps
from aurarouter_core.shown import as_yaml, masked, printable

JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.group("config")
def config() -> None:
    """Show and change what all nodes of the cell are told, beside their own files.

    The cell's settings lie over each node's file and below its environment. A change is checked by every node first.
    """


@config.command("show")
@JSON
@click.pass_context
def show(context: click.Context, as_json: bool) -> None:
    """Show the cell's settings, and which version each node works with. Variables stay as they are written."""

    async def ask(engine: Engine) -> tuple[Version, tuple[NodeState, ...]]:
        cell = CellConfiguration(engine, sections={})
        return await cell.current(), await cell.nodes()

    version, nodes = with_cell(context, ask)
    settings = masked(version.settings)
    if as_json:
        told = {**_told(version), "settings": settings, "nodes": nodes}
        click.echo(dumps(told, indent=2))
        return
    click.echo(f"# {_line(version)}")
    if settings:
        click.echo(as_yaml(settings), nl=False)
    for node in nodes:
        stands = f"version {node.number}" if node.number >= 0 else "unknown"
        click.echo(printable(f"# {node.node}: {stands}{f': {node.problem}' if node.problem else ''}"))


@config.command("history")
@JSON
@click.pass_context
def history(context: click.Context, as_json: bool) -> None:
    """List the versions of the cell's settings, newest first: who made them, when, and what they changed."""
    versions = with_cell(context, lambda engine: CellConfiguration(engine, sections={}).history())
    if as_json:
        click.echo(dumps([{**_told(version), "changes": version.changes} for version in versions], indent=2))
        return
    for version in versions:
        click.echo(_line(version))
        for change in version.changes:
            click.echo(printable(f"    {change}"))
    if not versions:
        click.echo("the cell has no settings of its own: each node works with its own file")


config.add_command(apply_file)
config.add_command(rollback)
config.add_command(set_value)


def _told(version: Version) -> dict[str, object]:
    names = ("number", "state", "who", "at", "comment", "reason")
    return {name: getattr(version, name) for name in names}


def _line(version: Version) -> str:
    if version.number == 0:
        return "version 0: the cell has no settings of its own"
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(version.at))
    comment = f": {version.comment}" if version.comment else ""
    reason = f" ({version.reason})" if version.reason else ""
    return printable(f"version {version.number}, {version.state}{reason}, by {version.who} at {when}{comment}")
