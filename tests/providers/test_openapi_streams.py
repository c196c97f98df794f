"""Streams of the openapi provider: how they begin and end, pings and odd line ends, and what they count."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from aurarouter_hooks import (
    Message,
    Prompt,
    Reply,
)
from aurarouter_openapi import OpenApiProvider
from fault_server import FaultServer
from faults import Turn, event, piece, stream

Make = Callable[..., OpenApiProvider]
HELLO = Prompt(messages=(Message("user", "Say hello to Ada."),))


async def test_a_stream_may_have_pings_odd_line_ends_and_letters(openapi: Make, fault_server: FaultServer) -> None:
    text = "a\u2028b\u0085c\x0bd"
    events = [
        b": ping\n\n",
        event(piece(text)).replace(b"\n", b"\r\n"),
        *(bytes([byte]) for byte in event(piece("é…"))),
        b"event: message\nid: 7\n\n",
        piece(finish="stop"),
        "[DONE]",
    ]
    fault_server.will(stream(events))
    provider = openapi(fault_server.url)
    chunks = [chunk async for chunk in provider.stream(HELLO)]
    assert [chunk.text for chunk in chunks] == [text, "é…", ""]


@pytest.mark.parametrize("then", ["end", "eof", "reset"])
@pytest.mark.parametrize("last", [piece(finish="length"), "[DONE]"])
async def test_either_sign_ends_a_stream(openapi: Make, fault_server: FaultServer, last: Any, then: str) -> None:
    fault_server.will(stream([piece("Hi"), last], then))
    provider = openapi(fault_server.url)
    reply = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    assert (reply.text, reply.finish) == ("Hi", "other" if last == "[DONE]" else "length")


@pytest.mark.parametrize("pings", [b": still here\n\n", {"id": "chatcmpl-2", "choices": []}])
async def test_an_answer_that_has_finished_is_whole_though_the_server_goes_on_with_pings(
    openapi: Make, fault_server: FaultServer, pings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aurarouter_openapi.REST", 0.2)

    async def fault(turn: Turn) -> None:
        await stream([piece("Hi"), piece(finish="stop")], then="open")(turn)
        turn.over = False
        while True:
            await turn.chunk(pings if isinstance(pings, bytes) else event(pings))
            await asyncio.sleep(0.05)

    fault_server.will(fault)
    provider = openapi(fault_server.url)
    async with asyncio.timeout(5):
        reply = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    assert (reply.text, reply.finish) == ("Hi", "stop")


async def test_a_server_that_hangs_up_badly_after_a_whole_answer_is_logged(
    openapi: Make, fault_server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="aurarouter_openapi")
    fault_server.will(stream([piece("Hi"), piece(finish="stop")], "eof"))
    provider = openapi(fault_server.url)
    assert Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)]).text == "Hi"
    assert "nothing of the answer was lost, but: " in caplog.text


async def test_an_answer_is_whole_though_the_server_does_not_hang_up(openapi: Make, fault_server: FaultServer) -> None:
    fault_server.will(stream([piece("Hi"), piece(finish="stop"), "[DONE]"], then="hang"))
    provider = openapi(fault_server.url)
    reply = Reply.from_chunks([chunk async for chunk in provider.stream(HELLO)])
    assert (reply.text, reply.finish) == ("Hi", "stop")
    assert await asyncio.to_thread(fault_server.left.wait, 10), "the connection was not given up"


async def test_usage_in_streams_can_be_turned_off(openapi: Make, fault_server: FaultServer) -> None:
    for options in ({}, {"stream_usage": False}):
        provider = openapi(fault_server.url, options=options)
        assert [chunk async for chunk in provider.stream(HELLO)]
    asked, not_asked = (request.json for request in fault_server.requests)
    assert asked["stream_options"] == {"include_usage": True}
    assert "stream_options" not in not_asked
