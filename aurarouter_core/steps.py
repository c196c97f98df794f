"""Reads the steps of a plan out of what a model wrote, however it wrote them; never fails, and takes linear time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 1000
"""Characters of a step; the rest is cut."""
READ = 200_000
"""Characters of a reply that are looked at."""
TRIES = 8
"""Places at which JSON is looked for."""
DEEP = 3
LISTS = ("steps", "plan", "tasks", "actions")
TEXTS = ("step", "description", "task", "action", "instruction", "text", "content", "title", "name")
NUMBER = re.compile(r"\A\s*(?:step\s+)?\(?\d{1,6}\s*[.):]\s*(?=\S)", re.IGNORECASE)
NUMBERED = re.compile(
    r"^[ \t]*(?:\*\*|#+ )?(?:(?:step\s+)?\(?\d{1,6}[.):]+|[-*•])[ \t]+(?=\S)(.*)$", re.IGNORECASE | re.MULTILINE
)
OPEN_LIST = re.compile(r"""["'](?:steps|plan)["']\s*:\s*\[""", re.IGNORECASE)
LITERAL = re.compile(r"""[\s,]*("(?:[^"\\]|\\.)*")""", re.DOTALL)
UNSEEN = dict.fromkeys([*range(32), *range(127, 160)], " ")
NUMBER_KEY = re.compile(r"\A(?:step)?[ _-]*\d{1,6}\Z", re.IGNORECASE)


def schema(most: int) -> dict[str, Any]:
    """What a plan of two to `most` steps looks like, as JSON Schema: small, so that a grammar can be made of it."""
    step = {"type": "string", "minLength": 1, "maxLength": 300}
    steps = {"type": "array", "items": step, "minItems": 2, "maxItems": most}
    return {"type": "object", "properties": {"steps": steps}, "required": ["steps"], "additionalProperties": False}


def steps_of(text: str, most: int) -> tuple[str, ...]:
    """The steps that a reply names, without repetitions, at most `most` of them; none when none can be read."""
    text = text[:READ]
    found: dict[str, str] = {}
    for value in _proposed(text):
        step = _clean(value)
        if step:
            found.setdefault(step.casefold(), step)
        if len(found) == most:
            break
    return tuple(found.values())


def unfenced(text: str) -> str:
    """What stands inside the fence, where one fence is around the whole text; else the text."""
    first, *lines = text.strip().split("\n")
    fence = first[: len(first) - len(first.lstrip(first[:1]))] if first[:1] in ("`", "~") else ""
    if len(fence) < 3 or "`" in first[len(fence) :] or not lines or lines[-1].strip() != fence:
        return text
    inside = lines[:-1]
    return text if any(line.lstrip().startswith(fence) for line in inside) else "\n".join(inside)


def _proposed(text: str) -> Iterator[str]:
    for value in _json_in(text):
        steps = list(_texts(value, DEEP))
        if steps:
            return iter(steps)
    return _cut_short(text) or (match[1] for match in NUMBERED.finditer(text))


def _cut_short(text: str) -> Iterator[str] | None:
    """The whole texts of a list that never ends, as a limit on tokens leaves it; None when there is no such list."""
    begin = OPEN_LIST.search(text)
    if begin is None:
        return None
    found: list[str] = []
    position = begin.end()
    while match := LITERAL.match(text, position):
        position = match.end()
        try:
            found.append(json.loads(match[1], strict=False))
        except ValueError:
            break
    return iter(found) if found else None


def _json_in(text: str) -> Iterator[Any]:
    """Values that begin at the first few braces and brackets of the text."""
    decoder = json.JSONDecoder()
    position = 0
    for _ in range(TRIES):
        begin = min((at for at in (text.find("{", position), text.find("[", position)) if at >= 0), default=-1)
        if begin < 0:
            return
        try:
            value, position = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            position = begin + 1
        else:
            yield value


def _texts(value: Any, deep: int) -> Iterator[str]:
    """The texts of the steps in a value."""
    if not deep:
        return
    if isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                yield item
            elif isinstance(item, Mapping):
                texts = (item[key] for key in TEXTS if isinstance(item.get(key), str) and not item[key].isdigit())
                yield next(texts, "")
    elif isinstance(value, Mapping):
        named = {key.casefold(): item for key, item in value.items()}
        listed = next((named[key] for key in LISTS if isinstance(named.get(key), list | Mapping)), None)
        if listed is not None:
            yield from _texts(listed, deep - 1)
        elif all(NUMBER_KEY.match(key) for key in named):
            yield from _texts(list(named.values()), deep - 1)


def _clean(step: str) -> str:
    """One line, without the number that a model may have put before it."""
    text = step[: 2 * LONGEST].encode("utf-8", "replace").decode().translate(UNSEEN)
    line = " ".join(NUMBER.sub("", text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
