"""What requests and answers look like, as JSON Schema: what is read of a request, and what an answer holds in any case.

Fields that are not named here may come in too; a provider of the same dialect gets them. Null is as good as absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aurarouter_gateway import chat_request, messages_request, responses_request
from aurarouter_gateway.embeddings import FORMATS, LONGEST, MOST
from aurarouter_gateway.services import SAYS, Method

Schema = dict[str, Any]

NAMES = {bool: "boolean", dict: "object", float: "number", int: "integer", list: "array", str: "string"}
TEXT: Schema = {"type": "string"}
WORDS: Schema = {"type": "string", "minLength": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}


def just(*values: str) -> Schema:
    """One of these texts."""
    return {"enum": [*values]}


def either(*schemas: Schema) -> Schema:
    """One of these, or several."""
    return {"anyOf": [*schemas]}


def or_null(schema: Schema) -> Schema:
    """This, or null."""
    return either(schema, {"type": "null"})


def many(schema: Schema, **more: Any) -> Schema:
    """A list of these."""
    return {"type": "array", "items": schema, **more}


def thing(needs: Mapping[str, Schema] | None = None, may: Mapping[str, Schema] | None = None) -> Schema:
    """An object: what it needs, and what it may have; both may be followed by more."""
    needs = needs or {}
    free = {name: or_null(schema) for name, schema in (may or {}).items()}
    return {"type": "object", "required": [*needs], "properties": {**needs, **free}}


def kinds(found: Mapping[str, type]) -> dict[str, Schema]:
    """Fields by their kinds in Python."""
    return {name: {"type": NAMES[kind]} for name, kind in found.items()}


# Requests

PART = thing({"type": TEXT})
CONTENT = either(TEXT, many(PART))
MODEL: Schema = {
    "description": "auto, role:NAME, intent:NAME, or a configured model's id",
    **either({"const": "auto"}, TEXT),
}
SYSTEM = {"system": either(TEXT, many(thing({"type": just("text"), "text": TEXT})))}
FUNCTION = {"description": TEXT, "parameters": thing()}
CALLED = thing({"name": TEXT}, {"arguments": TEXT})
FORMAT = just("text", "json_object", "json_schema")
CHOICE = either(just("auto", "none", "required"), thing({"type": just("function")}))


def _roles(roles: Iterable[str]) -> Schema:
    return just(*roles)


def _chat() -> Schema:
    call = thing({"id": TEXT, "function": CALLED}, {"type": just("function")})
    said = thing({"role": _roles(chat_request.ROLES)}, {"content": CONTENT, "tool_calls": many(call)})
    result = thing({"role": just("tool"), "tool_call_id": TEXT}, {"content": CONTENT})
    return thing(
        {"model": MODEL, "messages": many(either(said, result), minItems=1)},
        {
            **kinds(chat_request.PARAMETERS),
            "n": {"const": 1},
            "response_format": thing(may={"type": FORMAT, "json_schema": thing({"schema": thing()})}),
            "stop": either(TEXT, many(TEXT)),
            "stream": {"type": "boolean"},
            "stream_options": thing(may={"include_usage": {"type": "boolean"}}),
            "tool_choice": CHOICE,
            "tools": many(thing({"type": just("function"), "function": thing({"name": TEXT}, FUNCTION)})),
        },
    )


def _responses() -> Schema:
    items = (
        thing({"role": _roles(chat_request.ROLES)}, {"type": just("message"), "content": CONTENT}),
        thing({"type": just("function_call"), "call_id": TEXT, "name": TEXT}, {"arguments": TEXT}),
        thing({"type": just("function_call_output"), "call_id": TEXT}, {"output": CONTENT}),
        thing({"type": just("reasoning")}),
    )
    return thing(
        {"model": MODEL, "input": either(TEXT, many(either(*items)))},
        {
            **kinds(responses_request.PARAMETERS),
            "instructions": TEXT,
            "max_output_tokens": {"type": "integer"},
            "reasoning": thing(may={"effort": TEXT}),
            "stream": {"type": "boolean"},
            "text": thing(may={"format": thing(may={"type": FORMAT, "schema": thing()})}),
            "tool_choice": CHOICE,
            "tools": many(thing({"type": just("function"), "name": TEXT}, FUNCTION)),
        },
    )


def _messages(*, limit: bool) -> Schema:
    said = thing({"role": just("user", "assistant", "system"), "content": CONTENT})
    named = {"disable_parallel_tool_use": {"type": "boolean"}, "name": TEXT}
    choice = thing(may={"type": just(*messages_request.CHOICES, "tool"), **named})
    needs = {"model": MODEL, "messages": many(said, minItems=1)}
    return thing(
        {**needs, "max_tokens": {"type": "integer"}} if limit else needs,
        {
            **{name: kind for name, kind in kinds(messages_request.PARAMETERS).items() if name != "max_tokens"},
            **SYSTEM,
            "output_config": thing(),
            "stop_sequences": many(TEXT),
            "stream": {"type": "boolean"},
            "tool_choice": choice,
            "tools": many(thing({"name": TEXT}, {"description": TEXT, "input_schema": thing()})),
        },
    )


CHAT, RESPONSES, MESSAGES, COUNTING = _chat(), _responses(), _messages(limit=True), _messages(limit=False)
EMBEDDINGS = thing(
    {
        "model": {**MODEL, "description": "auto, role:NAME, or a configured model's id"},
        "input": either(WORDS, many(WORDS, minItems=1, maxItems=MOST)),
    },
    {"encoding_format": just(*FORMATS), "dimensions": {"type": "integer", "minimum": 1, "maximum": LONGEST}},
)


def inputs(method: Method) -> Schema:
    """What a method of a service takes."""
    takes = kinds({**method.takes, **SAYS})
    needs = [thing({name: takes[name]}) for name in method.needs]
    return thing(may=takes) | either(*needs) | {"additionalProperties": False}


# Answers

TOOL_CALL = thing({"id": TEXT, "type": just("function"), "function": thing({"name": TEXT, "arguments": TEXT})})
MESSAGE = thing({"role": just("assistant"), "content": or_null(TEXT)}, {"tool_calls": many(TOOL_CALL)})
FINISH = just("stop", "length", "tool_calls", "content_filter")
TOKENS = thing({"prompt_tokens": COUNT, "completion_tokens": COUNT, "total_tokens": COUNT})
USED = thing({"input_tokens": COUNT, "output_tokens": COUNT})
COMPLETION = thing(
    {
        "id": TEXT,
        "object": just("chat.completion"),
        "created": COUNT,
        "model": TEXT,
        "choices": many(thing({"index": COUNT, "message": MESSAGE, "finish_reason": FINISH}), minItems=1),
        "usage": TOKENS,
    }
)
RESPONSE = thing(
    {
        "id": TEXT,
        "object": just("response"),
        "created_at": COUNT,
        "status": just("completed", "incomplete"),
        "model": TEXT,
        "output": many(thing({"type": just("message", "function_call"), "id": TEXT})),
        "usage": USED,
    }
)
SAID = thing(
    {
        "id": TEXT,
        "type": just("message"),
        "role": just("assistant"),
        "model": TEXT,
        "content": many(PART),
        "stop_reason": TEXT,
        "usage": USED,
    }
)
COUNTED = thing({"input_tokens": COUNT})
VECTOR = thing({"object": just("embedding"), "index": COUNT, "embedding": either(many({"type": "number"}), TEXT)})
VECTORS = thing(
    {
        "object": just("list"),
        "data": many(VECTOR),
        "model": TEXT,
        "usage": thing({"prompt_tokens": COUNT, "total_tokens": COUNT}),
    }
)
NAMED = thing({"id": TEXT, "object": just("model"), "owned_by": TEXT}, {"capabilities": many(TEXT)})
LISTED = thing({"object": just("list"), "data": many(NAMED)})
STATUS = thing({"status": TEXT})
WRONG = {"message": TEXT, "type": TEXT}
FAULT = thing({"error": thing({**WRONG, "code": TEXT, "param": or_null(TEXT)})})
FAULT_OF_MESSAGES = thing({"type": just("error"), "error": thing(WRONG)})


def outputs(method: Method) -> Schema:
    """What a method of a service gives; `error` where it did not succeed."""
    return thing(kinds(method.gives), {"error": TEXT})
