"""Looks for private content before anything leaves this program."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aurarouter_core import hotpath
from aurarouter_hooks.values.texts import texts_in


def is_private(inputs: Mapping[str, Any]) -> bool:
    """The caller says so, or a built-in rule finds some; every text is looked at, to its end.

    Also what can't be looked at counts as private.
    """
    if inputs.get("private"):
        return True
    try:
        return any(hotpath.analyse(text).findings for text in texts_in({**inputs, **_structures(inputs)}))
    except (TypeError, ValueError, RecursionError):  # no JSON, a circle, or nested too deeply
        return True


def _structures(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Those as JSON, which is looked through like any other: names stand beside what they name."""
    said = ((name, value) for name, value in inputs.items() if not isinstance(value, str))
    return {name: json.dumps(value, ensure_ascii=False, default=str) for name, value in said}
