"""The shared engine's metrics: by its port on this machine, and by the command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from aurarouter_core import Task, attach
from aurarouter_core.cli import cli
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_core.home import Home
from gateway import served
from grid_node import free_ports


@pytest.fixture
def port(home: Path) -> Iterator[int]:
    (port,) = free_ports(1)
    settings = {
        "models": {"e": {"provider": "echo"}},
        "roles": {"coding": ["e"], "reasoning": ["e"]},
        "telemetry": {"listen": f"127.0.0.1:{port}"},
    }
    (home / "auraconfig.yaml").write_text(json.dumps(settings))
    yield port
    for place in Place.all(Home(home)):
        stop(place, force=True)


def run(*arguments: str) -> str:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False).stdout


def surfaces(text: str) -> dict[str, float]:
    families = {family.name: family for family in text_string_to_metric_families(text)}
    return {sample.labels["surface"]: sample.value for sample in families["aurarouter_tasks"].samples}


async def test_the_engine_is_read_by_port_and_by_command(port: int) -> None:
    async with attach(surface="mcp") as engine:
        for _ in range(2):
            await engine.run(Task("hi"))
        async with httpx.AsyncClient(trust_env=False) as client:
            page = await client.get(f"http://127.0.0.1:{port}/metrics")
        printed, as_json = [await asyncio.to_thread(run, "metrics", *more) for more in ((), ("--json",))]
    assert surfaces(page.text) == {"mcp": 2}
    assert surfaces(printed) == {"mcp": 2}
    assert "aurarouter_tasks_total" in json.loads(as_json)


async def test_a_gateway_in_front_of_the_engine_shows_the_engines(port: int) -> None:
    async with attach(surface="gateway") as engine, served(engine) as url:
        await engine.run(Task("hi"))
        async with httpx.AsyncClient(trust_env=False) as client:
            page = await client.get(f"{url}/metrics")
    assert surfaces(page.text) == {"gateway": 1}
