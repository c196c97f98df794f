"""A kept answer: the chunks that it came in, as values and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import asdict, frozen

from aurarouter_hooks import Chunk, ToolCallDelta, Usage

AROUND = 500
"""Bytes that a chunk takes in memory beside its words."""
WHOLE = ("stop", "length", "tool_calls")
"""How an answer ends that is kept."""


class UnkeepableError(Exception):
    """An answer that can't be kept: it broke off, or holds what only its provider understands."""


@frozen
class Kept:
    """One answer.

    Attributes:
        chunks: As they came; the first has content.
        until: Unix time up to which it is given again.
        size: Bytes that it takes in memory.
    """

    chunks: tuple[Chunk, ...]
    until: float
    size: int

    @classmethod
    def of(cls, chunks: Sequence[Chunk], until: float) -> Kept:
        """Keep what was shown.

        Raises:
            UnkeepableError: It is no answer to keep.
        """
        finish = next((chunk.finish for chunk in reversed(chunks) if chunk.finish), None)
        first = next((at for at, chunk in enumerate(chunks) if chunk.has_content), None)
        if first is None or finish not in WHOLE or any(chunk.opaque for chunk in chunks):
            raise UnkeepableError
        # What has no content may not come first: it shows nothing, and would be told before anything is.
        ordered = (chunks[first], *chunks[:first], *chunks[first + 1 :])
        return cls(ordered, until, sum(map(_size, ordered)))

    def json(self) -> str:
        """The chunks as JSON text.

        Raises:
            UnkeepableError: What a backend sent has no form in JSON.
        """
        try:
            return json.dumps([dict(_plain(chunk)) for chunk in self.chunks], ensure_ascii=True, separators=(",", ":"))
        except (TypeError, ValueError) as error:
            raise UnkeepableError from error

    @classmethod
    def from_json(cls, text: str, until: float) -> Kept:
        """Read it back.

        Raises:
            ValueError, TypeError, KeyError: It is none of ours.
        """
        chunks = tuple(_chunk(data) for data in json.loads(text))
        return cls(chunks, until, sum(map(_size, chunks)))


def _size(chunk: Chunk) -> int:
    calls = sum(len(call.arguments) for call in chunk.tool_calls)
    return AROUND + 4 * (len(chunk.text) + len(chunk.reasoning) + calls) + AROUND * len(chunk.logprobs or ())


def _plain(chunk: Chunk) -> Iterator[tuple[str, Any]]:
    """What is not as it is by default."""
    for name in ("text", "reasoning", "finish", "logprobs", "request_id", "model_name", "stop_sequence"):
        if value := getattr(chunk, name):
            yield name, value
    if chunk.tool_calls:
        yield "tool_calls", [asdict(call) for call in chunk.tool_calls]
    if chunk.usage is not None:
        yield "usage", asdict(chunk.usage)


def _chunk(data: Mapping[str, Any]) -> Chunk:
    known = dict(data)
    calls = tuple(ToolCallDelta(**call) for call in known.pop("tool_calls", ()))
    usage = known.pop("usage", None)
    return Chunk(**known, tool_calls=calls, usage=None if usage is None else Usage(**usage))
