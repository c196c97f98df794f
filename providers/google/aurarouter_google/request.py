"""A prompt in the Gemini API's terms: contents and the request's config, as plain values."""

import base64
import binascii
import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from aurarouter_google.settings import Settings
from aurarouter_hooks import Media, Message, Model, Opaque, Prompt, ProviderReplyError, Text, Tool, ToolCall, ToolResult

log = logging.getLogger(__name__)

# Our name → theirs. Nothing else of a caller's parameters is passed on: the SDK's config could say where to send it.
PARAMETERS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "stop": "stop_sequences",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logprobs": "response_logprobs",
    "top_logprobs": "logprobs",
}
BUDGETS = {"none": 0, "minimal": 512, "low": 1024, "medium": 8192, "high": 24576}  # for models without levels
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}
# What the API's guide gives for calls that another model made: stands where that model's signature is asked for.
_UNSIGNED = base64.urlsafe_b64decode("skip_thought_signature_validator")


def contents(prompt: Prompt, model: Model) -> tuple[list[dict[str, Any]], str]:
    """The conversation's turns, and apart from them what the system says.

    Raises:
        ProviderReplyError: It holds something that can't be sent.
    """
    tools = {part.id: part.name for message in prompt.messages for part in message.parts if isinstance(part, ToolCall)}
    system = "\n\n".join(message.text for message in prompt.messages if message.role == "system")
    turns: list[dict[str, Any]] = []
    last = ""
    for message in prompt.messages:
        parts = [] if message.role == "system" else [*_parts(message, model, tools)]
        if not parts:
            continue
        if message.role == last:  # the results of one turn's calls must come together
            turns[-1]["parts"] += parts
        else:
            turns.append({"role": "model" if message.role == "assistant" else "user", "parts": parts})
        last = message.role
    if not turns:
        if not system:
            raise ProviderReplyError("the prompt has no messages", refused=True)
        return [{"role": "user", "parts": [{"text": system}]}], ""
    return turns, system


def config(prompt: Prompt, settings: Settings, name: str, system: str) -> dict[str, Any]:
    """The request's config, in the SDK's names. Parameters that the API doesn't know are ignored.

    Args:
        name: The model's name at the backend.
        system: What `contents` set apart.
    """
    made: dict[str, Any] = {
        "automatic_function_calling": {"disable": True},  # calls go back to the caller
        "automatic_continuation": False,  # one request is one attempt
    }
    for parameter, value in prompt.parameters.items():
        if value is None or parameter == "reasoning_effort":
            continue
        if parameter in PARAMETERS:
            made[PARAMETERS[parameter]] = [value] if parameter == "stop" and isinstance(value, str) else value
        else:
            log.debug("the parameter '%s' means nothing to the Gemini API and is ignored", parameter)
    thinking = {**settings.thinking, **_thinking(prompt.parameters.get("reasoning_effort"), name)}
    if thinking:
        made["thinking_config"] = thinking
    if settings.safety:
        made["safety_settings"] = [
            {"category": f"HARM_CATEGORY_{category.upper()}", "threshold": threshold}
            for category, threshold in settings.safety.items()
        ]
    if system:
        made["system_instruction"] = system
    if prompt.tools:
        made["tools"] = [{"function_declarations": [_declaration(tool) for tool in prompt.tools]}]
        calling: dict[str, Any] = {"mode": _MODES.get(prompt.tool_choice, "ANY")}
        if prompt.tool_choice not in _MODES:
            calling["allowed_function_names"] = [prompt.tool_choice]
        made["tool_config"] = {"function_calling_config": calling}
    if prompt.response_schema is not None:
        made |= {"response_mime_type": "application/json", "response_json_schema": dict(prompt.response_schema)}
    return made


def _parts(message: Message, model: Model, tools: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """A message's parts. A signature goes back on the call, or the text, that it came with."""
    signatures = dict(_signature(part) for part in message.parts if _ours(part, model))
    texts = [part for part in message.parts if isinstance(part, Text) and part.text]
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    if calls and _strict(model.name) and not any(call.id in signatures for call in calls):
        signatures[calls[0].id] = _UNSIGNED
    if "" in signatures and not texts:
        yield {"text": "", "thought_signature": signatures[""]}
    for part in message.parts:
        made: dict[str, Any] = {}
        if isinstance(part, Text) and part.text:
            made = {"text": part.text}
            if part is texts[-1] and "" in signatures:
                made["thought_signature"] = signatures[""]
        elif isinstance(part, Media):
            made = _media(part)
        elif isinstance(part, ToolCall):
            made = {"function_call": {"id": part.id, "name": part.name, "args": _arguments(part)}}
            if part.id in signatures:
                made["thought_signature"] = signatures[part.id]
        elif isinstance(part, ToolResult):
            answer = {"error" if part.is_error else "output": part.content}
            name = tools.get(part.call_id, part.call_id)
            made = {"function_response": {"id": part.call_id, "name": name, "response": answer}}
        if made:
            yield made
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield from map(_media, part.media)


def _ours(part: object, model: Model) -> bool:
    return isinstance(part, Opaque) and part.provider == model.provider and part.model in {"", model.id}


def _signature(part: Any) -> tuple[str, bytes]:
    """The id of the call that is signed, "" for the text, and its signature."""
    try:
        return str(part.data["call"]), base64.b64decode(part.data["signature"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as exc:
        raise ProviderReplyError(
            "a part of the conversation that came from this model was changed on the way",
            refused=True,
            hint="Send opaque parts back as they came, or leave them out.",
        ) from exc


def _strict(name: str) -> bool:
    """True for models that refuse unsigned calls: Gemini from version 3 on, and names that move with the newest."""
    gemini = re.search(r"gemini-(\d*)", name)
    return gemini is not None and (not gemini[1] or int(gemini[1]) >= 3)


def _media(part: Media) -> dict[str, Any]:
    if part.data is not None:
        return {"inline_data": {"mime_type": part.media_type, "data": part.data}}
    return {"file_data": {"mime_type": part.media_type, "file_uri": part.url}}


def _arguments(call: ToolCall) -> dict[str, Any]:
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise ProviderReplyError(
            f"the arguments of the call of '{call.name}' are not a JSON object, and the Gemini API takes nothing else",
            refused=True,
        )
    return arguments


def _declaration(tool: Tool) -> dict[str, Any]:
    made: dict[str, Any] = {"name": tool.name, "description": tool.description or None}
    if tool.schema:
        made["parameters_json_schema"] = dict(tool.schema)
    return made


def _thinking(effort: object, name: str) -> dict[str, Any]:
    """OpenAI's one word, as a level where the model knows levels and as a budget of tokens where it doesn't."""
    if not isinstance(effort, str) or effort not in BUDGETS:
        return {}
    if effort == "none" or not _strict(name):
        return {"thinking_budget": BUDGETS[effort]}
    return {"thinking_level": effort.upper()}
