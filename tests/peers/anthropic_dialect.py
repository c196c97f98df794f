"""Anthropic's dialect for a fault server: its events and its errors.

Written after https://platform.claude.com/docs/en/build-with-claude/streaming and …/docs/en/api/errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from faults import Fault, Turn, answer, status

Event = dict[str, Any]
NAME = "claude-pretender"
REQUEST_ID = "req_011CSHoEeqs5C35K2UUqR7Fy"
IDS = {"request-id": REQUEST_ID}
SPENT = {"input_tokens": 7, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1}
HAIKU, OPUS = "claude-haiku-5-5", "claude-opus-5-5"


def start(usage: Mapping[str, Any] = SPENT) -> Event:
    """The first event of a stream."""
    message = {"id": "msg_01", "type": "message", "role": "assistant", "model": NAME, "content": []}
    return {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}}


def block(index: int, begun: Mapping[str, Any], *deltas: Mapping[str, Any]) -> list[Event]:
    """A block from its start to its stop."""
    return [
        {"type": "content_block_start", "index": index, "content_block": begun},
        {"type": "ping"},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text(index: int, *pieces: str) -> list[Event]:
    """A block of text."""
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": piece} for piece in pieces))


def thinking(index: int, *pieces: str, signature: str = "c2lnbmVk") -> list[Event]:
    """A block of thinking; its signature comes last."""
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    begun = {"type": "thinking", "thinking": "", "signature": ""}
    return block(index, begun, *deltas, {"type": "signature_delta", "signature": signature})


def tool_use(index: int, name: str, *pieces: str, call: str = "toolu_01") -> list[Event]:
    """A call of a tool; its arguments come as pieces of JSON."""
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *pieces)]
    return block(index, {"type": "tool_use", "id": call, "name": name, "input": {}}, *deltas)


def stop(reason: str = "end_turn", *, output_tokens: int = 3, **delta: Any) -> list[Event]:
    """The last two events."""
    usage = {"output_tokens": output_tokens, **delta.pop("usage", {})}
    said = {"stop_reason": reason, "stop_sequence": None, **delta}
    return [{"type": "message_delta", "delta": said, "usage": usage}, {"type": "message_stop"}]


def failed(kind: str, message: str) -> Event:
    """An error, inside a stream or as a body."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": REQUEST_ID}


def refused(code: int, kind: str, message: str = "no", headers: Mapping[str, str] | None = None) -> Fault:
    """An answer with this status and an error of this kind."""
    return status(code, {**IDS, **(headers or {})}, failed(kind, message))


def events(parts: Iterable[Event | bytes], then: str = "end", kind: str = "text/event-stream; charset=utf-8") -> Fault:
    """These events, and then: "end" in order, "eof" without the last chunk, "reset", or "hang"."""

    async def fault(turn: Turn) -> None:
        await turn.head(200, {**IDS, "Content-Type": kind, "Transfer-Encoding": "chunked"})
        for part in parts:
            await turn.chunk(part if isinstance(part, bytes) else named(part))
        if then == "end":
            await turn.chunk(b"")
        elif then == "reset":
            turn.reset()
        elif then == "hang":
            await turn.until_the_client_leaves()
        else:
            turn.close()

    return fault


def named(event: Event) -> bytes:
    """An event as bytes: its name stands beside its data."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


def said(*pieces: str) -> Fault:
    """A good stream of this text."""
    return events([start(), *text(0, *pieces), *stop()])


def listed(entries: Sequence[Mapping[str, Any]] = ({"id": OPUS}, {"id": HAIKU})) -> Fault:
    """A list of models."""
    plain = {"type": "model", "display_name": "Some", "created_at": "2026-10-01T00:00:00Z", "lifecycle": "active"}
    page = {"data": [plain | dict(entry) for entry in entries], "has_more": True, "first_id": "a", "last_id": "b"}
    return answer(page)


async def claude(turn: Turn) -> None:
    """What Anthropic would answer on a good day."""
    if turn.request.method == "GET":
        await listed()(turn)
    elif turn.request.path.endswith("/count_tokens"):
        await answer({"input_tokens": 11})(turn)
    else:
        await said("Hello ", "Ada.")(turn)
