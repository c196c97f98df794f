"""Providers' keys that we keep for the user: in the system's keyring where there is one, else in a private file."""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import evolve, field, frozen

from aurarouter_core.atomic import locked, replace_file
from aurarouter_core.home import Home
from aurarouter_hooks import ConfigError, Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

log = logging.getLogger(__name__)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
PLACEHOLDERS = ("YOUR_", "<", "sk-...", "changeme")
SERVICE = "aurarouter"
"""What our keys stand under in the system's keyring."""
WITHOUT = "keyring.backends.null.Keyring"
"""The backend of the library `keyring` that keeps nothing: with it, we keep keys in our file."""


def is_placeholder(text: str) -> bool:
    """The text only stands where a key belongs."""
    return not text or text.startswith(PLACEHOLDERS)


@frozen
class KeptKey:
    """A key that we keep, without the key.

    Attributes:
        place: Where it is.
        since: When it was set, in seconds of Unix time.
        account: What it stands under in the keyring: its name, and something that no other home folder has.
    """

    name: str
    place: Literal["keyring", "file"]
    since: float
    account: str = ""
    _text: Secret | None = field(default=None, alias="text", repr=False)


class KeyStore:
    """The keys of one home folder.

    Its file, `keys.json`, lists all names; it holds the keys themselves only where there is no keyring.
    """

    def __init__(self, home: Home) -> None:
        self.file = home.keys

    def kept(self) -> dict[str, KeptKey]:
        """All keys, by name.

        Raises:
            ConfigError: The file can't be read, or others can read it too.
        """
        try:
            with self.file.open("rb") as file:
                _refuse_shared(self.file, os.fstat(file.fileno()).st_mode)
                known = json.loads(file.read())
            return {name: _entry(name, **entry) for name, entry in known.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is damaged"  # its words may quote a key
            raise ConfigError(
                f"the list of kept keys, {self.file}, can't be read: {why}",
                hint="Correct it, or delete it and set the keys again with 'aurarouter keys set'.",
            ) from error

    def get(self, name: str) -> Secret | None:
        """A key; None when there is none of that name.

        Raises:
            ConfigError: The file can't be read, or the keyring does not hand the key out.
        """
        kept = self.kept().get(name)
        if kept is None:
            return None
        if kept.place == "file":
            return kept._text
        backend = system_keyring()
        if backend is None:
            raise ConfigError(
                f"the key '{name}' is in a keyring of the system, and there is none here",
                hint=f"Set it again here: aurarouter keys set {name}",
            )
        try:
            text = backend.get_password(SERVICE, kept.account)
        except Exception as error:
            raise _refused(f"did not hand out the key '{name}'", error) from error
        if not text:
            raise ConfigError(
                f"the key '{name}' is no longer in the system's keyring",
                hint=f"Set it again: aurarouter keys set {name}",
            )
        return Secret(text)

    def set(self, name: str, key: Secret) -> KeptKey:
        """Keep a key, in place of the one that has its name.

        Raises:
            ConfigError: It can't be kept.
        """
        with locked(self.file):
            known = self.kept()
            made = KeptKey(name, "file", time.time(), text=key)
            backend = system_keyring()
            if backend is not None:
                old = known.get(name)
                account = old.account if old and old.account else f"{name} {secrets.token_hex(4)}"
                try:
                    backend.set_password(SERVICE, account, key.reveal())
                except Exception as error:
                    raise _refused(f"did not take the key '{name}'", error) from error
                made = evolve(made, place="keyring", account=account, text=None)
            self._write({**known, name: made})
        return made

    def remove(self, name: str) -> bool:
        """Forget a key; False when there is none of that name.

        Raises:
            ConfigError: The file can't be changed, or the keyring does not let go of the key.
        """
        with locked(self.file):
            known = self.kept()
            kept = known.pop(name, None)
            if kept is not None and kept.account:
                _remove_from_keyring(kept)
            if kept is not None:
                self._write(known)
        return kept is not None

    def _write(self, known: dict[str, KeptKey]) -> None:
        data = {
            kept.name: {"place": kept.place, "since": kept.since}
            | ({"account": kept.account} if kept.account else {})
            | ({"text": kept._text.reveal()} if kept._text else {})
            for kept in known.values()
        }
        replace_file(self.file, json.dumps(data, indent=1).encode(), mode=0o600)


def system_keyring() -> KeyringBackend | None:
    """The system's keyring; None where there is none, or where the library that reaches it is not installed.

    Raises:
        ConfigError: One was asked for by name, and it doesn't work.
    """
    try:
        import keyring
    except ImportError:
        return None
    try:
        backend = keyring.get_keyring()
        return backend if backend.priority > 0 else None
    except Exception as error:
        raise _refused("can't be opened", error) from error


def _remove_from_keyring(kept: KeptKey) -> None:
    backend = system_keyring()
    if backend is None:
        log.warning("there is no keyring here: if the key '%s' is in one, it stays there", kept.name)
        return
    try:
        if backend.get_password(SERVICE, kept.account) is not None:
            backend.delete_password(SERVICE, kept.account)
    except Exception as error:
        raise _refused(f"did not remove the key '{kept.name}'", error) from error


def _refused(what: str, error: Exception) -> ConfigError:
    """Backends raise whatever their libraries do; the words of those are not shown, since they may hold a key."""
    return ConfigError(
        f"the system's keyring {what} ({type(error).__name__})",
        hint=f"Unlock it and try again. To do without it, set PYTHON_KEYRING_BACKEND={WITHOUT}.",
    )


def _refuse_shared(path: Path, mode: int) -> None:
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(f"others can read your keys in {path}, so they are not used", hint=f"Run: chmod 600 {path}")


def _entry(name: str, *, place: Literal["keyring", "file"], since: float, account: str = "", text: str = "") -> KeptKey:
    if place not in ("keyring", "file") or (place == "file") != bool(text):
        raise ValueError(name)
    return KeptKey(name, place, float(since), account, Secret(text) if text else None)
