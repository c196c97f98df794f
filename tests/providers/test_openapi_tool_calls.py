"""Tool calls of the openapi provider come back whole, in pieces, and told apart."""

from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_hooks import (
    Message,
    Prompt,
    Reply,
    ToolCall,
)
from aurarouter_openapi import OpenApiProvider
from fault_server import FaultServer
from faults import answer, piece, stream

Make = Callable[..., OpenApiProvider]
HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),))


async def test_tool_calls_come_back_whole_and_in_pieces(openapi: Make, fault_server: FaultServer) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"x": 1}'}}
    choice = {"index": 0, "finish_reason": "tool_calls", "message": {"content": None, "tool_calls": [call]}}
    pieces = [
        piece(tool_calls=[{"index": 0, "id": "c1", "function": {"name": "look", "arguments": ""}}]),
        piece(tool_calls=[{"index": 0, "function": {"arguments": '{"x"'}}]),
        piece(tool_calls=[{"index": 0, "function": {"arguments": ": 1}"}}]),
        piece(finish="tool_calls"),
        "[DONE]",
    ]
    fault_server.will(answer({"choices": [choice]}), stream(pieces))
    provider = openapi(fault_server.url)
    whole = await provider.generate(HELLO)
    assembled = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    for reply in (whole, assembled):
        assert reply.tool_calls == (ToolCall(id="c1", name="look", arguments='{"x": 1}'),)
        assert reply.finish == "tool_calls"


@pytest.mark.parametrize("number", [{"index": 0}, {}, {"index": None}, {"index": "0"}])
@pytest.mark.parametrize("named", [True, False])
async def test_calls_that_share_a_number_are_told_apart(
    openapi: Make, fault_server: FaultServer, number: dict[str, Any], named: bool
) -> None:
    """Gemini's way of speaking this API; other servers give no number, or no id."""
    calls = [
        number | {"function": {"name": "look", "arguments": '{"x"'}} | ({"id": "c1"} if named else {}),
        number | {"function": {"arguments": ": 1}"}},
        number | {"function": {"name": "seek", "arguments": "{}"}} | ({"id": "c2"} if named else {}),
    ]
    fault_server.will(stream([*(piece(tool_calls=[call]) for call in calls), piece(finish="stop"), "[DONE]"]))
    reply = Reply.from_chunks([chunk async for chunk in openapi(fault_server.url).stream(HELLO)])
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [("look", '{"x": 1}'), ("seek", "{}")]
    ids = [call.id for call in reply.tool_calls]
    assert ids == ["c1", "c2"] if named else all(ids) and ids[0] != ids[1]
    assert reply.finish == "tool_calls"


async def test_a_call_is_named_once(openapi: Make, fault_server: FaultServer) -> None:
    """Whoever puts the pieces together may add names and ids up as well as arguments."""
    said = [
        {"index": 3, "id": "c1", "function": {"arguments": ""}},
        {"index": 3, "id": "c1", "function": {"name": "look", "arguments": "{"}},
        {"index": 3, "id": "c1", "function": {"name": "look", "arguments": "}"}},
    ]
    fault_server.will(stream([*(piece(tool_calls=[call]) for call in said), piece(finish="tool_calls"), "[DONE]"]))
    deltas = [delta async for chunk in openapi(fault_server.url).stream(HELLO) for delta in chunk.tool_calls]
    assert [(delta.index, delta.id, delta.name) for delta in deltas] == [(0, "c1", ""), (0, "", "look"), (0, "", "")]
