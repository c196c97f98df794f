"""Edits a user's YAML file in place: only what was asked for changes, and the result is read again before it counts."""

from __future__ import annotations

from aurarouter_core.edit.changes import Change, Remove, Set
from aurarouter_core.edit.file import edit_file, rewrite_file
from aurarouter_core.edit.text import edited

__all__ = ["Change", "Remove", "Set", "edit_file", "edited", "rewrite_file"]
