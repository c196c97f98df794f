"""A prompt in the words of the OpenAI API."""

import base64
from collections.abc import Iterable, Mapping, Sequence
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
    Tool,
    ToolCall,
    ToolResult,
)


def body(prompt: Prompt, model: Model) -> dict[str, Any]:
    """What `POST …/chat/completions` takes, but for streaming.

    Raises:
        ProviderReplyError: The prompt holds something that this API has no place for.
    """
    prompt = prompt.in_dialect("openai")
    made: dict[str, Any] = {**prompt.extra, **prompt.parameters}
    made |= {"model": model.name, "messages": [*_messages(prompt.messages, model.provider)]}
    if prompt.tools:
        made["tools"] = [{"type": "function", "function": _function(tool)} for tool in prompt.tools]
        named = prompt.tool_choice not in {"auto", "none", "required"}
        choice = {"type": "function", "function": {"name": prompt.tool_choice}} if named else prompt.tool_choice
        made["tool_choice"] = choice
    if prompt.response_schema is not None:
        said = made.get("response_format")
        beside = said.get("json_schema") if isinstance(said, Mapping) else None
        schema = {"name": "answer", **(beside or {}), "schema": prompt.response_schema}
        made["response_format"] = {"type": "json_schema", "json_schema": schema}
    return made


def _messages(messages: Iterable[Message], provider: str) -> Iterable[dict[str, Any]]:
    """A tool's results are messages of their own here; they come before what else the turn holds."""
    for message in messages:
        pictures: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                told = {"role": "tool", "tool_call_id": part.call_id, "content": part.content}
                yield {**(part.extra or {}), **told}
                pictures.extend(part.media)
        said = pictures + [part for part in message.parts if isinstance(part, Text | Media)]
        calls = [_call(part) for part in message.parts if isinstance(part, ToolCall)]
        if not said and not calls and any(isinstance(part, ToolResult) for part in message.parts):
            continue
        role = "user" if message.role == "tool" else message.role
        turn: dict[str, Any] = {**(message.extra or {}), "role": role}
        turn["content"] = _content(said) if said or not calls else None
        if calls:
            turn["tool_calls"] = calls
        for part in message.parts:
            if isinstance(part, Opaque) and part.provider == provider:
                for name, pieces in part.data.items():
                    turn.setdefault(name, []).extend(pieces)
        yield turn


def _content(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) and not part.extra for part in parts):
        return "".join(part.text for part in parts if isinstance(part, Text))
    return [_piece(part) for part in parts]


def _piece(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {**(part.extra or {}), "type": "text", "text": part.text}
    if isinstance(part, Media) and part.media_type.startswith("image/"):
        data = base64.b64encode(part.data or b"").decode()
        url = part.url or f"data:{part.media_type};base64,{data}"
        return {"type": "image_url", "image_url": {**(part.extra or {}), "url": url}}
    raise ProviderReplyError(
        "only text and images can be sent to a server of the OpenAI API",
        refused=True,
        hint="Choose a model of another provider.",
    )


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {**(call.extra or {}), "id": call.id, "type": "function", "function": function}


def _function(tool: Tool) -> dict[str, Any]:
    described = {"name": tool.name, "description": tool.description, "parameters": tool.schema}
    return {**(tool.extra or {}), **described}
