"""A node by the command line: it starts its own server, is seen, is missed when it dies, drains and leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aurarouter_auragrid.cell import Cell, hold, running, write_cell
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_core import Home
from aurarouter_core.cli import cli
from aurarouter_hooks import Secret
from grid_node import PROGRAM, SLOW, GridNode


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    with GridNode("first", tmp_path_factory.mktemp("first")) as node:
        yield node


def shown(node: GridNode, *arguments: str) -> Any:
    done = node.run("grid", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def until(holds: Callable[[], bool], seconds: float) -> float:
    """Wait until something holds; how long it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        time.sleep(0.1)
    return time.monotonic() - began


async def names(node: GridNode) -> set[str]:
    async with Engine(node.cell) as engine:
        return {record.name for record in await engine.membership.nodes()}


@pytest.mark.promise("quick-start.11", "not-discoverable.1", "architecture.1")
def test_a_node_says_who_it_is_where_it_is_and_what_it_offers(first: GridNode) -> None:
    (node,) = [node for node in shown(first, "nodes") if node["name"] == "first"]
    assert node["address"].startswith("127.0.0.1:")
    assert node["models"] == {"echo": "ready"}
    assert (node["state"], node["load"], node["cleared"]) == ("serving", 0.0, False)
    assert time.time() - node["seen"] < 10
    offered = {row["service"] for row in shown(first, "services") if row["node"] == "first"}
    assert offered == {"RouterService", "ReasoningService", "CodingService", "UnifiedRouterService"}
    assert shown(first, "status")["nodes"] >= 1


def test_what_it_keeps_is_for_its_user_alone(first: GridNode) -> None:
    token = (first.home / "grid" / "engine" / "token").read_text()
    for path in first.home.glob("grid/**/*"):
        held = path.is_file() and token.encode() in path.read_bytes()
        assert not held or path.stat().st_mode & 0o077 == 0, path
    assert (first.home / "grid").stat().st_mode & 0o077 == 0
    assert token not in first.log


async def test_a_node_that_is_killed_is_gone_within_ten_seconds(first: GridNode, tmp_path: Path) -> None:
    other = GridNode("other", tmp_path, grid={"urls": list(first.cell.urls), "token": _token(first), "engine": OWN})
    with other:
        assert await names(first) == {"first", "other"}
        other.kill()
        began = time.monotonic()
        while "other" in await names(first):
            assert time.monotonic() - began < 10
            time.sleep(0.1)
    assert await names(first) == {"first"}


@pytest.mark.soak
async def test_a_node_that_leaves_is_gone_at_once_and_the_rest_stays(first: GridNode, tmp_path: Path) -> None:
    other = GridNode("other", tmp_path, grid={"urls": list(first.cell.urls), "token": _token(first), "engine": OWN})
    with other:
        assert shown(first, "drain", "other") == {"node": "other", "asked": "drain", "success": True}
        until(lambda: not [row for row in shown(first, "services") if row["node"] == "other"], 5)
        assert {node["name"]: node["state"] for node in shown(first, "nodes")}["other"] == "draining"
        assert first.run("grid", "leave", "other").returncode == 0
        assert other.process is not None
        assert other.process.wait(10) == 0
    assert await names(first) == {"first"}


@pytest.mark.soak
async def test_of_two_nodes_with_one_name_the_later_stays(first: GridNode, tmp_path: Path) -> None:
    grid = {"urls": list(first.cell.urls), "token": _token(first), "engine": OWN}
    with GridNode("twin", tmp_path / "a", grid=grid) as earlier, GridNode("twin", tmp_path / "b", grid=grid):
        assert earlier.process is not None
        assert earlier.process.wait(15) == 1
        assert earlier.process.stdout is not None
        assert "another node of the cell is called 'twin' now" in earlier.process.stdout.read()
        assert await names(first) == {"first", "twin"}


def test_a_server_that_dies_is_started_again_where_it_was(first: GridNode) -> None:
    before = first.engine_pid()
    os.kill(before, signal.SIGKILL)
    until(lambda: bool(list(first.home.glob("grid/engine/*.ports"))) and first.engine_pid() != before, 10)
    until(lambda: first.run("grid", "nodes").returncode == 0, 10)
    assert [node["name"] for node in shown(first, "nodes")] == ["first"]


@pytest.mark.soak
def test_a_node_that_is_killed_takes_its_server_along(tmp_path: Path) -> None:
    node = GridNode("lone", tmp_path).start()
    server = node.engine_pid()
    node.kill()
    until(lambda: not _alive(server), 10)
    with node:  # and starts again on the same store
        assert shown(node, "nodes")[0]["name"] == "lone"


def test_without_a_cell_one_clear_error(home: Path) -> None:
    script = "from aurarouter_core.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", script, "grid", "nodes"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "Error: no cell is known here"


def test_a_second_node_of_one_home_is_refused(first: GridNode) -> None:
    done = first.run_program("grid", "up")
    assert done.returncode == 1
    assert "node 'first' runs here already" in done.stderr


def test_a_node_that_is_leaving_is_not_to_be_ended(home: Path) -> None:
    """It has work to end, and nobody can ask it any more."""
    handle = hold(Home(home))
    try:
        error: Any = CliRunner().invoke(cli, ["grid", "up"]).exception
    finally:
        os.close(handle)
    assert str(error) == "a node of this machine is just starting or leaving"
    assert "grid.drain" in error.hint


def test_events_and_calls_have_the_same_time_to_end_in(tmp_path: Path) -> None:
    asked = ["grid", "call", "CodingService", "generate_code", "plan_step=SLEEP 9"]
    command = [sys.executable, "-c", "from aurarouter_core.cli import main; main()", *asked]

    def until(load: float) -> None:
        end = time.monotonic() + 20
        while shown(node, "nodes")[0]["load"] < load:
            assert time.monotonic() < end

    with (
        GridNode("slow", tmp_path, SLOW, {"drain": 4.0}, program=PROGRAM) as node,
        subprocess.Popen(command, env=node.environ(), cwd=node.home, stderr=subprocess.DEVNULL) as call,
    ):
        try:
            until(0.01)
            assert node.run("grid", "submit", "SLEEP 9", "--no-wait").returncode == 0
            until(0.25)  # one event of four at a time
            began = time.monotonic()
            node.stop()
            took = time.monotonic() - began
        finally:
            call.kill()
    assert 3.9 < took < 7


def test_a_node_is_found_where_nothing_may_be_written(home: Path) -> None:
    """As in a program that sees its home read-only; nobody there can ask for the lock."""
    there = Cell(urls=("nats://127.0.0.1:1",), token=Secret("t"), node="one", pid=os.getpid())
    write_cell(Home(home), there)
    assert running(Home(home)) is None
    (home / "grid" / "node.lock").unlink()
    (home / "grid" / "node.lock").mkdir()
    assert running(Home(home)) == there


@pytest.mark.soak
def test_a_node_that_was_killed_can_be_started_though_its_process_id_is_another_programs(tmp_path: Path) -> None:
    node = GridNode("lone", tmp_path).start()
    assert node.process is not None
    path, pid = node.home / "grid" / "cell.json", node.process.pid
    node.kill()
    said = json.loads(path.read_text())
    assert said["pid"] == pid
    path.write_text(json.dumps({**said, "pid": os.getpid()}))
    try:
        done = node.run_program("grid", "up", "--detach", "--json")
        assert (done.returncode, done.stderr) == (0, "")
    finally:
        node.run_program("grid", "leave")


def test_a_node_that_says_nothing_at_its_end_is_not_blamed_for_what_an_earlier_one_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURAROUTER_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (tmp_path / "grid").mkdir()
    (tmp_path / "grid" / "node.log").write_text("Error: of yesterday\n")
    done = CliRunner().invoke(cli, ["grid", "up", "--detach"])
    assert str(done.exception) == "the node ended at once: it said nothing"


def test_settings_that_are_none_are_named_before_a_node_is_started(tmp_path: Path) -> None:
    node = GridNode("wrong", tmp_path, grid={"porrt": 3})
    done = node.run_program("grid", "up", "--detach")
    assert done.returncode == 2
    assert "grid.porrt: unknown key (did you mean 'port'?)" in done.stderr
    assert not (node.home / "grid" / "node.log").exists()


def test_clear_text_for_others_to_hear_is_refused(tmp_path: Path) -> None:
    node = GridNode("open", tmp_path, grid={"host": "0.0.0.0"})
    done = node.run_program("grid", "up")
    assert done.returncode == 2
    assert "grid.tls is not set" in done.stderr
    assert not (node.home / "grid" / "engine").exists()


@pytest.mark.soak
def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    node = GridNode("lost", tmp_path, grid={"urls": ["nats://127.0.0.1:1"], "engine": OWN})
    done = node.run("grid", "nodes")
    assert done.returncode == 1
    assert "no server of the cell can be reached at nats://127.0.0.1:1" in done.stderr


OWN = {"own": False}


def _token(node: GridNode) -> str:
    token = node.cell.token
    assert token is not None
    return token.reveal()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "nats-server" in Path(f"/proc/{pid}/cmdline").read_text()
