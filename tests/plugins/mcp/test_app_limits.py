"""A client whose app may use only some models and roles is shown those alone, and nothing that is about all."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import mcp_types as types
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from aurarouter_core import Home, Plugins, Router, Task, load_config
from aurarouter_core.apps import Apps
from mcp_http import mcp_http

INSIDE = "http://127.0.0.1:9"
SETTINGS: dict[str, Any] = {
    "models": {
        "away": {"provider": "openapi", "endpoint": INSIDE},
        "parrot": {"provider": "echo"},
        "secretmodel": {"provider": "openapi", "endpoint": INSIDE},
    },
    "roles": {
        "coding": ["away", "parrot"],
        "hidden": ["secretmodel"],
        "reasoning": ["secretmodel", "parrot"],
        "router": ["parrot"],
    },
    "gateway": {"apps": {"editor": {"models": ["parrot"], "roles": ["coding"]}, "careful": {"private": True}}},
    "mcp": {"tools": {"register_asset": {"enabled": True}, "unregister_asset": {"enabled": True}}},
}
TASK = {"task": "Write a function to add two numbers", "role": "coding"}
HIDDEN = ("away", "secretmodel", "hidden", INSIDE)


@asynccontextmanager
async def client_of(url: str, app: str) -> AsyncIterator[Client]:
    key = Apps(Home.of()).create(app).reveal()
    async with (
        httpx2.AsyncClient(headers={"authorization": f"Bearer {key}"}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client


async def test_it_is_shown_what_it_may_use() -> None:
    async with mcp_http(SETTINGS) as url, client_of(url, "editor") as client:
        for tool, given in (
            ("list_models", {}),
            ("model_health", {}),
            ("explain_route", TASK),
            ("route_task", TASK),
            ("generate_code", {"task_description": "Write a function to add two numbers"}),
            ("compare_models", {"prompt": "hello", "models": ["parrot"]}),
        ):
            told = await client.call_tool(tool, given)
            said = told.model_dump_json()
            assert not told.is_error, said
            assert [name for name in HIDDEN if name in said] == [], (tool, said)
            assert "parrot" in said or tool == "generate_code"
        explained = (await client.call_tool("explain_route", TASK)).structured_content
        assert explained is not None
        assert explained["decision"]["chain"] == ["parrot"]
        assert "the app 'editor' may use only some models" in explained["decision"]["constraint"]["reasons"]


@pytest.mark.parametrize("tool", ["explain_route", "route_task"])
@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"model": "secretmodel"}, "ForbiddenError"),
        ({"role": "hidden"}, "ForbiddenError"),
        ({"model": "zork"}, "Known models: parrot."),
        ({"role": "zork"}, "Known roles: coding."),
    ],
)
async def test_an_explanation_is_refused_as_the_task_itself_is(tool: str, given: dict[str, str], error: str) -> None:
    async with mcp_http(SETTINGS) as url, client_of(url, "editor") as client:
        told = await client.call_tool(tool, TASK | given)
        assert (told.is_error, error in str(told.content)) == (True, True), told
        unsaid = set(HIDDEN) - set(given.values())
        assert [name for name in unsaid if name in str(told.content)] == []


async def test_what_is_about_all_is_refused() -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("list_assets", {}),
        ("register_asset", {"model_id": "mine", "file_path": "/nowhere.gguf"}),
        ("unregister_asset", {"model_id": "parrot"}),
        ("compare_models", {"prompt": "hello", "models": ["zork"]}),
    ]
    async with mcp_http(SETTINGS) as url, client_of(url, "editor") as client:
        for tool, given in asked:
            told = await client.call_tool(tool, given)
            assert told.is_error
            assert ("ForbiddenError" in str(told.content)) == (tool != "compare_models"), told
            assert "secretmodel" not in str(told.content)
        with pytest.raises(Exception, match=r"ForbiddenError.*'gateway\.apps' does not limit"):
            await client.read_resource("aurarouter://configuration")
        assert (await client.read_resource("aurarouter://traces")).contents


@pytest.mark.parametrize(("app", "attempts"), [("editor", 1), ("careful", 3), ("other", 3)])
async def test_it_is_told_of_its_own_use_alone(app: str, attempts: int) -> None:
    plugins = Plugins()
    async with Router(load_config(plugins, settings=SETTINGS), plugins) as router:
        for asks in ("editor", "other", ""):
            await router.run(Task("Add two numbers", role="coding", model="parrot", app=asks))
    async with mcp_http(SETTINGS) as url, client_of(url, app) as client:
        told = (await client.call_tool("usage_summary", {})).structured_content
        assert told is not None
        assert [(row["model"], row["attempts"]) for row in told["usage"] if row["attempts"]] == [("parrot", attempts)]
        assert all("app" not in row for row in told["usage"])


async def test_a_key_without_such_limits_is_shown_all() -> None:
    async with mcp_http(SETTINGS) as url, client_of(url, "careful") as client:
        for tool in ("list_models", "model_health"):
            assert "secretmodel" in (await client.call_tool(tool, {})).model_dump_json()
        assert not (await client.call_tool("list_assets", {})).is_error
        (content,) = (await client.read_resource("aurarouter://configuration")).contents
        assert isinstance(content, types.TextResourceContents)
        assert "models" in json.loads(content.text)
