"""One thing that was said in a conversation, and its parts as data."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from attrs import frozen

from aurarouter_core.plain import dumps
from aurarouter_hooks import Media, Message, Opaque, Part, Text, ToolCall, ToolResult

Kind = Literal["message", "summary"]


@frozen(kw_only=True)
class Entry:
    """A message of a conversation, or a summary that stands in for older ones.

    Attributes:
        number: Its place; a summary comes after what it stands for.
        kind: "message" or "summary".
        role: "user" or "assistant".
        parts: As on `Message`.
        model: Who said it; "" for the user.
        trace_id: Explains how it came about.
        tokens: Of prompt and answer together, where the backend counted them.
        complete: False for half an answer, and for a question that was never answered.
        condensed: The number of the summary that stands in for it; None while it is sent itself.
        at: Unix time in seconds.
    """

    number: int = 0
    kind: Kind = "message"
    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]
    model: str = ""
    trace_id: str = ""
    tokens: int | None = None
    complete: bool = True
    condensed: int | None = None
    at: float

    @property
    def message(self) -> Message:
        """As a model is sent it."""
        return Message(self.role, self.parts)

    @property
    def text(self) -> str:
        """Its text; other parts are left out."""
        return self.message.text

    @property
    def counts(self) -> bool:
        """It belongs into the next prompt."""
        return self.condensed is None and (self.complete or self.role == "assistant")


NAMES: Mapping[type, str] = {
    Text: "text",
    Media: "media",
    ToolCall: "tool_call",
    ToolResult: "tool_result",
    Opaque: "opaque",
}
KINDS: Mapping[str, Any] = {name: kind for kind, name in NAMES.items()}


def parts_as_json(parts: Sequence[Part]) -> str:
    """Parts as JSON text. What a provider gave us that JSON doesn't have is left out: it may send it again."""
    return dumps([data for part in parts if (data := _data(part)) is not None])


def parts_of(text: str) -> tuple[Part, ...]:
    """The same back again."""
    return tuple(_part(data) for data in json.loads(text))


def _data(part: Part) -> dict[str, Any] | None:
    data: dict[str, Any] = {"type": NAMES[type(part)]}
    if isinstance(part, Text):
        return {**data, "text": part.text}
    if isinstance(part, ToolCall):
        return {**data, "id": part.id, "name": part.name, "arguments": part.arguments}
    if isinstance(part, ToolResult):
        media = [_data(item) for item in part.media]
        return {**data, "call_id": part.call_id, "content": part.content, "is_error": part.is_error, "media": media}
    if isinstance(part, Media):
        held = None if part.data is None else b64encode(part.data).decode()
        return {**data, "media_type": part.media_type, "data": held, "url": part.url, "name": part.name}
    try:
        kept = json.loads(json.dumps(part.data, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return None
    return {**data, "provider": part.provider, "model": part.model, "data": kept}


def _part(data: Mapping[str, Any]) -> Part:
    kind = KINDS[data["type"]]
    fields = {name: value for name, value in data.items() if name != "type"}
    if kind is Media and fields["data"] is not None:
        fields["data"] = b64decode(fields["data"])
    if kind is ToolResult:
        fields["media"] = tuple(_part(item) for item in fields["media"])
    return cast("Part", kind(**fields))
