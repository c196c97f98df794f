"""A prompt in the words of the OpenAI API."""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from aurarouter_hooks import (
    Media,
    Message,
    Model,
    Opaque,
    Part,
    Prompt,
    ProviderReplyError,
    Text,
    ToolCall,
    ToolResult,
)


def body(prompt: Prompt, model: Model) -> dict[str, Any]:
    """What `POST …/chat/completions` takes, but for streaming.

    Raises:
        ProviderReplyError: The prompt holds something that this API has no place for.
    """
    made: dict[str, Any] = {**(prompt.extra if prompt.dialect == "openai" else {}), **prompt.parameters}
    made |= {"model": model.name, "messages": [*_messages(prompt.messages, model.provider)]}
    if prompt.tools:
        made["tools"] = [
            {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.schema}}
            for t in prompt.tools
        ]
        named = prompt.tool_choice not in {"auto", "none", "required"}
        choice = {"type": "function", "function": {"name": prompt.tool_choice}} if named else prompt.tool_choice
        made["tool_choice"] = choice
    if prompt.response_schema is not None:
        schema = {"name": "answer", "schema": prompt.response_schema}
        made["response_format"] = {"type": "json_schema", "json_schema": schema}
    return made


def _messages(messages: Iterable[Message], provider: str) -> Iterable[dict[str, Any]]:
    """A tool's results are messages of their own here; they come before what else the turn holds."""
    for message in messages:
        pictures: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                yield {"role": "tool", "tool_call_id": part.call_id, "content": part.content}
                pictures.extend(part.media)
        said = pictures + [part for part in message.parts if isinstance(part, Text | Media)]
        calls = [_call(part) for part in message.parts if isinstance(part, ToolCall)]
        if not said and not calls and any(isinstance(part, ToolResult) for part in message.parts):
            continue
        turn: dict[str, Any] = {"role": "user" if message.role == "tool" else message.role}
        turn["content"] = _content(said) if said or not calls else None
        if calls:
            turn["tool_calls"] = calls
        for part in message.parts:
            if isinstance(part, Opaque) and part.provider == provider:
                for name, pieces in part.data.items():
                    turn.setdefault(name, []).extend(pieces)
        yield turn


def _content(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, Text))
    return [_piece(part) for part in parts]


def _piece(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Media) and part.media_type.startswith("image/"):
        data = base64.b64encode(part.data or b"").decode()
        return {"type": "image_url", "image_url": {"url": part.url or f"data:{part.media_type};base64,{data}"}}
    raise ProviderReplyError(
        "only text and images can be sent to a server of the OpenAI API", hint="Choose a model of another provider."
    )


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
