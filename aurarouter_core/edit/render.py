"""Data as YAML text that every reader takes for the same thing."""

from __future__ import annotations

import math
from typing import Any

NO_WIDTH = 1_000_000_000
"""Columns after which the dumper may break a line: never."""

_BREAKS = "\n\r\x85\u2028\u2029"


def inline(value: Any, style: str = "", *, flow: bool = False) -> str:
    """A value on one line.

    Args:
        value: Plain data.
        style: The quotes that a string gets where it can; empty for none unless it needs them.
        flow: The text will stand between brackets or braces.
    """
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{inline(key, flow=True)}: {inline(item, flow=True)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(inline(item, flow=True) for item in value) + "]"
    if not isinstance(value, str):
        return _dumped(value, None, flow)
    if style not in ("'", '"') and not _looks_like_more(value):
        style = ""
    elif style not in ("'", '"'):
        style = "'"
    return _dumped(value, '"' if any(mark in value for mark in _BREAKS) else style or None, flow)


def block(value: dict[Any, Any] | list[Any], column: int, step: int, dash: int) -> list[str]:
    """A mapping or a list that isn't empty, an entry a line, from that column on."""
    if isinstance(value, list):
        return [line for item in value for line in entry("-", item, column, step, dash)]
    return [line for key, item in value.items() for line in entry(f"{inline(key)}:", item, column, step, dash)]


def entry(lead: str, value: Any, column: int, step: int, dash: int) -> list[str]:
    """One entry's lines; `lead` is its key and colon, or its dash."""
    start = " " * column + lead
    if isinstance(value, dict | list) and value:
        if lead == "-":
            inner = block(value, column + 2, step, dash)
            return [start + inner[0][column + 1 :], *inner[1:]]
        return [start, *block(value, column + (step if isinstance(value, dict) else dash), step, dash)]
    several = isinstance(value, str) and "\n" in value
    body = literal(value, column + (2 if lead == "-" else step)) if several else []
    return [f"{start} {body[0]}", *body[1:]] if body else [f"{start} {inline(value)}"]


def literal(value: str, column: int) -> list[str]:
    """Lines of text as they are, from the header on; nothing where only quotes can say it."""
    if not value.strip("\n") or value.endswith("\n\n"):
        return []
    lines = value.removesuffix("\n").split("\n")
    if any(not line.isprintable() or line.endswith(" ") for line in lines):
        return []
    if next(line for line in lines if line).startswith(" "):
        return []
    header = "|" if value.endswith("\n") else "|-"
    return [header, *(" " * column + line if line else "" for line in lines)]


def _dumped(value: Any, style: str | None, flow: bool) -> str:
    import yaml

    settings: dict[str, Any] = {"width": NO_WIDTH, "allow_unicode": True, "default_style": style}
    if flow:
        return str(yaml.safe_dump([value], default_flow_style=True, **settings)).strip()[1:-1]
    return str(yaml.safe_dump(value, **settings)).removesuffix("...\n").strip("\n")


def _looks_like_more(text: str) -> bool:
    """Other readers of YAML take it for a number or a boolean, though this one doesn't."""
    if text in ("y", "Y", "n", "N") or text.startswith(("0o", "0x")):
        return True
    try:
        return not math.isnan(float(text.replace("_", "")))
    except ValueError:
        return False
