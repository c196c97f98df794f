"""The gateway in front of the engine that programs share: the same answers, and models that are loaded once."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from array import array
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from aurarouter_core import Attached, Home, Router, attach
from aurarouter_core.daemon.place import Place
from aurarouter_core.daemon.stop import stop
from fault_server import FaultServer
from faults import answer, half_a_stream
from gateway import served

SETTINGS = """\
models: {first: {provider: echo}, second: {provider: echo}}
roles: {coding: [first], reasoning: [first], router: [first]}
gateway: {apps: {}}
"""


@pytest.fixture
def shared(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (home / "auraconfig.yaml").write_text(SETTINGS)
    monkeypatch.setenv("AURAROUTER_PLUGINS", getattr(request, "param", "echo,gateway"))
    yield home
    for place in Place.all(Home.of()):
        stop(place, force=True)


@pytest.fixture
async def client(shared: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Attached]]:
    async with attach(surface="gateway") as kernel, served(kernel) as url:
        assert isinstance(kernel, Attached)
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            yield http, kernel


def asked(model: str = "auto", *, stream: bool = False) -> dict[str, object]:
    return {"model": model, "stream": stream, "messages": [{"role": "user", "content": "one\ntwo"}]}


async def test_every_route_answers_as_without_it(client: tuple[httpx.AsyncClient, Attached]) -> None:
    http, kernel = client
    whole = await http.post("/v1/chat/completions", json=asked("second"))
    assert whole.json()["choices"][0]["message"]["content"] == "one\ntwo"
    assert whole.headers["x-aurarouter-model"] == "second"
    streamed = await http.post("/v1/messages", json={**asked(stream=True), "max_tokens": 9})
    assert [line for line in streamed.text.splitlines() if line.startswith("event: ")][-1] == "event: message_stop"
    names = [entry["id"] for entry in (await http.get("/v1/models")).json()["data"]]
    assert {"auto", "role:coding", "intent:DIRECT", "first", "second"} <= set(names)
    assert (await http.get("/health")).status_code == 200
    kind = await http.post("/services/RouterService/classify_intent", json={"task_description": "Fix this function"})
    assert (kind.status_code, kind.json()["classification"]) == (200, "SIMPLE_CODE")
    wrong = await http.post("/services/RouterService/classify_intent", json={"tusk": "Fix this function"})
    assert (wrong.status_code, "tusk is no input" in wrong.text) == (400, True)
    unknown = await http.post("/v1/chat/completions", json=asked("nobody"))
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "UnknownModelError")
    assert (await kernel.status())["clients"] == 1


async def test_an_engine_that_is_killed_is_replaced(client: tuple[httpx.AsyncClient, Attached]) -> None:
    http, kernel = client
    before = (await kernel.status())["pid"]
    os.kill(before, signal.SIGKILL)
    assert (await http.post("/v1/chat/completions", json=asked())).status_code == 200
    assert (await kernel.status())["pid"] != before


@pytest.mark.parametrize("shared", ["gateway,openapi"], indirect=True)
@pytest.mark.parametrize(
    ("path", "last"),
    [
        ("/v1/chat/completions", 'data: {"error"'),
        ("/v1/responses", "event: response.failed"),
        ("/v1/messages", "event: error"),
    ],
)
async def test_a_stream_whose_engine_is_killed_ends_with_an_error(
    shared: Path, fault_server: FaultServer, caplog: pytest.LogCaptureFixture, path: str, last: str
) -> None:
    model = {"provider": "openapi", "endpoint": fault_server.url}
    settings = {"models": {"first": model}, "roles": {"coding": ["first"]}}
    (shared / "auraconfig.yaml").write_text(json.dumps(settings))
    fault_server.always(half_a_stream("hang"))
    body = {**asked("first", stream=True), "input": "one", "max_tokens": 9}
    body.pop("messages" if path == "/v1/responses" else "input")
    async with attach(surface="gateway") as kernel, served(kernel) as url, httpx.AsyncClient(base_url=url) as http:
        assert isinstance(kernel, Attached)
        pid = (await kernel.status())["pid"]
        async with asyncio.timeout(30), http.stream("POST", path, json=body) as answered:
            said = ""
            async for piece in answered.aiter_text():
                said += piece
                if "Hello" in piece:
                    os.kill(pid, signal.SIGKILL)
    assert last in said
    assert "the shared engine has ended" in said
    assert "[DONE]" not in said
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.name for record in told] == ["aurarouter_gateway.exchange"]
    assert told[0].exc_info is None


async def test_limits_of_apps_are_those_of_the_file_as_it_is_now(client: tuple[httpx.AsyncClient, Attached]) -> None:
    _, kernel = client
    assert kernel.settings("gateway").max_body == 32 * 2**20
    (Home.of().config).write_text(SETTINGS.replace("apps: {}", "max_body: 1000"))
    kernel._followed._next = 0.0
    assert kernel.settings("gateway").max_body == 1000
    (Home.of().config).write_text("gateway: {max_body: no}")
    kernel._followed._next = 0.0
    assert kernel.settings("gateway").max_body == 1000


async def test_without_the_plugin_that_brings_metrics_it_is_named(client: tuple[httpx.AsyncClient, Attached]) -> None:
    told = await client[0].get("/metrics")
    assert (told.status_code, "telemetry" in told.json()["error"]["message"]) == (404, True)


@pytest.mark.parametrize("shared", ["echo,gateway,telemetry"], indirect=True)
async def test_metrics_are_those_of_the_engine(client: tuple[httpx.AsyncClient, Attached]) -> None:
    pytest.importorskip("aurarouter_telemetry")
    http, _ = client
    assert (await http.post("/v1/chat/completions", json=asked())).status_code == 200
    page = await http.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert 'model="first"' in page.text


@pytest.mark.parametrize("shared", ["echo,gateway,openapi"], indirect=True)
async def test_vectors_come_as_without_it(shared: Path, fault_server: FaultServer) -> None:
    model = {"provider": "openapi", "endpoint": fault_server.url}
    settings = {"models": {"first": model}, "roles": {"coding": ["first"], "embedding": ["first"]}}
    (shared / "auraconfig.yaml").write_text(json.dumps(settings))
    vectors = [[number / 7 - at for number in range(384)] for at in range(100)]
    fault_server.always(answer({"data": [{"index": at, "embedding": vector} for at, vector in enumerate(vectors)]}))
    body = {"model": "auto", "input": ["words"] * 100}
    async with attach(surface="gateway") as kernel, served(kernel) as url, httpx.AsyncClient(base_url=url) as http:
        told = (await http.post("/v1/embeddings", json=body)).json()
        refused = await http.post("/v1/embeddings", json={"model": "auto", "input": ["4539 1488 0343 6467"]})
    assert told["data"][99]["embedding"] == array("f", vectors[99]).tolist()
    assert (refused.status_code, len(fault_server.requests)) == (403, 1)


@pytest.mark.parametrize(("switch", "engines"), [({}, 1), ({"AURAROUTER_GATEWAY__SHARED": "no"}, 0)])
def test_the_command_shares_unless_told_not_to(shared: Path, switch: dict[str, str], engines: int) -> None:
    environ = {**os.environ, **switch}
    command = [str(Path(sys.executable).with_name("aurarouter")), "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "127.0.0.1" in process.stdout.readline()
        running = [place for place in Place.all(Home.of()) if place.holder is not None]
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert len(running) == engines


async def test_without_it_it_is_a_router(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURAROUTER_NO_DAEMON", "1")
    async with attach(surface="gateway") as kernel:
        assert isinstance(kernel, Router)
        assert await kernel.ready()
