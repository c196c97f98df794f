"""The window on three real nodes: a change and the way back, replicas, a node that dies, a cell that starts anew."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from cell_window import CONFIG, PLUGINS, turned
from gguf_files import gguf
from grid_cell import GridCell, by_one_server
from grid_loader import PROGRAM
from grid_node import ECHO, GridNode

Open = Callable[..., Any]
PATIENCE = 60_000
ONE = "one server"
EACH = pytest.param("a server each", marks=pytest.mark.soak)
LONGEST = 2.0
"""Seconds without a tick of the window's own clock after which a user would call it frozen."""


@pytest.fixture(scope="module")
def nodes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[GridNode]]:
    """Three nodes that make one cell, with one nats-server or three."""
    folder = tmp_path_factory.mktemp("three")
    if request.param != ONE:
        with GridCell(folder, {"drain": 2.0}, ECHO, PROGRAM) as cell:
            yield cell.nodes
        return
    with by_one_server(folder, "n0", "n1", "n2", program=PROGRAM) as found:
        yield found


on_both = pytest.mark.parametrize("nodes", [ONE, EACH], indirect=True, scope="module")
on_three = pytest.mark.parametrize("nodes", [EACH], indirect=True, scope="module")


def knowing(nodes: list[GridNode]) -> str:
    """The configuration of a machine that knows all servers of the cell."""
    cells = [node.cell for node in nodes]
    urls = list(dict.fromkeys(url for cell in cells for url in cell.urls))
    token = cells[0].token
    return f"{CONFIG}grid: {json.dumps({'urls': urls, 'token': token.reveal() if token else ''})}\n"


def until(qtbot: QtBot, view: Any, holds: Callable[[], bool]) -> None:
    """Press Refresh Now again and again until this holds."""
    end = time.monotonic() + PATIENCE / 1000
    while not holds():
        assert time.monotonic() < end, (view.verdict.text(), view.notice.text)
        view.refresh.click()
        qtbot.wait(300)


def placed(view: Any) -> dict[str, str]:
    """Node → how it is with the model, as the panel Deployment knows it."""
    return {one.node: one.state for each in view.picture.deployments for one in each.placements}


@on_both
@pytest.mark.promise("cell-warning.2")
def test_a_change_is_taken_by_all_three_nodes_and_taken_back(
    open_window: Open, qtbot: QtBot, nodes: list[GridNode], monkeypatch: pytest.MonkeyPatch
) -> None:
    view = turned(open_window(knowing(nodes), plugins=PLUGINS), "configuration")
    monkeypatch.setattr(QMessageBox, "warning", lambda *_: QMessageBox.StandardButton.Yes)
    qtbot.waitUntil(lambda: view.rollback.isEnabled(), timeout=PATIENCE)
    everybody = sorted(f"✓  n{number}: {words}" for number in range(3) for words in ("can honour it", "works with it"))

    def said() -> list[str]:
        qtbot.waitUntil(lambda: not view.state.busy, timeout=PATIENCE)
        assert "in force" in view.notice.text
        return sorted(view.answers.item(at).text() for at in range(view.answers.count()))

    view.text.setPlainText("system: {default_timeout: 77}")
    view.save.click()
    assert said() == everybody
    assert {row["number"] for row in shown(nodes[1], "config", "show")["nodes"]} == {1}
    view.rollback.click()
    assert said() == everybody
    assert view.text.toPlainText() == ""
    assert shown(nodes[1], "config", "show")["settings"] == {}


@on_both
@pytest.mark.promise("deployment.2", "deployment.4")
def test_replicas_are_raised_and_lowered_and_settle(
    open_window: Open, qtbot: QtBot, nodes: list[GridNode], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "small.gguf"
    file.write_bytes(gguf(tensors=[("weights", (1024, 320), 0)]))
    assert nodes[0].run("grid", "models", "push", str(file), "--id", "small").returncode == 0
    view = turned(open_window(knowing(nodes), plugins=PLUGINS), "deployment")
    qtbot.waitUntil(lambda: "small" in view.wishes, timeout=PATIENCE)
    assert [line.cells[0] for line in view.resources.lines] == ["n0", "n1", "n2"]
    for wish in (2,) if ONE in request.node.name else (3, 2):
        view.wishes["small"].setValue(wish)
        view.apply.click()
        qtbot.waitUntil(lambda: not view.state.busy, timeout=PATIENCE)
        until(qtbot, view, lambda: list(placed(view).values()) == ["ready"] * wish)  # noqa: B023 - asked at once
        assert view.verdict.text() == "1 model, all as wished"
        assert view.models.item(0, 1).text() == str(wish)


@on_both
@pytest.mark.promise("cell-status.2")
def test_a_model_counts_as_loaded_once_it_is_in_memory(
    open_window: Open, qtbot: QtBot, nodes: list[GridNode], tmp_path: Path
) -> None:
    first, _, last = nodes
    file = tmp_path / "own.gguf"
    file.write_bytes(gguf(tensors=[("weights", (1024, 300), 0)]))
    assert first.run("grid", "models", "push", str(file), "--id", "own").returncode == 0
    assert last.run("grid", "models", "pull", "own").returncode == 0
    view = turned(open_window(knowing(nodes), plugins=PLUGINS), "cell_status")

    def models() -> list[str]:
        return [line.cells[3] for line in view.nodes.lines if line.cells[0] == last.name]

    until(qtbot, view, lambda: any("own (not loaded)" in cell for cell in models()))
    assert first.run("grid", "deploy", "own", "--replicas", "1", "--wait", "30").returncode == 0
    until(qtbot, view, lambda: any("own" in cell.split(", ") for cell in models()))
    assert first.run("grid", "deploy", "own", "--replicas", "0", "--wait", "30").returncode == 0
    assert first.run("grid", "models", "remove", "own").returncode == 0


@pytest.mark.soak
@on_three
def test_a_killed_node_vanishes_and_its_replica_moves(open_window: Open, qtbot: QtBot, nodes: list[GridNode]) -> None:
    window = open_window(knowing(nodes), plugins=PLUGINS)
    deployment = turned(window, "deployment")
    until(qtbot, deployment, lambda: list(placed(deployment).values()) == ["ready", "ready"])
    before = placed(deployment)
    status = turned(window, "cell_status")
    until(qtbot, status, lambda: [line.cells[0] for line in status.nodes.lines] == ["n0", "n1", "n2"])
    victim = next(node for node in nodes[::-1] if node.name in before)
    killed = time.monotonic()
    victim.kill()
    left = [node for node in nodes if node is not victim]
    until(qtbot, status, lambda: [line.cells[0] for line in status.nodes.lines] == [node.name for node in left])
    print(f"{victim.name} was killed, and out of the table after {time.monotonic() - killed:.1f} s")
    window.go("deployment")
    until(qtbot, deployment, lambda: placed(deployment) == {node.name: "ready" for node in left})
    print(f"its replica was ready on another node after {time.monotonic() - killed:.1f} s")
    assert deployment.verdict.text() == "1 model, all as wished"
    window.go("cell_status")
    assert left[0].run("grid", "submit", "Write a line", "--app", "mine").returncode == 0
    until(qtbot, status, lambda: bool(status.events.lines) and status.events.lines[0].cells[4] == "ok")
    victim.start()
    until(qtbot, status, lambda: len(status.nodes.lines) == 3)


@pytest.mark.soak
@on_three
def test_a_cell_that_stops_and_starts_again_never_freezes_the_window(
    open_window: Open, qtbot: QtBot, nodes: list[GridNode]
) -> None:
    window = open_window(knowing(nodes), plugins=PLUGINS)
    view = turned(window, "cell_status")
    until(qtbot, view, lambda: len(view.nodes.lines) == 3)
    events = len(view.events.lines)
    ticks = [time.monotonic()]
    clock = QTimer()
    clock.timeout.connect(lambda: ticks.append(time.monotonic()))
    clock.start(20)
    with ThreadPoolExecutor(3) as hands:
        stopping = [hands.submit(node.stop) for node in nodes]
        until(qtbot, view, lambda: "can't be reached" in view.verdict.text())
        qtbot.waitUntil(lambda: all(one.done() for one in stopping), timeout=PATIENCE)
        assert [one.result() for one in stopping] == [0, 0, 0]
        known = [node.name for node in view.picture.nodes]  # those that had said goodbye by the last look are not in it
        assert [line.cells[0] for line in view.nodes.lines] == known, "what was known stays to be seen"
        for panel in ("configuration", "deployment", "models", "workspace", "cell_status"):
            window.go(panel)
            qtbot.wait(200)
        starting = [hands.submit(node.start) for node in nodes]
        until(qtbot, view, lambda: view.reached and len(view.nodes.lines) == 3)
        for one in starting:
            one.result()
    clock.stop()
    assert not view.notice.isVisible()
    assert len(view.events.lines) >= events
    gaps = sorted(after - before for before, after in pairwise(ticks))
    print(f"{len(gaps)} ticks of 20 ms: p99 {gaps[len(gaps) * 99 // 100]:.3f} s, longest {gaps[-1]:.3f} s")
    assert gaps[-1] < LONGEST


def shown(node: GridNode, *arguments: str) -> Any:
    """What a command says."""
    done = node.run("grid", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
