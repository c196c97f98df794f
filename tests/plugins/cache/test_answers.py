"""Which answers are given again, to whom, and how they look: like the first one, as a stream, and free of charge."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from aurarouter_cache import Cache
from aurarouter_cache.key import key
from aurarouter_core import Task
from aurarouter_hooks import (
    Attempt,
    Call,
    Chunk,
    Constraint,
    Decision,
    Delta,
    Message,
    Model,
    Opaque,
    Prompt,
    ProviderUnavailableError,
    Tool,
    ToolCallDelta,
)
from fault_server import FaultServer
from gateway import gateway
from grammar import check
from scripted import model, router_of

COLD: dict[str, Any] = {"parameters": {"temperature": 0}, "mode": "direct"}
ON = {"enabled": True}


def calls_of(*script: Any, **options: Any) -> tuple[list[Prompt], dict[str, Any]]:
    calls: list[Prompt] = []
    return calls, {"a": model(*script, calls=calls, **options)}


async def test_it_is_off_until_it_is_switched_on() -> None:
    calls, models = calls_of()
    async with router_of(models, Cache()) as router:
        for _ in range(2):
            assert (await router.run(Task("hi", **COLD))).trace.notes == {}
    assert len(calls) == 2


@pytest.mark.promise("future.10")
async def test_the_same_again_is_told_the_same_and_costs_nothing() -> None:
    chunks = [Chunk(model_name="m"), "one ", "two", Chunk(tool_calls=(ToolCallDelta(index=0, id="c", name="f"),))]
    calls, models = calls_of(*chunks)
    async with router_of(models, Cache(), cache=ON) as router:
        first = [event async for event in router.stream(Task("hi", **COLD))]
        second = [event async for event in router.stream(Task("hi", **COLD))]
        store = router.store
    for events in (first, second):
        check(events, whole=True)
    assert len(calls) == 1
    shown = [[event.chunk.text for event in events if isinstance(event, Delta)] for events in (first, second)]
    assert [text for text in shown[1] if text] == [text for text in shown[0] if text]
    assert len(shown[1]) == len(shown[0])
    one, two = (events[-1] for events in (first, second))
    assert one.reply == two.reply  # type: ignore[union-attr]
    told: list[Attempt] = [done.trace.attempts[0] for done in (one, two)]  # type: ignore[union-attr]
    assert [done.trace.notes for done in (one, two)] == [{"cache": "miss"}, {"cache": "hit"}]  # type: ignore[union-attr]
    assert [attempt.asked for attempt in told] == [True, False]
    assert [attempt.cost for attempt in told] == [13.0, 0.0]
    assert told[1].spared == 13.0
    assert told[1].usage is None
    (row,) = store.usage(["model"])
    assert (row["attempts"], row["unasked"], row["cost"], row["spared"]) == (2, 1, 13.0, 13.0)
    assert row["input_tokens"] == 10


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "hello"},
        {"parameters": {"temperature": 0, "top_p": 0.5}},
        {"messages": (Message("system", "be brief"),)},
        {"context": "a file"},
        {"tools": (Tool(name="f"),)},
        {"response_schema": {"type": "object"}},
        {"tags": {"eu"}},
        {"app": "other"},
        {"extra": {"user": "x"}, "dialect": "openai"},
        {"tool_choice": "none"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_whatever_is_different_is_asked(changes: dict[str, Any]) -> None:
    calls, models = calls_of()
    models["a"]["tags"] = ["eu"]
    models["a"]["capabilities"] = ["tools", "json_schema", "stream"]
    async with router_of(models, Cache(), cache=ON) as router:
        await router.run(Task("hi", **COLD))
        await router.run(evolve(Task("hi", **COLD), id="another", **changes))
    assert len(calls) == 2


@pytest.mark.parametrize("parameters", [{}, {"temperature": 0.7}, {"temperature": 1e-9}])
async def test_what_may_be_different_each_time_is_asked_each_time(parameters: dict[str, Any]) -> None:
    calls, models = calls_of()
    async with router_of(models, Cache(), cache=ON) as router:
        for _ in range(2):
            await router.run(Task("hi", parameters=parameters))
    assert len(calls) == 2


async def test_a_higher_temperature_may_be_allowed() -> None:
    calls, models = calls_of()
    async with router_of(models, Cache(), cache={**ON, "temperature": 1.0, "shared": True}) as router:
        for app in ("one", "other"):
            await router.run(Task("hi", app=app))
    assert len(calls) == 1


@pytest.mark.parametrize(
    "task",
    [
        Task("hi", private=True, **COLD),
        Task("my account is DE89 3704 0044 0532 0130 00", **COLD),
        Task("write to ada@lovelace.org", **COLD),
    ],
    ids=["declared", "found", "replaced"],
)
async def test_what_is_private_is_not_kept_unless_configured(task: Task, home: Any) -> None:
    calls, models = calls_of("secret answer", remote="write" in task.text)
    privacy = {"rules": {"contact": "redact"}}
    for cache, asked in ((ON, 2), ({**ON, "private": True}, 3)):
        async with router_of(models, Cache(), cache=cache, privacy=privacy) as router:
            for _ in range(2):
                await router.run(evolve(task, id="again"))
        assert len(calls) == asked
        if asked == 2:
            kept = b"".join(path.read_bytes() for path in (home / "cache").glob("answers*"))
            assert b"secret answer" not in kept


async def test_what_only_its_provider_understands_and_what_broke_off_is_not_kept() -> None:
    calls, models = calls_of("x", Chunk(opaque=(Opaque(provider="scripted", data={}),)))
    broken, other = calls_of("half", ProviderUnavailableError("gone"))
    models["b"] = other["a"]
    async with router_of(models, Cache(), cache=ON) as router:
        for _ in range(2):
            await router.run(Task("hi", model="a", **COLD))
            assert not (await router.run(Task("hi", model="b", **COLD))).complete
    assert (len(calls), len(broken)) == (2, 2)


@pytest.mark.parametrize("parameters", [{}, {"max_tokens": 3}])
async def test_what_others_cut_off_is_not_kept(parameters: dict[str, Any]) -> None:
    calls, models = calls_of("half an", Chunk(finish="length"), ends=False)
    async with router_of(models, Cache(), cache=ON) as router:
        for _ in range(2):
            await router.run(Task("hi", mode="direct", parameters={"temperature": 0, **parameters}))
    assert len(calls) == (1 if parameters else 2)


@pytest.mark.parametrize("temperature", ["high", [0], {}])
async def test_what_is_no_temperature_is_left_to_the_backend(temperature: Any) -> None:
    calls, models = calls_of()
    async with router_of(models, Cache(), cache=ON) as router:
        for _ in range(2):
            await router.run(Task("hi", mode="direct", parameters={"temperature": temperature}))
    assert len(calls) == 2


async def test_the_chain_goes_on_as_without() -> None:
    good, models = calls_of()
    models = {"dead": model(ProviderUnavailableError("gone")), **models}
    async with router_of(models, Cache(), cache=ON) as router:
        done = [await router.run(Task("hi", **COLD)) for _ in range(2)]
    assert [run.text for run in done] == ["hello there"] * 2
    assert len(good) == 1
    assert done[1].trace.notes == {"cache": "hit"}


async def test_the_gateway_says_so(fault_server: FaultServer) -> None:
    settings = {
        "models": {"far": {"provider": "openapi", "endpoint": fault_server.url}},
        "roles": {"coding": ["far"], "reasoning": ["far"]},
        "cache": ON,
    }
    asked = {"model": "auto", "temperature": 0, "messages": [{"role": "user", "content": "hi"}]}
    async with gateway(settings) as url, httpx.AsyncClient(base_url=url) as client:
        answers = [await client.post("/v1/chat/completions", json=asked) for _ in range(2)]
        streams = [await client.post("/v1/chat/completions", json={**asked, "stream": True}) for _ in range(2)]
    assert [answer.headers["x-aurarouter-cache"] for answer in (*answers, *streams)] == ["miss", "hit", "hit", "hit"]
    whole = [{**answer.json(), "id": "", "created": 0} for answer in answers]
    assert whole[0] == whole[1]
    assert len(fault_server.requests) == 1
    assert streams[1].text.rstrip().endswith("[DONE]")


Values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


def name_of(extra: Any, path: Path | None = None) -> bytes:
    call = Call(
        task=Task("x", id="1"),
        decision=Decision(task_id="1", mode="direct", analysis=None, intent="", role="", chain=()),  # type: ignore[arg-type]
        constraint=Constraint(),
    )
    model = Model(id="m", provider="p", model_path=path)
    return key(call, model, Prompt(messages=(), extra={"x": extra}), shared=False)


def test_a_model_that_is_written_anew_at_its_place_is_another(tmp_path: Path) -> None:
    path = tmp_path / "tuned.gguf"
    names = [name_of(1, path)]
    for weights, when in ((b"old", 1), (b"newer", 1), (b"fresh", 2)):
        path.write_bytes(weights)
        os.utime(path, ns=(when, when))
        names.append(name_of(1, path))
    assert len({*names}) == 4
    assert name_of(1, path) == names[-1]


@settings(max_examples=60, deadline=None)
@given(Values, Values)
def test_different_values_have_different_keys(one: Any, other: Any) -> None:
    same: Callable[[Any], str] = lambda value: repr(_ordered(value))  # noqa: E731
    assert (name_of(one) == name_of(other)) == (same(one) == same(other))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {"": sorted((name, repr(_ordered(item))) for name, item in value.items())}
    return [_ordered(item) for item in value] if isinstance(value, list) else value
