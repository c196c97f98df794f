"""The tools that only read."""

from __future__ import annotations

from collections.abc import Mapping

from aurarouter_mcp.asking import task_of
from aurarouter_mcp.engine import Engine, assets_of
from aurarouter_mcp.inputs import ListInput, Nothing, TaskInput
from aurarouter_mcp.tool import Calling, Result, Tool, plain


async def _models(engine: Engine, _: Nothing, __: Calling) -> Result:
    models = (await engine.models()).values()
    return {"models": [{"id": m.id, "provider": m.provider, "tags": sorted(m.tags)} for m in models]}


async def _intents(engine: Engine, _: Nothing, __: Calling) -> Result:
    return {"intents": list(await engine.intents())}


async def _explain(engine: Engine, given: TaskInput, call: Calling) -> Result:
    return {"decision": plain(await engine.locate_and_decide(task_of(given, call)))}


async def _health(engine: Engine, _: Nothing, __: Calling) -> Result:
    return {"models": plain(await engine.health())}


async def _usage(engine: Engine, _: Nothing, __: Calling) -> Result:
    return {"usage": plain(await engine.usage(("model",)))}


async def _assets(engine: Engine, given: ListInput, _: Calling) -> Result:
    return {"assets": plain(await assets_of(engine).list_assets(scan=given.scan))}


READING: Mapping[str, Tool] = {
    "list_models": Tool(Nothing, {"models": "array"}, "List the configured models and their tags.", _models),
    "list_assets": Tool(
        ListInput,
        {"assets": "array"},
        "List the model files on this machine, and which of them are models that can be routed to.",
        _assets,
    ),
    "list_intents": Tool(
        Nothing, {"intents": "array"}, "List the kinds of task that the router tells apart.", _intents
    ),
    "explain_route": Tool(
        TaskInput, {"decision": "object"}, "Say which model a task would go to, and why; none is asked.", _explain
    ),
    "model_health": Tool(
        Nothing, {"models": "object"}, "Check whether each configured model can answer.", _health, "visits"
    ),
    "usage_summary": Tool(Nothing, {"usage": "array"}, "Sum tokens, cost and failures by model.", _usage),
}
