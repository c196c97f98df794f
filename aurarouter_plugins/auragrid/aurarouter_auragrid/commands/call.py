"""`aurarouter grid call`: one call of a service, from the command line."""

from __future__ import annotations

import json
from typing import Any

import click

from aurarouter_auragrid.client.services import ServiceClient, create_service_client
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.commands.session import found_cell
from aurarouter_core.cli.ending import run_async
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable


@click.command("call")
@click.argument("service")
@click.argument("method")
@click.argument("inputs", nargs=-1, metavar="NAME=VALUE…")
@click.option("--private", is_flag=True, help="The content is private: only cleared nodes are asked.")
@click.option("--stream", "streams", is_flag=True, help="Print the answer as it comes.")
@click.option("--deadline", type=click.FloatRange(min=0, min_open=True), help="Seconds that it may take.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def call(
    context: click.Context,
    service: str,
    method: str,
    inputs: tuple[str, ...],
    private: bool,
    streams: bool,
    deadline: float | None,
    as_json: bool,
) -> None:
    """Call METHOD of SERVICE somewhere in the cell. A VALUE that is JSON counts as what it says."""
    said = dict(map(_input, inputs))
    cell = found_cell(context)

    async def run() -> dict[str, Any]:
        async with Session(cell=cell) as session:
            client: ServiceClient = create_service_client(service, session)
            if not streams:
                return await client.call(method, said, private=private, deadline=deadline)
            result: dict[str, Any] = {}
            async for piece in client.stream(method, said, private=private, deadline=deadline):
                if isinstance(piece, dict):
                    result = piece
                elif not as_json:
                    click.echo("\n".join(map(printable, piece.split("\n"))), nl=False)
            return result

    result = run_async(run())
    if as_json:
        click.echo(dumps(result, indent=2))
    else:
        if streams:
            click.echo()
        for name, value in result.items():
            click.echo(f"{name}: {_shown(value)}")
    if not result.get("success"):
        context.exit(3)


def _shown(value: Any) -> str:
    return "\n".join(map(printable, value.split("\n"))) if isinstance(value, str) else printable(dumps(value))


def _input(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"'{text}' is not NAME=VALUE")
    try:
        parsed = json.loads(value)
    except ValueError:
        return name, value
    return name, parsed if isinstance(parsed, dict | bool) else value
