"""What comes into the four services, checked: texts, what a caller says of itself, and material."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypedDict

from aurarouter_core.detector import standard
from aurarouter_core.plain import dumps
from aurarouter_core.prompts import CODE, Words
from aurarouter_hooks import RoutingError, TraceContext

LANGUAGE = re.compile(r"[^\W\d_][\w .+#/()-]{0,39}")
LONGEST_ID = 200


class Caller(TypedDict, total=False):
    """What a caller may say about itself and its task; as on `Task`, whose `id` is the `request_id`."""

    private: bool
    app: str
    deadline: float | None
    trace_context: TraceContext | None
    request_id: str


KINDS: Mapping[str, tuple[type, ...]] = {
    "private": (bool,),
    "app": (str,),
    "deadline": (int, float, type(None)),
    "trace_context": (TraceContext, type(None)),
    "request_id": (str,),
}


def required_text(name: str, value: object) -> str:
    """An input that must be text, and hold some.

    Raises:
        RoutingError: It is not.
    """
    if not isinstance(value, str):
        raise RoutingError(f"'{name}' must be text, not {type(value).__name__}")
    if not value.strip():
        raise RoutingError(f"'{name}' is empty")
    return value


def checked(caller: Caller) -> dict[str, Any]:
    """What a caller says, under the names of `Task`.

    Raises:
        RoutingError: It can't be said.
    """
    for name, value in caller.items():
        if name not in KINDS:
            raise RoutingError(f"unknown input '{name}'", hint=f"Beside the service's own: {', '.join(KINDS)}.")
        if not isinstance(value, KINDS[name]):
            raise RoutingError(f"'{name}' can't be {type(value).__name__}")
    seconds = caller.get("deadline")
    if seconds is not None and (isinstance(seconds, bool) or not 0 < seconds < float("inf")):
        raise RoutingError(f"'deadline' must be a number of seconds above 0, not {seconds}")
    said: dict[str, Any] = dict(caller)
    if "request_id" in said:
        said["id"] = required_text("request_id", said.pop("request_id"))
        if len(said["id"]) > LONGEST_ID:
            raise RoutingError(f"'request_id' has {len(said['id'])} characters, {LONGEST_ID} are allowed")
    return said


def as_material(context: object) -> str:
    """A mapping as text: each key, and what it says.

    Raises:
        RoutingError: It is no mapping.
    """
    if context is None:
        return ""
    if not isinstance(context, Mapping):
        raise RoutingError(f"'context' must be a mapping, not {type(context).__name__}")
    said = {str(key): value if isinstance(value, str) else dumps(value) for key, value in context.items()}
    return "\n\n".join(_told(key, value) for key, value in said.items())


def _told(key: str, value: str) -> str:
    """A value below its key; or behind it, where only that shows that the key names something private."""
    below, behind = f"{key}:\n{value}", f"{key}: {value}"
    return behind if standard().find(behind) and not standard().find(below) else below


def asking_for_code(template: str, text: str, language: object) -> str:
    """A text that asks for code in a language, in the words of the configuration or our own.

    Raises:
        RoutingError: That is no name of a language.
    """
    if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
        raise RoutingError(
            "'language' must be the name of a programming language", hint="At most 40 letters, digits and .+#-/()."
        )
    return str(Words(template or CODE, {"task": text}, {"language": language}))
