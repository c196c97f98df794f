"""A stream of Anthropic's events as pieces of an answer.

Protocol: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from aurarouter_claude.turns import opaque
from aurarouter_hooks import Chunk, Model, ToolCallDelta, Usage
from aurarouter_hooks.values import Finish

if TYPE_CHECKING:
    from anthropic.types import RawMessageStreamEvent

CHARACTERS_PER_TOKEN = 4  # for a server that doesn't count what it reads
FINISH: Mapping[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
COUNTS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


@define
class Answer:
    """One answer while it comes in.

    Attributes:
        model: Whose it is.
        request_id: From the response's header; the message's own id where there is none.
        asked: Characters of the request.
        finish: Why it stopped; None until it has.
        whole: The stream said that it is over.
    """

    model: Model
    request_id: str
    asked: int
    finish: Finish | None = None
    whole: bool = False
    model_name: str = ""
    _characters: int = 0
    _calls: int = 0
    _counts: dict[str, int] = field(factory=dict)
    _thinking: int = 0
    _blocks: dict[int, dict[str, Any]] = field(factory=dict)  # those that are kept opaque, while they grow
    _places: dict[int, int] = field(factory=dict)  # number of the block → number of the tool call
    _inputs: dict[int, Any] = field(factory=dict)  # what a block began with
    _written: dict[int, str] = field(factory=dict)  # what came after that, as JSON
    _refusal: str = ""
    _stop: str = ""

    def pieces(self, event: "RawMessageStreamEvent") -> Iterator[Chunk]:
        """What an event adds. Kinds of events that we don't know add nothing; such blocks are kept for later."""
        for chunk in self._pieces(event):
            yield evolve(chunk, request_id=self.request_id, model_name=self.model_name)

    def last(self) -> Chunk:
        """The end of the answer, with all that is counted."""
        said_nothing = not self._characters and not self._calls
        return Chunk(
            text=self._refusal if self.finish == "content_filter" and said_nothing else "",
            finish=self.finish or "other",
            usage=self._usage(),
            stop_sequence=self._stop,
            request_id=self.request_id,
            model_name=self.model_name,
        )

    def _pieces(self, event: "RawMessageStreamEvent") -> Iterator[Chunk]:
        match event.type:
            case "message_start":
                self.model_name = event.message.model or ""
                self.request_id = self.request_id or event.message.id or ""
                self._count(event.message.usage)
            case "content_block_start":
                yield from self._begin(event.index, event.content_block.to_dict())
            case "content_block_delta":
                yield from self._grow(event.index, event.delta.to_dict())
            case "content_block_stop":
                yield from self._end(event.index)
            case "message_delta":
                reason = event.delta.stop_reason
                if reason:
                    self.finish = FINISH.get(reason, "other")
                self._stop = event.delta.stop_sequence or self._stop
                details = event.delta.stop_details
                self._refusal = (details.explanation if details else "") or ""
                self._count(event.usage)
            case "message_stop":
                self.whole = True

    def _begin(self, index: int, block: dict[str, Any]) -> Iterator[Chunk]:
        match block["type"]:
            case "text":
                yield from self._said(block.get("text") or "")
            case "tool_use":
                self._places[index], self._inputs[index] = self._calls, block.get("input") or {}
                yield Chunk(tool_calls=(ToolCallDelta(index=self._calls, id=block["id"], name=block["name"]),))
                self._calls += 1
            case _:
                self._blocks[index] = block
                if block.get("thinking"):
                    yield Chunk(reasoning=block["thinking"])

    def _grow(self, index: int, delta: dict[str, Any]) -> Iterator[Chunk]:
        match delta["type"]:
            case "text_delta":
                yield from self._said(delta["text"])
            case "input_json_delta":
                self._written[index] = self._written.get(index, "") + delta["partial_json"]
                if index in self._places and delta["partial_json"]:
                    yield self._arguments(index, delta["partial_json"])
            case "thinking_delta" | "signature_delta" as kind:
                name = kind.removesuffix("_delta")
                block = self._blocks[index]
                block[name] = block.get(name, "") + delta[name]
                if name == "thinking":
                    yield Chunk(reasoning=delta[name])

    def _end(self, index: int) -> Iterator[Chunk]:
        written = self._written.pop(index, "")
        if index in self._places and not written:  # it came whole, or there are none
            yield self._arguments(index, json.dumps(self._inputs[index], ensure_ascii=False))
        block = self._blocks.pop(index, None)
        if block is not None:
            if written:
                block["input"] = json.loads(written)
            yield Chunk(opaque=(opaque(block, self.model, self._characters, self._calls),))

    def _arguments(self, index: int, text: str) -> Chunk:
        return Chunk(tool_calls=(ToolCallDelta(index=self._places[index], arguments=text),))

    def _said(self, text: str) -> Iterator[Chunk]:
        self._characters += len(text)
        if text:
            yield Chunk(text=text)

    def _count(self, usage: Any) -> None:
        """Later counts are of the whole answer; what they leave out stays as it was."""
        for name in COUNTS:
            count = getattr(usage, name, None)
            if count is not None:
                self._counts[name] = int(count)
        details = getattr(usage, "output_tokens_details", None)
        self._thinking = getattr(details, "thinking_tokens", None) or self._thinking

    def _usage(self) -> Usage:
        """Anthropic counts what it took from its cache apart; here the input is all that was read."""
        counts = self._counts
        estimated = not {"input_tokens", "output_tokens"} <= counts.keys()
        read = counts.get("input_tokens", self.asked // CHARACTERS_PER_TOKEN)
        cached = counts.get("cache_read_input_tokens", 0)
        written = counts.get("cache_creation_input_tokens", 0)
        return Usage(
            input_tokens=read + cached + written,
            output_tokens=counts.get("output_tokens", self._characters // CHARACTERS_PER_TOKEN),
            cached_input_tokens=cached,
            reasoning_tokens=self._thinking,
            estimated=estimated,
            cache_write_tokens=written,
        )
