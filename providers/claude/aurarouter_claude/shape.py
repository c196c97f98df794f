"""The shape that an answer is to have: a schema that the API keeps to, or where it can't, a sentence for the model.

Protocol: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

CLOSED = {"$ref", "allOf", "anyOf", "const", "enum", "oneOf"}  # words that say elsewhere what an object holds
WITHIN = ("$defs", "definitions", "properties")  # named schemas
ALONE = ", and with nothing else: no words around it, no code fence"
LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")


def is_open(schema: object) -> bool:
    """Whether an object in it may hold what the schema doesn't name: the API allows only objects that hold no more.

    One that names properties, and says nothing of others, counts as closed: that is how most are meant.
    """
    if not isinstance(schema, Mapping):
        return False
    kind, more = schema.get("type"), schema.get("additionalProperties")
    if kind == "object" or (isinstance(kind, list) and "object" in kind):
        if more is True or isinstance(more, Mapping) or schema.get("patternProperties"):
            return True
        if more is None and not schema.get("properties") and not CLOSED & schema.keys():
            return True
    inner = [item for name in WITHIN if isinstance(named := schema.get(name), Mapping) for item in named.values()]
    inner += [item for name in LISTED if isinstance(listed := schema.get(name), list) for item in listed]
    return any(map(is_open, (*inner, schema.get("items"))))


def asked_for(schema: Mapping[str, Any]) -> str:
    """The same in words."""
    if schema.keys() <= {"type", "additionalProperties"} and schema.get("additionalProperties", True) is True:
        return f"Answer with a JSON object{ALONE}."
    return f"Answer with JSON that fits this JSON Schema{ALONE}:\n{json.dumps(schema, ensure_ascii=False)}"


def taken(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """In the part of JSON Schema that the API takes; what it doesn't is told to the model in a description instead."""
    from anthropic import transform_schema

    try:
        return transform_schema(dict(schema))
    except (AttributeError, TypeError, ValueError, AssertionError, RecursionError) as exc:
        log.debug("the SDK cannot adapt this response schema, so it is sent as it is: %s", type(exc).__name__)
        return schema
