"""Which files in current directories the user has vouched for. Kept in their own folder, as JSON."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import Attribute, asdict, evolve, frozen

from aurarouter_core.home import Home, private_folder
from aurarouter_hooks import ConfigError


@frozen
class Trusted:
    """A file that the user has vouched for, as it was on that day; `before` holds too, while it is being replaced."""

    path: str
    sha256: str
    since: float
    before: str | None = None


class TrustStore:
    """Files and what they hold, with the user's word for both."""

    def __init__(self, home: Home) -> None:
        self._file = home.trust

    def entries(self) -> dict[str, Trusted]:
        """Every file, by its real path.

        Raises:
            ConfigError: The list can't be read.
        """
        try:
            known = json.loads(self._file.read_bytes())
            return {
                path: Trusted(path, str(entry["sha256"]), float(entry["since"]), entry.get("before"))
                for path, entry in known.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(
                f"the list of trusted files, {self._file}, can't be read: {error}",
                hint="Delete it; then trust your files again with 'aurarouter config trust'.",
            ) from error

    def trusts(self, path: Path, data: bytes) -> bool:
        """The user has vouched for this file with just this content."""
        known = self.entries().get(str(path.resolve()))
        return known is not None and _digest(data) in (known.sha256, known.before)

    def trust(self, path: Path, data: bytes, *, before: bytes | None = None) -> None:
        """Vouch for this file as it is, or is about to be: then for what it holds `before`, too, until it is `settled`.

        A file must be vouched for before it is written, or who reads it meanwhile is told that nobody did.
        """
        real = str(path.resolve())
        was = None if before is None else _digest(before)
        with self._changing() as entries:
            entries[real] = Trusted(real, _digest(data), time.time(), was)

    def settled(self, path: Path, data: bytes) -> None:
        """The file holds this now, and what it held before counts no more; unless it is being replaced once more."""
        real = str(path.resolve())
        with self._changing() as entries:
            if real in entries and entries[real].sha256 == _digest(data):
                entries[real] = evolve(entries[real], before=None)

    def forget(self, path: Path) -> bool:
        """Take the word back; False when there was none."""
        with self._changing() as entries:
            return entries.pop(str(path.resolve()), None) is not None

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Trusted]]:
        from aurarouter_core.atomic import locked, replace_file

        private_folder(self._file.parent)
        with locked(self._file):
            entries = self.entries()
            yield entries
            data = {path: asdict(entry, filter=_worth_keeping) for path, entry in entries.items()}
            replace_file(self._file, json.dumps(data, indent=1).encode(), mode=0o600)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _worth_keeping(attribute: Attribute[Any], value: object) -> bool:
    return attribute.name != "path" and value is not None
