"""A model of another node over mutual TLS: asked by a program with a certificate, and by a shared engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import yaml
from attrs import evolve

from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.cluster.plan import write_cluster
from aurarouter_auragrid.engine.engine import Engine
from aurarouter_auragrid.records import NodeRecord, to_bytes
from aurarouter_auragrid.settings import Tls
from aurarouter_core import Attached, Home, Plugins, Router, Task, attach, load_config
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from aurarouter_hooks import AllModelsFailedError, PrivacyError, Secret
from grid_node import GridNode, free_ports

MACHINES = {"a": "127.0.0.1", "b": "127.0.0.1", "c": "127.0.0.1"}
CONFIG = "models:\n  {model}: {{provider: echo}}\n  shared: {{provider: echo}}\nroles: {{coding: [{model}]}}\n"
MODELS = {name: {"provider": "grid"} for name in ("of-a", "of-b", "shared")}


class SealedCell:
    """Two nodes on one server, and the folder of a program that has a certificate."""

    def __init__(self, folder: Path) -> None:
        written = {path.name: path for path in write_cluster("shop", MACHINES, folder / "cell", apps=("till",))}
        (port,) = free_ports(1)
        self._program = written["app-till"]
        self.nodes = []
        for name in ("a", "b"):
            section = yaml.safe_load((written[name] / "auraconfig.yaml").read_text())["grid"]
            engine = {"port": port, "own": name == "a"}
            section |= {"host": "0.0.0.0", "port": 0, "urls": [f"tls://127.0.0.1:{port}"], "engine": engine}
            config = CONFIG.format(model=f"of-{name}")
            self.nodes.append(GridNode(name, folder / f"node-{name}", config, section))
        self.token, self.url = str(section["token"]), f"tls://127.0.0.1:{port}"

    def section(self, certificate: Path | None = None) -> dict[str, Any]:
        """The section `grid` of a program that is on no node's machine."""
        own = certificate or self._program
        tls = {"ca": self._program / "ca.pem", "cert": own / "cert.pem", "key": own / "key.pem"}
        return {"urls": [self.url], "token": self.token, "tls": {name: str(path) for name, path in tls.items()}}

    @property
    def cell(self) -> Cell:
        """The way in for that program."""
        section = self.section()
        return Cell(urls=section["urls"], token=Secret(self.token), tls=Tls(**section["tls"]))


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealedCell]:
    cell = SealedCell(tmp_path_factory.mktemp("sealed"))
    try:
        for node in cell.nodes:
            node.start()
        yield cell
    finally:
        for node in reversed(cell.nodes):
            node.stop()


def router(home: Path, section: dict[str, Any], node: str = "") -> Router:
    plugins = Plugins()
    models = {**MODELS, "of-b": {"provider": "grid", "options": {"node": node}}}
    settings = {"models": models, "roles": {"coding": ["of-b"]}, "grid": section}
    return Router(load_config(plugins, settings=settings), plugins, home=Home(home))


async def test_a_program_with_a_certificate_asks_a_node_and_private_content_needs_clearance(
    cell: SealedCell, home: Path
) -> None:
    async with router(home, cell.section()) as asking, Engine(cell.cell) as engine:
        for model in ("of-a", "of-b"):
            assert (await asking.run(Task("Hello\nAda", mode="direct", model=model))).text == "Hello\nAda"
        private = Task("Hello", mode="direct", model="of-b", private=True)
        with pytest.raises(PrivacyError, match="the cell does not clear"):
            await asking.run(private)
        await engine.configuration.clear(["b"])
        done = await asking.run(private)
        assert done.text == "Hello"
        location = asking.pool.locations["of-b"]
        assert (location.host, location.cleared) == ("b", True)
        await engine.configuration.clear([])
        with pytest.raises(PrivacyError):
            await asking.run(private)


@pytest.mark.soak
async def test_a_certificate_of_another_authority_opens_nothing(cell: SealedCell, home: Path, tmp_path: Path) -> None:
    strangers = {path.name: path for path in write_cluster("other", MACHINES, tmp_path / "x", apps=("thief",))}
    async with router(home, cell.section(strangers["app-thief"])) as asking:
        with pytest.raises(AllModelsFailedError, match="no server of the cell can be reached"):
            await asking.run(Task("hi", mode="direct"))


@asynccontextmanager
async def impostor(folder: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """A server with another authority's certificate: its address, and what it heard."""
    heard: list[str] = []

    class Listening(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs alone
        def service(self, call: Any) -> None:
            heard.append(call.method)

    server = grpc.aio.server()
    server.add_generic_rpc_handlers([Listening()])
    pair = ((folder / "key.pem").read_bytes(), (folder / "cert.pem").read_bytes())
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    await server.start()
    try:
        yield f"127.0.0.1:{port}", heard
    finally:
        await server.stop(None)


async def test_a_server_without_the_cells_certificate_is_told_nothing(
    cell: SealedCell, home: Path, tmp_path: Path
) -> None:
    other = {path.name: path for path in write_cluster("other", MACHINES, tmp_path / "x")}
    async with impostor(other["c"]) as (address, heard), Engine(cell.cell) as engine:
        record = NodeRecord(name="c", instance="c1", address=address, models={"of-b": "ready"})
        lease = await engine.node_leases.take_over("c", to_bytes(record), seconds=60)
        try:
            async with router(home, cell.section(), node="c") as asking:
                with pytest.raises(AllModelsFailedError, match="node 'c' does not answer"):
                    await asking.run(Task("hi", mode="direct"))
            async with router(home, cell.section()) as asking:
                for _ in range(5):
                    assert (await asking.run(Task("hi", mode="direct"))).text == "hi"
        finally:
            await lease.release()
    assert heard == []


@pytest.fixture
def engines(cell: SealedCell, home: Path) -> Iterator[Path]:
    """A home with a configuration, whose programs share an engine."""
    settings = {"models": MODELS, "roles": {"coding": ["shared"], "reasoning": ["shared"]}, "grid": cell.section()}
    (home / "auraconfig.yaml").write_text(json.dumps(settings))
    yield home
    for place in Place.all(Home(home)):
        stop(place, force=True)


async def test_the_shared_engine_asks_for_its_programs_also_while_a_node_dies_and_comes_back(
    cell: SealedCell, engines: Path, aurarouter: Any
) -> None:
    second = cell.nodes[1]
    task = Task("Hello\nAda", mode="direct", model="shared")
    async with attach(surface="tests") as kernel:
        assert isinstance(kernel, Attached)
        assert (await kernel.run(task)).text == "Hello\nAda"
        told = await asyncio.to_thread(aurarouter, "run", "-m", "of-b", "Hello", "--json")
        assert told.returncode == 0, told.stderr
        assert json.loads(told.stdout)["text"] == "Hello"
        await asyncio.to_thread(kernel.pause)
        told = await asyncio.to_thread(aurarouter, "run", "-m", "of-b", "Hello")
        assert "the router is paused" in told.stderr  # it's the engine that asks for the command, too
        await asyncio.to_thread(kernel.resume)
        second.kill()
        for _ in range(20):
            done = await kernel.run(task)
            assert (done.complete, done.text) == (True, "Hello\nAda")
        with pytest.raises(AllModelsFailedError, match=r"node 'b' does not answer|no node of the cell offers"):
            await kernel.run(evolve(task, model="of-b"))
        await asyncio.to_thread(second.start)
        async with asyncio.timeout(20.0):
            while await _fails(kernel, evolve(task, model="of-b")):
                await asyncio.sleep(0.5)


async def _fails(kernel: Attached, task: Task) -> bool:
    try:
        return (await kernel.run(task)).text != "Hello\nAda"
    except AllModelsFailedError:
        return True
