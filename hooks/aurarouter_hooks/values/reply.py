"""What comes back: chunks of a stream, whole replies, and what they used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from attrs import field, frozen

from aurarouter_hooks.values.message import Message, Opaque, Part, Text, ToolCall

Finish = Literal["stop", "length", "tool_calls", "content_filter", "other"]


@frozen(kw_only=True)
class Usage:
    """Tokens of one or more attempts.

    Attributes:
        input_tokens: All that was read, with what came from a cache or went into one.
        output_tokens: All that was written, thinking too.
        cached_input_tokens, cache_write_tokens: The parts of the input that came from a cache, and went into one.
        reasoning_tokens: The part of the output that is thinking.
        estimated: The backend did not count them itself.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False
    cache_write_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            estimated=self.estimated or other.estimated,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
        )


@frozen(kw_only=True)
class ToolCallDelta:
    """A piece of the tool call number `index`; id and name come with its first piece."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = field(default="", repr=False)


@frozen(kw_only=True)
class Chunk:
    """A piece of a streamed answer. The last one carries `finish` and, where known, `usage`.

    Attributes:
        text: Text to append to the answer.
        reasoning: Thinking text to show beside the answer; never part of it.
        tool_calls: Pieces of tool calls.
        opaque: Provider-native parts to keep with the message.
        logprobs: Token probabilities in OpenAI's shape, when asked for.
        request_id: The backend's own id of this request.
        model_name: The model that the backend says has answered.
        stop_sequence: Which of the texts under `stop` ended it, where the backend tells that.
        vectors: For a task of mode "embed": a vector of each text, in 32-bit floats.
    """

    text: str = field(default="", repr=False)
    reasoning: str = field(default="", repr=False)
    tool_calls: tuple[ToolCallDelta, ...] = ()
    opaque: tuple[Opaque, ...] = ()
    finish: Finish | None = None
    usage: Usage | None = None
    logprobs: Sequence[Any] | None = None
    request_id: str = ""
    model_name: str = ""
    stop_sequence: str = field(default="", repr=False)
    vectors: Sequence[Sequence[float]] | None = field(default=None, repr=False)

    @property
    def has_content(self) -> bool:
        """True when showing this chunk commits us to the model that sent it."""
        return bool(self.text or self.reasoning or self.tool_calls or self.opaque or self.vectors)


@frozen(kw_only=True)
class Reply:
    """A whole answer of one model. Fields mean what they mean on `Chunk`."""

    text: str = field(default="", repr=False)
    reasoning: str = field(default="", repr=False)
    tool_calls: tuple[ToolCall, ...] = ()
    opaque: tuple[Opaque, ...] = ()
    finish: Finish = "stop"
    usage: Usage | None = None
    logprobs: Sequence[Any] | None = None
    request_id: str = ""
    model_name: str = ""
    stop_sequence: str = field(default="", repr=False)
    vectors: Sequence[Sequence[float]] | None = field(default=None, repr=False)

    @property
    def message(self) -> Message:
        """The reply as an assistant's turn, for the next prompt."""
        parts: list[Part] = [*self.opaque]
        if self.text:
            parts.append(Text(self.text))
        parts.extend(self.tool_calls)
        return Message("assistant", parts)

    def as_chunk(self) -> Chunk:
        """The whole reply as the one chunk of a stream."""
        return Chunk(
            text=self.text,
            reasoning=self.reasoning,
            tool_calls=tuple(
                ToolCallDelta(index=i, id=call.id, name=call.name, arguments=call.arguments)
                for i, call in enumerate(self.tool_calls)
            ),
            opaque=self.opaque,
            finish=self.finish,
            usage=self.usage,
            logprobs=self.logprobs,
            request_id=self.request_id,
            model_name=self.model_name,
            stop_sequence=self.stop_sequence,
            vectors=self.vectors,
        )

    @classmethod
    def from_chunks(cls, chunks: Iterable[Chunk]) -> Reply:
        """Put a stream together. A stream without a `finish` ends as "other".

        Halves of a character that came apart are joined; for one that stays half there is a mark in its place, since no
        backend could be sent the message again.
        """
        text: list[str] = []
        reasoning: list[str] = []
        calls: dict[int, ToolCall] = {}
        opaque: list[Opaque] = []
        logprobs: list[Any] = []
        finish: Finish = "other"
        usage: Usage | None = None
        vectors: Sequence[Sequence[float]] | None = None
        request_id = model_name = stop_sequence = ""
        for chunk in chunks:
            text.append(chunk.text)
            reasoning.append(chunk.reasoning)
            opaque.extend(chunk.opaque)
            logprobs.extend(chunk.logprobs or ())
            for delta in chunk.tool_calls:
                call = calls.get(delta.index, ToolCall(id="", name="", arguments=""))
                calls[delta.index] = ToolCall(
                    id=call.id or delta.id, name=call.name or delta.name, arguments=call.arguments + delta.arguments
                )
            finish = chunk.finish or finish
            usage = chunk.usage or usage
            request_id = chunk.request_id or request_id
            model_name = chunk.model_name or model_name
            stop_sequence = chunk.stop_sequence or stop_sequence
            vectors = chunk.vectors or vectors
        return cls(
            text=_whole("".join(text)),
            reasoning=_whole("".join(reasoning)),
            tool_calls=tuple(
                ToolCall(id=call.id, name=call.name, arguments=_whole(call.arguments))
                for _, call in sorted(calls.items())
            ),
            opaque=tuple(opaque),
            finish=finish,
            usage=usage,
            logprobs=logprobs or None,
            request_id=request_id,
            model_name=model_name,
            stop_sequence=stop_sequence,
            vectors=vectors,
        )


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
