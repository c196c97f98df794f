"""The access log: who asked for what, who answered, and how long that took; nothing of what was said."""

import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from aurarouter_core import Home
from aurarouter_core.apps import Apps
from fault_server import FaultServer
from faults import half_a_stream, reset

CARD = "card 4539 1488 0343 6467"
CHAT = "/v1/chat/completions"
NAME = "aurarouter_gateway.access"


def asked(model: str = "first", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "my secret word"}], **more}


@pytest.fixture
async def client(url: str, caplog: pytest.LogCaptureFixture) -> AsyncIterator[httpx.AsyncClient]:
    caplog.set_level(logging.INFO, logger=NAME)
    key = Apps(Home.of()).create("editor").reveal()
    async with httpx.AsyncClient(base_url=url, headers={"x-api-key": key}) as made:
        yield made
        assert key not in caplog.text
        assert "secret" not in caplog.text


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == NAME]


@pytest.mark.parametrize("stream", [False, True])
async def test_one_line_for_each_request(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    answer = await client.post(f"{CHAT}?api_key=secret", json=asked(stream=stream))
    (line,) = lines(caplog)
    task = answer.headers["x-aurarouter-task"]
    rest = rf"200 \d+\.\d ms app=editor model=first provider=openapi task={task}"
    assert re.fullmatch(f"POST {CHAT} {rest}", line)


async def test_what_fails_is_named(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, fault_server: FaultServer, spare: FaultServer
) -> None:
    spare.always(reset)
    await client.post(CHAT, json=asked("second"))
    fault_server.always(half_a_stream("reset"))
    broken = await client.post(CHAT, json=asked())
    await client.post(CHAT, json=asked("none"))
    await client.post(CHAT, content=b"{")
    await client.get("/v1/models/a%0Ab", headers={"x-api-key": "wrong"})
    down, off, unknown, no_json, stranger = lines(caplog)
    assert re.search(r" 503 .* app=editor task=\w+ error=AllModelsFailedError$", down)
    assert re.search(r" 502 .* model=first provider=openapi task=\w+ error=Provider\w+Error$", off)
    assert broken.headers["x-aurarouter-error"] == broken.json()["error"]["code"]
    assert re.search(r" 404 .* error=UnknownModelError$", unknown)
    assert re.search(r" 400 .* ms app=editor error=RequestError$", no_json)
    assert re.fullmatch(r"GET /v1/models/a%0Ab 401 \S+ ms error=NotAllowedError", stranger)


@pytest.mark.parametrize(("verb", "path"), [("GET", "/v1/models/(model)"), ("POST", "/services/(service)/(method)")])
async def test_a_name_in_the_path_that_nobody_knows_is_not_repeated(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, verb: str, path: str
) -> None:
    asked_for = path.replace("(service)", "Router").replace("(model)", CARD).replace("(method)", CARD)
    answer = await client.request(verb, asked_for, json={} if verb == "POST" else None)
    assert CARD in answer.json()["error"]["message"]
    (line,) = lines(caplog)
    assert line.startswith(f"{verb} {path} 404 ")


async def test_it_is_silent_unless_it_is_wanted(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger=NAME)
    await client.post(CHAT, json=asked())
    assert lines(caplog) == []
