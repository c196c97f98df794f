"""`POST /v1/messages`: a request of Anthropic's API as a task.

Protocol: https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from aurarouter_gateway.asked import Asked, inline, picture, require_words, wishes
from aurarouter_gateway.caller import Caller
from aurarouter_gateway.fields import Fields, RequestError
from aurarouter_hooks import Media, Message, Opaque, Part, Task, Text, Tool, ToolCall, ToolResult

PARAMETERS: dict[str, type] = {"temperature": float, "top_p": float, "top_k": int, "max_tokens": int}
CHOICES = {"auto": "auto", "any": "required", "none": "none"}
THINKING = ("thinking", "redacted_thinking")


def read(body: Any, caller: Caller, *, limit: bool = True) -> Asked:
    """Read a request.

    Args:
        body: The JSON that came.
        caller: Who asks.
        limit: `max_tokens` has to be there; counting tokens needs none.

    Raises:
        RequestError: It is not what the API takes.
    """
    fields = Fields(body)
    model = fields.need("model", str)
    if limit and not isinstance(fields.rest().get("max_tokens"), int):
        raise RequestError("max_tokens is missing", "max_tokens")
    messages = [Message("system", text) for text in _system(fields)]
    messages += [_message(item) for item in fields.each("messages")]
    require_words((message for message in messages if message.role != "system"), "messages")
    parameters = fields.some(PARAMETERS)
    if stops := fields.take("stop_sequences", list):
        parameters["stop"] = stops
    stream = fields.take("stream", bool, False)
    choice = _choice(fields, parameters)
    tools = [*_tools(fields)]
    session = _session(fields)
    schema = _schema(fields)
    rest = fields.rest()
    task = Task(
        messages=messages,
        parameters=parameters,
        tools=tools,
        tool_choice=choice,
        response_schema=schema,
        mode="direct",
        dialect="anthropic",
        extra=rest,
        **caller.identity(session),
        **wishes(model),
    )
    return Asked(task=task, stream=stream, usage=True, unknown=tuple(rest), echo={})


def _system(fields: Fields) -> Iterator[str]:
    value = fields.rest().get("system")
    if isinstance(value, str):
        yield fields.take("system", str)
    else:
        for block in fields.each("system"):
            if block.need("type", str) != "text":
                raise block.refuse("a system prompt holds text only")
            yield block.need("text", str)


def _message(fields: Fields) -> Message:
    role = fields.need("role", str)
    if role not in ("user", "assistant", "system"):
        raise fields.refuse("role must be user or assistant")
    said = [*_blocks(fields)]
    if said and all(isinstance(part, ToolResult) for part in said):
        return Message("tool", said)
    return Message(role, said)


def _blocks(fields: Fields) -> Iterator[Part]:
    content = fields.rest().get("content")
    if isinstance(content, str):
        yield Text(fields.take("content", str))
        return
    for block in fields.each("content"):
        match kind := block.need("type", str):
            case "text":
                yield Text(block.need("text", str))
            case "image" | "document":
                yield _media(block, kind)
            case "tool_use":
                arguments = json.dumps(block.take("input", dict, {}), ensure_ascii=False)
                yield ToolCall(id=block.need("id", str), name=block.need("name", str), arguments=arguments)
            case "tool_result":
                yield _result(block)
            case _ if kind in THINKING:
                if block.rest().get("signature") or kind == "redacted_thinking":
                    yield Opaque(provider="claude", data={"type": kind, **block.rest()})
            case _:
                raise block.refuse(f"blocks of type '{kind}' can not be sent")


def _result(block: Fields) -> ToolResult:
    call = block.need("tool_use_id", str)
    failed = block.take("is_error", bool, False)
    content = [*_blocks(block)] if block.rest().get("content") is not None else []
    text = "".join(part.text for part in content if isinstance(part, Text))
    media = tuple(part for part in content if isinstance(part, Media))
    return ToolResult(call_id=call, content=text, is_error=failed, media=media)


def _media(block: Fields, kind: str) -> Media:
    source = block.under("source")
    match source.need("type", str):
        case "base64":
            return inline(source.need("media_type", str), source.need("data", str), source.at("data"))
        case "url" if kind == "image":
            return picture(source.need("url", str), source.at("url"))
        case "url":
            return Media(media_type="application/pdf", url=source.need("url", str))
        case "text":
            return Media(media_type="text/plain", data=source.need("data", str).encode())
    raise source.refuse("type must be base64, url or text")


def _tools(fields: Fields) -> Iterator[Tool]:
    for tool in fields.each("tools"):
        if (kind := tool.take("type", str, "custom")) != "custom":
            raise tool.refuse(f"the vendor's own tool '{kind}' can not be used through a router")
        yield Tool(
            name=tool.need("name", str),
            description=tool.take("description", str, ""),
            schema=tool.take("input_schema", dict, {}),
        )


def _choice(fields: Fields, parameters: dict[str, Any]) -> str:
    choice = fields.under("tool_choice")
    if choice.take("disable_parallel_tool_use", bool, False):
        parameters["parallel_tool_calls"] = False
    kind = choice.take("type", str, "auto")
    if kind == "tool":
        return str(choice.need("name", str))
    if kind not in CHOICES:
        raise choice.refuse("type must be auto, any, tool or none")
    return CHOICES[kind]


def _schema(fields: Fields) -> dict[str, Any] | None:
    config = fields.rest().get("output_config")
    wanted = config.get("format") if isinstance(config, dict) else None
    if not isinstance(config, dict) or not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return None
    fields.rest()["output_config"] = {name: value for name, value in config.items() if name != "format"}
    if not fields.rest()["output_config"]:
        fields.any("output_config")
    return dict(Fields(wanted, "output_config.format").need("schema", dict))


def _session(fields: Fields) -> str:
    """Some clients say in `metadata.user_id` which of the user's sessions this is."""
    metadata = fields.rest().get("metadata")
    user = metadata.get("user_id") if isinstance(metadata, dict) else None
    return user if isinstance(user, str) and "session" in user else ""
