"""An app keeps to its roles also where they turn out late: once a model was asked for one, and in a plan's steps."""

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from attrs import evolve

from aurarouter_core import Home, Plugins, Router, Task, load_config
from aurarouter_core.apps import Apps
from aurarouter_hooks import Call, Constraint, Event, ForbiddenError, Middleware, Proceed, hookimpl
from fault_server import FaultServer
from faults import whole_stream
from gateway import gateway


def router(server: FaultServer, spare: FaultServer) -> Router:
    """`router` and `coding` are one server's; `reasoning` is the other's."""
    models = {name: {"provider": "openapi", "endpoint": server.url} for name in ("coder", "judge")}
    thinker = {"provider": "openapi", "endpoint": spare.url}
    settings = {
        "models": {**models, "thinker": thinker},
        "roles": {"coding": ["coder"], "router": ["judge"], "reasoning": ["thinker"]},
        "system": {"ask_below": 0.999},
        "gateway": {"apps": {"editor": {"roles": ["coding"]}, "planner": {"roles": ["reasoning"]}}},
    }
    plugins = Plugins()
    return Router(load_config(plugins, settings=settings), plugins)


@pytest.mark.parametrize(("intent", "allowed"), [("SIMPLE_CODE", True), ("COMPLEX_REASONING", False)])
async def test_a_role_that_a_model_named(
    fault_server: FaultServer, spare: FaultServer, intent: str, allowed: bool
) -> None:
    fault_server.will(whole_stream(json.dumps({"intent": intent})))
    async with router(fault_server, spare) as kernel:
        task = Task("Write a function to add two numbers", app="editor")
        assert kernel.decide(task).role == "coding"
        if allowed:
            assert (await kernel.run(task)).complete
        else:
            with pytest.raises(ForbiddenError, match="may not use the role 'reasoning'"):
                await kernel.run(task)
    assert len(fault_server.requests) == (2 if allowed else 1)
    assert spare.requests == []


async def test_the_steps_of_a_plan(fault_server: FaultServer, spare: FaultServer) -> None:
    spare.will(whole_stream(json.dumps({"steps": ["Write a Python function that adds", "Write one that multiplies"]})))
    async with router(fault_server, spare) as kernel:
        with pytest.raises(ForbiddenError, match="may not use the role 'coding'"):
            await kernel.run(Task("Write Python functions", app="planner", intent="SIMPLE_CODE", mode="plan"))
    assert (len(spare.requests), fault_server.requests) == (1, [])


NAMED: dict[str, Any] = {
    "models": {name: {"provider": "echo"} for name in ("away", "parrot", "secretmodel")},
    "roles": {"coding": ["away", "parrot"], "hidden": ["secretmodel"], "router": ["away"], "reasoning": ["away"]},
    "gateway": {"apps": {"editor": {"models": ["parrot"], "roles": ["coding"]}, "lost": {"models": ["none"]}}},
}
HELLO = {"messages": [{"role": "user", "content": "Write a function to add two numbers"}], "max_tokens": 9}


async def test_a_model_that_the_app_may_not_use_is_passed_over_and_not_tried() -> None:
    plugins = Plugins()
    async with Router(load_config(plugins, settings=NAMED), plugins) as kernel:
        task = Task("Write a function to add two numbers", app="editor", role="coding")
        decision = kernel.decide(task)
        assert decision.chain == ("parrot",)
        assert decision.vetoes == {"away": "it is not among the models allowed for this task"}
        assert "the app 'editor' may use only some models" in decision.constraint.reasons
        done = await kernel.run(task)
        assert [attempt.model for attempt in done.trace.attempts] == ["parrot"]
        assert done.trace.decision is not None
        assert done.trace.decision.vetoes == decision.vetoes
        for refused in (Task("hello", role="coding", app="lost"), Task("hello", model="secretmodel", app="editor")):
            with pytest.raises(ForbiddenError, match="may not use the models") as caught:
                await kernel.run(refused)
            assert caught.value.vetoes
    counted = {row["model"]: (row["attempts"], row["failures"]) for row in kernel.store.usage(["model"])}
    assert counted.pop("parrot") == (1, 0)
    assert set(counted.values()) <= {(0, 0)}


async def test_what_was_decided_is_looked_at_again_before_the_attempt() -> None:
    """A middleware narrows what holds once it is decided."""

    class Narrows(Middleware):
        def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            return proceed(evolve(call, constraint=call.constraint | Constraint(models={"parrot"})))

    narrows = SimpleNamespace(__name__="narrows", register_middleware=hookimpl(lambda: [Narrows()]))
    plugins = Plugins(extra=[narrows])
    async with Router(load_config(plugins, settings=NAMED), plugins) as kernel:
        with pytest.raises(ForbiddenError, match="'secretmodel' is not allowed"):
            await kernel.run(Task("hello", model="secretmodel"))


@pytest.mark.parametrize(
    ("model", "told", "hidden"),
    [("zork", "Known models: parrot.", "secretmodel"), ("role:zork", "Known roles: coding.", "hidden")],
)
async def test_a_404_names_what_the_app_may_use(model: str, told: str, hidden: str) -> None:
    key = Apps(Home.of()).create("editor").reveal()
    async with gateway(NAMED) as url, httpx.AsyncClient(base_url=url, headers={"x-api-key": key}) as client:
        paths = ["/v1/chat/completions"] + ["/v1/messages/count_tokens"] * (model == "zork")
        for path in paths:
            answer = await client.post(path, json=HELLO | {"model": model})
            assert answer.status_code == 404
            assert hidden not in answer.text
            assert "away" not in answer.text
        chat = await client.post("/v1/chat/completions", json=HELLO | {"model": model})
        assert told in chat.text
        vectors = await client.post("/v1/embeddings", json={"model": model, "input": "hello"})
        assert (vectors.status_code, hidden in vectors.text) == (404, False)
        counted = await client.post("/v1/messages/count_tokens", json=HELLO | {"model": "secretmodel"})
        assert counted.status_code == 200
