"""A model that lives on another node: asked through this one, in pieces, privately, and elsewhere when a node dies."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Home, Plugins, Router, Task, load_config
from fault_server import FaultServer
from grid_node import GridNode

OWN = {"own": False}


def joined(node: GridNode, **more: Any) -> dict[str, Any]:
    token = node.cell.token
    assert token is not None
    return {"urls": list(node.cell.urls), "token": token.reveal(), "engine": OWN, **more}


@pytest.fixture(scope="module")
def backend() -> Iterator[FaultServer]:
    with FaultServer() as backend:
        yield backend


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory, backend: FaultServer) -> Iterator[GridNode]:
    config = f"""
models:
  echo: {{provider: echo}}
  api: {{provider: openapi, endpoint: '{backend.url}'}}
  loop: {{provider: grid, model_name: echo}}
roles: {{coding: [echo]}}
"""
    with GridNode("far", tmp_path_factory.mktemp("far"), config) as node:
        yield node


@pytest.fixture
async def router(far: GridNode, tmp_path: Path) -> AsyncIterator[Router]:
    """A kernel on the far node's machine, of the same user: it finds the cell by the file in the home."""
    plugins = Plugins()
    settings = {
        "models": {
            "big": {"provider": "grid", "model_name": "echo"},
            "api": {"provider": "grid"},
            "loop": {"provider": "grid"},
            "gone": {"provider": "grid", "model_name": "echo", "options": {"node": "nowhere"}},
        },
        "roles": {"coding": ["big"]},
    }
    async with Router(load_config(plugins, settings=settings), plugins, home=Home(far.home)) as router:
        yield router


async def test_a_chain_names_a_model_that_another_node_answers(router: Router, far: GridNode) -> None:
    done = await router.run(Task("Say hello\nto Ada", mode="direct"))
    assert done.text == "Say hello\nto Ada"
    assert [(attempt.model, attempt.provider) for attempt in done.trace.attempts] == [("big", "grid")]
    shown = json.loads(far.run("grid", "nodes", "--json").stdout)
    assert shown[0]["models"] == {"echo": "ready", "api": "ready"}
