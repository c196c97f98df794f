"""Model files in the cell: pushed on one node, pulled on another, listed on all; and what is refused."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_auragrid import GridModelStorage
from aurarouter_auragrid.engine.engine import Engine
from gguf_files import gguf
from grid_node import GridNode

WEIGHTS = [("weights", (1024, 640), 0)]  # five chunks and a bit
ROLES = "roles: {router: [echo], reasoning: [echo], coding: [echo]}"
NONE_LOADED = f"models: {{echo: {{provider: echo}}}}\n{ROLES}\n"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    grid = {"storage": {"max_mb": 16}}
    with GridNode("first", tmp_path_factory.mktemp("first"), grid=grid) as node:
        yield node


@pytest.fixture(scope="module")
def second(first: GridNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    token = first.cell.token
    assert token is not None
    grid = {"urls": list(first.cell.urls), "token": token.reveal(), "engine": {"own": False}}
    with GridNode("second", tmp_path_factory.mktemp("second"), grid=grid) as node:
        yield node


@pytest.fixture
async def storage(first: GridNode) -> AsyncIterator[GridModelStorage]:
    async with Engine(first.cell) as engine:
        yield GridModelStorage(engine)


def a_model(folder: Path, name: str = "small.gguf", seed: int = 0) -> Path:
    path = folder / name
    data = bytearray(gguf(tensors=WEIGHTS))
    for place in range(2000, len(data), 4096):  # no two chunks are alike
        data[place : place + 8] = (place + seed).to_bytes(8, "little")
    path.write_bytes(bytes(data))
    return path


def silent(_done: int, _all: int | None) -> None:
    """Progress that nobody watches."""


def shown(node: GridNode, *arguments: str) -> Any:
    done = node.run("grid", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.promise("grid-models.2")
def test_a_model_that_one_node_pushes_is_a_model_of_another_after_one_command(
    first: GridNode, second: GridNode, tmp_path: Path
) -> None:
    path = a_model(tmp_path)
    pushed = shown(first, "models", "push", str(path), "--id", "small")
    assert (pushed["complete"], pushed["size"]) == (True, path.stat().st_size)
    listed = {row["model_id"]: row for row in shown(second, "models", "list")}
    assert listed["small"]["stored"]["sha256"] == pushed["sha256"]
    assert listed["small"]["nodes"] == {}
    pulled = shown(second, "models", "pull", "small")
    assert Path(pulled["path"]).read_bytes() == path.read_bytes()
    # The node of that machine routes by it, and every node knows of it.
    (node,) = [node for node in shown(first, "nodes") if node["name"] == "second"]
    assert node["models"]["small"] == "ready"
    (row,) = [row for row in shown(first, "models", "list") if row["model_id"] == "small"]
    assert row["nodes"] == {"second": path.stat().st_size}
    again = shown(second, "models", "pull", "small")
    assert again["path"] == pulled["path"]
