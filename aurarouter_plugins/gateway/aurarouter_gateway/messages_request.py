"""`POST /v1/messages`: a request of Anthropic's API as a task.

Protocol: https://platform.claude.com/docs/en/api/messages
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from attrs import evolve

from aurarouter_gateway.asked import Asked, inline, picture, require_words, unread, wishes
from aurarouter_gateway.caller import BETA, Caller
from aurarouter_gateway.chat_request import result
from aurarouter_gateway.fields import Fields, RequestError
from aurarouter_hooks import Media, Message, Opaque, Part, Task, Text, Tool, ToolCall, ToolResult

PARAMETERS: dict[str, type] = {"temperature": float, "top_p": float, "top_k": int, "max_tokens": int}
CHOICES = {"auto": "auto", "any": "required", "none": "none"}
_NAMES = re.compile(r"[A-Za-z0-9_., -]{1,2000}")
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
    messages = [Message("system", [text]) for text in _system(fields)]
    messages += [_message(item) for item in fields.each("messages")]
    require_words((message for message in messages if message.role != "system"), "messages")
    parameters = fields.some(PARAMETERS)
    if limit and "max_tokens" not in parameters:
        raise RequestError("max_tokens is missing", "max_tokens")
    if parameters.get("max_tokens", 1) < 1:
        raise RequestError("max_tokens must be at least 1", "max_tokens")
    if stops := fields.texts("stop_sequences"):
        parameters["stop"] = stops
    stream = fields.take("stream", bool, False)
    choice = _choice(fields, parameters)
    tools = [*_tools(fields)]
    session = _session(fields)
    schema, output = _output(fields)
    header = _betas(caller)
    task = Task(
        messages=messages,
        parameters=parameters,
        tools=tools,
        tool_choice=choice,
        response_schema=schema,
        mode="direct",
        dialect="anthropic",
        extra={**(fields.carry() or {}), **output, **header},
        **caller.identity(session),
        **wishes(model),
    )
    return Asked(task=task, stream=stream, usage=True, **unread(fields, sent_on=header), echo={})


def _betas(caller: Caller) -> dict[str, str]:
    """What goes along with fields beyond the API's version: without it Claude refuses them."""
    if caller.betas and not _NAMES.fullmatch(caller.betas):
        raise RequestError(f"the header {BETA} is not names with commas between them")
    return {BETA: caller.betas} if caller.betas else {}


def _system(fields: Fields) -> Iterator[Text]:
    value = fields.rest().get("system")
    if isinstance(value, str):
        yield Text(fields.take("system", str))
    else:
        for block in fields.each("system"):
            if block.need("type", str) != "text":
                raise block.refuse("a system prompt holds text only")
            yield Text(block.need("text", str), extra=block.carry())


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
                yield Text(block.need("text", str), extra=block.carry())
            case "image" | "document":
                yield _media(block, kind)
            case "tool_use":
                arguments = json.dumps(block.take("input", dict, {}), ensure_ascii=False)
                call, name = block.need("id", str), block.need("name", str)
                yield ToolCall(id=call, name=name, arguments=arguments, extra=block.carry())
            case "tool_result":
                yield _result(block)
            case _ if kind in THINKING:
                thoughts = block.all()  # no other model can use them, and one without a signature is of another
                if thoughts.get("signature") or kind == "redacted_thinking":
                    yield Opaque(provider="claude", data={"type": kind, **thoughts})
            case _:
                raise block.refuse(f"blocks of type '{kind}' can not be sent")


def _result(block: Fields) -> ToolResult:
    call = block.need("tool_use_id", str)
    failed = block.take("is_error", bool, False)
    said: list[Part] = []
    if isinstance(block.rest().get("content"), str):
        said.append(Text(block.take("content", str)))
    for item in block.each("content"):
        match kind := item.need("type", str):
            case "text":
                said.append(Text(item.need("text", str)))
            case "image" | "document":
                said.append(_media(item, kind))
            case _:
                raise item.refuse(f"blocks of type '{kind}' can not be sent in a tool's result")
    return evolve(result(call, said, block.carry()), is_error=failed)


def _media(block: Fields, kind: str) -> Media:
    return evolve(_source(block.under("source"), kind), extra=block.carry())


def _source(source: Fields, kind: str) -> Media:
    match source.need("type", str):
        case "base64":
            return inline(source.need("media_type", str), source.need("data", str), source.at("data"))
        case "url" if kind == "image":
            return picture(source.need("url", str), source.at("url"))
        case "url":
            return Media(media_type="application/pdf", url=source.need("url", str))
        case "text":
            kind = source.take("media_type", str, "text/plain")
            return Media(media_type=kind, data=source.need("data", str).encode(errors="replace"))
    raise source.refuse("type must be base64, url or text")


def _tools(fields: Fields) -> Iterator[Tool]:
    for tool in fields.each("tools"):
        if (kind := tool.take("type", str, "custom")) != "custom":
            raise tool.refuse(f"the vendor's own tool '{kind}' can not be used through a router")
        yield Tool(
            name=tool.need("name", str),
            description=tool.take("description", str, ""),
            schema=tool.take("input_schema", dict, {}),
            extra=tool.carry(),
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


def _output(fields: Fields) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The schema of the answer, and what else is said of the output."""
    config = fields.under("output_config")
    schema = None
    wanted = config.rest().get("format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        named = config.under("format")
        named.any("type")
        schema = dict(named.need("schema", dict))
    left = config.carry()
    return schema, {"output_config": left} if left else {}


def _session(fields: Fields) -> str:
    """Some clients say in `metadata.user_id` which of the user's sessions this is."""
    metadata = fields.rest().get("metadata")
    user = metadata.get("user_id") if isinstance(metadata, dict) else None
    return user if isinstance(user, str) and "session" in user else ""
