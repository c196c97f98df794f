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
    return _replaced(path, lambda text: edited(text, changes, name=str(path)), check)


def rewrite_file(path: Path, new: str, *, was: str, check: Callable[[str], None]) -> bool:
    """Put another text in the place of the one that somebody has read and edited; as `edit_file` otherwise.

    Raises:
        ConfigError: The file no longer is what was read; and as `edit_file`.
    """

    def rewritten(text: str) -> str:
        if text != was:
            raise ConfigError(
                f"{path} was changed by somebody else meanwhile, and is left as it is",
                hint="Load it again, and make your change once more.",
            )
        return new

    return _replaced(path, rewritten, check)


def _replaced(path: Path, make: Callable[[str], str], check: Callable[[str], None] | None) -> bool:
    with locked(path):
        try:
            text = path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{path} can't be read: {error}", hint="Check the file's permissions and encoding (UTF-8)."
            ) from error
        new = make(text)
        if new == text:
            return False
        if check is not None:
            check(new)
        replace_file(path, new.encode("utf-8"))
        return True
