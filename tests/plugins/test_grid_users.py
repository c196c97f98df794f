"""A NATS with users of its own, as a machine may have it already: an app gets just what the page says that it needs."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.errors import CellUnavailableError, GridError
from aurarouter_auragrid.server.binary import nats_server
from aurarouter_hooks import Secret
from grid_node import GridNode, free_ports

PAGE = Path(__file__).parents[2] / "docs" / "AURAGRID.md"
CONF = """
port: {port}
host: 127.0.0.1
jetstream {{
  store_dir: "{folder}"
}}
authorization {{
  users: [
    {{ user: node, password: "of-the-node" }}
    {user}
  ]
}}
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    folder, (port,) = tmp_path_factory.mktemp("nats"), free_ports(1)
    (block,) = re.findall(r"```text\n(\{ user: till.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (folder / "nats.conf").write_text(CONF.format(port=port, folder=folder / "store", user=block))
    with subprocess.Popen([nats_server(), "-c", folder / "nats.conf", "-l", folder / "log"]) as server:
        grid = {
            "urls": [f"nats://127.0.0.1:{port}"],
            "user": "node",
            "password": "of-the-node",
            "engine": {"own": False},
        }
        try:
            with GridNode("one", tmp_path_factory.mktemp("one"), grid=grid) as node:
                yield node
        finally:
            server.terminate()


@pytest.fixture
async def session(node: GridNode) -> AsyncIterator[Session]:
    """The app's way in: its own user at NATS, and its own key at the services."""
    key = json.loads(node.run("apps", "create", f"till{id(node)}", "--json").stdout)["key"]
    way = Cell(urls=node.cell.urls, user="till", password=Secret("of-the-till"))
    async with Session(cell=way, key=key) as session:
        yield session
    node.run("apps", "revoke", f"till{id(node)}")


async def test_an_app_asks_and_gets_its_results(session: Session) -> None:
    async with AuraRouterClient(session=session, app="till") as client:
        assert (await client.generate_code("add two numbers"))["success"] is True
        assert (await client.result(await client.submit("add two numbers")))["success"] is True
        await client.publisher.publish("till.notes", "a note")


@pytest.mark.soak  # NATS says nothing to who may not: each takes as long as an answer may
async def test_an_app_can_do_nothing_else(session: Session, node: GridNode) -> None:
    engine = await session.engine()
    with pytest.raises((CellUnavailableError, GridError)):
        await engine.configuration.clear(["one"])
    with pytest.raises((CellUnavailableError, GridError)):
        await engine.settings.read("head")
    with pytest.raises((CellUnavailableError, GridError)):
        await asyncio.wait_for(anext(engine.requests.dead()), 10)
    with pytest.raises((CellUnavailableError, GridError)):
        await engine.requests.publish("other", b"{}", event_id="x", headers={}, patience=0.0)
    with pytest.raises((CellUnavailableError, GridError)):
        await engine.events.publish("aurarouter.other", b"x", event_id="x", headers={}, patience=0.0)
    assert json.loads(node.run("grid", "clearance", "list", "--json").stdout) == []
