"""Private prompts in each dialect: no byte reaches a server that is not cleared, and the client is told why."""

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from aurarouter_hooks import Call, Committed, Event, Middleware, Proceed, Progress, hookimpl
from fault_server import FaultServer
from gateway import gateway

CARD = "Pay with 4539 1488 0343 6467, please"
TURN = [{"role": "user", "content": CARD}]
RESULT = [
    {"role": "user", "content": "hello"},
    {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "look"}}]},
    {"role": "tool", "tool_call_id": "1", "content": CARD},
]
MESSAGES: dict[str, Any] = {"messages": [{"role": "user", "content": "hello"}], "max_tokens": 9}
TOOL = {"name": "look", "input_schema": {}, "cache_control": {"note": CARD}}
FILE = {"type": "document", "title": CARD, "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
NAMED = {"type": "json_schema", "json_schema": {"name": "x", "schema": {}, "description": CARD}}
SEEN = {"type": "input_image", "image_url": "https://example.org/a.png", "detail": CARD}
OUTPUT = {"type": "function_call_output", "call_id": "1", "output": [SEEN]}
HEADED = "CONFIDENTIAL\nSalaries"
GAVE = {"type": "tool_result", "tool_use_id": "1", "content": "ok"}
USED = [
    {"role": "user", "content": "hello"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "look", "input": {"a": [HEADED]}}]},
    {"role": "user", "content": [GAVE]},
]
CALLED = [
    {"role": "user", "content": "hello"},
    {
        "role": "assistant",
        "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "look", "arguments": json.dumps({"a": HEADED})}}
        ],
    },
    {"role": "tool", "tool_call_id": "1", "content": "ok"},
]
ANSWERED = [*RESULT[:2], {"role": "tool", "tool_call_id": "1", "content": json.dumps({"a": HEADED})}]
ROWS = [{"type": "text", "text": "4539148803436467"}, {"type": "text", "text": "7 rows"}]
ASKED = {"type": "function_call", "call_id": "1", "name": "look", "arguments": json.dumps({"a": HEADED})}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": TURN},
    "/v1/responses": {"input": CARD},
    "/v1/messages": {"messages": TURN, "max_tokens": 9},
    "/v1/chat/completions?": {"messages": RESULT},
    "/v1/messages?": MESSAGES | {"system": CARD},
    "/v1/messages??": MESSAGES | {"tools": [TOOL]},
    "/v1/messages???": MESSAGES | {"messages": [{"role": "user", "content": [FILE]}]},
    "/v1/chat/completions??": {"messages": [{"role": "user", "name": CARD, "content": "hello"}]},
    "/v1/chat/completions???": {"messages": MESSAGES["messages"], "response_format": NAMED},
    "/v1/responses?": {"input": "hello", "text": {"verbosity": CARD}},
    "/v1/responses??": {"input": "hello", "prompt_cache_key": CARD},
    "/v1/messages????": MESSAGES | {"messages": USED},
    "/v1/chat/completions????": {"messages": CALLED},
    "/v1/chat/completions?????": {"messages": ANSWERED},
    "/v1/chat/completions??????": {"messages": [*RESULT[:2], {"role": "tool", "tool_call_id": "1", "content": ROWS}]},
    "/v1/messages?????": MESSAGES
    | {
        "messages": [
            *USED[:1],
            {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "look", "input": {}}]},
            {"role": "user", "content": [{**GAVE, "content": ROWS}]},
        ]
    },
    "/v1/responses?????": {
        "input": [
            {"role": "user", "content": "hello"},
            OUTPUT | {"output": [part | {"type": "input_text"} for part in ROWS]},
        ]
    },
    "/v1/responses????": {"input": [{"role": "user", "content": "hello"}, ASKED, OUTPUT | {"output": "ok"}]},
    "/v1/responses???": {"input": [{"role": "user", "content": "hello"}, OUTPUT]},
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
    assert "Salaries" not in answer.text
    assert fault_server.bytes_received == spare.bytes_received == 0


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("late", [False, True])
async def test_a_fault_of_a_plugin_is_logged_without_the_words_that_it_quotes(
    settings: dict[str, Any], fault_server: FaultServer, caplog: pytest.LogCaptureFixture, stream: bool, late: bool
) -> None:
    class Careless(Middleware):
        scope = "attempt"

        async def __call__(self, call: Call, proceed: Proceed) -> AsyncIterator[Event]:
            async for event in proceed(call):
                if late and isinstance(event, Progress | Committed):
                    yield event
                    continue
                raise ValueError(call.task.question)

    settings["models"]["first"]["tags"] = ["private"]
    careless = SimpleNamespace(__name__="careless", register_middleware=hookimpl(lambda: [Careless()]))
    async with gateway(settings, careless) as url, httpx.AsyncClient(base_url=url) as http:
        body = {"model": "first", "stream": stream, "messages": TURN}
        answer = await http.post("/v1/chat/completions", json=body)
    assert "InternalError" in answer.text
    assert "a request failed: ValueError" in caplog.text
    assert "4539" not in answer.text + caplog.text


async def test_a_session_stays_private(client: httpx.AsyncClient, fault_server: FaultServer) -> None:
    body = {"model": "auto", "messages": TURN}
    assert (await client.post("/v1/chat/completions", json=body, headers={"x-session-id": "s1"})).status_code == 403
    body = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}
    later = await client.post("/v1/messages", json=body | {"max_tokens": 9}, headers={"x-session-id": "s1"})
    assert later.status_code == 403
    assert fault_server.bytes_received == 0
    other = await client.post("/v1/chat/completions", json=body, headers={"x-session-id": "s2"})
    assert other.status_code == 200
