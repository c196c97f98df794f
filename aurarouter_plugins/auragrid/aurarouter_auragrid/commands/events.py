"""`aurarouter grid submit` and `events`: tasks as events, and what became of them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import click

from aurarouter_auragrid.client.client import AuraRouterClient
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.commands.session import found_cell, with_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.engine.requests import REASON
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.names import ANONYMOUS, checked_topic
from aurarouter_auragrid.ports import Event
from aurarouter_core.cli.ending import run_async
from aurarouter_core.plain import dumps
from aurarouter_core.shown import printable

JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.command("submit")
@click.argument("task")
@click.option("--language", default="python", show_default=True, help="Of the code that is wanted.")
@click.option("--id", "request_id", default="", help="The request's id; the same id is the same request.")
@click.option("--return-topic", default="", help="Where the result goes.")
@click.option("--app", default=ANONYMOUS, show_default=True, help="The name that it goes under.")
@click.option("--encrypt", is_flag=True, help="Seal it to the cell's key: only cleared nodes can read it.")
@click.option("--no-wait", is_flag=True, help="Print the id, and leave the result where it goes.")
@JSON
@click.pass_context
def submit(
    context: click.Context,
    task: str,
    language: str,
    request_id: str,
    return_topic: str,
    app: str,
    encrypt: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Give the cell a TASK as an event, and wait for its result."""
    if encrypt and no_wait:
        raise click.UsageError("an encrypted result can be read by this command alone, so it has to wait")
    cell = found_cell(context)

    async def run() -> dict[str, Any]:
        async with AuraRouterClient(app=app, session=Session(cell=cell)) as client:
            given = await client.submit(
                task, language, request_id=request_id, return_topic=return_topic, encrypt=encrypt
            )
            return {"request_id": given} if no_wait else await client.result(given, return_topic)

    result = run_async(run())
    if as_json:
        click.echo(dumps(result, indent=2))
    elif no_wait:
        click.echo(result["request_id"])
    elif result["success"]:
        click.echo("\n".join(map(printable, result["result"].split("\n"))))
    else:
        click.echo(printable(f"Error: the task failed: {result.get('error')}"), err=True)
    if not result.get("success", True):
        context.exit(3)


@click.command("events")
@click.argument("topic", required=False)
@click.option("--dead", is_flag=True, help="Requests that no node could answer, with the reason.")
@click.option("--replay", type=int, metavar="NUMBER", help="Give a dead one to the nodes again.")
@click.option("--after", type=int, default=0, help="Only those beyond this number.")
@click.option("--follow", is_flag=True, help="Wait for more.")
@JSON
@click.pass_context
def events(
    context: click.Context,
    topic: str | None,
    dead: bool,
    replay: int | None,
    after: int,
    follow: bool,
    as_json: bool,
) -> None:
    """List the events of TOPIC, or with --dead those that were set aside."""
    if dead == bool(topic):
        raise click.UsageError("name a topic, or say --dead")
    if replay is not None:
        with_cell(context, lambda engine: _replayed(engine, replay))
        click.echo(dumps({"replayed": replay, "success": True}) if as_json else f"{replay}: given to the nodes again")
        return

    async def run(engine: Engine) -> list[Any]:
        rows = []
        last = None if dead or follow else await engine.events.latest()
        number = after
        source = engine.requests.dead(after=number) if dead else engine.events.read(checked_topic(topic), after=number)
        async with aclosing(source) as found:
            while last is None or number < last:
                event = await _following(found, wait=last is None)
                if event is None:
                    break
                number = event.sequence_number
                rows.append(row := _row(event))
                if not as_json or follow:
                    click.echo(dumps(row) if as_json else _line(row))
        return rows

    rows = with_cell(context, run)
    if as_json and not follow:
        click.echo(dumps(rows, indent=2))


async def _following(found: Any, *, wait: bool) -> Event | None:
    try:
        async with asyncio.timeout(None if wait else 0.5):
            event: Event | None = await anext(found, None)
            return event
    except TimeoutError:
        return None  # the last event of the cell belongs to another topic


async def _replayed(engine: Engine, number: int) -> None:
    async for event in engine.requests.dead():
        if event.sequence_number == number:
            await engine.revive(event)
            return
    raise GridError(f"no request was set aside under the number {number}", hint="See 'aurarouter grid events --dead'.")


def _row(event: Event) -> dict[str, Any]:
    reason = {"reason": event.headers[REASON]} if REASON in event.headers else {}
    return {
        "number": event.sequence_number,
        "topic": event.topic,
        "id": event.event_id,
        "timestamp": event.timestamp,
        **reason,
        "payload": event.payload.decode("utf-8", "replace"),
    }


def _line(row: dict[str, Any]) -> str:
    return printable(f"{row['number']:>8}  {row.get('reason', row['topic'])}  {row['payload'][:200]}")
