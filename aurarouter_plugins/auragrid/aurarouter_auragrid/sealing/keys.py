"""The cell's keys for sealed requests: private halves on each cleared machine, one public half in the cell."""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Any

from attrs import frozen
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from aurarouter_auragrid.cell import folder
from aurarouter_auragrid.errors import GridError
from aurarouter_core import Home
from aurarouter_core.home import private_folder

EVENT_KEY = "event_key"
"""Where the cell's configuration says which key to seal to."""


@frozen
class PublicKey:
    """What requests are sealed to.

    Attributes:
        id: Its name: the beginning of its own hash.
        key: The key.
    """

    id: str
    key: X25519PublicKey

    @classmethod
    def of(cls, key: X25519PublicKey) -> PublicKey:
        """A key under its name."""
        return cls(hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16], key)

    @classmethod
    def said(cls, said: Any) -> PublicKey | None:
        """The key out of the cell's configuration; None when it names none.

        Raises:
            GridError: What stands there is no key.
        """
        if said is None:
            return None
        try:
            return cls.of(X25519PublicKey.from_public_bytes(base64.b64decode(said, validate=True)))
        except (TypeError, ValueError) as error:
            raise GridError("the cell's key is no key", hint="Set it again: aurarouter grid keys use ID.") from error

    @property
    def text(self) -> str:
        """As `said` takes it."""
        return base64.b64encode(self.key.public_bytes_raw()).decode()


class KeyFolder:
    """The private keys of this machine, each a file `ID.pem` that only this user can read.

    Args:
        home: Whose.
    """

    def __init__(self, home: Home) -> None:
        self.path = folder(home) / "keys"

    def make(self) -> PublicKey:
        """Make a key."""
        key = X25519PrivateKey.generate()
        public = PublicKey.of(key.public_key())
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        private_folder(self.path)
        with os.fdopen(os.open(self._file(public.id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        return public

    def ids(self) -> frozenset[str]:
        """Which keys are here."""
        return frozenset(path.stem for path in self.path.glob("*.pem"))

    def key(self, key_id: str) -> X25519PrivateKey:
        """A key.

        Raises:
            GridError: It is not here, can't be read, or is another.
        """
        if key_id not in self.ids():
            raise GridError(
                f"the key '{key_id}' is not on this machine",
                hint=f"Copy {key_id}.pem to {self.path} from one that has it.",
            )
        try:
            key = serialization.load_pem_private_key(self._file(key_id).read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise GridError(f"the key {self._file(key_id)} can't be read: {type(error).__name__}") from error
        if not isinstance(key, X25519PrivateKey) or PublicKey.of(key.public_key()).id != key_id:
            raise GridError(f"{self._file(key_id)} holds another key than its name says")
        return key

    def forget(self, key_id: str) -> None:
        """Remove a key; what is sealed to it can't be opened here any more.

        Raises:
            GridError: It is not here.
        """
        self.key(key_id)
        self._file(key_id).unlink()

    def _file(self, key_id: str) -> Path:
        return self.path / f"{key_id}.pem"
