"""Values of frozen classes, in plain Python: the class makes them. `_speedups/values.pxi` has what is faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def constructor(
    kind: Callable[..., Any],
    names: tuple[str, ...],
    keywords: tuple[str, ...],
    defaults: tuple[Any, ...],
    factories: tuple[Callable[[], Any] | None, ...],
    positional: int,
) -> Callable[..., Any]:
    """Makes the values of a class that only sets these attributes; called like the class, and as fast as can be.

    Args:
        kind: The class.
        names, keywords, defaults, factories: Of each attribute its name, how a caller names it, its default (`...`
            where there is none), and what makes a new default (None where nothing does).
        positional: How many of the first may be given by their place.

    Raises:
        ValueError: They don't fit together.
    """
    if not len(names) == len(keywords) == len(defaults) == len(factories):
        raise ValueError("each attribute has a name, a keyword, a default and a factory")
    if not 0 <= positional <= len(names):
        raise ValueError(f"0 to {len(names)} attributes may be given by their place, not {positional}")
    return kind
