"""The tools that only read."""

from __future__ import annotations

from collections.abc import Mapping

from aurarouter_mcp.allowed import explained, is_limited, limits_of, refuse_limited
from aurarouter_mcp.asking import task_of
from aurarouter_mcp.engine import Engine, assets_of
from aurarouter_mcp.inputs import ListInput, Nothing, TaskInput
from aurarouter_mcp.tool import Calling, Result, Tool, plain


async def _models(engine: Engine, _: Nothing, call: Calling) -> Result:
    limits = await limits_of(engine, call.app)
    models = [model for name, model in (await engine.models()).items() if limits.allows_model(name)]
    return {"models": [{"id": m.id, "provider": m.provider, "tags": sorted(m.tags)} for m in models]}


async def _intents(engine: Engine, _: Nothing, __: Calling) -> Result:
    return {"intents": list(await engine.intents())}


async def _explain(engine: Engine, given: TaskInput, call: Calling) -> Result:
    limits = await limits_of(engine, call.app)
    return {"decision": plain(explained(await engine.locate_and_decide(task_of(given, call)), limits))}


async def _health(engine: Engine, _: Nothing, call: Calling) -> Result:
    limits = await limits_of(engine, call.app)
    return {"models": plain({name: how for name, how in (await engine.health()).items() if limits.allows_model(name)})}


async def _usage(engine: Engine, _: Nothing, call: Calling) -> Result:
    if not is_limited(await limits_of(engine, call.app)):
        return {"usage": plain(await engine.usage(("model",)))}
    used = await engine.usage(("app", "model"))
    own = [{name: row[name] for name in row if name != "app"} for row in used if row["app"] == call.app]
    return {"usage": plain(own)}


async def _assets(engine: Engine, given: ListInput, call: Calling) -> Result:
    await refuse_limited(engine, call.app, "the files on this machine are all models'")
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
