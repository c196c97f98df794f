"""`POST /v1/chat/completions`: a request of OpenAI's chat API as a task.

Protocol: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import evolve

from aurarouter_gateway.asked import Asked, inline, picture, require_words, unread, wishes
from aurarouter_gateway.caller import Caller
from aurarouter_gateway.fields import Fields, RequestError
from aurarouter_gateway.turns import turns
from aurarouter_hooks import Media, Message, Part, Task, Text, Tool, ToolCall, ToolResult

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
    messages = turns(_message(item) for item in fields.each("messages"))
    require_words(messages, "messages")
    parameters = fields.some(PARAMETERS) | stop(fields)
    stream = fields.take("stream", bool, False)
    usage = fields.under("stream_options").take("include_usage", bool, False)
    cache_key = fields.see("prompt_cache_key", str, "")
    found, choice = tools(fields), tool_choice(fields)
    schema, form = _format(fields)
    dropped = fields.drop(WITHOUT_EFFECT)
    task = Task(
        messages=messages,
        tools=found,
        tool_choice=choice,
        parameters=parameters,
        response_schema=schema,
        mode="direct",
        dialect="openai",
        extra={**(fields.carry() or {}), **form},
        **caller.identity(cache_key),
        **wishes(model),
    )
    return Asked(task=task, stream=stream, usage=usage, **unread(fields, dropped), echo={})


def stop(fields: Fields) -> dict[str, Any]:
    """Where the answer is to stop: one text or several."""
    one = isinstance(fields.rest().get("stop"), str)
    found = fields.take("stop", str) if one else fields.texts("stop")
    return {"stop": found} if found else {}


def tools(fields: Fields) -> list[Tool]:
    """The functions that the model may call."""
    found = []
    for tool in fields.each("tools"):
        if tool.need("type", str) != "function":
            raise tool.refuse("only tools of type 'function' can be used")
        function = tool.under("function")
        schema = function.take("parameters", dict, {})
        name, description = function.need("name", str), function.take("description", str, "")
        found.append(Tool(name=name, description=description, schema=schema, extra=function.carry()))
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


def _format(fields: Fields) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    wanted = fields.under("response_format")
    match wanted.take("type", str, "text"):
        case "text":
            return None, {}
        case "json_object":
            return {"type": "object"}, {}
        case "json_schema":
            return named_schema(wanted.under("json_schema"))
    raise wanted.refuse("type must be text, json_object or json_schema")


def named_schema(named: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """A schema, and what is said of it beside (its name, whether it is strict), where the chat API has that."""
    found, left = named.need("schema", dict), named.carry()
    return dict(found), {"response_format": {"json_schema": left}} if left else {}


def _message(fields: Fields) -> Message:
    role = fields.need("role", str)
    if role == "tool":
        call, answer = fields.need("tool_call_id", str), [*parts(fields, "content")]
        return Message("tool", [result(call, answer, fields.carry())])
    if role not in ROLES:
        raise fields.refuse(f"role must be one of {', '.join([*ROLES, 'tool'])}")
    said: list[Part] = [*parts(fields, "content")]
    said += [_call(call) for call in fields.each("tool_calls")]
    fields.any("reasoning_content")  # thoughts of whoever answered before; no other model can use them
    return Message(ROLES[role], said, extra=fields.carry())  # type: ignore[arg-type]


def _call(fields: Fields) -> ToolCall:
    fields.take("type", str)
    function = fields.under("function")
    name, arguments = function.need("name", str), function.take("arguments", str, "{}")
    return ToolCall(id=fields.need("id", str), name=name, arguments=arguments, extra=fields.carry())


def result(call: str, said: Sequence[Part], extra: Mapping[str, Any] | None = None) -> ToolResult:
    """What a tool has answered, in text and images.

    A line end stands between its texts: else the end of one and the beginning of the next are read as one word, by
    models and by whoever looks for private data.
    """
    text = "\n".join(part.text for part in said if isinstance(part, Text))
    media = tuple(part for part in said if isinstance(part, Media))
    return ToolResult(call_id=call, content=text, media=media, extra=extra)


def parts(fields: Fields, name: str) -> Iterator[Part]:
    """A message's content: a text, or a list of texts and images."""
    content = fields.rest().get(name)
    if content is None or isinstance(content, str):
        if text := fields.take(name, str):
            yield Text(text)
        return
    for part in fields.each(name):
        match kind := part.need("type", str):
            case "text":
                yield Text(part.need("text", str), extra=part.carry())
            case "input_text" | "output_text":
                for told in ("annotations", "logprobs"):  # an answer's own, when it is sent back
                    part.any(told)
                yield Text(part.need("text", str))
            case "refusal":
                yield Text(part.need("refusal", str))
            case "image_url":
                image = part.under("image_url")
                yield evolve(picture(image.need("url", str), image.at("url")), extra=image.carry())
            case "input_image":
                yield evolve(picture(part.need("image_url", str), part.at("image_url")), extra=part.carry())
            case "input_audio":
                audio = part.under("input_audio")
                yield inline(f"audio/{audio.need('format', str)}", audio.need("data", str), audio.at("data"))
            case _:
                raise part.refuse(f"parts of type '{kind}' can not be sent")
