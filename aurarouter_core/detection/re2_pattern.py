"""Patterns that only RE2 can run, where it is installed: linear in the text too, with a larger syntax."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from aurarouter_core.detection.alphabet import NOTHING, folded
from aurarouter_core.detection.visible import Visible

RE2 = find_spec("re2") is not None
"""The extra `re2` is installed."""
MEMORY = 8 << 20
"""Bytes that RE2 may use for one pattern; a larger one is refused."""


def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    return re2.compile(pattern, options=options)


def re2_problem(pattern: str) -> str:
    """What is wrong with a pattern; "" when nothing is."""
    try:
        compiled = _compiled(pattern)
    except Exception as error:  # noqa: BLE001 - re2's own errors have no class of their own to name without importing it
        return str(error) or type(error).__name__
    return "the pattern matches the empty text, which is everywhere" if compiled.search("") else ""


class Re2Pattern:
    """Finds what one pattern matches."""

    def __init__(self, pattern: str) -> None:
        self._compiled = _compiled(pattern)
        self._whole = any(folded(ord(c)) == NOTHING for c in pattern)  # it is about the text as it is

    def scan(self, text: str, most: int = -1) -> list[tuple[int, int, int]]:
        """Every match as (0, start, end), in order; at most `most`, below 0 all.

        A half surrogate, which RE2 can't read, counts as the replacement character.
        """
        seen = Visible(text, self._whole)
        found = []
        for match in self._compiled.finditer(
            "".join(["\ufffd" if "\ud800" <= c <= "\udfff" else c for c in seen.text])
        ):
            if match.end() > match.start():
                found.append((0, *seen.stood(*match.span())))
            if len(found) == most:
                break
        return found
