"""An answer in the words of Anthropic's API.

Protocol: https://platform.claude.com/docs/en/api/messages and …/build-with-claude/streaming
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from aurarouter_gateway import sse
from aurarouter_gateway.answer import Answer
from aurarouter_gateway.asked import Asked
from aurarouter_hooks import Chunk, Done, ErrorInfo, Opaque, Reply, ToolCallDelta, Usage

STOPPED = {"length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}


def usage(used: Usage) -> dict[str, int]:
    """Tokens under Anthropic's names; what was read from a cache or went into one is not among the input's."""
    return {
        "input_tokens": used.input_tokens - used.cached_input_tokens - used.cache_write_tokens,
        "output_tokens": used.output_tokens,
        "cache_read_input_tokens": used.cached_input_tokens,
        "cache_creation_input_tokens": used.cache_write_tokens,
    }


def stopped(reply: Reply) -> dict[str, str | None]:
    """Why it stopped; a stop sequence only where the backend has told which."""
    if reply.stop_sequence:
        return {"stop_reason": "stop_sequence", "stop_sequence": reply.stop_sequence}
    return {"stop_reason": STOPPED.get(reply.finish, "end_turn"), "stop_sequence": None}


class MessagesAnswer(Answer):
    """A `message`, or the events that build one block by block."""

    def __init__(self, asked: Asked, model: str) -> None:
        super().__init__(asked, model)
        self._open = ""  # what the block that is being written is: text, thinking, or a tool call's number
        self._index = -1

    def whole(self, done: Done) -> dict[str, Any]:
        """The answer as one object."""
        reply = done.reply
        return self._message([*_blocks(reply)], usage(reply.usage or done.usage)) | stopped(reply)

    def begin(self) -> Iterator[bytes]:
        """The message, still empty."""
        yield _event("message_start", message=self._message([], usage(Usage())))

    def piece(self, chunk: Chunk) -> Iterator[bytes]:
        """The blocks that a piece opens, continues and closes."""
        if chunk.reasoning:
            yield from self._turn_to("thinking", {"type": "thinking", "thinking": "", "signature": ""})
            yield self._delta({"type": "thinking_delta", "thinking": chunk.reasoning})
        for _, _, block in _kept(chunk.opaque):
            yield from self._whole_block(block)
        if chunk.text:
            yield from self._turn_to("text", {"type": "text", "text": ""})
            yield self._delta({"type": "text_delta", "text": chunk.text})
        for call in chunk.tool_calls:
            yield from self._call(call)

    def end(self, done: Done) -> Iterator[bytes]:
        """The last block closed, why it stopped, and what it used."""
        yield from self._close()
        used = usage(done.reply.usage or done.usage)
        yield _event("message_delta", delta=stopped(done.reply), usage=used)
        yield _event("message_stop")

    def broken(self, error: ErrorInfo) -> Iterator[bytes]:
        """An error and no end of the message: clients raise."""
        words = f"the answer stops short: {error.message}"
        yield _event("error", error={"type": "api_error", "message": words})

    def _message(self, content: list[Any], used: dict[str, int]) -> dict[str, Any]:
        return {
            "id": f"msg_{self.id}",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": None,
            "stop_sequence": None,
            "usage": used,
        }

    def _turn_to(self, what: str, block: dict[str, Any]) -> Iterator[bytes]:
        if self._open != what:
            yield from self._close()
            self._open, self._index = what, self._index + 1
            yield _event("content_block_start", index=self._index, content_block=block)

    def _close(self) -> Iterator[bytes]:
        if self._open:
            self._open = ""
            yield _event("content_block_stop", index=self._index)

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _event("content_block_delta", index=self._index, delta=delta)

    def _whole_block(self, block: dict[str, Any]) -> Iterator[bytes]:
        """A block of the provider's own comes whole, after its thoughts were told: its signature closes it."""
        if block["type"] == "thinking":
            yield from self._turn_to("thinking", {"type": "thinking", "thinking": "", "signature": ""})
            yield self._delta({"type": "signature_delta", "signature": block.get("signature", "")})
        else:
            yield from self._turn_to("kept", block)
        yield from self._close()

    def _call(self, call: ToolCallDelta) -> Iterator[bytes]:
        block = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
        yield from self._turn_to(f"call {call.index}", block)
        if call.arguments:
            yield self._delta({"type": "input_json_delta", "partial_json": call.arguments})


def _blocks(reply: Reply) -> Iterator[dict[str, Any]]:
    """An answer as blocks, in the order in which the model made them: what Claude has signed goes back as it came."""
    kept = [*_kept(reply.opaque)]
    if reply.reasoning and not kept:
        yield {"type": "thinking", "thinking": reply.reasoning, "signature": ""}
    said = called = 0
    for characters, calls, block in (*kept, (len(reply.text), len(reply.tool_calls), None)):
        if text := reply.text[said:characters]:
            yield {"type": "text", "text": text}
        for call in reply.tool_calls[called:calls]:
            yield {"type": "tool_use", "id": call.id, "name": call.name, "input": _input(call.arguments)}
        said, called = characters, calls
        if block is not None:
            yield block


def _kept(parts: Iterable[Opaque]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """The blocks that the provider `claude` keeps, each after the characters and calls that stood before it."""
    for part in parts:
        if part.provider == "claude":
            yield part.data["after"]["characters"], part.data["after"]["calls"], part.data["block"]


def _event(kind: str, **data: Any) -> bytes:
    return sse.event({"type": kind, **data}, kind)


def _input(arguments: str) -> Any:
    """A tool call's arguments as an object; what a model wrote that is none is kept as text."""
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        value = arguments
    return value if isinstance(value, dict) else {"arguments": value}
