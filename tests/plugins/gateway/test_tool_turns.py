"""Several tools at once, and images in what they answer: in each dialect, to a model of each."""

from typing import Any

import httpx
import pytest

from anthropic_dialect import claude
from fault_server import FaultServer

PNG = "data:image/png;base64,aGk="
CALLS = [{"id": f"c{at}", "type": "function", "function": {"name": "f", "arguments": "{}"}} for at in (1, 2)]
ITEMS = [{"type": "function_call", "call_id": f"c{at}", "name": "f", "arguments": "{}"} for at in (1, 2)]
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
USES = [{"type": "tool_use", "id": f"c{at}", "name": "f", "input": {}} for at in (1, 2)]
RESULTS = [
    {"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "one"}, IMAGE]},
    {"type": "tool_result", "tool_use_id": "c2", "content": [{"type": "text", "text": "two"}]},
]
HELLO = {"role": "user", "content": "hello"}
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {
        "messages": [
            HELLO,
            {"role": "assistant", "content": "I look.", "tool_calls": CALLS},
            {
                "role": "tool",
                "tool_call_id": "c1",
                "content": [{"type": "text", "text": "one"}, {"type": "image_url", "image_url": {"url": PNG}}],
            },
            {"role": "tool", "tool_call_id": "c2", "content": "two"},
        ]
    },
    "/v1/responses": {
        "input": [
            HELLO,
            {"role": "assistant", "content": [{"type": "output_text", "text": "I look.", "annotations": []}]},
            {"type": "reasoning", "id": "r", "summary": []},
            *ITEMS,
            {
                "type": "function_call_output",
                "call_id": "c1",
                "output": [{"type": "input_text", "text": "one"}, {"type": "input_image", "image_url": PNG}],
            },
            {"type": "function_call_output", "call_id": "c2", "output": "two"},
        ]
    },
    "/v1/messages": {
        "max_tokens": 9,
        "messages": [
            HELLO,
            {"role": "assistant", "content": [{"type": "text", "text": "I look."}, *USES]},
            {"role": "user", "content": RESULTS},
        ],
    },
}


@pytest.fixture
def settings(fault_server: FaultServer, spare: FaultServer) -> dict[str, Any]:
    """A model of each dialect."""
    spare.always(claude)
    models = {
        "open": {"provider": "openapi", "endpoint": fault_server.url},
        "claude": {"provider": "claude", "endpoint": spare.url},
    }
    roles = {role: [*models] for role in ("coding", "reasoning", "router")}
    return {"models": models, "roles": roles, "system": {"retries": 0}}


@pytest.mark.parametrize("path", BODIES)
async def test_to_a_server_of_openais_dialect(url: str, fault_server: FaultServer, path: str) -> None:
    """It takes text alone as a tool's answer, so images follow in a turn of the user's, after all answers."""
    await _post(url + path, BODIES[path] | {"model": "open"})
    assert fault_server.requests[-1].json["messages"] == [
        HELLO,
        {"role": "assistant", "content": "I look.", "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "c1", "content": "one"},
        {"role": "tool", "tool_call_id": "c2", "content": "two"},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG}}]},
    ]


@pytest.mark.parametrize("path", BODIES)
async def test_to_claude(url: str, spare: FaultServer, path: str) -> None:
    await _post(url + path, BODIES[path] | {"model": "claude"})
    assert spare.requests[-1].json["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "hello"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "I look."}, *USES]},
        {"role": "user", "content": RESULTS},
    ]


async def test_two_texts_of_one_speaker_stay_two(url: str, fault_server: FaultServer) -> None:
    said = [HELLO, {"role": "assistant", "content": "One."}, {"role": "assistant", "content": "Two."}, HELLO]
    await _post(f"{url}/v1/responses", {"model": "open", "input": said})
    assert fault_server.requests[-1].json["messages"] == said


async def _post(url: str, body: dict[str, Any]) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, json=body)
    assert answer.status_code == 200, answer.text
    assert "x-aurarouter-ignored" not in answer.headers
