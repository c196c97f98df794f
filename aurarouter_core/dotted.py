"""Paths of settings as people write them: `models.cloud.timeout`, a name in quotes where it would mislead."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_core.kinds import below, names

Path = tuple[str, ...]
PART = re.compile(r'("(?:[^"\\]|\\.)*")(?:\.|$)|([^".][^.]*)(?:\.|$)')


def shown(path: Sequence[str]) -> str:
    """The path as text. `found` reads it again."""
    return ".".join(_name(part) for part in path)


def _name(name: str) -> str:
    if name and name.isprintable() and not any(sign in name for sign in '."\\ '):
        return name
    return json.dumps(name, ensure_ascii=not name.isprintable())


def found(text: str, settings: Any, kind: Any) -> Path:
    """The path that a text means. A name with dots needs no quotes when it is there: the longest key wins.

    Args:
        settings: What is there.
        kind: The type of the settings, which knows more names; see `kinds.names`.

    Raises:
        ValueError: It is no path.
    """
    parts = _parts(text)
    path: Path = ()
    while parts:
        known = names(kind)
        there = {str(key): item for key, item in settings.items()} if isinstance(settings, Mapping) else {}
        end = next((end for end in range(len(parts), 0, -1) if ".".join(parts[:end]) in {*there, *known}), 0)
        end = end or _new(parts, below(kind, ""), bool(known))
        name, parts = ".".join(parts[:end]), parts[end:]
        path = (*path, name)
        settings, kind = there.get(name), below(kind, name)
    return path


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    at = 0
    while at < len(text):
        match = PART.match(text, at)
        if match is None or (match.end() == len(text) and text.endswith(".")):
            raise ValueError(f"'{text}' is no path of a setting, such as models.NAME.timeout")
        parts.append(json.loads(match[1]) if match[1] else match[2])
        at = match.end()
    if not parts:
        raise ValueError("the path of a setting is empty")
    return parts


def _new(parts: Sequence[str], inner: Any, closed: bool) -> int:
    """How many parts make the name of something that isn't there yet: all before the first known key below it."""
    if closed or not names(inner):
        return 1
    return next((end for end in range(1, len(parts)) if parts[end] in names(inner)), len(parts))


def nearest(path: Path, settings: Any, kind: Any) -> str:
    """The first part of a path that isn't there, with the names most like it; for messages."""
    for end, name in enumerate(path, start=1):
        there = {str(key): item for key, item in settings.items()} if isinstance(settings, Mapping) else {}
        known = [*there, *(key for key in names(kind) if key not in there)]
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3)
            meant = " or ".join(shown((*path[: end - 1], key)) for key in close)
            return f"nothing is called {shown(path[:end])}" + (f"; did you mean {meant}?" if meant else "")
        settings, kind = there.get(name), below(kind, name)
    return f"{shown(path)} is not set"
