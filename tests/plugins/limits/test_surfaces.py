"""A limit is told in every surface's own words, with the seconds to wait."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mcp import Client
from openai import AsyncOpenAI, RateLimitError

from aurarouter_core import Plugins, Router, Task, UnifiedRouterService, attach, load_config
from aurarouter_core.cli import cli
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_core.home import Home
from aurarouter_hooks import BudgetError
from aurarouter_mcp.server import server
from gateway import gateway

SLOW = {"requests_per_minute": 6, "burst": 0}
APP = {"each_app": SLOW, "patience": 0}
MODEL = {"each_model": SLOW, "patience": 0}


def settings(limits: dict[str, Any]) -> dict[str, Any]:
    return {"models": {"e": {"provider": "echo"}}, "roles": {"coding": ["e"], "reasoning": ["e"]}, "limits": limits}


def router(limits: dict[str, Any]) -> Router:
    plugins = Plugins()
    return Router(load_config(plugins, settings=settings(limits)), plugins)


@pytest.mark.parametrize("limits", [APP, MODEL], ids=["app", "model"])
@pytest.mark.parametrize("stream", [False, True])
async def test_the_gateway_says_429_and_when(limits: dict[str, Any], stream: bool) -> None:
    async with (
        gateway(settings(limits)) as url,
        AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        asked: Any = {"model": "auto", "messages": [{"role": "user", "content": "hi"}], "stream": stream}
        first = await client.chat.completions.create(**asked)
        if stream:
            async for _ in first:
                pass
        with pytest.raises(RateLimitError) as caught:
            await client.chat.completions.create(**asked)
    assert caught.value.response.status_code == 429
    assert 8 <= int(caught.value.response.headers["retry-after"]) <= 10


@pytest.mark.parametrize("limits", [APP, MODEL], ids=["app", "model"])
async def test_mcp_and_services_say_it_in_words(limits: dict[str, Any]) -> None:
    async with router(limits) as kernel, Client(server(kernel, await kernel.section("mcp"))) as client:
        assert not (await client.call_tool("route_task", {"task": "hi"})).is_error
        told = await client.call_tool("route_task", {"task": "hi"})
        service = await UnifiedRouterService(kernel).intelligent_code_gen("write hello", language="python")
    assert told.is_error
    assert "Ask again in 9." in told.content[0].text or "Ask again in 10." in told.content[0].text  # type: ignore[union-attr]
    assert service["success"] is False
    assert "Ask again in" in service["error"]


@pytest.mark.parametrize(("limits", "code"), [(APP, 3), (MODEL, 5)], ids=["app", "model"])
def test_commands_say_it_by_exit_code_and_json(
    home: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any], code: int
) -> None:
    import sys

    from aurarouter_core.cli.failure import report

    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    (home / "auraconfig.yaml").write_text(json.dumps(settings(limits)))
    run = CliRunner()
    assert run.invoke(cli, ["run", "hi"]).exit_code == 0
    monkeypatch.setattr(sys, "argv", ["aurarouter", "run", "hi", "--json"])
    failed = run.invoke(cli, ["run", "hi", "--json"])
    assert isinstance(failed.exception, Exception)
    printed: list[str] = []
    monkeypatch.setattr("click.echo", lambda text="", **_: printed.append(text))
    assert report(failed.exception) == code
    assert 7 <= json.loads(printed[0])["error"]["retry_after"] <= 10


async def test_the_shared_engine_counts_for_its_clients(home: Path) -> None:
    (home / "auraconfig.yaml").write_text(json.dumps(settings(APP)))
    try:
        async with attach() as one, attach() as other:
            await one.run(Task("hi"))
            with pytest.raises(BudgetError) as caught:
                await other.run(Task("hi"))
        assert caught.value.retry_after is not None
        assert 7 <= caught.value.retry_after <= 10
    finally:
        for place in Place.all(Home(home)):
            stop(place, force=True)
