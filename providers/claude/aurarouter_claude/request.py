"""A prompt as the body of a request to `/v1/messages`.

Protocol: https://platform.claude.com/docs/en/api/messages and, for what its version 2026-10-21 no longer takes,
https://platform.claude.com/docs/en/api/migration-2026-10-21
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from aurarouter_claude.shape import asked_for, is_open, taken
from aurarouter_claude.turns import system, turns
from aurarouter_hooks import Message, Model, Prompt, Tool

log = logging.getLogger(__name__)

MAX_TOKENS = 16_384  # the API wants a limit in each request; thinking counts towards it
SAMPLING = ("temperature", "top_p", "top_k")  # the vendor refuses these, even at their defaults
NATIVE = (  # the API's own names, for what OpenAI has no name for
    "cache_control",
    "container",
    "diagnostics",
    "inference_geo",
    "metadata",
    "output_config",
    "service_tier",
    "speed",
    "stop_sequences",
    "thinking",
)
BETA = "anthropic-beta"
_HEADER = re.compile(r"[A-Za-z0-9_., -]{1,2000}")
EFFORT = {"minimal": "low"}  # the rest of OpenAI's words are Anthropic's too
COUNTED = ("messages", "model", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control")


def body(prompt: Prompt, model: Model, *, sampling: bool) -> dict[str, Any]:
    """All that is sent, but for `stream`.

    Parameters that the API doesn't know are left out, and a warning says so.

    Args:
        sampling: Send `temperature`, `top_p` and `top_k`.

    Raises:
        ProviderReplyError: The prompt holds something that can't be sent to Claude.
    """
    prompt = prompt.in_dialect("anthropic")
    given = {name: value for name, value in prompt.parameters.items() if value is not None}
    names = {*NATIVE, *(SAMPLING if sampling else ())}
    found: dict[str, Any] = {name: value for name, value in prompt.extra.items() if name != BETA}
    found |= {name: given.pop(name) for name in names & given.keys()}
    found |= {"model": model.name, "messages": turns(prompt.messages, model), "max_tokens": _limit(given)}
    shape = prompt.response_schema
    if shape is not None and is_open(shape):
        prompt = evolve(prompt, messages=(*prompt.messages, Message("system", asked_for(shape))), response_schema=None)
    if words := system(prompt.messages):
        found["system"] = words
    if "stop" in given:
        stop = given.pop("stop")
        found["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    if "user" in given:
        found["metadata"] = {"user_id": given.pop("user"), **found.get("metadata", {})}
    if prompt.tools:
        found["tools"] = [_tool(tool) for tool in prompt.tools]
        found["tool_choice"] = _choice(prompt.tool_choice, one=given.pop("parallel_tool_calls", True) is False)
    _output(found, prompt, given)
    if given:
        log.warning("model '%s': Claude takes no %s; left out", model.id, ", ".join(sorted(given)))
    return found


def betas(prompt: Prompt) -> dict[str, str]:
    """The header that a caller of the same dialect sent along with fields beyond the API's version."""
    value = prompt.in_dialect("anthropic").extra.get(BETA)
    return {BETA: value} if isinstance(value, str) and _HEADER.fullmatch(value) else {}


def counted(found: Mapping[str, Any]) -> dict[str, Any]:
    """As much of a body as counting its tokens takes."""
    return {name: found[name] for name in COUNTED if name in found}


def _limit(given: dict[str, Any]) -> object:
    limits = [given.pop(name, None) for name in ("max_completion_tokens", "max_tokens")]
    return next((limit for limit in limits if limit is not None), MAX_TOKENS)


def _output(found: dict[str, Any], prompt: Prompt, given: dict[str, Any]) -> None:
    """How hard it should think, and in which shape it should answer."""
    config = dict(found.get("output_config", {}))
    effort = given.pop("reasoning_effort", None)
    if effort == "none":
        found.setdefault("thinking", {"type": "disabled"})
    elif effort is not None:
        config.setdefault("effort", EFFORT.get(effort, effort))
    if prompt.response_schema is not None:
        config["format"] = {"type": "json_schema", "schema": taken(prompt.response_schema)}
    if config:
        found["output_config"] = config


def _tool(tool: Tool) -> Mapping[str, Any]:
    described = {**(tool.extra or {}), "name": tool.name, "input_schema": {"type": "object", **tool.schema}}
    return {**described, "description": tool.description} if tool.description else described


def _choice(choice: str, *, one: bool) -> Mapping[str, Any]:
    plain = {"auto": "auto", "none": "none", "required": "any"}
    found: dict[str, Any] = {"type": plain[choice]} if choice in plain else {"type": "tool", "name": choice}
    return {**found, "disable_parallel_tool_use": True} if one and choice != "none" else found
