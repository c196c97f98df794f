"""What `aurarouter doctor` finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from aurarouter_hooks import AuraRouterError


@frozen
class Finding:
    """One thing that was looked at: "ok", "note" (works, but know this), or "problem"."""

    level: str
    what: str
    hint: str = ""


def problems(look: Callable[[], object]) -> Iterator[Finding]:
    """The problem that a look meets, if it meets one."""
    try:
        look()
    except AuraRouterError as error:
        yield Finding("problem", str(error), error.hint)
