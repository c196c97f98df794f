"""A program that uses a cell: asks a service and waits, reads an answer as it comes, gives out tasks as events.

Start a node first: `aurarouter grid up --detach`. Then `python grid_consumer_app.py`, or one part of it: `sync`,
`stream`, `events`, `errors`, `plain`.
"""

import asyncio
import json
import sys
import uuid
from contextlib import aclosing

from aurarouter_auragrid import (
    SyncAuraRouterClient,
    create_service_client,
    disconnect,
    event_publisher,
    event_subscriber,
)
from aurarouter_hooks import AuraRouterError

TASK = "Write a function that checks an e-mail address"


async def sync() -> None:
    """Ask the service somewhere in the cell, and wait for its answer."""
    client = create_service_client("UnifiedRouterService")
    result = await client.intelligent_code_gen(task=TASK, language="python", file_context="# Existing validators")
    assert result["context_provided"]
    print("sync:", result["result"] if result["success"] else f"failed: {result['error']}")


async def stream() -> None:
    """Read the answer while it is written; the last piece is the whole result, and it alone counts."""
    client = create_service_client("CodingService")
    async for piece in client.generate_code_stream(plan_step=TASK):
        if isinstance(piece, str):
            print("stream:", piece.rstrip())
        else:
            print("stream ended, success:", piece["success"])


async def events(count: int = 3) -> None:
    """Give out tasks, do something else, and take the results as they come. None is lost, none comes twice."""
    waiting = {str(uuid.uuid4()): number for number in range(1, count + 1)}
    topic = f"consumer_app.{uuid.uuid4().hex}"
    for request_id, number in waiting.items():
        request = {"request_id": request_id, "task": f"{TASK}, variant {number}", "language": "python"}
        await event_publisher.publish(
            topic="aurarouter.routing_requests", payload=json.dumps({**request, "return_topic": topic})
        )
    async with aclosing(event_subscriber.consume(topic)) as results:
        async for event in results:
            result = json.loads(event.payload)
            number = waiting.pop(result["request_id"])
            print(f"event {number}:", "done" if result["success"] else f"failed: {result['error']}")
            if not waiting:
                break


async def errors() -> None:
    """What the cell refuses comes as a result with `success: false`, or as one clear error."""
    client = create_service_client("CodingService")
    result = await client.generate_code(plan_step=" ")
    print("a wrong input:", result["error"])
    try:
        await event_publisher.publish(topic="system.consensus", payload="{}")
    except AuraRouterError as error:
        print("a reserved topic:", error)
    try:
        await client.generate_code(plan_step="My SSN is 078-05-1120", private=True)
    except AuraRouterError as error:
        print("private content:", error, error.hint)


def plain() -> None:
    """The same from plain code."""
    with SyncAuraRouterClient() as client:
        print("plain:", client.classify_intent(TASK)["classification"])


async def run(parts: list[str]) -> None:
    """Run the parts one after another, on one connection."""
    known = {"sync": sync, "stream": stream, "events": events, "errors": errors}
    try:
        for part in parts:
            await known[part]()
    finally:
        await disconnect()


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["sync", "stream", "events", "errors", "plain"]
    try:
        asyncio.run(run([part for part in wanted if part != "plain"]))
        if "plain" in wanted:
            plain()
    except AuraRouterError as error:
        sys.exit(f"{error}\n{error.hint}".strip())
