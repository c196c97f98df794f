"""Edits of a file on disk: read, change, check, replace, all under its lock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from aurarouter_core.atomic import locked, replace_file
from aurarouter_core.edit.changes import Change
from aurarouter_core.edit.text import edited
from aurarouter_hooks import ConfigError


def edit_file(path: Path, changes: Sequence[Change], *, check: Callable[[str], None] | None = None) -> bool:
    """Make changes to a YAML file; at any moment it is either as before or as wanted.

    Args:
        path: The file. A link is followed and stays; a file that is missing is made, readable by this user alone.
        changes: What is wanted, in order.
        check: Looks at the new text and raises when it must not be written.

    Returns:
        Whether anything had to change.

    Raises:
        ConfigError: A change can't be made, the file can't be read or written, or somebody else holds its lock.
        AuraRouterError: Its folder is missing and can't be made.
    """
    with locked(path):
        try:
            text = path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{path} can't be read: {error}", hint="Check the file's permissions and encoding (UTF-8)."
            ) from error
        new = edited(text, changes, name=str(path))
        if new == text:
            return False
        if check is not None:
            check(new)
        replace_file(path, new.encode("utf-8"))
        return True
