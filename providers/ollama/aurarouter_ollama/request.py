"""A prompt in Ollama's terms: messages, options, and the fields that stand beside them."""

import base64
import json
from collections.abc import Iterable, Mapping
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

_BESIDE = {"think", "keep_alive", "format", "truncate", "shift", "logprobs", "top_logprobs"}
_RENAMED = {
    "max_tokens": "num_predict",
    "max_completion_tokens": "num_predict",
    "repetition_penalty": "repeat_penalty",
}
_OURS = {"relay"}  # options of the model that are not for the server


def chat(model: Model, prompt: Prompt, *, stream: bool) -> dict[str, Any]:
    """The body of POST /api/chat.

    Raises:
        ProviderReplyError: The prompt holds something that Ollama's API has no place for.
    """
    body = settings(model, prompt.parameters)
    body |= dict(prompt.extra) if prompt.dialect == "ollama" else {}
    names = {call.id: call.name for message in prompt.messages for call in message.parts if isinstance(call, ToolCall)}
    turns = [turn for message in prompt.messages for turn in _turns(message, names, model)]
    body |= {"model": model.name, "messages": turns, "stream": stream}
    if prompt.tools and prompt.tool_choice not in {"auto", "none"}:
        raise ProviderReplyError(
            "Ollama can't make a model call a tool, only offer it",
            refused=True,
            hint="Leave tool_choice at auto, or choose a model of another provider.",
        )
    if prompt.tools and prompt.tool_choice == "auto":
        body["tools"] = [
            {"type": "function", "function": {"name": t.name, "description": t.description, "parameters": t.schema}}
            for t in prompt.tools
        ]
    if prompt.response_schema is not None:
        body["format"] = prompt.response_schema
    return body


def settings(model: Model, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The model's options with these parameters over them: some stand beside `options`, all others in it.

    A prompt that is too long is an error unless `truncate` says otherwise: an answer to half of it helps nobody.
    """
    given = {**model.options, **parameters}
    beside: dict[str, Any] = {"truncate": False}
    options: dict[str, Any] = {}
    for name, value in given.items():
        if value is None or name in _OURS:
            continue
        if name in _BESIDE:
            beside[name] = value
        elif name == "reasoning_effort":
            beside["think"] = value not in {"none", "minimal"} and value
        elif name == "response_format":
            beside |= _format(value)
        elif name == "stop":
            options["stop"] = [value] if isinstance(value, str) else list(value)
        else:
            options[_RENAMED.get(name, name)] = value
    return {**beside, "options": options} if options else beside


def _format(wish: Any) -> dict[str, Any]:
    """OpenAI's `response_format` as Ollama's `format`."""
    kind = wish.get("type") if isinstance(wish, Mapping) else wish
    if kind == "json_schema":
        return {"format": (wish.get("json_schema") or {}).get("schema") or "json"}
    return {"format": "json"} if kind == "json_object" else {}


def _turns(message: Message, names: Mapping[str, str], model: Model) -> Iterable[dict[str, Any]]:
    """A tool's results are messages of their own here; they come before what else the turn holds."""
    turn: dict[str, Any]
    media: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            turn = {"role": "tool", "content": part.content, "tool_call_id": part.call_id}
            yield turn | ({"tool_name": names[part.call_id]} if part.call_id in names else {})
            media.extend(part.media)
    calls = [_call(number, part) for number, part in enumerate(p for p in message.parts if isinstance(p, ToolCall))]
    images = [_image(part) for part in [*media, *message.parts] if isinstance(part, Media)]
    text = any(isinstance(part, Text) for part in message.parts)
    if not (text or calls or images) and any(isinstance(part, ToolResult) for part in message.parts):
        return
    turn = {"role": "user" if message.role == "tool" else message.role, "content": message.text}
    if images:
        turn["images"] = images
    if calls:
        turn["tool_calls"] = calls
    for part in message.parts:
        if isinstance(part, Opaque) and part.provider == model.provider and part.model in {"", model.id}:
            turn |= part.data
    yield turn


def _call(number: int, call: ToolCall) -> dict[str, Any]:
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise ProviderReplyError(
            f"the arguments of the call of '{call.name}' are no JSON object, and Ollama takes nothing else",
            refused=True,
            hint="Leave that call out of the conversation, or choose a model of another provider.",
        )
    return {"id": call.id, "type": "function", "function": {"index": number, "name": call.name, "arguments": arguments}}


def _image(part: Media) -> str:
    """The picture's bytes as base64: Ollama fetches no URL, but one may hold the bytes itself."""
    if part.media_type.startswith("image/"):
        if part.data:
            return base64.b64encode(part.data).decode()
        head, found, data = (part.url or "").partition(";base64,")
        if found and head.startswith("data:"):
            return data
        raise ProviderReplyError(
            "Ollama fetches no pictures from a URL",
            refused=True,
            hint="Send the picture itself, as bytes or as a data: URL.",
        )
    raise ProviderReplyError(
        f"only text and images can be sent to Ollama; the prompt holds {part.media_type}",
        refused=True,
        hint="Choose a model of another provider.",
    )
