"""Vectors through the gateway: OpenAI's own client at a real llama.cpp server, and servers that fail."""

import asyncio
import base64
import struct
from array import array
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai as sdk
import pytest
from openai import AsyncOpenAI

from fault_server import FaultServer
from faults import answer, hang, status
from gateway import gateway
from llama_server import LlamaServer

CARD = "Pay with 4539 1488 0343 6467, please"
VECTORS = {
    "object": "list",
    "data": [{"index": 1, "embedding": [3.0, 4.5]}, {"index": 0, "embedding": [1.0, -2.5]}],
    "model": "pretender",
    "usage": {"prompt_tokens": 7, "total_tokens": 7},
}
TWO = ["one", "two"]


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Two models of the same space."""
    more = {"embedding_space": "same", "capabilities": ["embed"]}
    models = {name: {**entry, **more} for name, entry in settings["models"].items()}
    return {**settings, "models": models, "roles": {**settings["roles"], "embedding": [*models]}}


@pytest.fixture
async def client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as made:
        yield made


@pytest.fixture(scope="module")
def embedder(model_file: Path) -> Iterator[LlamaServer]:
    with LlamaServer(model_file, embed=True) as server:
        yield server


@pytest.mark.model
async def test_the_vendors_client_at_a_real_server(embedder: LlamaServer) -> None:
    model = {"provider": "openapi", "endpoint": embedder.url, "model_name": embedder.name}
    started = {"provider": "llamacpp-server", "endpoint": embedder.url, "model_name": embedder.name}
    settings = {"models": {"real": model, "again": started}, "roles": {"coding": ["real"], "embedding": ["real"]}}
    async with gateway(settings) as url, AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as openai:
        packed = await openai.embeddings.create(model="auto", input=["hello", "a cat", "hello"])
        assert [len(one.embedding) for one in packed.data] == [576] * 3
        assert packed.data[0].embedding == pytest.approx(packed.data[2].embedding, abs=1e-3)
        assert packed.data[0].embedding != pytest.approx(packed.data[1].embedding, abs=1e-3)
        assert (packed.model, packed.usage.prompt_tokens > 3) == ("real", True)
        plain = await openai.embeddings.create(model="again", input="hello", encoding_format="float")
        assert plain.data[0].embedding == pytest.approx(packed.data[0].embedding, abs=1e-3)
        with pytest.raises(sdk.BadRequestError, match="576 numbers"):
            await openai.embeddings.create(model="real", input="hello", dimensions=32)
        with pytest.raises(sdk.APIStatusError):
            await openai.embeddings.create(model="real", input="word " * 9000)


async def test_what_is_sent_and_what_is_told(client: httpx.AsyncClient, fault_server: FaultServer) -> None:
    fault_server.always(answer(VECTORS))
    body = {"model": "role:embedding", "input": TWO, "dimensions": 2, "user": "me"}
    told = await client.post("/v1/embeddings", json=body)
    assert told.json() == {
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [1.0, -2.5]},
            {"object": "embedding", "index": 1, "embedding": [3.0, 4.5]},
        ],
        "model": "first",
        "usage": {"prompt_tokens": 7, "total_tokens": 7},
    }
    assert told.headers["x-aurarouter-model"] == "first"
    assert told.headers["x-aurarouter-ignored"] == "user"
    (request,) = fault_server.requests
    sent = {"model": "first", "input": TWO, "encoding_format": "float", "dimensions": 2}
    assert (request.path, request.json) == ("/v1/embeddings", sent)
    packed = await client.post("/v1/embeddings", json={"model": "first", "input": TWO, "encoding_format": "base64"})
    assert [*struct.unpack("<2f", base64.b64decode(packed.json()["data"][1]["embedding"]))] == [3.0, 4.5]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"input": "one"}, "model is missing"),
        ({"model": "auto"}, "input is missing"),
        ({"model": "auto", "input": []}, "1 to 2048 texts, not 0"),
        ({"model": "auto", "input": ["x"] * 2049}, "1 to 2048 texts, not 2049"),
        ({"model": "auto", "input": ""}, "input must not be empty"),
        ({"model": "auto", "input": ["one", ""]}, "input[1] must not be empty"),
        ({"model": "auto", "input": [1, 2]}, "tokens are one model's own"),
        ({"model": "auto", "input": [[1, 2]]}, "tokens are one model's own"),
        ({"model": "auto", "input": {"text": "x"}}, "a text or a list of texts"),
        ({"model": "auto", "input": "x", "encoding_format": "hex"}, "float, base64"),
        ({"model": "auto", "input": "x", "dimensions": 0}, "dimensions must be 1 to 65536"),
        ({"model": "intent:DIRECT", "input": "x"}, "no matter of intent"),
    ],
)
async def test_bad_requests(client: httpx.AsyncClient, fault_server: FaultServer, body: Any, says: str) -> None:
    told = await client.post("/v1/embeddings", json=body)
    assert (told.status_code, says in told.json()["error"]["message"]) == (400, True), told.text
    assert fault_server.bytes_received == 0


async def test_private_texts_do_not_leave(
    client: httpx.AsyncClient, fault_server: FaultServer, spare: FaultServer
) -> None:
    told = await client.post("/v1/embeddings", json={"model": "auto", "input": ["fine", CARD]})
    assert (told.status_code, told.headers["x-aurarouter-error"]) == (403, "PrivacyError")
    assert "4539" not in told.text
    assert fault_server.bytes_received == spare.bytes_received == 0


async def test_the_next_of_the_same_space_takes_over(
    client: httpx.AsyncClient, fault_server: FaultServer, spare: FaultServer
) -> None:
    fault_server.will(status(503), answer({"data": [{"index": 0, "embedding": [1.0]}]}))
    spare.always(answer(VECTORS))
    for body in ({"model": "auto", "input": TWO}, {"model": "auto", "input": TWO}):
        told = await client.post("/v1/embeddings", json=body)
        assert (told.status_code, told.json()["model"]) == (200, "second")
    assert all(request.path == "/v1/embeddings" for request in (*fault_server.requests, *spare.requests))


async def test_another_space_does_not(fault_server: FaultServer, spare: FaultServer) -> None:
    models = {
        "first": {"provider": "openapi", "endpoint": fault_server.url},
        "second": {"provider": "openapi", "endpoint": spare.url},
    }
    roles = {"coding": [*models], "embedding": [*models]}
    fault_server.always(status(503))
    spare.always(answer(VECTORS))
    settings = {"models": models, "roles": roles, "system": {"retries": 0}}
    async with gateway(settings) as url, httpx.AsyncClient(base_url=url) as client:
        told = await client.post("/v1/embeddings", json={"model": "auto", "input": TWO})
        assert told.status_code == 503
        assert spare.bytes_received == 0
        named = await client.post("/v1/embeddings", json={"model": "second", "input": TWO})
        assert named.json()["model"] == "second"


async def test_the_list_of_models_says_which_make_vectors(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/models")).json()["data"]
    assert [entry["id"] for entry in listed if "embed" in entry.get("capabilities", ())] == ["first", "second"]
    one = await client.get("/v1/models/first")
    assert one.json()["capabilities"] == ["embed"]


async def test_who_leaves_is_left(client: httpx.AsyncClient, fault_server: FaultServer) -> None:
    fault_server.always(hang)
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/v1/embeddings", json={"model": "first", "input": TWO}, timeout=0.5)
    assert await asyncio.to_thread(fault_server.left.wait, 10)


async def test_a_large_batch(client: httpx.AsyncClient, fault_server: FaultServer) -> None:
    vector = array("f", range(64)).tolist()
    data = [{"index": at, "embedding": vector} for at in range(2048)]
    fault_server.always(answer({"data": data}))
    told = await client.post("/v1/embeddings", json={"model": "first", "input": ["words"] * 2048})
    assert (len(told.json()["data"]), told.json()["usage"]["prompt_tokens"]) == (2048, 2048 * 5 // 4)
