"""`aurarouter grid clearance`: which nodes may do private work; nothing else clears a node."""

from __future__ import annotations

from typing import Any

import click

from aurarouter_auragrid.commands.session import with_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.settled import CLEARED, nodes_of
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.settings import NODE_NAME
from aurarouter_core.plain import dumps


@click.command("clearance")
@click.argument("what", type=click.Choice(["list", "grant", "revoke"]))
@click.argument("nodes", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def clearance(context: click.Context, what: str, nodes: tuple[str, ...], as_json: bool) -> None:
    """List the NODES that are cleared for private work, grant it to more, or revoke it."""
    if (what == "list") == bool(nodes):
        raise click.UsageError("name nodes to grant or revoke, and none to list")

    async def run(engine: Engine) -> list[str]:
        if what == "list":
            return sorted(await engine.configuration.cleared())
        changed: list[str] = await engine.configuration.amend(CLEARED, change)
        return changed

    def change(said: Any) -> list[str]:
        known = nodes_of(said)
        for name in nodes:
            if what == "grant" and not NODE_NAME.fullmatch(name):
                raise GridError(f"no node can be called '{name}'", hint="See 'aurarouter grid nodes'.")
            if what == "revoke" and name not in known:
                raise GridError(f"'{name}' is not cleared", hint="See 'aurarouter grid clearance list'.")
        return sorted(known | set(nodes) if what == "grant" else known - set(nodes))

    found = with_cell(context, run)
    click.echo(dumps(found) if as_json else "\n".join(found) or "no node is cleared for private work")
