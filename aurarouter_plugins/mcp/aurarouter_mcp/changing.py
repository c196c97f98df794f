"""The tools that change which models there are. No role changes by them."""

from __future__ import annotations

from collections.abc import Mapping

from aurarouter_mcp.allowed import refuse_limited
from aurarouter_mcp.engine import Engine, assets_of
from aurarouter_mcp.inputs import RegisterInput, UnregisterInput
from aurarouter_mcp.tool import Calling, Result, Tool, plain


async def _register(engine: Engine, given: RegisterInput, call: Calling) -> Result:
    await refuse_limited(engine, call.app, CHANGES)
    return _told(await assets_of(engine).register_asset(**given.model_dump()))


async def _unregister(engine: Engine, given: UnregisterInput, call: Calling) -> Result:
    await refuse_limited(engine, call.app, CHANGES)
    return _told(await assets_of(engine).unregister_asset(**given.model_dump()))


def _told(registration: object) -> Result:
    done: Result = plain(registration)
    return {name: done[name] for name in DONE}


CHANGES = "this changes what all apps work with"
DONE = {
    "model_id": "string",
    "path": ["string", "null"],
    "config": "string",
    "in_force": "boolean",
    "warnings": "array",
}
CHANGING: Mapping[str, Tool] = {
    "register_asset": Tool(
        RegisterInput,
        DONE,
        "Make a GGUF file on this machine a model that can be routed to at once; use it after a model was trained or "
        "quantised. It joins no role.",
        _register,
        "adds",
    ),
    "unregister_asset": Tool(
        UnregisterInput,
        DONE,
        "Take a model out of the configuration again; its file stays.",
        _unregister,
        "removes",
    ),
}
