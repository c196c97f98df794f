"""Calls of tools: each is checked, run and told; errors are told in their own words."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from typing import Any

import mcp_types as types
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from pydantic import ValidationError

from aurarouter_core import Pause, dumps
from aurarouter_hooks import AuraRouterError
from aurarouter_mcp.apart import apart
from aurarouter_mcp.engine import Engine
from aurarouter_mcp.telling import Told
from aurarouter_mcp.tool import Tool, ToolFailedError

log = logging.getLogger(__name__)
Context = ServerRequestContext[Any, Any]


class Calls:
    """Answers `tools/list` and `tools/call`.

    Args:
        engine: Does the work.
        offered: The tools that clients may see and call, by name.
        told: Tells clients how far their calls have come.
        pause: While it lasts, only what reads is called.
    """

    def __init__(self, engine: Engine, offered: Mapping[str, Tool], told: Told, pause: Pause) -> None:
        self._engine = engine
        self._offered = offered
        self._told = told
        self._pause = pause

    async def listed(self, _: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        """All tools."""
        return types.ListToolsResult(tools=[_described(name, tool) for name, tool in self._offered.items()])

    async def called(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        """One call.

        Raises:
            MCPError: There is no such tool.
        """
        tool = self._offered.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, "no tool of this name is offered")
        try:
            if tool.effect != "reads":
                self._pause.check()
            given = tool.takes.model_validate(params.arguments or {})
            calling = self._told.calling(context, params.meta or {})
            return _answer(await apart(context, tool.act(self._engine, given, calling)))
        except ValidationError as error:
            wrong = error.errors(include_input=False, include_url=False)
            return _failed("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong))
        except ToolFailedError as error:
            return _failed(str(error))
        except AuraRouterError as error:
            return _failed(f"{type(error).__name__}: {error}", error.hint)
        except MCPError:
            raise
        except Exception as error:  # noqa: BLE001 - the client is told, and the server lives on
            places = "".join(traceback.format_tb(error.__traceback__))
            name = type(error).__name__
            log.error("unexpected %s in %s\n%s", name, params.name, places)  # noqa: TRY400 - its words may quote a task
            return _failed(
                f"{params.name} failed with {name}",
                "This is a fault in AuraRouter or a plugin; the server's log says where.",
            )


def _described(name: str, tool: Tool) -> types.Tool:
    gives = {field: {"type": kind} for field, kind in tool.gives.items()}
    reads = tool.effect in ("reads", "visits")  # asking models costs money and leaves traces
    return types.Tool(
        name=name,
        description=tool.description,
        input_schema=tool.takes.model_json_schema(),
        output_schema={"type": "object", "properties": gives, "required": [*gives]},
        annotations=types.ToolAnnotations(
            read_only_hint=reads,
            destructive_hint=tool.effect == "removes",
            idempotent_hint=reads,
            open_world_hint=tool.effect in ("asks", "visits"),
        ),
    )


def _answer(result: dict[str, Any]) -> types.CallToolResult:
    text = result["text"] if "text" in result else dumps(result)
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=result)


def _failed(words: str, hint: str = "") -> types.CallToolResult:
    text = f"{words}\n{hint}" if hint else words
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
