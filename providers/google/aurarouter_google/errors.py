"""Turns what goes wrong with the SDK, or on the way to the backend, into our errors."""

from __future__ import annotations

import json
import os
import ssl
import traceback
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aurarouter_hooks import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from aurarouter_hooks.http_errors import believed, from_status, origin, short

if TYPE_CHECKING:
    from aurarouter_hooks import Secret

_LOST = ("disconnected", "closed connection")  # what the HTTP library says of an answer that stops short
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)  # the SDK, of odd answers


def refusal(status: int, headers: Mapping[str, str], body: bytes, where: str, key: Secret) -> ProviderError:
    """The error for an answer that isn't a success. A wrong key is a 400 here, and waits are in the body."""
    error = from_status(status, headers, body, where, key)
    for detail in _details(body):
        kind = str(detail.get("@type", "")).rpartition(".")[2]
        if kind == "ErrorInfo" and str(detail.get("reason", "")).startswith("API_KEY_"):
            return ProviderAuthError(str(error), hint="Check the model's api_key and what it is allowed to use.")
        if kind == "RetryInfo" and isinstance(error, ProviderRateLimitedError | ProviderUnavailableError):
            wait = _seconds(detail.get("retryDelay"))
            error.retry_after = error.retry_after if wait is None else wait
    return error


def translate(exc: Exception, where: str, key: Secret, waited: float) -> ProviderError | None:
    """The error for what the SDK raised; None when it is nothing that a backend or a network does.

    Args:
        where: The endpoint.
        waited: Seconds since the request began.
    """
    import httpx2
    from google.genai.errors import APIError

    place = origin(where)
    if isinstance(exc, APIError):  # an error object inside a stream; other refusals never reach the SDK
        return refusal(exc.code, {}, json.dumps(exc.details).encode(), where, key)
    if isinstance(exc, httpx2.TimeoutException):
        return ProviderTimeoutError(
            f"{place} did not answer in time ({waited:.1f} s)",
            after=waited,
            hint="Check that it is running and not overloaded, or raise the model's timeouts.",
        )
    if isinstance(exc, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return ProviderReplyError(
            f"the endpoint ({place}) is not a usable address", hint="Write it as http://host:port or https://host."
        )
    if isinstance(exc, httpx2.ProxyError):
        return ProviderUnavailableError(
            f"the proxy on the way to {place} failed", hint="Check HTTP_PROXY and HTTPS_PROXY, or add it to NO_PROXY."
        )
    if isinstance(exc, httpx2.ConnectError):
        return _unconnected(exc, place)
    noise = isinstance(exc, httpx2.ProtocolError) and not any(words in str(exc) for words in _LOST)
    if noise or isinstance(exc, httpx2.DecodingError):
        return ProviderReplyError(
            f"{place} answered something that is not HTTP", hint="Check that the endpoint is an HTTP API."
        )
    if isinstance(exc, httpx2.HTTPError | OSError):
        return ProviderUnavailableError(
            f"the connection to {place} was lost before the answer was complete",
            hint="Look into the server's log, if it is yours: it may have crashed or been restarted.",
        )
    if isinstance(exc, _UNREADABLE):
        return ProviderReplyError(
            f"{place} does not answer in the shape of the Gemini API ({type(exc).__name__})",
            hint="Check that the endpoint is right.",
        )
    return None


def cause(exc: Exception, key: Secret) -> Exception:
    """The exception to chain from: the one given, or one that says the same without the key, should it show that."""
    if key.reveal() not in "".join(traceback.format_exception(exc)):
        return exc
    return RuntimeError(short(f"{type(exc).__name__}: {exc}", key))


def _unconnected(exc: Exception, place: str) -> ProviderError:
    for error in _causes(exc):
        if isinstance(error, ssl.SSLError):
            return ProviderUnavailableError(
                f"no trusted TLS connection to {place}: {short(str(error))}",
                hint="Check the endpoint's certificate, or name its authority in SSL_CERT_FILE.",
            )
    numbers = [error.errno for error in _causes(exc) if isinstance(error, OSError) and error.errno]
    why = next((os.strerror(number) for number in numbers if number > 0), short(str(exc)))
    return ProviderUnavailableError(
        f"cannot connect to {place}: {why}", hint="Check the network, and that the endpoint is right."
    )


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it came from, those of a group each."""
    while exc is not None:
        yield exc
        if isinstance(exc, BaseExceptionGroup):
            for one in exc.exceptions:
                yield from _causes(one)
        exc = exc.__cause__ or exc.__context__


def _details(body: bytes) -> Iterator[Mapping[str, Any]]:
    """The `google.rpc` messages of an error's body."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(value, list) and value:  # a stream that fails at once may come as a list
        value = value[0]
    error = value.get("error") if isinstance(value, Mapping) else None
    details = error.get("details") if isinstance(error, Mapping) else None
    yield from (detail for detail in details if isinstance(detail, Mapping)) if isinstance(details, list) else ()


def _seconds(delay: object) -> float | None:
    """Seconds of a protobuf duration as JSON writes it: "58s", "0.5s"."""
    try:
        return believed(float(str(delay).removesuffix("s")))
    except ValueError:
        return None
