"""Fingerprints of private values: they show later which one it was, and nothing to whoever lacks this home's key."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable

from aurarouter_core.detection.alphabet import folded
from aurarouter_core.detector import Detector
from aurarouter_core.home import Home, private_folder
from aurarouter_core.room import unusable
from aurarouter_hooks import AuraRouterError

KEY_BYTES = 32


class Fingerprints:
    """HMAC-SHA256 under a random key that is made once for each home and never leaves it.

    Args:
        home: Where the key is kept, readable by this user alone.
    """

    def __init__(self, home: Home) -> None:
        self._file = home.privacy_key
        self._key: bytes | None = None

    def of(self, value: str) -> str:
        """The fingerprint of a value: 32 hexadecimal digits, whatever its case, spaces, signs and script of digits.

        Raises:
            AuraRouterError: The key can't be read or made.
        """
        if self._key is None:
            self._key = self._read() or self._made()
        plain = "".join([chr(byte) if (byte := folded(ord(c))) < 128 else c for c in value])
        kept = "".join([c for c in plain.casefold() if c.isalnum()]) or plain
        return hmac.digest(self._key, kept.encode("utf-8", "replace"), "sha256").hex()[:32]

    def rows(self, texts: Iterable[str], detector: Detector) -> list[tuple[str, str]]:
        """(rule, fingerprint) of every distinct value that the texts hold, for an audit that must not hold them."""
        found = {
            (finding.rule, self.of(text[finding.start : finding.end]))
            for text in texts
            for finding in detector.find(text)
        }
        return sorted(found)

    def _read(self) -> bytes | None:
        try:
            key = self._file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._problem("read", error) from error
        if len(key) != KEY_BYTES:
            raise AuraRouterError(
                f"{self._file} is no key: it has {len(key)} bytes in place of {KEY_BYTES}",
                hint="Delete it; fingerprints made with the old key then match no new ones.",
            )
        return key

    def _made(self) -> bytes:
        """A new key; or the one that another process has made at the same moment."""
        private_folder(self._file.parent)
        spare = self._file.with_name(f"{self._file.name}.{secrets.token_hex(8)}")
        try:
            handle = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_bytes(KEY_BYTES))
                    file.flush()
                    os.fsync(handle)
                os.link(spare, self._file)
            except FileExistsError:
                pass  # theirs counts
            finally:
                spare.unlink()
        except OSError as error:
            raise self._problem("made", error) from error
        key = self._read()
        if key is None:
            raise AuraRouterError(f"{self._file} was deleted while it was made", hint="Try again.")
        return key

    def _problem(self, done: str, error: OSError) -> AuraRouterError:
        return unusable(f"the key of private fingerprints, {self._file}, can't be {done}", self._file, error)
