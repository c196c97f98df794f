"""`aurarouter grid drain` and `leave`: what a node is asked to do, from any machine of the cell."""

from __future__ import annotations

import click

from aurarouter_auragrid.commands.session import with_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.node.control import ask
from aurarouter_core.plain import dumps

NODE = click.argument("node", required=False)
JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.command("drain")
@NODE
@JSON
@click.pass_context
def drain(context: click.Context, node: str | None, as_json: bool) -> None:
    """Have NODE (this machine's, without a name) take nothing new; running work goes on."""
    _asked(context, node, "drain", as_json)


@click.command("leave")
@NODE
@JSON
@click.pass_context
def leave(context: click.Context, node: str | None, as_json: bool) -> None:
    """Have NODE (this machine's, without a name) end its work and leave the cell."""
    _asked(context, node, "leave", as_json)


def _asked(context: click.Context, node: str | None, wish: str, as_json: bool) -> None:
    async def run(engine: Engine) -> str:
        name = node or engine.cell.node
        if not name:
            raise GridError("no node runs on this machine", hint="Name one; see 'aurarouter grid nodes'.")
        await ask(engine, name, wish)
        return name

    name = with_cell(context, run)
    click.echo(dumps({"node": name, "asked": wish, "success": True}) if as_json else f"{name}: asked to {wish}")
