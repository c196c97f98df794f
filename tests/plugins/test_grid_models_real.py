"""The embedded model, 98 MB, pushed on one node: it answers on another after one command, and where it is deployed."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from aurarouter_auragrid.deployment.deployments import Deployment, Deployments
from aurarouter_auragrid.engine.engine import Engine
from grid_asking import Asking
from grid_node import ECHO, GridNode

FOR_LOADING = 60


@pytest.mark.soak
def test_the_embedded_model_answers_on_another_node_after_one_command(tmp_path: Path, model_file: Path) -> None:
    with GridNode("a", tmp_path / "a") as first, GridNode("b", tmp_path / "b", ECHO, first.joining) as second:
        began = time.monotonic()
        assert first.run_program("grid", "models", "push", str(model_file), "--id", "smol").returncode == 0
        pushed = time.monotonic()
        pulled = second.run_program("grid", "models", "pull", "smol", "--json")
        assert pulled.returncode == 0, pulled.stderr
        done = time.monotonic()
        assert Path(json.loads(pulled.stdout)["path"]).read_bytes() == model_file.read_bytes()
        answer = second.run_program("run", "-m", "smol", "Say hello to Ada.")
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.strip()
        print(f"pushed in {pushed - began:.1f} s, pulled and registered in {done - pushed:.1f} s: {answer.stdout!r}")
        deployed = first.run_program("grid", "deploy", "smol", "--replicas", "2", "--wait", str(FOR_LOADING), "--json")
        (said,) = json.loads(deployed.stdout)
        assert (said["desired"], said["current"]) == (2, 2), said
        own = first.run_program("run", "-m", "smol", "Say hello to Ada.")
        assert own.returncode == 0, own.stderr
        print(f"deployed on {[one['node'] for one in said['placements']]}")


async def until(deployments: Deployments, holds: Callable[[Deployment], bool], asking: Asking, what: str) -> None:
    """Wait until the one deployment is as it should be, and tell what the programs got by then."""
    began = time.monotonic()
    while not holds((await deployments.state())[0]):
        assert time.monotonic() < began + FOR_LOADING, await deployments.state()
        await asyncio.sleep(0.2)
    print(f"{what}, after {time.monotonic() - began:.1f} s: {dict(asking.outcomes)}")


@pytest.mark.soak
async def test_the_model_answers_all_the_while_its_replicas_grow_one_dies_and_they_shrink(
    tmp_path: Path, model_file: Path
) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(GridNode("a", tmp_path / "a"))
        others = [stack.enter_context(GridNode(name, tmp_path / name, ECHO, first.joining)) for name in ("b", "c")]
        assert first.run_program("grid", "models", "push", str(model_file), "--id", "smol").returncode == 0
        async with Engine(first.cell) as engine:
            deployments = Deployments(engine)
            await deployments.want("smol", 1)
            while not any(one.is_settled for one in await deployments.state()):
                await asyncio.sleep(0.2)
            (had,) = (await deployments.state())[0].placements
            dies = others[0] if had.node == "b" else others[1]
            print(f"the first replica is on {had.node}, and {dies.name} will be killed")
            async with Asking(first.home, "smol", "Count to ten.", parameters={"max_tokens": 8}, pause=0.1) as asking:
                await asyncio.sleep(3.0)
                await deployments.want("smol", 3)
                await until(deployments, lambda state: state.is_settled, asking, "three replicas")
                await asyncio.sleep(5.0)
                assert asking.lost == {}
                dies.kill()
                running = asking.running
                await until(deployments, lambda state: bool(state.reasons), asking, "one node was killed")
                assert asking.lost.keys() <= {"incomplete"}
                lost = asking.lost.get("incomplete", 0)
                assert lost <= running
                await asyncio.sleep(3.0)
                await deployments.want("smol", 1)
                await until(deployments, lambda state: state.is_settled, asking, "one replica")
                await asyncio.sleep(3.0)
                assert asking.lost == ({"incomplete": lost} if lost else {})
            print(f"in the end: {dict(asking.outcomes)}")
            assert asking.outcomes["complete"] > 20
