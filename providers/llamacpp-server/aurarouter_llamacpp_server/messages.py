"""A conversation as llama.cpp's server reads it, for its chat template and for its chat alike."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from aurarouter_hooks import Media, Message, Prompt, ProviderReplyError, Text, ToolCall, ToolResult


def messages(prompt: Prompt) -> list[dict[str, Any]]:
    """The prompt's messages.

    Raises:
        ProviderReplyError: There are none, or one holds something other than text, tools and images.
    """
    if not prompt.messages:
        raise ProviderReplyError("the prompt has no messages", refused=True)
    return [turn for message in prompt.messages for turn in _turns(message)]


def tools(prompt: Prompt) -> dict[str, Any]:
    """The fields of a request that offer the prompt's tools; none when it has none."""
    if not prompt.tools:
        return {}
    offered = [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema},
        }
        for tool in prompt.tools
    ]
    named = prompt.tool_choice not in {"auto", "none", "required"}
    choice = {"type": "function", "function": {"name": prompt.tool_choice}} if named else prompt.tool_choice
    return {"tools": offered, "tool_choice": choice}


def has_images(prompt: Prompt) -> bool:
    """Whether it holds more than text can say."""
    return any(isinstance(part, Media) for message in prompt.messages for part in message.parts)


def _turns(message: Message) -> Iterator[dict[str, Any]]:
    """Results of tools are turns of their own; they come before what else the message holds."""
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    for result in results:
        if result.media:
            raise _unreadable("a tool's result with media")
        yield {"role": "tool", "tool_call_id": result.call_id, "content": result.content}
    said = [part for part in message.parts if isinstance(part, Text | Media)]
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    if results and not said and not calls:
        return
    turn: dict[str, Any] = {"role": "user" if message.role == "tool" else message.role, "content": _content(said)}
    if calls:
        turn["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in calls
        ]
    yield turn


def _content(parts: list[Text | Media]) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, Text))
    return [{"type": "text", "text": part.text} if isinstance(part, Text) else _image(part) for part in parts]


def _image(part: Media) -> dict[str, Any]:
    if not part.media_type.startswith("image/"):
        raise _unreadable(part.media_type)
    if part.data is None:  # the server would fetch it from wherever the prompt says
        raise _unreadable("an image as a URL")
    data = base64.b64encode(part.data).decode()
    return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{data}"}}


def _unreadable(what: str) -> ProviderReplyError:
    return ProviderReplyError(
        f"a llama.cpp server takes text and images as data; the prompt holds {what}",
        refused=True,
        hint="Choose a model of another provider.",
    )
