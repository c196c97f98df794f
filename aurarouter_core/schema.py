"""JSON Schema of the configuration, made from its classes: for editors, and for the reference page."""

from __future__ import annotations

import enum
import inspect
import math
import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from aurarouter_core import amounts
from aurarouter_core.amounts import Amount
from aurarouter_core.config import RESERVED, SHORT_FORMS, Config, ModelEntry, RoleEntry, settings_of
from aurarouter_core.privacy_settings import Profile
from aurarouter_core.schema_checks import VARIABLE, Schema, narrow
from aurarouter_core.structure import KERNEL_SECTIONS, NAMED
from aurarouter_hooks import Secret

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The newest draft that the YAML language server, which most editors use, knows whole."""

OLDER_NAMES: Mapping[type, Mapping[str, str]] = {RoleEntry: {"chain": "models"}}


def json_schema(plugin_sections: Mapping[str, type] | None = None) -> Schema:
    """The JSON Schema (draft-07) of a configuration file.

    It never refuses what the loader accepts, but for what another layer adds; what only the whole can show to be
    wrong (a role that names no model), it does not see.

    Args:
        plugin_sections: Section name → class, of the plugins of one installation; sections beside these are then
            unknown. None: any plugin may be there, so any section is allowed.
    """
    explained = explanations(Config)
    sections: Schema = {}
    for name, kind in {**KERNEL_SECTIONS, **(plugin_sections or {})}.items():
        section = _names(NAMED[name]) if name in NAMED else _kind(kind)
        if section.get("type") == "object" and "required" not in section:
            section["type"] = ["object", "null"]
        sections[name] = _explained(section, explained.get(name, ""))
    needed = [name for name, section in sections.items() if "required" in section]
    return {
        "$schema": DRAFT,
        "title": "AuraRouter configuration",
        "type": "object",
        "properties": sections,
        **({"required": needed} if needed else {}),
        "additionalProperties": plugin_sections is None,
    }


def explanations(kind: type) -> dict[str, str]:
    """What a class's docstring says of each attribute, on one line each."""
    found: dict[str, str] = {}
    for parent in reversed(kind.__mro__):
        name = ""
        for line in _paragraphs(parent).partition("\nAttributes:\n")[2].splitlines():
            if line and not line.startswith(" "):
                break
            if start := re.match(r" {4}(\w+): (.*)", line):
                name = start[1]
                found[name] = start[2].strip()
            elif name:
                found[name] = f"{found[name]} {line.strip()}".strip()
    return found


def _paragraphs(kind: type) -> str:
    return inspect.cleandoc(kind.__doc__ or "")


def _names(kind: type) -> Schema:
    names: Schema = {"type": "string", "minLength": 1}
    if kind is ModelEntry:
        names["not"] = {"pattern": f"^(?:{RESERVED.pattern})".replace(r"\Z", "$")}  # editors' patterns are ECMAScript's
    return {"type": "object", "propertyNames": names, "additionalProperties": _entry(kind)}


def _entry(kind: type) -> Schema:
    hints, explained = typing.get_type_hints(kind), explanations(kind)
    settings = {item.name: _setting(item, hints[item.name], explained) for item in settings_of(kind)}
    schema: Schema = {
        "type": "object",
        "description": " ".join(_paragraphs(kind).partition("\n\n")[0].split()),
        "properties": settings,
        "additionalProperties": False,
    }
    for old, new in OLDER_NAMES.get(kind, {}).items():
        words = f"An older name of `{new}`."
        settings[old] = {**settings[new], "description": words, "deprecationMessage": words}
    if needed := [item.name for item in settings_of(kind) if item.default is attrs.NOTHING]:
        schema["required"] = needed
    if short := SHORT_FORMS.get(kind):
        schema["type"] = ["object", "array"]
        schema["items"] = settings[short]["items"]
    return schema


def _setting(item: attrs.Attribute[Any], kind: Any, explained: Mapping[str, str]) -> Schema:
    schema = _explained(_kind(kind), explained.get(item.name, ""))
    narrow(schema, item.validator, item.converter)
    if (default := _plain(_default(item))) not in (None, "", [], {}):
        schema["default"] = default
    return schema


def _explained(schema: Schema, words: str) -> Schema:
    """With what is said of this place first, then what is said of the class."""
    known = schema.get("description", "")
    return {**schema, "description": known if words in known else f"{words} {known}".strip()}


def _default(item: attrs.Attribute[Any]) -> Any:
    made: Any = item.default
    if made is attrs.NOTHING:
        return None
    if hasattr(made, "factory"):
        return None if made.takes_self else made.factory()
    return made


def _kind(kind: Any) -> Schema:
    """A type of Python's as JSON Schema; what it has no word for is not judged."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        parts = [_kind(part) for part in arguments if part is not type(None)]
        schema = parts[0] if len(parts) == 1 else {"anyOf": parts}
        return _or_null(schema) if type(None) in arguments else schema
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin is tuple and arguments[-1] is not Ellipsis:
        return {"type": "array"}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", **({"additionalProperties": values} if (values := _kind(arguments[1])) else {})}
    if origin is not None and issubclass(origin, Sequence):
        text = {"pattern": VARIABLE, "patternErrorMessage": "expected a list, or ${env.NAME}"}
        single: Schema = {"type": ["array", "string"], **text} if arguments[0] is str else {"type": "array"}
        return {**single, "items": _kind(arguments[0])}
    if not isinstance(kind, type):
        return {}
    if attrs.has(kind):
        return _entry(kind)
    if issubclass(kind, enum.Enum):
        return {"enum": [member.value for member in kind]}
    if kind is Amount:
        pattern = rf"{amounts.PATTERN}|{VARIABLE}"
        return {"type": ["string", "integer"], "pattern": pattern, "patternErrorMessage": f"expected {amounts.WORDS}"}
    if kind is Secret:
        return {"type": "string", "writeOnly": True}
    if kind is str or kind is Profile:
        return {"type": "string"}
    for known, word, words in (
        (bool, "boolean", "true or false"), (int, "integer", "a whole number"), (float, "number", "a number"),
    ):  # fmt: skip
        if kind is known:
            message = f"expected {words}, or ${{env.NAME}}"
            return {"type": [word, "string"], "pattern": VARIABLE, "patternErrorMessage": message}
    return {}


def _or_null(schema: Schema) -> Schema:
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if "anyOf" in schema:
        return {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    kinds = schema.get("type")
    return {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]} if kinds else schema


def _plain(value: Any) -> Any:
    """The value when JSON has a word for it, else None."""
    if isinstance(value, enum.Enum):
        return _plain(value.value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str | int):
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return None
