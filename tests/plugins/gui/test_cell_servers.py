"""Model servers of the nodes' machines in the panel Deployment: where they are, what they have, whether they answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from aurarouter_auragrid.panels.found_servers import found_servers
from aurarouter_auragrid.records import NodeRecord
from cell_window import PATIENCE, PLUGINS, joined, turned
from fault_server import FaultServer
from grid_node import ECHO, GridNode
from ollama_faults import MODEL, ollama

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultServer]:
    with FaultServer() as server:
        server.always(ollama(tmp_path_factory.mktemp("ollama")))
        yield server


@pytest.mark.promise("deployment.3")
def test_a_server_that_a_node_found_is_shown_with_its_models_until_the_node_drains(
    open_window: Open, qtbot: QtBot, server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{server.port}")
    with GridNode("one", tmp_path, ECHO, {"discover": True}) as node:
        view = turned(open_window(joined(node), plugins=PLUGINS), "deployment")

        def shown() -> list[tuple[str, ...]]:
            if not view.state.busy:
                view.state.look()
            return [tuple(line.cells) for line in view.servers.lines if line.cells[0] == "Ollama"]

        qtbot.waitUntil(lambda: bool(shown()), timeout=PATIENCE)
        ((kind, where, address, models, availability),) = shown()
        assert (kind, where, address) == ("Ollama", "one", f"127.0.0.1:{server.port}")
        assert (models, availability) == (MODEL.replace(":", "-"), "available")
        assert view.tabs.tabText(1).startswith("Servers found (")
        assert node.run("grid", "drain", "one").returncode == 0
        qtbot.waitUntil(lambda: shown()[0][4] == "its node is draining", timeout=PATIENCE)


def test_servers_are_told_by_node_kind_and_address() -> None:
    node = NodeRecord(
        name="b",
        instance="1",
        address="",
        models={"own": "ready", "x": "ready", "y": "resting", "z": "resting"},
        discovered={"x": "ollama", "y": "ollama", "z": "openapi"},
        places={"x": "127.0.0.1:1", "y": "127.0.0.1:1", "z": "127.0.0.1:2"},
    )
    older = NodeRecord(name="a", instance="1", address="", models={"m": "ready"}, discovered={"m": "strange"})
    told = [(one.node, one.kind, one.address, one.availability) for one in found_servers([node, older])]
    assert told == [
        ("a", "strange", "", "available"),
        ("b", "Ollama", "127.0.0.1:1", "1 of 2 models available"),
        ("b", "OpenAI dialect", "127.0.0.1:2", "failing, and resting for it"),
    ]
