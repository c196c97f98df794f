"""A cell of three with certificates of its own: mutual TLS everywhere, and nobody without a certificate."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
import yaml
from attrs import asdict, evolve
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoServersError

from aurarouter_auragrid import AuraRouterClient
from aurarouter_auragrid.cell import Cell
from aurarouter_auragrid.client.session import Session
from aurarouter_auragrid.cluster import certificates
from aurarouter_auragrid.cluster.plan import write_cluster
from aurarouter_auragrid.engine.connection import Connection
from aurarouter_auragrid.errors import CellUnavailableError, GridError
from aurarouter_auragrid.server.conf import conf
from aurarouter_auragrid.settings import Grid, Tls
from aurarouter_auragrid.wire.own_certificate import require_trusted
from aurarouter_hooks import ConfigError, Secret
from grid_node import ECHO, GridNode, free_ports

MACHINES = {"a": "127.0.0.1", "b": "127.0.0.1", "c": "127.0.0.1"}


def with_free_ports(folders: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """The written sections, on ports that nobody has."""
    sections = {
        name: yaml.safe_load((folder / "auraconfig.yaml").read_text())["grid"] for name, folder in folders.items()
    }
    ports = {name: free_ports(3) for name in sections}
    for name, section in sections.items():
        section["host"] = "0.0.0.0"
        section["port"] = ports[name][0]
        section["urls"] = [f"tls://127.0.0.1:{each[1]}" for each in ports.values()]
        section["engine"] |= {"port": ports[name][1], "cluster_port": ports[name][2]}
        section["engine"]["peers"] = [f"127.0.0.1:{each[2]}" for each in ports.values()]
    return sections


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[GridNode], Cell]]:
    folder = tmp_path_factory.mktemp("cluster")
    written = write_cluster("shop", MACHINES, folder / "cell", apps=("till",))
    places = {place.name: place for place in written}
    sections = with_free_ports({name: places[name] for name in MACHINES})
    nodes = [GridNode(name, folder / f"node-{name}", ECHO, section) for name, section in sections.items()]
    app = places["app-till"]
    tls = Tls(ca=str(app / "ca.pem"), cert=str(app / "cert.pem"), key=str(app / "key.pem"))
    way = Cell(urls=sections["a"]["urls"], token=Secret(sections["a"]["token"]), tls=tls)
    try:
        for node in nodes:
            node.begin()
        for node in nodes:
            node.wait_ready()
        yield nodes, way
    finally:
        for node in nodes:
            node.stop()


@pytest.mark.promise("architecture.10", "architecture.11")
@pytest.mark.soak
async def test_three_machines_make_a_cell_and_an_app_with_a_certificate_uses_it(
    cell: tuple[list[GridNode], Cell],
) -> None:
    _, way = cell
    async with AuraRouterClient(session=Session(cell=way)) as client:
        assert [node.name for node in await client.nodes()] == ["a", "b", "c"]
        assert (await client.generate_code("add two numbers"))["success"] is True
        assert (await client.result(await client.submit("add two numbers")))["success"] is True


@pytest.mark.soak
async def test_without_the_cells_certificate_nobody_comes_in(cell: tuple[list[GridNode], Cell], tmp_path: Path) -> None:
    nodes, way = cell
    stranger = next(place for place in write_cluster("other", MACHINES, tmp_path / "x") if place.name == "a")
    theirs = Tls(ca=way.tls.ca, cert=str(stranger / "cert.pem"), key=str(stranger / "key.pem"))
    for tls in (Tls(), theirs):
        with pytest.raises(CellUnavailableError):
            await Connection(evolve(way, tls=tls)).open(3.0)
    async with AuraRouterClient(session=Session(cell=way)) as client:
        addresses = [endpoint.address for endpoint in await client.endpoints()]
    ca = Path(way.tls.ca).read_bytes()
    for credentials in (None, grpc.ssl_channel_credentials(ca)):
        channel = (
            grpc.aio.secure_channel(addresses[0], credentials)
            if credentials
            else grpc.aio.insecure_channel(addresses[0])
        )
        async with channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await channel.unary_unary("/grpc.health.v1.Health/Check", None, None)(b"", timeout=5)
            assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert nodes


@pytest.mark.soak
def test_every_port_speaks_tls_and_asks_for_a_certificate(cell: tuple[list[GridNode], Cell]) -> None:
    nodes, way = cell
    for node in nodes:
        section = yaml.safe_load((node.folder / "auraconfig.yaml").read_text())["grid"]
        context = ssl.create_default_context(cafile=way.tls.ca)
        with (  # it is the cell's own authority that vouches for the services
            socket.create_connection(("127.0.0.1", section["port"]), 5) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as tls,
        ):
            assert tls.version() in ("TLSv1.2", "TLSv1.3")
        with socket.create_connection(("127.0.0.1", section["engine"]["port"]), 5) as plain:
            hello = plain.recv(4096)
            assert b'"tls_required":true' in hello
            assert b'"tls_verify":true' in hello
        with socket.create_connection(("127.0.0.1", section["engine"]["cluster_port"]), 5) as plain:
            plain.sendall(b"CONNECT {}\r\n")
            assert plain.recv(4096) == b""  # who does not begin with TLS is hung up on


def test_what_is_written_is_for_its_user_alone_and_nothing_is_written_over(
    tmp_path: Path, aurarouter: Callable[..., Any]
) -> None:
    command = ["grid", "init-cluster", "a=10.0.0.1", "b=10.0.0.2", "c=c.example", "--out", str(tmp_path / "cell")]
    done = aurarouter(*command, "--json")
    assert len(json.loads(done.stdout)) == 4
    for path in (tmp_path / "cell").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0
    again = aurarouter(*command)
    assert again.returncode == 1
    assert "is not empty" in again.stderr
    section = yaml.safe_load((tmp_path / "cell" / "c" / "auraconfig.yaml").read_text())["grid"]
    assert section["advertise"] == "c.example"
    assert section["engine"]["peers"] == ["10.0.0.1:6222", "10.0.0.2:6222", "c.example:6222"]
    check = subprocess.run(
        ["openssl", "verify", "-CAfile", "ca.pem", "cert.pem"],
        cwd=tmp_path / "cell" / "c", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert check.stdout.strip() == "cert.pem: OK"


def written(place: Path) -> Tls:
    return Tls(**{name: str(place / f"{name}.pem") for name in ("ca", "cert", "key")})


def test_a_certificate_that_others_would_refuse_keeps_a_node_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {path.name: path for path in write_cluster("x", MACHINES, tmp_path / "x")}
    strangers = {path.name: path for path in write_cluster("y", MACHINES, tmp_path / "y")}
    monkeypatch.setattr(certificates, "DAYS", -0.01)  # a quarter of an hour ago
    old = {path.name: path for path in write_cluster("z", MACHINES, tmp_path / "z")}
    for name in ("127.0.0.1", "::1", "[::1]", "localhost"):
        require_trusted(written(places["a"]), name)
    mixed = evolve(written(strangers["a"]), ca=str(places["a"] / "ca.pem"))
    for tls, name, why in (
        (written(places["a"]), "10.0.0.1", "IP address mismatch"),
        (written(old["a"]), "127.0.0.1", "certificate has expired"),
        (mixed, "127.0.0.1", "certificate"),
        (evolve(mixed, key=str(tmp_path / "none.pem")), "127.0.0.1", "none.pem can't be read: No such file"),
        (evolve(mixed, key=str(places["a"] / "key.pem")), "127.0.0.1", "the files can't be used"),
    ):
        with pytest.raises(ConfigError, match=why):
            require_trusted(tls, name)
    grid = {"tls": asdict(written(places["a"])), "host": "127.0.0.1", "advertise": "10.0.0.1"}
    done = GridNode("x", tmp_path / "node", grid=grid).run_program("grid", "up")
    assert done.returncode == 2
    assert "as the certificate of '10.0.0.1'" in done.stderr


def test_the_server_finds_certificates_in_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    grid = Grid(tls=Tls(ca="~/ca.pem", cert="~/cert.pem", key="~/key.pem"))
    said = conf("a", grid, port=4222, token="t", folder=tmp_path)
    assert said.count(str(tmp_path / "cert.pem")) == 1
    assert "~" not in said


async def test_a_token_that_is_refused_is_told_also_when_the_server_hangs_up_next(tmp_path: Path) -> None:
    """A server that refuses a token hangs up, at times before what it says was read."""
    said = [NatsError("nats: 'Authorization Violation'"), BrokenPipeError(32, "Broken pipe")]

    class Refused(Client):
        async def connect(self, *_: Any, **options: Any) -> None:
            for error in said:
                await options["error_cb"](error)
            raise NoServersError

        async def close(self) -> None:
            """There is nothing to close."""

    connection = Connection(Cell(urls=["nats://127.0.0.1:1"], token=Secret("wrong")))
    connection.nats = Refused()
    with pytest.raises(CellUnavailableError, match="Authorization Violation"):
        await connection.open()


@pytest.mark.soak
def test_a_command_that_speaks_tls_says_nothing_but_its_answer(cell: tuple[list[GridNode], Cell]) -> None:
    done = cell[0][0].run_program("grid", "nodes")
    assert (done.returncode, done.stderr) == (0, "")


def test_too_few_machines_and_wrong_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GridError, match="no majority"):
        write_cluster("x", {"a": "10.0.0.1", "b": "10.0.0.2"}, tmp_path / "x")
    with pytest.raises(GridError, match="the same address"):
        write_cluster("x", {"a": "10.0.0.1", "b": "10.0.0.1", "c": "10.0.0.2"}, tmp_path / "x")
    with pytest.raises(GridError, match="is not NAME=ADDRESS"):
        write_cluster("x", {"a b": "10.0.0.1", "b": "10.0.0.2", "c": "10.0.0.3"}, tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.promise("architecture.6")
@pytest.mark.soak
async def test_a_machine_that_is_lost_takes_nothing_with_it(cell: tuple[list[GridNode], Cell]) -> None:
    """The last test of this cell: the registry stays, the lost node leaves it, calls and events go on."""
    nodes, way = cell
    async with AuraRouterClient(session=Session(cell=way)) as client:
        given = [await client.submit("add two numbers") for _ in range(5)]
        nodes[2].kill()
        assert (await client.generate_code("add two numbers"))["success"] is True
        async with asyncio.timeout(30):
            for request_id in given:
                assert (await client.result(request_id))["success"] is True
            while [node.name for node in await client.nodes()] != ["a", "b"]:
                await asyncio.sleep(0.2)
        assert {endpoint.node for endpoint in await client.endpoints()} == {"a", "b"}
