"""An app keeps to its roles also where they turn out late: once a model was asked for one, and in a plan's steps."""

import json

import pytest

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_hooks import ForbiddenError
from fault_server import FaultServer
from faults import whole_stream


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
