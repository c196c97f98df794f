"""The conversations that are kept for the user: a private folder with one file for each."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define

from aurarouter_core.atomic import locked, replace_file
from aurarouter_core.conversation import Conversation
from aurarouter_core.home import Home
from aurarouter_core.transcript import data_of, message_of
from aurarouter_hooks import ConfigError, Message

if TYPE_CHECKING:
    from cattrs import Converter

log = logging.getLogger(__name__)
FILE = "conversation.json"
FORMAT = 1
"""Of the file. Another one is refused, since a newer program may have more to say than we would write back."""


@define
class Open:
    """A conversation that this process alone may go on with, until the `with` block of `History.open` ends."""

    path: Path
    conversation: Conversation

    def keep(self, conversation: Conversation) -> None:
        """Write the conversation as it is now. One in which nothing was said yet leaves no file.

        Raises:
            ConfigError: It can't be written; the file holds what it held.
        """
        self.conversation = conversation
        if conversation.turns:
            data = {"format": FORMAT, **_converter().unstructure(conversation)}
            replace_file(self.path, json.dumps(data, indent=1).encode(), mode=0o600)


class History:
    """The conversations of one home folder.

    Each lies in a folder of its own, since a lock is one of a folder. Whoever has a conversation open holds its lock.
    """

    def __init__(self, home: Home) -> None:
        self.folder = home.root / "conversations"

    def ids(self) -> list[str]:
        """The ids of all conversations, the one that was changed last first."""
        changed = []
        for path in self.folder.glob(f"*/{FILE}"):
            try:
                changed.append((path.stat().st_mtime_ns, path.parent.name))
            except FileNotFoundError:  # forgotten just now
                continue
        return [name for _, name in sorted(changed, reverse=True)]

    def load(self, name: str) -> Conversation:
        """A conversation as it was last written, without its lock.

        Raises:
            ConfigError: It is not there, or can't be read.
        """
        path = self._path(name)
        try:
            data = json.loads(path.read_bytes())
            found = data.pop("format")
            if found != FORMAT:
                raise ConfigError(
                    f"{path} is of the format {found}, and this release reads {FORMAT}",
                    hint="Go on with it in the release that wrote it.",
                )
            conversation = _converter().structure(data, Conversation)
        except OSError as error:
            raise ConfigError(
                f"the conversation {path} can't be read: {error.strerror or error}",
                hint="'aurarouter chat --list' shows what there is.",
            ) from error
        except ConfigError:
            raise
        except Exception as error:  # whatever a damaged file makes of the reading
            raise ConfigError(
                f"the conversation {path} is damaged ({type(error).__name__})",
                hint=f"Correct the file, or give it up: aurarouter chat --forget {name[:8]}",
            ) from error
        return conversation

    @contextmanager
    def open(self, name: str | None = None) -> Iterator[Open]:
        """Hold a conversation against all other processes; None for a new one.

        Raises:
            ConfigError: It can't be read, or another process has it open.
        """
        fresh = Conversation()
        path = self._path(name or fresh.id)
        with self._alone(path):
            try:
                yield Open(path, self.load(name) if name else fresh)
            finally:
                _tidy(path)

    def forget(self, name: str) -> None:
        """Delete a conversation.

        Raises:
            ConfigError: It can't be deleted, or another process has it open.
        """
        path = self._path(name)
        with self._alone(path):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise ConfigError(
                    f"{path} can't be deleted: {error.strerror or error}", hint="Check the permissions of its folder."
                ) from error
            finally:
                _tidy(path)

    def _path(self, name: str) -> Path:
        return self.folder / name / FILE

    @contextmanager
    def _alone(self, path: Path) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(path))
            except ConfigError as error:
                raise ConfigError(
                    f"the conversation {path.parent.name[:8]} can't be opened: {error}",
                    hint="Go on where it is open, or end that 'aurarouter chat'. A new one begins without -c.",
                ) from error
            yield


def _tidy(path: Path) -> None:
    """Leave no folder without a conversation behind."""
    if path.exists():
        return
    try:
        for rest in path.parent.iterdir():
            rest.unlink()
        path.parent.rmdir()
    except OSError as error:
        log.debug("the folder %s stays: %s", path.parent, error)


@cache
def _converter() -> Converter:
    from cattrs import Converter

    made = Converter(forbid_extra_keys=True)

    def structure(data: Any, _: Any) -> Message:
        return message_of(data)

    made.register_unstructure_hook(Message, data_of)
    made.register_structure_hook(Message, structure)
    return made
