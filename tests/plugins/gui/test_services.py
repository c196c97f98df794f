"""The services panel on the real engine and real servers: what is shown is so, and what the buttons say happens."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from aurarouter_core.daemon.place import Place
from aurarouter_core.home import Home
from aurarouter_hooks import Task
from grid_node import free_ports

Open = Callable[..., Any]
PATIENCE = 15_000
CONFIG = """\
models: {first: {provider: echo}}
roles: {coding: [first], reasoning: [first]}
gateway: {port: GATEWAY}
mcp: {http: {port: MCP}}
"""


def config() -> str:
    """With ports that nobody has."""
    gateway, mcp = free_ports(2)
    return CONFIG.replace("GATEWAY", str(gateway)).replace("MCP", str(mcp))


def panel(window: Any, qtbot: QtBot) -> Any:
    """The panel, once it knows how everything is."""
    window.go("services")
    view = window.shown
    qtbot.waitUntil(lambda: len(view.state.conditions) == len(view.cards), timeout=PATIENCE)
    return view


def becomes(view: Any, qtbot: QtBot, name: str, state: str) -> Any:
    """Wait until a service is so; its card."""
    qtbot.waitUntil(
        lambda: view.state.conditions[name].state == state and name not in view.state.busy, timeout=PATIENCE
    )
    return view.cards[name]


def asked(url: str) -> tuple[int, Any]:
    """Status and body of a chat with the gateway."""
    body = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "Fix it"}]}).encode()
    request = urllib.request.Request(f"{url}/v1/chat/completions", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_the_shared_engine_pauses_resumes_stops_and_starts(open_window: Open, qtbot: QtBot, home: Path) -> None:
    window = open_window(config(), shared=True, plugins="echo,gui,gateway,mcp")
    view = panel(window, qtbot)
    card = becomes(view, qtbot, "engine", "running")
    assert not card.buttons["start"].isEnabled()
    card.buttons["pause"].click()
    becomes(view, qtbot, "engine", "paused")
    told: list[Any] = []

    async def run() -> None:
        await (await window.desk.link.kernel()).run(Task("Fix it"))

    window.desk.worker.begin(run(), None, told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=PATIENCE)
    assert "paused and takes no new tasks" in str(told[0])
    card.buttons["resume"].click()
    becomes(view, qtbot, "engine", "running")
    card.buttons["stop"].click()
    becomes(view, qtbot, "engine", "stopped")
    (place,) = Place.all(Home(home))
    assert place.holder is None
    card.buttons["start"].click()
    becomes(view, qtbot, "engine", "running")
    assert place.holder is not None
    os.kill(place.holder.pid, signal.SIGKILL)
    # A look in between finds a process that does not answer, which is a failure of another kind.
    qtbot.waitUntil(lambda: "has ended" in view.cards["engine"].words.text(), timeout=PATIENCE)
    assert becomes(view, qtbot, "engine", "failed").buttons["start"].isEnabled()


def test_a_file_that_breaks_hides_no_engine_that_runs(open_window: Open, qtbot: QtBot, home: Path) -> None:
    window = open_window(config(), shared=True, plugins="echo,gui,gateway,mcp")
    view = panel(window, qtbot)
    becomes(view, qtbot, "engine", "running")
    (home / "auraconfig.yaml").write_text("models: [\n")
    qtbot.waitUntil(lambda: "was refused" in view.cards["engine"].words.text(), timeout=PATIENCE)
    card = becomes(view, qtbot, "engine", "running")
    assert view.state.conditions["gateway"].state == "stopped"
    card.buttons["pause"].click()
    becomes(view, qtbot, "engine", "paused")
    card.buttons["stop"].click()
    becomes(view, qtbot, "engine", "stopped")
    (place,) = Place.all(Home(home))
    assert place.holder is None
    card.buttons["start"].click()
    qtbot.waitUntil(lambda: "is not valid YAML" in card.notice.text, timeout=PATIENCE)
    assert becomes(view, qtbot, "engine", "stopped").buttons["start"].isEnabled()


def test_the_gateway_starts_pauses_dies_and_says_why(open_window: Open, qtbot: QtBot, home: Path) -> None:
    window = open_window(config(), plugins="echo,gui,gateway,mcp")
    view = panel(window, qtbot)
    card = becomes(view, qtbot, "gateway", "stopped")
    assert window.desk.ending == []
    card.buttons["start"].click()
    becomes(view, qtbot, "gateway", "running")
    url, _, words = card.words.text().partition(", process ")
    url = url[0].lower() + url[1:]
    assert asked(url)[0] == 200
    assert window.desk.ending == ["HTTP gateway"]
    card.buttons["pause"].click()
    becomes(view, qtbot, "gateway", "paused")
    code, body = asked(url)
    assert (code, body["error"]["message"].partition(";")[0][:23]) == (503, "the gateway is paused a")
    card.buttons["resume"].click()
    becomes(view, qtbot, "gateway", "running")
    assert asked(url)[0] == 200
    os.kill(int(words.rstrip(".")), signal.SIGKILL)
    becomes(view, qtbot, "gateway", "failed")
    assert "SIGKILL" in card.words.text()
    card.buttons["start"].click()
    becomes(view, qtbot, "gateway", "running")
    card.buttons["stop"].click()
    becomes(view, qtbot, "gateway", "stopped")
    assert window.desk.ending == []


def test_mcp_over_http_pauses_and_ends_with_the_window(open_window: Open, qtbot: QtBot) -> None:
    window = open_window(config(), plugins="echo,gui,gateway,mcp")
    view = panel(window, qtbot)
    card = becomes(view, qtbot, "mcp", "stopped")
    card.buttons["start"].click()
    becomes(view, qtbot, "mcp", "running")
    pid = int(card.words.text().rpartition(" ")[2].rstrip("."))
    card.buttons["pause"].click()
    becomes(view, qtbot, "mcp", "paused")
    window.desk.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_who_does_not_start_says_why(open_window: Open, qtbot: QtBot, home: Path) -> None:
    text = config().replace("gateway: {", "gateway: {host: 192.0.2.1, ")
    view = panel(open_window(text, plugins="echo,gui,gateway,mcp"), qtbot)
    card = becomes(view, qtbot, "gateway", "stopped")
    card.buttons["start"].click()
    becomes(view, qtbot, "gateway", "failed")
    assert "did not start" in card.notice.text
    assert "192.0.2.1" in card.notice.text


def test_one_that_runs_elsewhere_is_told_and_left_alone(open_window: Open, qtbot: QtBot, home: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as other:
        text = config().replace("gateway: {port: ", f"gateway: {{port: {other.getsockname()[1]}}} #")
        view = panel(open_window(text, plugins="echo,gui,gateway,mcp"), qtbot)
        card = becomes(view, qtbot, "gateway", "elsewhere")
        assert "was not started here" in card.words.text()
        assert not any(button.isEnabled() for button in card.buttons.values())


def test_where_no_engine_is_shared_there_is_nothing_to_press(open_window: Open, qtbot: QtBot) -> None:
    view = panel(open_window(config(), plugins="echo,gui"), qtbot)
    assert [*view.cards] == ["engine"]
    assert "of its own" in view.cards["engine"].words.text()
    assert not any(button.isEnabled() for button in view.cards["engine"].buttons.values())


def test_a_grid_node_starts_and_stops(open_window: Open, qtbot: QtBot, home: Path) -> None:
    view = panel(open_window(f"{config()}grid: {{node: here}}", plugins="echo,gui,gateway,mcp,auragrid"), qtbot)
    card = becomes(view, qtbot, "node", "stopped")
    card.buttons["start"].click()
    becomes(view, qtbot, "node", "running")
    assert card.words.text().startswith("Node here, process ")
    assert not card.buttons["pause"].isEnabled()
    assert (home / "grid" / "cell.json").exists()
    card.buttons["stop"].click()
    becomes(view, qtbot, "node", "stopped")
    assert not (home / "grid" / "cell.json").exists()


def test_a_node_that_ends_its_work_is_not_killed(
    open_window: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aurarouter_gui.state.child.ENDS", 0.05)  # by then it has not even said goodbye
    text = f"{config()}grid: {{node: here, drain: 20}}"
    view = panel(open_window(text, plugins="echo,gui,gateway,mcp,auragrid"), qtbot)
    card = becomes(view, qtbot, "node", "stopped")
    card.buttons["start"].click()
    becomes(view, qtbot, "node", "running")
    card.buttons["stop"].click()
    becomes(view, qtbot, "node", "stopped")
    (node,) = (one for one in view.state.all if one.id == "node")
    assert node._process.returncode == 0
