"""The embedded model, 98 MB, pushed on one node: it answers on another after one command, and where it is deployed."""

import json
import time
from pathlib import Path

import pytest

from grid_node import ECHO, GridNode

FOR_LOADING = 60


@pytest.mark.soak
def test_the_embedded_model_answers_on_another_node_after_one_command(tmp_path: Path, model_file: Path) -> None:
    with GridNode("a", tmp_path / "a") as first:
        token = first.cell.token
        assert token is not None
        grid = {"urls": list(first.cell.urls), "token": token.reveal(), "engine": {"own": False}}
        with GridNode("b", tmp_path / "b", ECHO, grid) as second:
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
            print(
                f"pushed in {pushed - began:.1f} s, pulled and registered in {done - pushed:.1f} s: {answer.stdout!r}"
            )
            deployed = first.run_program(
                "grid", "deploy", "smol", "--replicas", "2", "--wait", str(FOR_LOADING), "--json"
            )
            (said,) = json.loads(deployed.stdout)
            assert (said["desired"], said["current"]) == (2, 2), said
            own = first.run_program("run", "-m", "smol", "Say hello to Ada.")
            assert own.returncode == 0, own.stderr
            print(f"deployed on {[one['node'] for one in said['placements']]}")
