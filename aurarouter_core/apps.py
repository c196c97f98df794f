"""Client keys: which programs may use this router over a network. A key is shown once; only its hash is kept."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from typing import ClassVar

from attrs import asdict, frozen

from aurarouter_core.atomic import locked, replace_file
from aurarouter_core.home import Home
from aurarouter_hooks import ConfigError, Secret

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
PREFIX = "aura_"
"""How our keys begin, so that scanners for secrets can find them."""
KEY_BYTES = 32
"""Random bytes of a key: too many to guess, so a plain hash is enough."""
SHOWN = len(PREFIX) + 6
"""Characters of a key that lists show."""


@frozen
class App:
    """A program with a client key.

    Attributes:
        name: What usage, limits and traces call it.
        start: The key's first characters, to tell keys apart.
        hash: SHA-256 of the key, in hexadecimal digits.
        since: When it was made, in seconds of Unix time.
    """

    name: str
    start: str
    hash: str
    since: float


def hashed(key: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class Apps:
    """The apps of one home folder, in `apps.json`.

    Attributes:
        changes: How often this process has written such a list.
    """

    changes: ClassVar[int] = 0

    def __init__(self, home: Home) -> None:
        self.file = home.apps
        self._name = str(home.apps)

    @property
    def stamp(self) -> int:
        """Changes whenever an app does; 0 while there has never been one."""
        try:
            return os.stat(self._name).st_mtime_ns  # noqa: PTH116 - asked for with each request
        except FileNotFoundError:
            return 0

    def kept(self) -> Mapping[str, App]:
        """All apps, by name.

        Raises:
            ConfigError: The file can't be read. Nobody is let in then.
        """
        try:
            known = json.loads(self.file.read_bytes())
            return {name: App(name, **entry) for name, entry in known.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is damaged"
            raise ConfigError(
                f"the list of client keys, {self.file}, can't be read: {why}",
                hint="Correct it, or delete it and make new keys with 'aurarouter apps create'.",
            ) from error

    def create(self, name: str) -> Secret:
        """Make an app, and its key, which nobody can read again.

        Raises:
            ConfigError: There is one of that name, the name can't be used, or the file can't be written.
        """
        if not NAME.fullmatch(name):
            raise ConfigError(f"'{name}' can't name an app", hint="Take up to 64 letters, digits, '-', '_' and '.'.")
        key = PREFIX + secrets.token_urlsafe(KEY_BYTES)
        with locked(self.file):
            known = self.kept()
            if name in known:
                raise ConfigError(
                    f"there is an app '{name}' already",
                    hint=f"For a new key of it: 'aurarouter apps revoke {name}', then create it again.",
                )
            self._write({**known, name: App(name, key[:SHOWN], hashed(key), time.time())})
        return Secret(key)

    def revoke(self, name: str) -> bool:
        """Forget an app: its key opens nothing from now on. False when there is none of that name.

        Raises:
            ConfigError: The file can't be changed.
        """
        with locked(self.file):
            known = dict(self.kept())
            gone = known.pop(name, None)
            if gone is not None:
                self._write(known)
        return gone is not None

    def _write(self, known: Mapping[str, App]) -> None:
        entries = {name: asdict(app, filter=lambda field, _: field.name != "name") for name, app in known.items()}
        replace_file(self.file, json.dumps(entries, indent=2).encode(), mode=0o600)
        Apps.changes += 1
