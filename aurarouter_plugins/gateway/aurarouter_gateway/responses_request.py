"""`POST /v1/responses`: a request of OpenAI's responses API as a task.

Protocol: https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aurarouter_gateway.asked import Asked, require_words, unread, wishes
from aurarouter_gateway.caller import Caller
from aurarouter_gateway.chat_request import ROLES, named_schema, parts, result, tool_choice
from aurarouter_gateway.fields import Fields, RequestError
from aurarouter_gateway.turns import turns
from aurarouter_hooks import Message, Task, Tool, ToolCall

PARAMETERS: dict[str, type] = {"temperature": float, "top_p": float, "top_logprobs": int, "parallel_tool_calls": bool}
STATEFUL = ("previous_response_id", "conversation", "prompt")
WITHOUT_EFFECT = (
    *("store", "metadata", "service_tier", "safety_identifier", "user", "truncation"),
    *("include", "client_metadata", "stream_options", "max_tool_calls"),
)


def read(body: Any, caller: Caller) -> Asked:
    """Read a request.

    Raises:
        RequestError: It is not what the API takes, or needs answers to be kept on the server.
    """
    fields = Fields(body)
    model = fields.need("model", str)
    for name in STATEFUL:
        if fields.any(name) is not None:
            raise RequestError(f"{name}: no answers are kept here; send the whole conversation in 'input'", name)
    if fields.take("background", bool, False):
        raise RequestError("background: answers are given at once or not at all", "background")
    instructions = fields.take("instructions", str, "")
    messages = [Message("system", instructions)] if instructions else []
    messages += turns(_input(fields))
    require_words((message for message in messages if message.role != "system"), "input")
    echo = {
        "instructions": instructions or None,
        "metadata": fields.see("metadata", dict, {}),
        "text": {"format": {"type": "text"}, **fields.see("text", dict, {})},
        "tool_choice": fields.rest().get("tool_choice") or "auto",
        "tools": fields.rest().get("tools") or [],
    }
    parameters = fields.some(PARAMETERS)
    if (limit := fields.take("max_output_tokens", int)) is not None:
        parameters["max_tokens"] = limit
    if effort := fields.under("reasoning").take("effort", str):
        parameters["reasoning_effort"] = effort
    schema, extra = _format(fields.under("text"))
    cached = fields.some({"prompt_cache_key": str})
    stream = fields.take("stream", bool, False)
    dropped = fields.drop(WITHOUT_EFFECT)
    tools = [*_tools(fields)]
    choice = tool_choice(fields)
    task = Task(
        messages=messages,
        parameters=parameters,
        tools=tools,
        tool_choice=choice,
        response_schema=schema,
        mode="direct",
        dialect="openai",
        extra={**extra, **cached},
        **caller.identity(cached.get("prompt_cache_key", "")),
        **wishes(model),
    )
    echo["parameters"] = parameters
    return Asked(task=task, stream=stream, usage=True, **unread(fields, dropped, cached), echo=echo)


def _input(fields: Fields) -> Iterator[Message]:
    value = fields.rest().get("input")
    if isinstance(value, str):
        yield Message("user", fields.take("input", str))
        return
    for item in fields.each("input"):
        for told in ("id", "status"):  # an answer's own, when it is sent back
            item.any(told)
        match kind := item.take("type", str, "message"):
            case "message":
                role = item.need("role", str)
                if role not in ROLES:
                    raise item.refuse(f"role must be one of {', '.join(ROLES)}")
                yield Message(ROLES[role], [*parts(item, "content")])  # type: ignore[arg-type]
            case "function_call":
                name, arguments = item.need("name", str), item.take("arguments", str, "{}")
                yield Message("assistant", [ToolCall(id=item.need("call_id", str), name=name, arguments=arguments)])
            case "function_call_output":
                yield Message("tool", [result(item.need("call_id", str), [*parts(item, "output")])])
            case "reasoning":
                item.all()  # thoughts of whoever answered before; no other model can use them
            case _:
                raise item.refuse(f"items of type '{kind}' can not be sent")


def _tools(fields: Fields) -> Iterator[Tool]:
    for tool in fields.each("tools"):
        if (kind := tool.need("type", str)) != "function":
            raise tool.refuse(f"the vendor's own tool '{kind}' can not be used through a router")
        schema = tool.take("parameters", dict, {})
        name, description = tool.need("name", str), tool.take("description", str, "")
        yield Tool(name=name, description=description, schema=schema, extra=tool.carry())


def _format(text: Fields) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The schema of the answer, and what else is said of its text: `verbosity` stands at the top in the chat API."""
    wanted = text.under("format")
    left = text.carry() or {}
    match wanted.take("type", str, "text"):
        case "text":
            return None, left
        case "json_object":
            return {"type": "object"}, left
        case "json_schema":
            schema, form = named_schema(wanted)
            return schema, {**left, **form}
    raise wanted.refuse("type must be text, json_object or json_schema")
