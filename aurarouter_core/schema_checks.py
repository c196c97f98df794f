"""What attrs' validators allow, in the words of JSON Schema."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Collection, Mapping
from typing import Any

from attrs import validators

from aurarouter_core import ability_names, asset_settings, config

Schema = dict[str, Any]

VARIABLE = r"(?:^|[^$])\$\{env\.[A-Za-z_][A-Za-z0-9_]*\}"
"""Text that names a variable: what it stands for is not known before it is read."""

RULES: Mapping[object, tuple[str, str]] = {
    asset_settings.plain_name: (r"^(?!\.{1,2}$)[^/\\\u0000]+$", "a plain file name"),
    ability_names.an_ability: (
        rf"^(?:{'|'.join(ability_names.ABILITIES)})$",
        f"any of {', '.join(ability_names.ABILITIES)}",
    ),
    config._variable: (r"^([A-Za-z_][A-Za-z0-9_]*)?$", "the name of a variable"),
    asset_settings.scheme_and_place: (r"^[^\W\d]\w*:[\s\S]", "a scheme, a colon and a location"),
}
"""What checks of our own allow, as a pattern and in words."""

LIMITS = {">": "exclusiveMinimum", ">=": "minimum", "<": "exclusiveMaximum", "<=": "maximum"}

# attrs has no public names for the classes of its validators; one of each shows what they are.
BOTH: Any = type(validators.and_())
MAYBE: Any = type(validators.optional(validators.gt(0)))
NUMBER: Any = type(validators.gt(0))
ONE_OF: Any = type(validators.in_(()))
LEAST: Any = type(validators.min_len(0))
MOST: Any = type(validators.max_len(0))
LIKE: Any = type(validators.matches_re(""))
EACH: Any = type(validators.deep_iterable([]))


def narrow(schema: Schema, check: Any, converter: Any) -> None:
    """Take a validator into account. One that is not known here leaves the schema wider, never too narrow."""
    if isinstance(check, BOTH):
        for part in check._validators:
            narrow(schema, part, converter)
    elif isinstance(check, MAYBE):
        narrow(schema, check.validator, converter)
    elif isinstance(check, ONE_OF):
        _choose(schema, _in_order(check._original_options), converter)
    elif converter is not None:
        return  # a check sees what the converter made, and the schema what is written
    elif isinstance(check, NUMBER) and isinstance(check.bound, int | float):
        schema[LIMITS[check.compare_op]] = check.bound
    elif isinstance(check, EACH) and "items" in schema:
        narrow(schema["items"], check.member_validator, None)
    elif isinstance(check, LEAST | MOST):
        _limit_length(schema, check)
    elif isinstance(check, LIKE) and not check.pattern.flags & ~re.UNICODE:
        _match(schema, *_written(check))
    elif isinstance(check, types.FunctionType) and check in RULES:
        _match(schema, *RULES[check])


def _choose(schema: Schema, choices: list[Any], converter: Callable[[Any], Any] | None) -> None:
    pattern = VARIABLE
    if converter is not None:
        if any(converter(choice) != choice for choice in choices):
            return
        if all(isinstance(one, str) and converter(one.lower()) == converter(one.title()) == one for one in choices):
            pattern = rf"^(?:{'|'.join(map(_any_case, choices))})$|{VARIABLE}"
    known = [*choices, None] if "null" in schema.get("type", ()) else choices
    schema["anyOf"] = [{"enum": known}, {"type": "string", "pattern": pattern}]


def _in_order(choices: Collection[Any]) -> list[Any]:
    """A set has no order of its own, and a schema must not change from run to run."""
    return sorted(choices, key=str) if isinstance(choices, set | frozenset) else list(choices)


def _any_case(text: str) -> str:
    return "".join(f"[{c.upper()}{c.lower()}]" if c.upper() != c.lower() else re.escape(c) for c in text)


def _limit_length(schema: Schema, check: Any) -> None:
    least = isinstance(check, LEAST)
    length, way = (check.min_length, "min") if least else (check.max_length, "max")
    if "items" in schema:
        schema[f"{way}Items"] = length
    elif "additionalProperties" in schema:
        schema[f"{way}Properties"] = length
    else:
        some = f"{length}," if least else f"0,{length}"
        _match(schema, rf"^[\s\S]{{{some}}}$", f"at {'least' if least else 'most'} {length} characters")


def _written(check: Any) -> tuple[str, str]:
    text = check.pattern.pattern
    form = {"match": f"^(?:{text})", "search": text}.get(getattr(check.match_func, "__name__", ""), f"^(?:{text})$")
    return form, f"text like {text}"


def _match(schema: Schema, pattern: str, words: str) -> None:
    """Text must match, or name a variable whose text nobody knows yet."""
    rule = {"pattern": f"{pattern}|{VARIABLE}", "patternErrorMessage": f"expected {words}"}
    if "pattern" in schema:
        schema.setdefault("allOf", []).append(rule)
    else:
        schema.update(rule)
