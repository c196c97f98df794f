"""`aurarouter grid deploy`: how many nodes should have a model, and how far that has come."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import click

from aurarouter_auragrid.commands.session import with_cell
from aurarouter_auragrid.deployment.deployments import Deployment, Deployments, Placement
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable

LOOK = 0.5


@click.command("deploy")
@click.argument("model", required=False)
@click.option("--replicas", type=click.IntRange(min=0), help="Nodes that should have MODEL; 0 for none.")
@click.option("--wait", type=click.FloatRange(min=0), default=0.0, help="Seconds to wait until they have it.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def deploy(context: click.Context, model: str | None, replicas: int | None, wait: float, as_json: bool) -> None:
    """Have nodes pull and load MODEL. Without MODEL: list what is wished for, what there is, and why the rest waits.

    Exit code 1 when it was waited for and is not so yet.
    """
    if (model is None) != (replicas is None):
        raise click.UsageError("say both: aurarouter grid deploy MODEL --replicas N")

    async def run(engine: Engine) -> tuple[Deployment, ...]:
        deployments = Deployments(engine)
        if model is not None and replicas is not None:
            await deployments.want(model, replicas)
        end = asyncio.get_running_loop().time() + wait
        while True:
            found = tuple(one for one in await deployments.state() if model in (None, one.model))
            if all(one.is_settled for one in found) or asyncio.get_running_loop().time() > end:
                return found
            await asyncio.sleep(LOOK)

    found = with_cell(context, run)
    if as_json:
        click.echo(dumps(found, indent=2))
    else:
        _tell(found)
    if wait and not all(one.is_settled for one in found):
        context.exit(1)


def _tell(found: Sequence[Deployment]) -> None:
    for one in found:
        click.echo(printable(f"{one.model}  {one.current} of {one.desired}"))
        for placement in one.placements:
            click.echo(printable(f"  {placement.node}  {_words(placement)}"))
        for reason in one.reasons:
            click.echo(printable(f"  pending: {reason}"))
    if not found:
        click.echo("no model is deployed; deploy one: aurarouter grid deploy MODEL --replicas N")


def _words(placement: Placement) -> str:
    state = f"{placement.state} {placement.progress:.0%}" if placement.state == "pulling" else placement.state
    why = f": {placement.reason}" if placement.reason else ""
    return f"{state}{', in the place of another' if placement.moving else ''}{why}"
