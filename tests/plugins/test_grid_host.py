"""The grid's application host, its manifest, and the example program, each run as a user or a grid would."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aurarouter_auragrid import AuraRouterMasHost
from aurarouter_auragrid.cell import read_cell
from aurarouter_auragrid.errors import GridError
from aurarouter_auragrid.manifest import settings as manifest_settings
from aurarouter_auragrid.registration import of_environment
from aurarouter_auragrid.wire.codec import METHODS, SERVICES
from aurarouter_core import Home, Plugins, load_config
from aurarouter_core.cli import cli
from aurarouter_hooks import ConfigError
from grid_node import ECHO, GridNode

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "manifests" / "auragrid_manifest.json"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GridNode]:
    with GridNode("one", tmp_path_factory.mktemp("one")) as node:
        yield node


class AuraGridNode(HTTPServer):
    """The part of the private grid's wire that registers services; nobody can run the real one here."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Registering)
        self.seen: list[tuple[str, str, dict[str, Any]]] = []
        self.status = 200
        self.says = b""

    def __enter__(self) -> AuraGridNode:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class Registering(BaseHTTPRequestHandler):
    server: AuraGridNode

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, self.headers["X-AuraGrid-IPC-Token"], body))
        self.send_response(self.server.status)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers["X-AuraGrid-IPC-Token"], {}))
        known = [body for path, _, body in self.server.seen if path == "/cell/service-port"]
        named = [
            {"serviceName": body["serviceName"], "endpointUrl": f"http://127.0.0.1:{body['port']}"} for body in known
        ]
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.says or json.dumps({"endpoints": named}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.promise("intro.1", "architecture.2")
async def test_the_host_starts_registers_calls_back_and_leaves(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "auraconfig.yaml").write_text(ECHO)
    told: list[str] = []

    async def tell(what: str) -> None:
        told.append(what)

    with AuraGridNode() as grid:
        monkeypatch.setenv("AURAGRID_IPC_PORT", str(grid.server_port))
        monkeypatch.setenv("AURAGRID_IPC_TOKEN", "a-token")
        host = AuraRouterMasHost(lambda: tell("up"), lambda: tell("down"))
        token = asyncio.get_running_loop().create_future()
        running = asyncio.create_task(host.execute_async(None, token))
        for _ in range(200):
            await asyncio.sleep(0.05)
            if told or running.done():
                break
        assert told == ["up"], running
        (path, sent, body), (looked, _, _) = grid.seen
        assert looked == "/cell/registry/discover?serviceName=aurarouter-mas"
        assert (path, sent) == ("/cell/service-port", "a-token")
        assert host.node is not None
        assert body["grpcPort"] == body["port"] == host.node.serving.port
        assert (body["serviceName"], body["scheme"]) == ("aurarouter-mas", "http")
        assert len(body["methods"]) == len({(method.service, method.name) for method in METHODS})
        token.set_result(None)
        await running
        grid.says = b'{"endpoints": 3}'
        known = of_environment()
        assert known is not None
        with pytest.raises(GridError, match="registry can't be read"):
            known.discover()
    assert told == ["up", "down"]
    assert read_cell(Home(home)) is None


def test_a_grid_that_refuses_us_is_an_error() -> None:
    with AuraGridNode() as grid:
        grid.status = 403
        host = of_environment({"AURAGRID_IPC_PORT": str(grid.server_port), "AURAGRID_IPC_TOKEN": "x"})
        assert host is not None
        with pytest.raises(GridError, match="HTTP 403"):
            host.register(1)
    with pytest.raises(GridError, match="does not answer"):
        host.register(1)
    assert of_environment({}) is None
    with pytest.raises(GridError, match="which is no port"):
        of_environment({"AURAGRID_IPC_PORT": "many", "AURAGRID_IPC_TOKEN": "x"})


@pytest.mark.promise("quick-start.10")
def test_what_the_manifest_says_starts_and_ends_a_node(tmp_path: Path) -> None:
    node = GridNode("mas", tmp_path)
    manifest = json.loads(MANIFEST.read_text())
    environ = {**node.environ(), "AURACORE_ROUTER_CONFIG": str(tmp_path / "auraconfig.yaml")}
    how = manifest["Services"][0]["PythonConfig"]
    command = [sys.executable, how["ScriptPath"], how["Arguments"]]  # each may be handed over as one argument
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "the services are ready\n"
        assert json.loads(node.run("grid", "nodes", "--json").stdout)[0]["name"] == "mas"
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    startup, shutdown = (
        [Path(sys.executable).with_name(program), deed]
        for program, deed in (manifest["startup"].split(), manifest["shutdown"].split())
    )
    started = subprocess.run(startup, env=environ, capture_output=True, text=True, check=True, timeout=60)
    assert "node 'mas' is ready" in started.stdout
    pid = node.cell.pid
    subprocess.run(shutdown, env=environ, check=True, timeout=60, capture_output=True)
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists():
            break
        threading.Event().wait(0.05)
    else:
        os.kill(pid, signal.SIGKILL)
        pytest.fail("it stays")
    assert subprocess.run([startup[0], "nonsense"], env=environ, check=False, capture_output=True).returncode == 2


@pytest.mark.promise("quick-start.7")
def test_the_manifest_lists_what_there_is() -> None:
    manifest = json.loads(MANIFEST.read_text())
    assert sorted(service["name"] for service in manifest["services"]) == list(SERVICES)
    assert {service["executionMode"] for service in manifest["services"]} == {"Distributed"}
    assert manifest["version"] == manifest["Version"] == "1.0.0"
    program, deed = manifest["startup"].split()
    assert Path(sys.executable).with_name(program).exists()
    assert deed == "startup"
    assert manifest["Services"][0]["MasId"] == "aurarouter-mas"


@pytest.mark.promise("precedence.4")
def test_the_manifests_settings_stand_below_the_environment_and_above_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = ECHO + "system: {log_level: ERROR, default_timeout: 10}\ngrid: {max_calls: 3}\n"
    (home / "auraconfig.yaml").write_text(text)
    manifest = json.loads(MANIFEST.read_text())
    manifest["metadata"]["config"] = {"system": {"log_level": "INFO", "default_timeout": 20}}
    (home / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setenv("AURAGRID_MANIFEST", str(home / "manifest.json"))
    monkeypatch.setenv("AURAROUTER_SYSTEM__LOG_LEVEL", "DEBUG")
    config = load_config(Plugins(), environment="auragrid")
    assert (config.system.log_level, config.system.default_timeout) == ("DEBUG", 20)
    assert config.sections["grid"].max_calls == 3
    assert load_config(Plugins()).system.default_timeout == 10
    shown = CliRunner().invoke(cli, ["config", "show", "system", "--origin", "--environment", "auragrid"]).stdout
    assert "system.log_level: DEBUG  # AURAROUTER_SYSTEM__LOG_LEVEL" in shown
    assert "system.default_timeout: 20  # plugin auragrid" in shown
    (home / "manifest.json").write_text("[]")
    with pytest.raises(ConfigError, match="can't be used"):
        manifest_settings()


@pytest.mark.promise("consumer-app.1", "consumer-app.2", "consumer-app.3", "consumer-app.4")
def test_the_example_runs_end_to_end(node: GridNode) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "grid_consumer_app.py")],
        env=node.environ(), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for beginning in ("sync: ", "stream: ", "stream ended, success: True", "event 1: done", "event 3: done"):
        assert any(line.startswith(beginning) for line in lines), done.stdout
    for beginning in ("a wrong input: 'plan_step' is empty", "a reserved topic: ", "private content: ", "plain: "):
        assert any(line.startswith(beginning) for line in lines), done.stdout


def test_the_example_without_a_cell_says_what_to_do(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "grid_consumer_app.py"), "sync"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "Start a node with 'aurarouter grid up'" in done.stderr
