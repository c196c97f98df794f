"""The tools' switches, descriptions and failures, without a process of their own."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import attrs
import pytest
from mcp import Client

from aurarouter_core import Plugins, Router, load_config
from aurarouter_hooks import ConfigError
from aurarouter_mcp.server import server
from aurarouter_mcp.settings import Tools
from aurarouter_mcp.tools import TOOLS

CONFIG = "models: {here: {provider: echo}}\nroles: {coding: [here]}\n"


def router(home: Path, more: str = "") -> Router:
    (home / "auraconfig.yaml").write_text(CONFIG + more)
    plugins = Plugins()
    return Router(load_config(plugins), plugins, surface="mcp")


def test_every_tool_has_a_switch() -> None:
    assert {one.name for one in attrs.fields(Tools)} == set(TOOLS)


def test_a_misspelt_tool_is_a_problem_of_the_configuration(home: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        router(home, "mcp: {tools: {rout_task: {enabled: false}}}\n")
    assert "mcp.tools.rout_task" in str(caught.value.problems[0])
    assert "route_task" in str(caught.value.problems[0])


async def test_a_tool_that_is_off_is_neither_listed_nor_called(home: Path) -> None:
    async with (
        router(home, "mcp: {tools: {route_task: {enabled: false}}}\n") as kernel,
        Client(server(kernel, await kernel.section("mcp"))) as client,
    ):
        assert {tool.name for tool in (await client.list_tools()).tools} == set(TOOLS) - {"route_task"}
        with pytest.raises(Exception, match="no tool of this name"):
            await client.call_tool("route_task", {"task": "x"})


async def test_what_asks_models_is_not_called_read_only(home: Path) -> None:
    async with router(home) as kernel, Client(server(kernel, await kernel.section("mcp"))) as client:
        hints = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
    changing = {name for name, hint in hints.items() if hint is not None and not hint.read_only_hint}
    asking = {"route_task", "local_inference", "generate_code", "compare_models"}
    assert changing == asking | {"register_asset", "unregister_asset"}
    assert {name for name, hint in hints.items() if hint is None or hint.destructive_hint} == {"unregister_asset"}


async def test_a_fault_is_told_and_logged_without_words_of_the_prompt(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails(engine: Any, given: Any, tell: Any) -> Any:
        raise ValueError(given.task)

    monkeypatch.setitem(TOOLS, "route_task", attrs.evolve(TOOLS["route_task"], act=fails))
    with caplog.at_level(logging.DEBUG):
        async with router(home) as kernel, Client(server(kernel, await kernel.section("mcp"))) as client:
            told = await client.call_tool("route_task", {"task": "tangerine"})
    assert told.is_error
    assert "ValueError" in str(told.content)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("aurarouter")]
    assert any("unexpected ValueError in route_task" in line for line in ours)
    assert "tangerine" not in caplog.text


async def test_a_call_belongs_to_its_callers_trace(home: Path) -> None:
    trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    meta: Any = {"traceparent": f"00-{trace_id}-{span_id}-01", "tracestate": 7}
    async with router(home) as kernel, Client(server(kernel, await kernel.section("mcp"))) as client:
        answered = await client.call_tool("route_task", {"task": "x"}, meta=meta)
        alone = await client.call_tool("route_task", {"task": "x"})
    assert answered.structured_content is not None
    assert alone.structured_content is not None
    trace = answered.structured_content["trace"]
    assert (trace["id"], trace["parent_span"]) == (trace_id, span_id)
    assert alone.structured_content["trace"]["parent_span"] == ""
