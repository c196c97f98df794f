"""A keyring of the real library `keyring` that keeps its keys in the file that FILE_KEYRING names.

With FILE_KEYRING_LOCKED set it stays locked; without FILE_KEYRING the library does not see it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.compat import properties
from keyring.errors import KeyringLocked, PasswordDeleteError


class FileKeyring(KeyringBackend):
    @properties.classproperty
    def priority(cls) -> float:  # noqa: N805 - a property of the class
        if "FILE_KEYRING" not in os.environ:
            raise RuntimeError("no file is named")
        return 5

    def get_password(self, service: str, username: str) -> str | None:
        return self._kept().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._kept(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = self._kept()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("there is none")
        self._write(kept)

    @staticmethod
    def _kept() -> dict[str, str]:
        if "FILE_KEYRING_LOCKED" in os.environ:
            raise KeyringLocked("words that may hold sk-sesame")
        file = Path(os.environ["FILE_KEYRING"])
        return json.loads(file.read_text()) if file.exists() else {}

    @staticmethod
    def _write(kept: dict[str, str]) -> None:
        Path(os.environ["FILE_KEYRING"]).write_text(json.dumps(kept))
