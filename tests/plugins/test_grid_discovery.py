"""Model servers of a node's machine: found, offered to the cell, asked through that node, and gone when they are."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_core import Home, Plugins, Router, Task, load_config
from aurarouter_hooks import PrivacyError
from fault_server import FaultServer
from faults import Turn, answer, well
from grid_node import ECHO, GridNode

TAGS = {"models": [{"name": "tiny:latest", "model": "tiny:latest"}]}


async def ollama(turn: Turn) -> None:
    """What an Ollama server says of itself, and an answer."""
    path = turn.request.path
    if path == "/api/tags":
        await answer(TAGS)(turn)
    elif path == "/api/show":
        await answer({"capabilities": ["completion"], "model_info": {}})(turn)
    elif path in ("/api/chat", "/api/generate"):
        said = {"model": "tiny", "message": {"role": "assistant", "content": "Hello Ada."}, "done": True}
        await answer({**said, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 3})(turn)
    elif path == "/api/version":
        await answer({"version": "0.9.0"})(turn)
    else:
        await well(turn)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        server.always(ollama)
        yield server


@pytest.mark.promise("future.4")
async def test_a_server_of_a_nodes_machine_is_found_and_asked_through_the_node(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{server.port}")
    with GridNode("one", tmp_path, ECHO, {"discover": True}) as node:
        found = until_found(node)
        assert found == [{"model": "tiny", "node": "one", "provider": "ollama", "state": "ready"}]
        (row,) = json.loads(node.run("grid", "nodes", "--json").stdout)
        assert row["models"]["tiny"] == "ready"
        assert row["discovered"] == {"tiny": "ollama"}
        assert "tiny (ready, found at ollama)" in node.run("grid", "nodes").stdout
        plugins = Plugins()
        settings: dict[str, Any] = {"models": {"tiny": {"provider": "grid"}}, "roles": {"coding": ["tiny"]}}
        async with Router(load_config(plugins, settings=settings), plugins, home=Home(node.home)) as router:
            assert (await router.run(Task("hi", mode="direct"))).text == "Hello Ada."
            with pytest.raises(PrivacyError, match="the cell does not clear"):
                await router.run(Task("hi", mode="direct", private=True))


def until_found(node: GridNode) -> Any:
    for _ in range(80):
        found = json.loads(node.run("grid", "status", "--json").stdout)["discovered"]
        if any(each["model"] == "tiny" for each in found):
            return [each for each in found if each["model"] == "tiny"]
        time.sleep(0.1)
    pytest.fail(node.log)
