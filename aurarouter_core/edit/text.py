"""A text and changes to it make a new text, which says exactly what was wanted and is otherwise the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aurarouter_core.edit.changes import Change, Path, Set, applied, dotted, exact, own
from aurarouter_core.edit.splice import refusal, spliced
from aurarouter_core.edit.steps import steps
from aurarouter_core.edit.tree import BY_HAND, Page
from aurarouter_core.yaml_text import parse
from aurarouter_hooks import ConfigError

_BOM = "\ufeff"


def edited(text: str, changes: Sequence[Change], *, name: str = "the file") -> str:
    """The text after the changes, one after the other.

    Args:
        text: YAML of one document that holds a mapping, or nothing yet.
        changes: What is wanted.
        name: What messages call the text.

    Raises:
        ConfigError: A change doesn't fit, or can't be made without touching something else (an alias, an anchor, a
            merged mapping, a key that stands twice, several documents); the message names the place and its line.
    """
    bom = _BOM * text.startswith(_BOM)
    old = new = text.removeprefix(_BOM)
    Page.of(old, name)
    data = _read(old, name)

    def refused(path: Path, why: str) -> ConfigError:
        return refusal(Page.of(new, name), path, why)

    for change in changes:
        if isinstance(change, Set):
            change = Set(change.path, own(change.value, f"the value for {dotted(change.path)}"))
        before = new
        for step in steps(data, change, refused):
            new = spliced(Page.of(new, name), step)
        data = applied(data, change) if new != before else data
    if new != old:
        _verify(new, data, changes, name)
    return bom + new


def _verify(text: str, wanted: Any, changes: Sequence[Change], name: str) -> None:
    places = ", ".join(dotted(change.path) for change in changes if change.path)
    trouble = (
        f"{places} in {name} can't be edited without touching something else" if places else f"{name} can't be edited"
    )
    try:
        right = exact(_read(text, name)) == exact(wanted)
    except ConfigError as error:  # about a text that nobody will see
        raise ConfigError(trouble, hint=BY_HAND) from error
    if not right:
        raise ConfigError(trouble, hint=BY_HAND)


def _read(text: str, name: str) -> Any:
    """The data, as the rest of the program reads it, but nothing shared."""
    return own(parse(text.encode(), name).settings, name)
