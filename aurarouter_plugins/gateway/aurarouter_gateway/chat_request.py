"""`POST /v1/chat/completions`: a request of OpenAI's chat API as a task.

Protocol: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aurarouter_gateway.asked import Asked, inline, picture, require_words, wishes
from aurarouter_gateway.caller import Caller
from aurarouter_gateway.fields import Fields, RequestError
from aurarouter_hooks import Message, Part, Task, Text, Tool, ToolCall, ToolResult

PARAMETERS: dict[str, type] = {
    "temperature": float,
    "top_p": float,
    "max_tokens": int,
    "max_completion_tokens": int,
    "seed": int,
    "presence_penalty": float,
    "frequency_penalty": float,
    "logit_bias": dict,
    "logprobs": bool,
    "top_logprobs": int,
    "reasoning_effort": str,
    "parallel_tool_calls": bool,
}
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
WITHOUT_EFFECT = ("store", "service_tier", "prediction", "safety_identifier", "user", "metadata")


def read(body: Any, caller: Caller) -> Asked:
    """Read a request.

    Args:
        body: The JSON that came.
        caller: Who asks.

    Raises:
        RequestError: It is not what the API takes.
    """
    fields = Fields(body)
    model = fields.need("model", str)
    if fields.take("n", int, 1) != 1:
        raise RequestError("only one choice can be made: n must be 1", "n")
    messages = [_message(item) for item in fields.each("messages")]
    require_words(messages, "messages")
    parameters = fields.some(PARAMETERS) | stop(fields)
    stream = fields.take("stream", bool, False)
    usage = fields.under("stream_options").take("include_usage", bool, False)
    cache_key = fields.take("prompt_cache_key", str, "")
    dropped = tuple(name for name in WITHOUT_EFFECT if fields.any(name) is not None)
    found, choice = tools(fields), tool_choice(fields)
    schema = _schema(fields)
    rest = fields.rest()
    task = Task(
        messages=messages,
        tools=found,
        tool_choice=choice,
        parameters=parameters,
        response_schema=schema,
        mode="direct",
        dialect="openai",
        extra=rest,
        **caller.identity(cache_key),
        **wishes(model),
    )
    return Asked(task=task, stream=stream, usage=usage, unknown=tuple(rest), dropped=dropped, echo={})


def stop(fields: Fields) -> dict[str, Any]:
    """Where the answer is to stop: one text or several."""
    value = fields.any("stop")
    if value is None:
        return {}
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        return {"stop": value}
    raise RequestError("stop must be a text or a list of texts", fields.at("stop"))


def tools(fields: Fields) -> list[Tool]:
    """The functions that the model may call."""
    found = []
    for tool in fields.each("tools"):
        if tool.need("type", str) != "function":
            raise tool.refuse("only tools of type 'function' can be used")
        function = tool.under("function")
        schema = function.take("parameters", dict, {})
        found.append(
            Tool(name=function.need("name", str), description=function.take("description", str, ""), schema=schema)
        )
    return found


def tool_choice(fields: Fields) -> str:
    """auto, none, required, or a function's name."""
    value = fields.any("tool_choice")
    if value is None or value in ("auto", "none", "required"):
        return str(value or "auto")
    choice = Fields(value, fields.at("tool_choice"))
    if choice.take("type", str) != "function":
        raise choice.refuse("only a choice of type 'function' can be made")
    return str((choice if "name" in choice.rest() else choice.under("function")).need("name", str))


def _schema(fields: Fields) -> dict[str, Any] | None:
    wanted = fields.under("response_format")
    match wanted.take("type", str, "text"):
        case "text":
            return None
        case "json_object":
            return {"type": "object"}
        case "json_schema":
            return dict(wanted.under("json_schema").need("schema", dict))
    raise wanted.refuse("type must be text, json_object or json_schema")


def _message(fields: Fields) -> Message:
    role = fields.need("role", str)
    if role == "tool":
        content = "".join(part.text for part in parts(fields, "content") if isinstance(part, Text))
        return Message("tool", (ToolResult(call_id=fields.need("tool_call_id", str), content=content),))
    if role not in ROLES:
        raise fields.refuse(f"role must be one of {', '.join([*ROLES, 'tool'])}")
    said: list[Part] = [*parts(fields, "content")]
    for call in fields.each("tool_calls"):
        function = call.under("function")
        said.append(
            ToolCall(
                id=call.need("id", str),
                name=function.need("name", str),
                arguments=function.take("arguments", str, "{}"),
            )
        )
    return Message(ROLES[role], said)  # type: ignore[arg-type]


def parts(fields: Fields, name: str) -> Iterator[Part]:
    """A message's content: a text, or a list of texts and images."""
    content = fields.rest().get(name)
    if content is None or isinstance(content, str):
        fields.any(name)
        if content:
            yield Text(content)
        return
    for part in fields.each(name):
        match kind := part.need("type", str):
            case "text" | "input_text" | "output_text":
                yield Text(part.need("text", str))
            case "refusal":
                yield Text(part.need("refusal", str))
            case "image_url":
                yield picture(part.under("image_url").need("url", str), part.at("image_url.url"))
            case "input_image":
                yield picture(part.need("image_url", str), part.at("image_url"))
            case "input_audio":
                audio = part.under("input_audio")
                yield inline(f"audio/{audio.need('format', str)}", audio.need("data", str), audio.at("data"))
            case _:
                raise part.refuse(f"parts of type '{kind}' can not be sent")
