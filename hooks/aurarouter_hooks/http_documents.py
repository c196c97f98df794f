"""The JSON documents that go to a backend and come from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aurarouter_hooks import http_errors
from aurarouter_hooks.errors import ProviderReplyError

if TYPE_CHECKING:
    import httpx

    from aurarouter_hooks.values import Secret

# `json.dumps` would make one each time; `json.loads` looks first what it was given.
_decoder = json.JSONDecoder()
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def encode(body: object) -> bytes:
    """A request's body.

    Raises:
        ProviderReplyError: It holds values that JSON does not have; the backend was not asked.
    """
    try:
        return _encoder.encode(body).encode()
    except (TypeError, ValueError, RecursionError) as exc:
        raise ProviderReplyError(
            "the request cannot be written as JSON",
            refused=True,
            hint="Check its parameters, tools and schema for values that JSON does not have.",
        ) from exc


async def read(response: httpx.Response, limit: int) -> bytes:
    """The body of an answer, at most about `limit` bytes of it."""
    page = bytearray()
    async for piece in response.aiter_bytes():
        page += piece
        if len(page) >= limit:
            break
    return bytes(page)


def decode(text: str | bytes, event: str, endpoint: str, origin: str, key: Secret | None) -> dict[str, Any]:
    """The JSON object that a backend sent.

    Args:
        text: How it came.
        event: The kind of event that it came as, or "": "error" is one, whatever it looks like.
        endpoint: Where it comes from,
        origin: and what messages may show of that.
        key: Masked in every message.

    Raises:
        ProviderError: It is an error object.
        ProviderReplyError: It isn't a JSON object.
    """
    try:
        value = _decoder.decode(text) if isinstance(text, str) else json.loads(text)
    except (ValueError, RecursionError) as exc:
        if event == "error":
            raise http_errors.from_error_object(text, endpoint, key) from exc
        raise ProviderReplyError(
            f"{origin} sent something that is not JSON", hint="Check that the endpoint is right."
        ) from exc
    if not isinstance(value, dict):
        raise ProviderReplyError(f"{origin} sent JSON that is not an object", hint="Check that the endpoint is right.")
    if event == "error" or value.get("error") or value.get("object") == "error":
        raise http_errors.from_error_object(value.get("error") or value, endpoint, key)
    return value
