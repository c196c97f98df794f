"""Models on real nodes: pushed on one and pulled on another; replicas grow, lose a node and shrink under requests."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aurarouter_auragrid.deployment.deployments import Deployment, Deployments
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_hooks import AssetError
from gguf_files import gguf
from grid_asking import Asking
from grid_cell import by_one_server
from grid_loader import PROGRAM
from grid_node import GridNode

PATIENCE = 40.0


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[GridNode]]:
    folder = tmp_path_factory.mktemp("deployment")
    with by_one_server(folder, "first", "second", "third", program=PROGRAM) as nodes:
        yield nodes


@pytest.fixture(scope="module")
def small(nodes: list[GridNode], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "small.gguf"
    path.write_bytes(gguf(tensors=[("weights", (1024, 320), 0)]))
    done = nodes[0].run("grid", "models", "push", str(path), "--id", "small")
    assert done.returncode == 0, done.stderr
    return path


def shown(node: GridNode, *arguments: str) -> Any:
    done = node.run("grid", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.promise("grid-models.2")
def test_a_model_that_one_node_pushes_is_a_model_of_another_after_one_command(
    nodes: list[GridNode], tmp_path: Path
) -> None:
    first, second, _ = nodes
    path = tmp_path / "own.gguf"
    path.write_bytes(gguf(tensors=[("weights", (1024, 300), 0)]))
    pushed = shown(first, "models", "push", str(path), "--id", "own")
    assert (pushed["complete"], pushed["size"]) == (True, path.stat().st_size)
    listed = {row["model_id"]: row for row in shown(second, "models", "list")}
    assert listed["own"]["stored"]["sha256"] == pushed["sha256"]
    assert listed["own"]["nodes"] == {}
    pulled = shown(second, "models", "pull", "own")
    assert Path(pulled["path"]).read_bytes() == path.read_bytes()
    # The node of that machine routes by it, and every node knows of it.
    (node,) = [node for node in shown(first, "nodes") if node["name"] == "second"]
    assert node["models"]["own"] == "ready"
    (row,) = [row for row in shown(first, "models", "list") if row["model_id"] == "own"]
    assert row["nodes"] == {"second": path.stat().st_size}
    again = shown(second, "models", "pull", "own")
    assert again["path"] == pulled["path"]
    assert shown(second, "models", "remove", "own")["success"]
    assert second.run("model", "remove", "own", "--delete-file").returncode == 0


async def until(deployments: Deployments, holds: Callable[[Deployment], bool]) -> Deployment:
    """Wait until the one deployment is as it should be."""
    end = time.monotonic() + PATIENCE
    while True:
        (found,) = await deployments.state()
        if holds(found):
            return found
        assert time.monotonic() < end, found
        await asyncio.sleep(0.2)


async def gone(deployments: Deployments) -> None:
    """Wait until no node has anything any more."""
    end = time.monotonic() + PATIENCE
    while found := await deployments.state():
        assert time.monotonic() < end, found
        await asyncio.sleep(0.2)


async def test_replicas_grow_survive_a_death_and_shrink_while_the_model_is_asked(
    nodes: list[GridNode], small: Path
) -> None:
    first = nodes[0]
    async with Engine(first.cell) as engine:
        deployments = Deployments(engine)
        await deployments.want("small", 1)
        one = await until(deployments, lambda state: state.is_settled)
        (had,) = one.placements
        # The server of the cell goes with the first. Of the others the one that is hardest to lose has the first place.
        dies = next((node for node in nodes[1:] if node.name == had.node), nodes[2])
        async with Asking(first.home, "small", "SLEEP 0.02") as asking:
            await deployments.want("small", 3)
            three = await until(deployments, lambda state: state.is_settled)
            assert {placement.node for placement in three.placements} == {"first", "second", "third"}
            assert asking.lost == {}
            dies.kill()
            running = asking.running
            left = await until(deployments, lambda state: bool(state.reasons))
            assert left.current == len(left.placements) == 2
            assert left.reasons == ("; ".join(f"{node.name}: has it already" for node in nodes if node is not dies),)
            assert asking.lost.keys() <= {"incomplete"}  # it had said its first word, and that can't be taken back
            lost = asking.lost.get("incomplete", 0)
            assert lost <= running
            await deployments.want("small", 1)
            await until(deployments, lambda state: state.is_settled)
            await asking.end()
            assert asking.lost == ({"incomplete": lost} if lost else {})
            assert asking.outcomes["complete"] > 100
        await deployments.want("small", 0)
        await gone(deployments)
    assert not [path for node in nodes if node is not dies for path in (node.home / "models").glob("*.gguf")]


def test_the_command_says_what_is_wished_for_and_why_the_rest_waits(nodes: list[GridNode], small: Path) -> None:
    first = nodes[0]
    done = first.run("grid", "deploy", "small", "--replicas", "4", "--wait", "0", "--json")
    assert done.returncode == 0, done.stderr
    (said,) = json.loads(done.stdout)
    assert (said["model"], said["desired"]) == ("small", 4)
    shown = first.run("grid", "deploy")
    assert shown.stdout.startswith("small  ")
    assert " of 4\n" in shown.stdout
    late = first.run("grid", "deploy", "small", "--replicas", "4", "--wait", "0.1")
    assert (late.returncode, late.stdout.splitlines()[0].endswith(" of 4")) == (1, True)
    assert first.run("grid", "deploy", "small", "--replicas", "0").returncode == 0
    refused = first.run("grid", "deploy", "nobody", "--replicas", "1")
    assert refused.stderr.splitlines()[0] == "Error: the cell keeps no file of 'nobody'"
    assert first.run("grid", "deploy", "small").returncode == 2


async def test_numbers_that_make_no_sense_are_refused(nodes: list[GridNode]) -> None:
    async with Engine(nodes[0].cell) as engine:
        with pytest.raises(AssetError, match="-1 replicas make no sense"):
            await Deployments(engine).want("small", -1)


@pytest.mark.soak
async def test_a_node_that_comes_back_is_given_its_replica_again(nodes: list[GridNode], small: Path) -> None:
    first, _, third = nodes
    for node in nodes[1:]:
        if node.process is None or node.process.poll() is not None:
            node.start()
    async with Engine(first.cell) as engine:
        deployments = Deployments(engine)
        await deployments.want("small", 3)
        await until(deployments, lambda state: state.is_settled)
        third.kill()
        await until(deployments, lambda state: bool(state.reasons))
        third.start()
        back = await until(deployments, lambda state: state.is_settled)
        assert "third" in {placement.node for placement in back.placements}
        await deployments.want("small", 0)
        await gone(deployments)
    assert not [path for node in nodes for path in (node.home / "models").glob("*.gguf")]
