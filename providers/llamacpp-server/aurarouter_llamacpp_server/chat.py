"""`/v1/chat/completions` of the same server, for what `/completion` can't tell apart: tools, images, thinking."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast, get_args

from aurarouter_hooks import Chunk, Prompt, ProviderReplyError, ToolCallDelta, Usage
from aurarouter_hooks.values import Finish
from aurarouter_llamacpp_server.messages import messages, tools
from aurarouter_llamacpp_server.native import checked, wishes

PATH = "/v1/chat/completions"
LAST = "[DONE]"


def body(prompt: Prompt, model: str) -> dict[str, Any]:
    """The request. Parameters go as they are: here they have OpenAI's names."""
    asked = {name: value for name, value in wishes(prompt).items() if value is not None}
    asked |= {"model": model, "messages": messages(prompt), **tools(prompt)}
    asked |= {"stream": True, "stream_options": {"include_usage": True}}
    if prompt.response_schema is not None:
        asked.pop("grammar", None)
        schema = {"name": "answer", "schema": checked(prompt.response_schema)}
        asked["response_format"] = {"type": "json_schema", "json_schema": schema}
    return asked


def chunk(answer: Mapping[str, Any]) -> Chunk:
    """What an event says.

    Raises:
        ProviderReplyError: It has another shape.
    """
    try:
        choice: Mapping[str, Any] = next(iter(answer.get("choices") or ()), {})
        said = choice.get("delta") or {}
        reason = choice.get("finish_reason")
        return Chunk(
            text=said.get("content") or "",
            reasoning=said.get("reasoning_content") or "",
            tool_calls=tuple(_call(i, call) for i, call in enumerate(said.get("tool_calls") or ())),
            finish=cast(Finish, reason if reason in get_args(Finish) else "other") if reason else None,
            usage=_usage(answer.get("usage")),
            logprobs=(choice.get("logprobs") or {}).get("content"),
            request_id=str(answer.get("id") or ""),
            model_name=str(answer.get("model") or ""),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as exc:
        raise ProviderReplyError(
            "the server does not answer as llama.cpp's does", hint="Check that the endpoint is a llama.cpp server."
        ) from exc


def _call(position: int, call: Mapping[str, Any]) -> ToolCallDelta:
    function = call.get("function") or {}
    arguments = function.get("arguments") or ""
    return ToolCallDelta(
        index=call.get("index", position),
        id=call.get("id") or "",
        name=function.get("name") or "",
        arguments=arguments if isinstance(arguments, str) else json.dumps(arguments),
    )


def _usage(counts: Mapping[str, Any] | None) -> Usage | None:
    if not counts:
        return None
    return Usage(
        input_tokens=int(counts.get("prompt_tokens") or 0),
        output_tokens=int(counts.get("completion_tokens") or 0),
        cached_input_tokens=int((counts.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
    )
