"""An answer in the words of OpenAI's chat API.

Protocol: https://platform.openai.com/docs/api-reference/chat/object and …/chat/streaming
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aurarouter_gateway import sse
from aurarouter_gateway.answer import Answer
from aurarouter_hooks import Chunk, Done, ErrorInfo, ToolCall, ToolCallDelta, Usage


def usage(used: Usage) -> dict[str, Any]:
    """Tokens under OpenAI's names."""
    return {
        "prompt_tokens": used.input_tokens,
        "completion_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
        "prompt_tokens_details": {"cached_tokens": used.cached_input_tokens},
        "completion_tokens_details": {"reasoning_tokens": used.reasoning_tokens},
    }


def finish(reason: str | None) -> str:
    """Why it stopped, in the API's words."""
    return reason if reason in ("length", "tool_calls", "content_filter") else "stop"


class ChatAnswer(Answer):
    """`chat.completion`, or `chat.completion.chunk` after chunk."""

    def whole(self, done: Done) -> dict[str, Any]:
        """The answer as one object."""
        reply = done.reply
        message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
        if reply.reasoning:
            message["reasoning_content"] = reply.reasoning
        if reply.tool_calls:
            message["tool_calls"] = [_call(call) for call in reply.tool_calls]
        elif message["content"] is None:
            message["content"] = ""
        logprobs = {"content": list(reply.logprobs), "refusal": None} if reply.logprobs else None
        choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish(reply.finish)}
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage(reply.usage or done.usage)}

    def begin(self) -> Iterator[bytes]:
        """Who speaks."""
        yield self._chunk({"role": "assistant", "content": ""})

    def piece(self, chunk: Chunk) -> Iterator[bytes]:
        """Text, thoughts and tool calls, each where it belongs."""
        delta: dict[str, Any] = {}
        if chunk.text:
            delta["content"] = chunk.text
        if chunk.reasoning:
            delta["reasoning_content"] = chunk.reasoning
        if chunk.tool_calls:
            delta["tool_calls"] = [_piece(call) for call in chunk.tool_calls]
        if delta:
            yield self._chunk(delta, logprobs=list(chunk.logprobs) if chunk.logprobs else None)

    def end(self, done: Done) -> Iterator[bytes]:
        """Why it stopped, what it used where that was asked for, and the mark of the end."""
        yield self._chunk({}, finish_reason=finish(done.reply.finish))
        if self.asked.usage:
            used = usage(done.reply.usage or done.usage)
            yield sse.event({**self._head("chat.completion.chunk"), "choices": [], "usage": used})
        yield sse.DONE

    def broken(self, error: ErrorInfo) -> Iterator[bytes]:
        """An error and no mark of the end: clients raise."""
        words = f"the answer stops short: {error.message}"
        yield sse.event({"error": {"message": words, "type": "upstream_error", "code": error.type, "param": None}})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{self.id}", "object": kind, "created": self.created, "model": self.model}

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None, logprobs: Any = None) -> bytes:
        kept = {"content": logprobs, "refusal": None} if logprobs else None
        choice = {"index": 0, "delta": delta, "logprobs": kept, "finish_reason": finish_reason}
        return sse.event({**self._head("chat.completion.chunk"), "choices": [choice]})


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _piece(call: ToolCallDelta) -> dict[str, Any]:
    made: dict[str, Any] = {"index": call.index, "function": {"arguments": call.arguments}}
    if call.id:
        made |= {"id": call.id, "type": "function"}
    if call.name:
        made["function"]["name"] = call.name
    return made
