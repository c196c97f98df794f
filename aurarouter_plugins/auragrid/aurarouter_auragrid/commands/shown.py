"""`aurarouter grid status`, `nodes` and `services`: how the cell is."""

from __future__ import annotations

import time
from typing import Any

import click

from aurarouter_auragrid.commands.session import with_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.records import NodeRecord
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable

JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.command("status")
@JSON
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Show how the cell is: its servers, what waits, what is kept."""

    async def ask(engine: Engine) -> dict[str, Any]:
        nodes = await engine.membership.nodes()
        found = [
            {"model": name, "node": node.name, "provider": provider, "state": node.models.get(name, "")}
            for node in nodes
            for name, provider in node.discovered.items()
        ]
        return {**await engine.status(), "nodes": len(nodes), "discovered": found}

    found = with_cell(context, ask)
    if as_json:
        click.echo(dumps(found, indent=2))
        return
    for name, value in found.items():
        words = [f"{each['model']} on {each['node']}" if isinstance(each, dict) else each for each in _listed(value)]
        click.echo(f"{name:<20} {printable(', '.join(words))}")


@click.command("nodes")
@JSON
@click.pass_context
def nodes(context: click.Context, as_json: bool) -> None:
    """List the members of the cell."""
    found = with_cell(context, lambda engine: engine.membership.heard())
    if as_json:
        click.echo(dumps(found, indent=2))
        return
    for node in found:
        models = ", ".join(f"{name} ({_how(node, name)})" for name in node.models) or "no models"
        marks = ", cleared for private work" if node.cleared else ""
        ago = max(0.0, time.time() - node.seen)
        click.echo(
            printable(
                f"{node.name}  {node.address}  {node.state}{marks}  load {node.load:.0%}  version {node.version}"
                f"  seen {ago:.0f} s ago  {models}"
            )
        )


@click.command("services")
@JSON
@click.pass_context
def services(context: click.Context, as_json: bool) -> None:
    """List the services of the cell, and where they are."""
    found = with_cell(context, lambda engine: engine.registry.endpoints())
    offered = sorted((service, endpoint.node, endpoint.address) for endpoint in found for service in endpoint.services)
    if as_json:
        click.echo(dumps([{"service": s, "node": n, "address": a} for s, n, a in offered], indent=2))
        return
    for service, node, address in offered:
        click.echo(printable(f"{service:<22} {node}  {address}"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [str(value)]


def _how(node: NodeRecord, model: str) -> str:
    found = f", found at {node.discovered[model]}" if model in node.discovered else ""
    return f"{node.models[model]}{found}"
