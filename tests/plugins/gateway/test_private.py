"""Private prompts in each dialect: no byte reaches a server that is not cleared, and the client is told why."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fault_server import FaultServer

CARD = "Pay with 4539 1488 0343 6467, please"
TURN = [{"role": "user", "content": CARD}]
RESULT = [
    {"role": "user", "content": "hello"},
    {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "look"}}]},
    {"role": "tool", "tool_call_id": "1", "content": CARD},
]
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": TURN},
    "/v1/responses": {"input": CARD},
    "/v1/messages": {"messages": TURN, "max_tokens": 9},
    "/v1/chat/completions?": {"messages": RESULT},
    "/v1/messages?": {"messages": [{"role": "user", "content": "hello"}], "system": CARD, "max_tokens": 9},
}


@pytest.fixture
async def client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url) as made:
        yield made


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", BODIES)
async def test_nothing_leaves(
    client: httpx.AsyncClient, fault_server: FaultServer, spare: FaultServer, path: str, stream: bool
) -> None:
    answer = await client.post(path.rstrip("?"), json={"model": "auto", "stream": stream, **BODIES[path]})
    assert answer.status_code == 403
    assert answer.headers["x-aurarouter-error"] == "PrivacyError"
    assert "4539" not in answer.text
    assert fault_server.bytes_received == spare.bytes_received == 0


async def test_a_session_stays_private(client: httpx.AsyncClient, fault_server: FaultServer) -> None:
    body = {"model": "auto", "messages": TURN}
    assert (await client.post("/v1/chat/completions", json=body, headers={"x-session-id": "s1"})).status_code == 403
    body = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}
    later = await client.post("/v1/messages", json=body | {"max_tokens": 9}, headers={"x-session-id": "s1"})
    assert later.status_code == 403
    assert fault_server.bytes_received == 0
    other = await client.post("/v1/chat/completions", json=body, headers={"x-session-id": "s2"})
    assert other.status_code == 200
