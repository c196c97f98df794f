"""Prompts and resources, and what a client is told while its call runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPDeprecationWarning

from aurarouter_core import Plugins, Router, load_config
from aurarouter_mcp.server import server
from fault_server import FaultServer
from faults import status
from listener import Listener

HARD = (
    "Design the architecture of a multi-region payment system. Plan the work in steps: first evaluate consistency "
    "models and trade offs, then derive the failure modes, then design the database schema and API, and finally write "
    "the migration strategy."
)
ROLES = ("coding", "reasoning", "router")


def kernel(settings: dict[str, Any] | None = None) -> Router:
    plugins = Plugins()
    return Router(load_config(plugins, settings=settings), plugins, surface="mcp")


async def test_every_prompt_is_described_and_takes_a_text(home: Path) -> None:
    (home / "auraconfig.yaml").write_text("models: {e: {provider: echo}}\nroles: {coding: [e]}\n")
    async with kernel() as router, Client(server(router, await router.section("mcp"))) as client:
        prompts = (await client.list_prompts()).prompts
        assert len(prompts) == 4
        tools = {tool.name for tool in (await client.list_tools()).tools}
        for prompt in prompts:
            assert prompt.description
            assert all(argument.description for argument in prompt.arguments or ())
            told = await client.get_prompt(prompt.name, {"text": "a $text of {mine}"})
            said = told.messages[0].content
            assert isinstance(said, types.TextContent)
            assert said.text.endswith("a $text of {mine}")
            assert any(tool in said.text for tool in tools)
            for wrong in ({}, {"text": " "}, {"text": "a", "more": "b"}):
                with pytest.raises(Exception, match="takes one argument"):
                    await client.get_prompt(prompt.name, wrong)


async def test_the_configuration_is_masked(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(
        "models:\n  e: {provider: echo}\n  far: {provider: openapi, endpoint: 'https://far.example', "
        "api_key: tangerine-tangerine}\nroles: {coding: [e]}\n"
    )
    async with kernel() as router, Client(server(router, await router.section("mcp"))) as client:
        assert {str(one.uri) for one in (await client.list_resources()).resources} == {
            "aurarouter://configuration",
            "aurarouter://traces",
        }
        (content,) = (await client.read_resource("aurarouter://configuration")).contents
        assert isinstance(content, types.TextResourceContents)
        assert "tangerine" not in content.text
        assert json.loads(content.text)["models"]["far"]["api_key"] == "****"
        with pytest.raises(Exception, match="no such resource"):
            await client.read_resource("aurarouter://nothing")


@pytest.mark.parametrize(("level", "told"), [("debug", 1), ("warning", 1), ("error", 0)])
async def test_a_failed_attempt_is_logged_to_a_client_that_wants_to_know(
    fault_server: FaultServer, level: types.LoggingLevel, told: int
) -> None:
    heard: list[types.LoggingMessageNotificationParams] = []

    async def hear(params: types.LoggingMessageNotificationParams) -> None:
        heard.append(params)

    models = {"far": {"provider": "openapi", "endpoint": fault_server.url}, "e": {"provider": "echo"}}
    settings = {"models": models, "roles": {role: [*models] for role in ROLES}, "system": {"retries": 0}}
    fault_server.always(status(500))
    async with kernel(settings) as router:
        serving = server(router, await router.section("mcp"))
        async with Client(serving, logging_callback=hear, mode="legacy") as client:
            with pytest.warns(MCPDeprecationWarning, match="logging"):
                await client.set_logging_level(level)
            assert not (await client.call_tool("route_task", {"task": "hello"})).is_error
    assert [(one.level, "far failed" in str(one.data)) for one in heard] == [("warning", True)] * told


async def test_progress_is_told_while_a_plan_is_made_and_carried_out() -> None:
    steps: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        assert total is None
        steps.append((progress, message))

    with Listener() as listener:
        models = {"far": {"provider": "openapi", "endpoint": listener.url}}
        settings = {"models": models, "roles": {role: ["far"] for role in ROLES}}
        async with kernel(settings) as router, Client(server(router, await router.section("mcp"))) as client:
            done = await client.call_tool("generate_code", {"task_description": HARD}, progress_callback=hear)
    assert not done.is_error, done
    words = [message for _, message in steps]
    assert [number for number, _ in steps] == [float(number + 1) for number in range(len(steps))]
    assert "plan begins" in words
    assert words.count("step begins") >= 3
    assert "asking far" in words


async def test_each_model_that_is_compared_is_told_when_it_has_ended(fault_server: FaultServer) -> None:
    words: list[str] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        words.append(message or "")

    models = {"far": {"provider": "openapi", "endpoint": fault_server.url}, "e": {"provider": "echo"}}
    settings = {"models": models, "roles": {role: ["e"] for role in ROLES}, "system": {"retries": 0}}
    fault_server.always(status(500))
    async with kernel(settings) as router, Client(server(router, await router.section("mcp"))) as client:
        given = {"prompt": "hello", "models": ["far", "e"]}
        done = await client.call_tool("compare_models", given, progress_callback=hear)
    assert not done.is_error, done
    assert words[0] == "asking 2 models"
    assert sorted(words[1:]) == ["e answered", "far gave no whole answer"]
