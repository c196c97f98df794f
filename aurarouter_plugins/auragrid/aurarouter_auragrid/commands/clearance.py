"""`aurarouter grid clearance`: which nodes may do private work; nothing else clears a node."""

from __future__ import annotations

import click

from aurarouter_auragrid.commands.session import with_cell
from aurarouter_auragrid.engine.engine import Engine
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
        known = await engine.configuration.cleared()
        if what != "list":
            known = known | set(nodes) if what == "grant" else known - set(nodes)
            await engine.configuration.clear(known)
        return sorted(known)

    found = with_cell(context, run)
    click.echo(dumps(found) if as_json else "\n".join(found) or "no node is cleared for private work")
