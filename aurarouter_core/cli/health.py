"""`aurarouter health`: how each model is, asked now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from aurarouter_core.cli.ending import run_async
from aurarouter_core.cli.session import Session
from aurarouter_core.plain import dumps, plain
from aurarouter_core.router import Router
from aurarouter_core.shown import printable
from aurarouter_hooks import Health, UnknownModelError

USABLE = ("healthy", "cold", "loading", "half_open", "unknown")
MARKS = {"healthy": "✓", "cold": "✓", "loading": "…", "unknown": "?"}


@click.command("health")
@click.option("--model", "-m", help="Only this model.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def command(context: click.Context, model: str | None, as_json: bool) -> None:
    """Ask each model how it is. Exit code 1 when one can't be used."""
    states = run_async(_asked(Session.of(context).router, model))
    if as_json:
        click.echo(dumps([{"model": name, **plain(health)} for name, health in states.items()], indent=2))
    elif not states:
        click.echo("no model is configured")
    else:
        for line in table(states):
            click.echo(line)
    if any(health.state not in USABLE for health in states.values()):
        context.exit(1)


async def _asked(router: Router, model: str | None) -> Mapping[str, Health]:
    async with router:
        known = router.snapshot.models
        if model is not None and model not in known:
            raise UnknownModelError(model, sorted(known))
        states = await router.health()
    return states if model is None else {model: states[model]}


def table(states: Mapping[str, Health]) -> Iterator[str]:
    """A line for each model, and what to do below it."""
    names = max(len(printable(name)) for name in states)
    kinds = max(len(health.state) for health in states.values())
    for name, health in states.items():
        mark = MARKS.get(health.state, "✗")
        yield f"{mark} {printable(name):<{names}}  {health.state:<{kinds}}  {printable(health.detail)}".rstrip()
        if health.hint:
            yield f"    {printable(health.hint)}"
