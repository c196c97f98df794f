"""Whatever the door, what follows is the kernel's: the same audit, the same usage and the same budget."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from mcp import Client

from aurarouter_core import Plugins, Router, Task, load_config
from aurarouter_core.home import Home
from aurarouter_core.services import CodingService
from aurarouter_core.store import Audit, Store
from aurarouter_mcp.server import server
from gateway import gateway

SETTINGS = {
    "models": {"one": {"provider": "echo", "price": {"input": 1, "output": 1}, "tags": ["private"]}},
    "roles": {role: ["one"] for role in ("coding", "reasoning", "router")},
    "budget": {"per_day": 5},
}
ASKED = "Write to anna.berg@nordwind.de"


async def run(router: Router) -> None:
    await router.run(Task(ASKED), surface="window")


async def service(router: Router) -> None:
    assert (await CodingService(router, surface="grid").generate_code(ASKED))["success"]


async def tool(router: Router) -> None:
    async with Client(server(router, await router.section("mcp"))) as client:
        assert not (await client.call_tool("route_task", {"task": ASKED})).is_error


async def http(router: Router) -> None:
    async with gateway(SETTINGS) as address, httpx.AsyncClient(base_url=address) as client:
        body = {"model": "auto", "messages": [{"role": "user", "content": ASKED}]}
        (await client.post("/v1/chat/completions", json=body)).raise_for_status()


@pytest.mark.parametrize("door", [run, service, tool, http])
async def test_every_door_leads_to_the_same_audit_and_the_same_book(
    door: Callable[[Router], Awaitable[None]], home: Path
) -> None:
    plugins = Plugins()
    async with Router(load_config(plugins, settings=SETTINGS), plugins, surface="mcp") as router:
        await door(router)
    here = Home(home)
    (row,) = Audit(here.store).rows()
    (used,) = Store(here.store).usage(("surface",))
    assert [found.rule for found in row.findings] == ["email"]
    assert row.surface == used["surface"]
    assert used["cost"] > 0
    with closing(sqlite3.connect(here.money)) as connection:
        assert connection.execute("SELECT sum(amount) FROM spent WHERE app = ''").fetchone()[0] > 0
