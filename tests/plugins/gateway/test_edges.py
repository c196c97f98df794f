"""Strangers at the gateway's door: other hosts and pages, and bodies that are none."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from aurarouter_core import Doorkeeper, Home
from aurarouter_core.apps import Apps
from aurarouter_core.auth import FRESH
from aurarouter_hooks import ConfigError

CHAT = "/v1/chat/completions"
HELLO = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def settings() -> dict[str, Any]:
    return {
        "models": {"e": {"provider": "echo"}},
        "roles": {role: ["e"] for role in ("coding", "reasoning", "router")},
        "gateway": {
            "max_body": 20_000,
            "max_header": 1000,
            "max_connections": 3,
            "read_timeout": 0.5,
            "apps": {"small": {"roles": ["coding"]}, "other": {"models": ["none"]}},
        },
    }


@pytest.fixture
async def client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url) as made:
        yield made


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b'{"model": NaN}', 400),
        (b"\xff\xfe", 400),
        (b'{"model": "\xed\xa0\x80"}', 400),
        (b"1e999", 400),
        (b'"\\ud800"', 400),
        (b'{"model": "auto", "messages": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
        (b'{"model": "auto", "metadata": ' + b'{"a":' * 70 + b"1" + b"}" * 70 + b"}", 400),
        (b" " * 20_001, 413),
    ],
)
async def test_what_is_no_request(client: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await client.post(CHAT, content=body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


HALF = b'{"role": "user", "content": "a \\ud83d"}'
HI = b'"messages": [{"role": "user", "content": "hi"}]'
PART = b'{"role": "user", "content": [{"type": "text", "text": "\\udc00"}]}'


@pytest.mark.parametrize(
    ("path", "fields", "words"),
    [
        (CHAT, b'"messages": [' + HALF + b"]", "messages[0].content holds half a character at 2"),
        (CHAT, b'"messages": [' + PART + b"]", "messages[0].content[0].text holds half a character at 0"),
        (
            CHAT,
            b'"messages": [{"role": "user", "content": "hi"}], "stop": ["a", "\\udc00"]',
            "stop[1] holds half a character at 0",
        ),
        ("/v1/messages", b'"max_tokens": 9, "messages": [' + HALF + b"]", "messages[0].content holds half"),
        ("/v1/responses", b'"input": [' + HALF + b"]", "input[0].content holds half"),
        ("/v1/responses", b'"input": "hi", "temperature": 1e999', "temperature is too large for a number"),
        (CHAT, HI + b', "later": {"a": [{"b": -1e999}]}', "later.a[0].b is too large for a number"),
        (CHAT, HI + b', "later": {"a": "x\\uDBFF"}', "later.a holds half a character at 1"),
        (CHAT, HI + b', "logit_bias": {"\\udc00": 1}', "logit_bias holds half a character at 0"),
        ("/v1/messages", b'"max_tokens": 9, ' + HI + b', "metadata": {"user_id": 1e999}', "metadata.user_id is too"),
        ("/v1/responses", b'"input": "hi", "metadata": {"a": "\\uD800"}', "metadata.a holds half a character"),
    ],
)
async def test_what_no_backend_can_be_sent(client: httpx.AsyncClient, path: str, fields: bytes, words: str) -> None:
    answer = await client.post(path, content=b'{"model": "auto", ' + fields + b"}")
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]


async def test_whole_pairs_are_characters(client: httpx.AsyncClient) -> None:
    body = b'{"model": "auto", "messages": [' + HALF.replace(b"ud83d", b"ud83d\\ude00") + b"]}"
    assert (await client.post(CHAT, content=body)).status_code == 200


async def test_a_body_without_a_length_is_measured_too(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    assert (await client.post(CHAT, content=endless())).status_code == 413


async def test_a_body_that_does_not_come(url: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{")
    head = await asyncio.wait_for(reader.readline(), 5)
    assert b"408" in head
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("said", [b"", b"POST /v1/chat", b"GET /health HTTP/1.1\r\nx-slow: a"])
async def test_a_head_that_does_not_come(url: str, said: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(said)
    with contextlib.suppress(ConnectionError):  # closed hard, or closed
        assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


@pytest.mark.parametrize("padding", [b"\r\n", b"\r\n\r\n"])
async def test_padding_holds_no_connection(url: str, padding: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b'"ok"}'), 5)
    writer.write(padding)
    with contextlib.suppress(ConnectionError):  # closed hard, or closed
        assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_a_head_that_does_not_end(url: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(b"GET /health HTTP/1.1\r\n" + b"x-long: " + b"a" * 200_000)
    assert b"431" in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_as_many_connections_as_there_may_be(url: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        many = [await stack.enter_async_context(httpx.AsyncClient(base_url=url)) for _ in range(4)]
        assert [(await client.get("/health")).status_code for client in many] == [200, 200, 200, 503]
        await many[0].aclose()
        assert (await many[3].get("/health")).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:8484"}, 421),
        ({"host": "["}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "localhost:1"}, 200),
        ({f"x-{number}": "1" for number in range(120)}, 431),
    ],
)
async def test_hosts_and_pages(client: httpx.AsyncClient, headers: Mapping[str, str], status: int) -> None:
    assert (await client.post(CHAT, json=HELLO, headers=headers)).status_code == status


@pytest.mark.parametrize("hosts", [(b"evil.example", b"localhost:1"), (b"localhost:1", b"evil.example")])
async def test_of_two_hosts_none_counts(url: str, hosts: tuple[bytes, bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(url).port)
    writer.write(b"GET /health HTTP/1.1\r\nhost: %b\r\nhost: %b\r\n\r\n" % hosts)
    assert b"421" in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()


async def test_paths_and_methods_that_there_are_not(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nothing")).status_code == 404
    assert (await client.get(CHAT)).status_code == 405
    assert (await client.post("/v1/messages/none", json={})).json()["type"] == "error"
    assert (
        await client.post("/v1/embeddings", json={"model": "e", "input": "a"})
    ).status_code == 400  # an echo has none


async def test_names_of_models(client: httpx.AsyncClient) -> None:
    listed = [entry["id"] for entry in (await client.get("/v1/models")).json()["data"]]
    assert listed[0] == "auto"
    assert {"role:coding", "intent:SIMPLE_CODE", "e"} <= set(listed)
    assert (await client.get("/v1/models/role:coding")).json()["id"] == "role:coding"
    assert (await client.get("/v1/models/none")).status_code == 404
    for unknown, kind in (("none", "Model"), ("role:none", "Role"), ("intent:none", "Intent")):
        told = await client.post(CHAT, json=HELLO | {"model": unknown})
        assert (told.status_code, told.headers["x-aurarouter-error"]) == (404, f"Unknown{kind}Error")
        for told in (
            await client.post("/v1/messages/count_tokens", json=HELLO | {"model": unknown}),
            await client.get(f"/v1/models/{unknown}"),
        ):
            assert (told.status_code, told.headers["x-aurarouter-error"]) == (404, "UnknownModelError")
            assert f"no model is called '{unknown}'" in told.json()["error"]["message"]
    for name in ("role:coding", "intent:SIMPLE_CODE", "e"):
        assert (await client.post(CHAT, json=HELLO | {"model": name})).status_code == 200
        assert (await client.post("/v1/messages/count_tokens", json=HELLO | {"model": name})).status_code == 200


async def test_headers_of_ours_that_come_in_count_for_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post(CHAT, json=HELLO, headers={"x-aurarouter-model": "other", "x-aurarouter-task": "1"})
    assert answer.headers["x-aurarouter-model"] == "e"
    assert answer.headers["x-aurarouter-task"] != "1"


@pytest.mark.promise("architecture.9")
async def test_the_four_services(client: httpx.AsyncClient) -> None:
    paths = json.loads((await client.get("/openapi.json")).text)["paths"]
    services = {path.split("/")[2] for path in paths if path.startswith("/services/")}
    assert services == {"CodingService", "ReasoningService", "RouterService", "UnifiedRouterService"}
    told = await client.post("/services/RouterService/classify_intent", json={"task_description": "Write a sort"})
    assert told.json()["success"] is True
    assert told.json()["classification"]
    made = await client.post("/services/CodingService/generate_code", json={"plan_step": "Sort", "language": "rust"})
    assert made.json()["language"] == "rust"
    assert (await client.post("/services/CodingService/__init__", json={})).status_code == 404
    assert (await client.post("/services/CodingService/generate_code", json={"step": 1})).status_code == 400


async def test_once_there_are_keys_every_route_but_health_needs_one(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/models")).status_code == 200
    paths = json.loads((await client.get("/openapi.json")).text)["paths"]
    key = Apps(Home.of()).create("small").reveal()
    for path, methods in paths.items():
        for method in methods:
            answer = await client.request(method, path.replace("{model}", "e"), headers={"x-api-key": key + "x"})
            assert answer.status_code == (200 if path == "/health" else 401)
    for headers in ({"authorization": f"Bearer {key}"}, {"authorization": f"bearer  {key}"}, {"x-api-key": key}):
        assert (await client.get("/v1/models", headers=headers)).status_code == 200
    Apps(Home.of()).revoke("small")
    Apps(Home.of()).create("other")
    assert (await client.get("/v1/models", headers={"x-api-key": key})).status_code == 401


async def test_an_app_is_held_to_its_roles(client: httpx.AsyncClient) -> None:
    client.headers["x-api-key"] = Apps(Home.of()).create("small").reveal()
    assert (await client.post(CHAT, json=HELLO | {"model": "role:coding"})).status_code == 200
    refused = await client.post(CHAT, json=HELLO | {"model": "role:reasoning"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ForbiddenError")
    assert "may not use the role" in refused.json()["error"]["message"]
    assert "role:reasoning" not in [entry["id"] for entry in (await client.get("/v1/models")).json()["data"]]


@pytest.mark.parametrize("model", ["e", "auto", "role:coding"])
async def test_an_app_is_held_to_its_models(client: httpx.AsyncClient, model: str) -> None:
    client.headers["x-api-key"] = Apps(Home.of()).create("other").reveal()
    refused = await client.post("/v1/messages", json=HELLO | {"model": model, "max_tokens": 9})
    assert (refused.status_code, refused.headers["x-aurarouter-error"]) == (403, "ForbiddenError")
    told = refused.json()["error"]
    assert (told["type"], "may not use the models" in told["message"]) == ("permission_error", True)


def test_a_damaged_list_of_keys_lets_nobody_in(home: Path) -> None:
    keys = Doorkeeper(Home.of())
    assert keys.app_of({}) == ""
    Home.of().apps.write_text("{")
    time.sleep(FRESH)
    with pytest.raises(ConfigError, match="damaged"):
        keys.app_of({})
