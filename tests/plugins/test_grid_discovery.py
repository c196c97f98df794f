"""Model servers of a node's machine: found, offered to the cell, asked through that node, and gone when they are."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from aurarouter_auragrid.engine.engine import Engine
from aurarouter_core import Home, Plugins, Router, Task, load_config
from aurarouter_hooks import PrivacyError
from fault_server import FaultServer
from faults import Turn, answer, well
from grid_node import ECHO, GridNode, free_ports
from llama_server import LlamaServer
from openai_server import OpenAiServer

TAGS = {"models": [{"name": "tiny:latest", "model": "tiny:latest"}]}

PORTS = """
import aurarouter_llamacpp_server.discover as llama, aurarouter_openapi.discovery as openai
llama.PORTS = openai.PORTS = {ports}
from aurarouter_core.cli import main
main()
"""
"""The program of a node that looks at other ports, since those that are usual may be somebody else's here."""


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
    with GridNode("one", tmp_path, ECHO, {"discover": True}, program=PORTS.format(ports=())) as node:
        assert until(node, 1) == [{"model": "tiny", "node": "one", "provider": "ollama", "state": "ready"}]
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


async def test_real_servers_answer_through_the_node_and_get_nothing_private_on_a_cleared_one_either(
    llama_server: LlamaServer, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nobody,) = free_ports(1)
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{nobody}")
    with OpenAiServer(model_file) as server:
        program = PORTS.format(ports=[urlsplit(llama_server.url).port, server.port])
        with GridNode("one", tmp_path, ECHO, {"discover": True}, program=program) as node:
            found = {each["model"]: each["provider"] for each in until(node, 2)}
            assert found == {llama_server.name: "llamacpp-server", server.name: "openapi"}
            plugins = Plugins()
            models: dict[str, Any] = {name: {"provider": "grid"} for name in found}
            settings = {"models": models, "roles": {"coding": [*found]}}
            async with (
                Router(load_config(plugins, settings=settings), plugins, home=Home(node.home)) as router,
                Engine(node.cell) as engine,
            ):
                await engine.configuration.clear(["one"])
                for model in found:
                    assert (await router.run(asked(model))).text
                    # The cell clears the node; what listens at a port of it, nobody has vouched for.
                    with pytest.raises(PrivacyError, match="which may pass requests on"):
                        await router.run(asked(model, private=True))


def asked(model: str, *, private: bool = False) -> Task:
    return Task("Say hello.", mode="direct", model=model, private=private, parameters={"max_tokens": 4})


def until(node: GridNode, count: int) -> Any:
    """What was found, once it is as much as that."""
    for _ in range(80):
        found = json.loads(node.run("grid", "status", "--json").stdout)["discovered"]
        if len(found) == count:
            return found
        time.sleep(0.1)
    pytest.fail(node.log)
