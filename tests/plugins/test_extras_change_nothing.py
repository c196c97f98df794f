"""With cache, limits and telemetry, answers, privacy and events are those without; taken out, they leave no trace."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import aurarouter_openapi
from aurarouter_cache import Cache
from aurarouter_core import Router, Task
from aurarouter_hooks import AuraRouterError, Done
from aurarouter_limits import Limits
from aurarouter_telemetry import Telemetry
from fault_server import FaultServer
from faults import Turn, status, whole_stream
from grammar import check
from scripted import router_of

SECRETS = ("DE89 3704 0044 0532 0130 00", "5500 0055 5555 5559")
EXTRAS: dict[str, Any] = {
    "cache": {"enabled": True},
    "limits": {
        "each_app": {"requests_per_minute": 60000, "burst": 60, "concurrency": 2},
        "each_model": {"tokens_per_minute": 1e9, "burst": 60, "concurrency": 2},
        "patience": 60,
    },
}

Words = st.sampled_from(
    ["hello", "write a loop", "boom", f"my account is {SECRETS[0]}", f"the card {SECRETS[1]} boom", "hello "]
)
Tasks = st.builds(
    lambda text, cold, private, app, model, schema: {
        "text": text,
        "parameters": {"temperature": 0} if cold else {},
        "private": private,
        "app": app,
        "model": model,
        "response_schema": schema,
        "mode": "direct",
    },
    Words,
    st.booleans(),
    st.booleans(),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from([None, "far", "near"]),
    st.sampled_from([None, None, {"type": "object"}]),
)


async def same_each_time(turn: Turn) -> None:
    """An answer that depends on what is asked alone; a refusal for a word."""
    body = turn.request.json
    if "boom" in str(body["messages"]) and body["model"] == "far":
        await status(400)(turn)
    else:
        asked = repr((body["model"], body["messages"], body.get("response_format"), body.get("temperature")))
        await whole_stream("answer ", hashlib.sha256(asked.encode()).hexdigest())(turn)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, FaultServer]]:
    with FaultServer() as far, FaultServer() as near:
        for server in (far, near):
            server.always(same_each_time)
        yield {"far": far, "near": near}


def router(servers: dict[str, FaultServer], *plugins: object, **sections: Any) -> Router:
    models = {
        name: {
            "provider": "openapi",
            "endpoint": server.url,
            "capabilities": ["stream", "json_schema"],
            "tags": ["private"] if name == "near" else [],
        }
        for name, server in servers.items()
    }
    return router_of(models, aurarouter_openapi, *plugins, **sections)


async def told(kernel: Router, task: Task) -> tuple[str, Any]:
    """What a caller sees."""
    events: list[Any] = []
    try:
        async for event in kernel.stream(task):
            events.append(event)
    except AuraRouterError as error:
        check(events, whole=False)
        return type(error).__name__, [attempt.model for attempt in getattr(error, "attempts", ())]
    check(events, whole=True)
    done = events[-1]
    assert isinstance(done, Done)
    shown = "".join(event.chunk.text for event in events if type(event).__name__ == "Delta")
    return "answered", (done.text, shown, done.reply.finish, [a.model for a in done.trace.attempts], done.trace.private)


async def day(kernel: Router, tasks: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """All tasks, three at a time."""
    found: list[tuple[str, Any]] = []
    for first in range(0, len(tasks), 3):
        found += await asyncio.gather(*(told(kernel, Task(**task)) for task in tasks[first : first + 3]))
    return found


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tasks=st.lists(Tasks, min_size=1, max_size=9))
def test_answers_privacy_and_grammar_are_those_without(
    servers: dict[str, FaultServer], home: Path, tasks: list[dict[str, Any]]
) -> None:
    sent: list[list[str]] = []

    async def both() -> list[list[tuple[str, Any]]]:
        days = []
        for plugins, sections in (((), {}), ((Cache(), Limits(), Telemetry()), EXTRAS)):
            before = len(servers["far"].requests)
            async with router(servers, *plugins, **sections) as kernel:
                days.append(await day(kernel, tasks))
            sent.append([str(request.json.get("messages")) for request in servers["far"].requests[before:]])
        return days

    without, with_extras = asyncio.run(both())
    assert with_extras == without
    assert set(sent[1]) <= set(sent[0])
    for bodies in sent:
        assert not any(secret in body for secret in SECRETS for body in bodies)
    declared = [task for task in tasks if task["private"]]
    if len(declared) == len(tasks):
        assert sent == [[], []]


@pytest.mark.parametrize("gone", ["cache", "limits", "telemetry"])
async def test_taken_out_a_plugin_leaves_no_trace(servers: dict[str, FaultServer], home: Path, gone: str) -> None:
    kinds = {"cache": Cache, "limits": Limits, "telemetry": Telemetry}
    left = [kind() for name, kind in kinds.items() if name != gone]
    sections = {name: section for name, section in EXTRAS.items() if name != gone}
    async with router(servers, *left, **sections) as kernel:
        task: dict[str, Any] = {"parameters": {"temperature": 0}, "mode": "direct"}
        for _ in range(2):
            assert (await kernel.run(Task("hello", **task))).complete
    files = {path.name.partition(".")[0] for path in home.rglob("*") if path.is_file()}
    assert ("answers" in files) is (gone != "cache")
    assert ("limits" in files) is (gone != "limits")


async def test_without_any_of_them_nothing_is_wrapped(servers: dict[str, FaultServer], home: Path) -> None:
    async with router(servers) as kernel:
        done = await kernel.run(Task("hello", mode="direct"))
        assert kernel.plugins.middleware == ()
    assert done.trace.notes == {}
    assert sorted(path.name.partition(".")[0] for path in home.iterdir() if path.is_file()) == ["aurarouter"] * len(
        [path for path in home.iterdir() if path.is_file()]
    )
