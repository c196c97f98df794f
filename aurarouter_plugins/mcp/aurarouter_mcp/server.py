"""The MCP server: offers the tools, runs them, and tells errors in their own words."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import mcp_types as types
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from pydantic import ValidationError

from aurarouter_core import __version__, dumps
from aurarouter_hooks import AuraRouterError
from aurarouter_mcp.caller import called_from
from aurarouter_mcp.engine import Engine
from aurarouter_mcp.tools import TOOLS, Tool, ToolFailedError

log = logging.getLogger(__name__)
Context = ServerRequestContext[Any, Any]


def server(engine: Engine) -> Server[Any]:
    """A server in front of a running kernel."""

    switches = engine.settings("mcp").tools  # a far engine's are read from files, so only once
    offered = {name: tool for name, tool in TOOLS.items() if getattr(switches, name).enabled}

    async def list_tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(name, tool) for name, tool in offered.items()])

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        tool = offered.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, "no tool of this name is offered")
        steps = 0

        async def tell(what: str) -> None:
            nonlocal steps
            steps += 1
            await context.session.report_progress(steps, message=what)

        try:
            given = tool.takes.model_validate(params.arguments or {})
            with called_from(params.meta or {}):
                return _told(await tool.act(engine, given, tell))
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

    return Server("aurarouter", version=__version__, on_list_tools=list_tools, on_call_tool=call_tool)


def _described(name: str, tool: Tool) -> types.Tool:
    gives = {field: {"type": kind} for field, kind in tool.gives.items()}
    return types.Tool(
        name=name,
        description=tool.description,
        input_schema=tool.takes.model_json_schema(),
        output_schema={"type": "object", "properties": gives, "required": [*gives]},
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.asks,  # asking models costs money and leaves traces
            destructive_hint=False,
            idempotent_hint=not tool.asks,
            open_world_hint=tool.asks or tool.visits,
        ),
    )


def _told(result: dict[str, Any]) -> types.CallToolResult:
    text = result["text"] if "text" in result else dumps(result)
    return types.CallToolResult(content=[types.TextContent(text=text)], structured_content=result)


def _failed(words: str, hint: str = "") -> types.CallToolResult:
    text = f"{words}\n{hint}" if hint else words
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
