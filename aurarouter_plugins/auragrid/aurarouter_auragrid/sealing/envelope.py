"""Seals a request to the cell's key, and its result to whoever asked; outside stands what the cell needs to carry it.

A request is sealed by HPKE (RFC 9180: X25519, HKDF-SHA256, ChaCha20-Poly1305). With it travels a key that the program
derives from a secret of its own and the request's id. Under that key the result comes back, so nothing has to be
remembered for each request, and the same request sent again is known to be the same.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from aurarouter_auragrid.errors import EventRefusedError, GridError, SealedError
from aurarouter_auragrid.sealing.keys import KeyFolder, PublicKey
from aurarouter_hooks import Secret

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
SEALED = "Aurarouter-Sealed"
"""The header of an event whose payload is sealed."""
NONCE = 12
SHORTEST_SECRET = 32
Said = Mapping[str, Any]


def reply_key(secret: Secret, request_id: str) -> bytes:
    """The key of one request's result, which nobody without the secret knows.

    Raises:
        GridError: The secret is so short that it could be guessed.
    """
    text = secret.reveal().encode()
    if len(text) < SHORTEST_SECRET:
        words = f"the secret for sealed results has {len(text)} characters, {SHORTEST_SECRET} are the least"
        raise GridError(words, hint="Make one with secrets.token_urlsafe(32).")
    return hmac.digest(text, b"result\0" + request_id.encode("utf-8", "surrogatepass"), "sha256")


def digest(key: bytes, plain: str) -> str:
    """The same for what is word for word the same request; it tells nothing to those without the key."""
    return hmac.digest(key, b"digest\0" + plain.encode(), "sha256").hex()


@frozen(kw_only=True)
class Envelope:
    """A sealed request as it lies in the cell.

    Attributes:
        app, request_id, return_topic: As on `Request`; everybody can read them, and nobody can change them.
        key_id: The key that opens it.
        data: What is sealed.
    """

    app: str
    request_id: str
    return_topic: str
    key_id: str
    data: bytes = field(repr=False)

    @classmethod
    def seal(cls, app: str, said: Said, public: PublicKey, key: bytes) -> Envelope:
        """Put a request into one.

        Args:
            app: Who asks.
            said: The request, with its `request_id` and `return_topic`.
            public: The cell's key.
            key: For the result.
        """
        outside = {"request_id": said["request_id"], "return_topic": said["return_topic"]}
        inside = {name: value for name, value in said.items() if name not in outside}
        plain = json.dumps({"key": base64.b64encode(key).decode(), "said": inside}).encode()
        data = SUITE.encrypt(plain, public.key, _bound(app, **outside))
        return cls(app=app, key_id=public.id, data=data, **outside)

    @classmethod
    def parse(cls, app: str, payload: bytes) -> Envelope:
        """One out of an event's payload.

        Raises:
            EventRefusedError: It is none.
        """
        try:
            said = json.loads(payload)
            sealed = said["sealed"]
            outside = {name: said[name] for name in ("request_id", "return_topic")}
            if not all(isinstance(value, str) for value in [*outside.values(), sealed["key"]]):
                raise TypeError("a text is none")
            return cls(app=app, key_id=sealed["key"], data=base64.b64decode(sealed["data"], validate=True), **outside)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise EventRefusedError("the event is no sealed request") from error

    @property
    def payload(self) -> bytes:
        """As `parse` takes it."""
        sealed = {"key": self.key_id, "data": base64.b64encode(self.data).decode()}
        return json.dumps({"request_id": self.request_id, "return_topic": self.return_topic, "sealed": sealed}).encode()

    def open(self, keys: KeyFolder) -> tuple[bytes, bytes]:
        """The request's payload, and the key for its result.

        Raises:
            GridError: This machine does not hold the key.
            EventRefusedError: It was changed on the way, or sealed for another app, id or topic.
        """
        key = keys.key(self.key_id)
        try:
            bound = _bound(self.app, request_id=self.request_id, return_topic=self.return_topic)
            opened = json.loads(SUITE.decrypt(self.data, key, bound))
            said, reply = opened["said"], base64.b64decode(opened["key"], validate=True)
            if len(reply) != 32 or not isinstance(said, dict):
                raise ValueError("no key for the result")
        except (InvalidTag, ValueError, KeyError, TypeError, RecursionError) as error:
            # The cause stays here: it may quote what was inside.
            raise EventRefusedError(f"what is sealed can't be opened: {type(error).__name__}") from None
        outside = {"request_id": self.request_id, "return_topic": self.return_topic}
        return json.dumps({**said, **outside}).encode(), reply


def seal_result(result: Said, key: bytes) -> dict[str, Any]:
    """A result that only who asked can read; whether it went well stays outside."""
    nonce = os.urandom(NONCE)
    bound = json.dumps(result["request_id"]).encode()
    data = nonce + ChaCha20Poly1305(key).encrypt(nonce, json.dumps(result).encode(), bound)
    outside = {name: result[name] for name in ("request_id", "success")}
    return {**outside, "sealed": {"data": base64.b64encode(data).decode()}}


def open_result(payload: bytes, secret: Secret) -> bytes:
    """The result that is sealed in an event's payload.

    Raises:
        SealedError: It was sealed for another program, or is none.
    """
    try:
        said = json.loads(payload)
        data = base64.b64decode(said["sealed"]["data"], validate=True)
        key, bound = reply_key(secret, said["request_id"]), json.dumps(said["request_id"]).encode()
        return ChaCha20Poly1305(key).decrypt(data[:NONCE], data[NONCE:], bound)
    except (InvalidTag, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SealedError(
            "the result is sealed for another program",
            hint="Read it with the same 'event_secret' as it was asked with.",
        ) from error


def _bound(app: str, *, request_id: str, return_topic: str) -> bytes:
    return json.dumps([app, request_id, return_topic]).encode()
