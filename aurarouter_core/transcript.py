"""Messages as JSON data and back, every part as it came: what a kept conversation is made of."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from typing import Any

from attrs import asdict

from aurarouter_hooks import Media, Message, Opaque, Part, Text, ToolCall, ToolResult

log = logging.getLogger(__name__)
BYTES, ESCAPED = "$bytes", "$mapping"
"""Stand for what JSON has no word for, and for a mapping that only looks as if it did."""


def data_of(message: Message) -> dict[str, Any]:
    """A message as JSON data. A provider's own part that can't be written down is left out, with a warning."""
    parts = []
    for part in message.parts:
        try:
            data = _part_data(part)
            json.dumps(data)
            parts.append(data)
        except (TypeError, ValueError, RecursionError) as error:
            log.warning("a part of a message (%s) can't be kept: %s", type(part).__name__, error)
    return {"role": message.role, "parts": parts}


def message_of(data: Any) -> Message:
    """The message that this was.

    Raises:
        ValueError: It is none.
    """
    try:
        if data["role"] not in ("system", "user", "assistant", "tool"):
            raise ValueError(f"nobody speaks as {data['role']!r}")
        return Message(data["role"], [_part_of(part) for part in data["parts"]])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a message: {error!r}") from error


def _part_data(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"text": part.text}
    if isinstance(part, Opaque):
        return {"opaque": {"provider": part.provider, "model": part.model, "data": _json(part.data)}}
    kind = {Media: "media", ToolCall: "tool_call", ToolResult: "tool_result"}[type(part)]
    return {kind: _json(asdict(part))}


def _part_of(data: Mapping[str, Any]) -> Part:
    ((kind, value),) = data.items()
    if kind == "text":
        if not isinstance(value, str):
            raise ValueError("a text is none")
        return Text(value)
    fields = _value(value)
    if kind == "tool_result":
        fields["media"] = tuple(Media(**item) for item in fields["media"])
    makers: dict[str, Any] = {"opaque": Opaque, "media": Media, "tool_call": ToolCall, "tool_result": ToolResult}
    if kind not in makers:
        raise ValueError(f"no part is called {kind!r}")
    part: Part = makers[kind](**fields)
    return part


def _json(value: Any) -> Any:
    """The value in words of JSON.

    Raises:
        TypeError: There are none for something in it.
    """
    if isinstance(value, bytes | bytearray):
        return {BYTES: base64.b64encode(value).decode("ascii")}
    if isinstance(value, Mapping):
        if any(not isinstance(key, str) for key in value):
            raise TypeError("a key is no text")
        data = {key: _json(item) for key, item in value.items()}
        return {ESCAPED: data} if len(data) == 1 and not data.keys().isdisjoint({BYTES, ESCAPED}) else data
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"JSON has no word for {type(value).__name__}")


def _value(data: Any) -> Any:
    if isinstance(data, Mapping):
        if data.keys() == {BYTES}:
            return base64.b64decode(data[BYTES], validate=True)
        if data.keys() == {ESCAPED}:
            data = data[ESCAPED]
        return {key: _value(item) for key, item in data.items()}
    return [_value(item) for item in data] if isinstance(data, list) else data
