"""Settings as words, as people write them in forms and on the command line, and what such words mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aurarouter_core import dotted, kinds
from aurarouter_core.shown import masked, on_one_line
from aurarouter_core.structure import KERNEL_SECTIONS
from aurarouter_hooks import ConfigError


def setting_value(path: Sequence[str], words: str, sections: Mapping[str, Any] = KERNEL_SECTIONS) -> Any:
    """What words mean at a place: YAML, or a list with commas.

    Args:
        path: The place.
        words: As somebody wrote them.
        sections: Section name → type.

    Raises:
        ConfigError: They mean nothing there.
    """
    try:
        return kinds.read(words, kinds.at(sections, path))
    except ValueError as error:
        raise ConfigError(f"{dotted.shown(path)}: {error}", hint="Write it as YAML.") from error


def setting_words(path: Sequence[str], value: Any, sections: Mapping[str, Any] = KERNEL_SECTIONS) -> str:
    """The words for a value at a place; secrets are masked."""
    kind = kinds.at(sections, path)
    shown = masked(value, kind, path[-1] if path else "")
    if shown is None:
        return ""
    if isinstance(shown, str):
        return shown
    if isinstance(shown, list | tuple) and all(isinstance(item, str) and "," not in item for item in shown):
        return ", ".join(shown)
    return on_one_line(shown)
