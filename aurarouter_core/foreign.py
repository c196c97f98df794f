"""Words from elsewhere that go into a configuration: they read no variable of the user's, and clash with no name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from aurarouter_core.config import RESERVED

ODD = re.compile(r"[^\w .:/@+-]+")


def verbatim(value: Any) -> Any:
    """The same value with no `${env.…}` in it that would act: what looks like one stands for itself."""
    if isinstance(value, str):
        return value.replace("${env.", "$${env.")
    if isinstance(value, Mapping):
        return {verbatim(str(key)): verbatim(item) for key, item in value.items()}
    return [verbatim(item) for item in value] if isinstance(value, list | tuple) else value


def plain_name(text: str) -> str:
    """A name for a model or role: what would act, or not show on a terminal, is a dash."""
    return ODD.sub("-", text).strip(" -")


def model_name(text: str) -> str:
    """The same for a model, which can't have every name."""
    name = plain_name(text)
    return f"model-{name}" if RESERVED.match(name) else name


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The wanted name, or the first of `name-2`, `name-3` … that nobody has."""
    number = 1
    while (name := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return name
