"""What clients may read: the configuration, and what became of recent tasks. No text of a task is in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import mcp_types as types
from attrs import frozen
from mcp import MCPError
from mcp.server.context import ServerRequestContext

from aurarouter_core import dumps
from aurarouter_hooks import AuraRouterError
from aurarouter_mcp.allowed import refuse_limited
from aurarouter_mcp.engine import Engine
from aurarouter_mcp.telling import app_of

Context = ServerRequestContext[Any, Any]
RECENT = 20


@frozen
class Resource:
    """One resource.

    Attributes:
        name: For people.
        description: When to read it.
        read: Its content: engine, and the app that asks ("" for anybody).
    """

    name: str
    description: str
    read: Callable[[Engine, str], Awaitable[Any]]


async def _configuration(engine: Engine, app: str) -> Any:
    await refuse_limited(engine, app, "the configuration is about all of them")
    return await engine.configuration()


async def _traces(engine: Engine, app: str) -> Any:
    return [_summary(trace) for trace in await engine.traces(RECENT, app=app or None)]


def _summary(trace: Mapping[str, Any]) -> Mapping[str, Any]:
    decision, error = trace["decision"] or {}, trace["error"] or {}
    tried = [attempt["model"] for node in trace["nodes"] for attempt in node["attempts"]]
    chosen = {"intent": decision.get("intent"), "role": decision.get("role"), "models": tried}
    return {name: trace[name] for name in TOLD} | chosen | {"error": error.get("type")}


TOLD = ("id", "started_at", "seconds", "surface", "app", "private", "complete", "usage", "cost")
RESOURCES: Mapping[str, Resource] = {
    "aurarouter://configuration": Resource(
        "configuration", "The settings in force; keys and other secrets are masked.", _configuration
    ),
    "aurarouter://traces": Resource(
        "recent traces", f"What became of the latest {RECENT} tasks: models, time, tokens, cost, errors.", _traces
    ),
}


class Reading:
    """Answers `resources/list` and `resources/read`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def listed(self, _: Context, __: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        """All resources."""
        return types.ListResourcesResult(
            resources=[
                types.Resource(uri=uri, name=one.name, description=one.description, mime_type="application/json")
                for uri, one in RESOURCES.items()
            ]
        )

    async def read(self, context: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        """One resource.

        Raises:
            MCPError: There is none of that address, or it can't be read.
        """
        uri = str(params.uri)
        if uri not in RESOURCES:
            raise MCPError(types.INVALID_PARAMS, "there is no such resource")
        try:
            value = await RESOURCES[uri].read(self._engine, app_of(context))
        except AuraRouterError as error:
            raise MCPError(types.INTERNAL_ERROR, f"{type(error).__name__}: {error}. {error.hint}".rstrip()) from error
        text = dumps(value, indent=2)
        content = types.TextResourceContents(uri=uri, mime_type="application/json", text=text)
        return types.ReadResourceResult(contents=[content])
