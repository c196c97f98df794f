"""Turns what goes wrong over HTTP into our errors, in words that are short and hold no key; and errors into health."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from aurarouter_hooks.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from aurarouter_hooks.values import Health

if TYPE_CHECKING:
    import aiohttp

    from aurarouter_hooks.values import Secret
    from aurarouter_hooks.values.model import HealthState

LONGEST_WAIT = 3600.0  # seconds; neither a server's whim nor its wrong clock takes a model away for longer
LOADING = "loading model"  # what llama.cpp's server says with its 503
WORDS = 300  # characters of a backend's message that are worth showing

_REFUSALS = frozenset({400, 413, 415, 422})
_A_STATUS = re.compile(r"[1-5]\d\d", re.ASCII)
# Error objects inside a stream have no status of their own; where their `code` is none, as a number or as text, their
# `type` and `code` hold one of these words.
_STATUS_OF = {
    "rate_limit": 429,
    "insufficient_quota": 429,
    "resource_exhausted": 429,
    "authentication": 401,
    "invalid_api_key": 401,
    "permission": 403,
    "overloaded": 529,
    "unavailable": 503,
    "server_error": 500,
    "internal": 500,
    "api_error": 500,
}


def origin(url: str) -> str:
    """Scheme, host and port of a URL: what may be shown of it. Paths, queries and credentials may hold keys."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an unreadable address"
    if not parts.scheme or not host:
        return "an unreadable address"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def short(text: str, key: Secret | None = None) -> str:
    """A backend's words on one line, without the key, and not too many. Masked first: a cut would leave half a key."""
    if key:
        text = text.replace(key.reveal().strip() or key.reveal(), "****")
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= WORDS else f"{text[:WORDS]}…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `retry-after` (seconds or an HTTP date); None when not said."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / scale
        except ValueError:
            continue
        if (wait := believed(seconds)) is not None:
            return wait
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except (OverflowError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return believed(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


def believed(seconds: float) -> float | None:
    """A wait that a backend asks for, an hour at the most; None for what is no time to wait."""
    return min(seconds, LONGEST_WAIT) if math.isfinite(seconds) and seconds >= 0 else None


def health_of(error: ProviderError) -> Health:
    """What it says of a backend's health that the question for it failed. One that refuses the question is unknown."""
    state: HealthState = "down"
    wait = None
    if isinstance(error, ProviderAuthError):
        state = "misconfigured"
    elif isinstance(error, ProviderRateLimitedError):
        state, wait = "rate_limited", error.retry_after
    elif isinstance(error, ProviderReplyError):
        state = "unknown"
    elif isinstance(error, ProviderUnavailableError):
        state, wait = "loading" if LOADING in str(error).lower() else "down", error.retry_after
    return Health(state=state, detail=str(error), hint=error.hint, retry_in=wait)


def from_status(
    status: int, headers: Mapping[str, str], body: bytes, where: str, key: Secret | None = None
) -> ProviderError:
    """The error for an answer that is not a success. `where` is the URL that was asked."""
    if 300 <= status < 400:
        target = _target(where, headers.get("location", ""))
        return ProviderReplyError(
            f"{origin(where)} redirects to {target}, and redirects are not followed",
            hint="Set the model's endpoint to the final address if you trust it.",
        )
    words = short(_message(_loads(body)), key)
    what = f"{origin(where)} answered {status}{f' ({words})' if words else ''}"
    return _of_kind(status, what, retry_after(headers), refused=status in _REFUSALS)


def from_error_object(error: object, where: str, key: Secret | None = None) -> ProviderError:
    """The error for an error object that came inside an answer or a stream."""
    status = 400
    if isinstance(error, Mapping):
        code = error.get("code")
        known = int(found[0]) if (found := _A_STATUS.fullmatch(str(code))) else None
        label = f"{error.get('type')} {code} {error.get('status')}".lower()
        status = known or next((number for word, number in _STATUS_OF.items() if word in label), 400)
    words = short(_message(error), key) or "no reason given"
    return _of_kind(status, f"{origin(where)} reported an error: {words}", None)


def from_exception(exc: Exception, where: str, waited: float) -> ProviderError:
    """The error for a request that got no whole answer; `waited` is in seconds."""
    import aiohttp
    import httpx

    # The transport files every lost connection under ConnectTimeout; only what it came from tells which it was.
    cause = exc.__cause__ if isinstance(exc, httpx.HTTPError) and exc.__cause__ else exc
    place = origin(where)
    if isinstance(cause, aiohttp.ClientResponseError):
        _forget_headers(cause)
    if isinstance(cause, TimeoutError):
        return ProviderTimeoutError(
            f"{place} did not answer in time ({waited:.1f} s)",
            after=waited,
            hint="Check that it is running and not overloaded, or raise the model's timeouts.",
        )
    if isinstance(exc, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ProviderReplyError(
            f"the endpoint ({place}) is not a usable address", hint="Write it as http://host:port or https://host."
        )
    if isinstance(cause, aiohttp.ClientHttpProxyError | aiohttp.ClientProxyConnectionError):
        return ProviderUnavailableError(
            f"the proxy on the way to {place} failed", hint="Check HTTP_PROXY and HTTPS_PROXY, or add it to NO_PROXY."
        )
    if isinstance(cause, aiohttp.ClientResponseError) or isinstance(exc, httpx.DecodingError):
        return ProviderReplyError(
            f"{place} answered something that is not HTTP", hint="Check that the endpoint is an HTTP API."
        )
    if isinstance(cause, aiohttp.ClientSSLError):
        return ProviderUnavailableError(
            f"no trusted TLS connection to {place}: {short(str(cause.os_error))}",
            hint="Check the endpoint's certificate, or name its authority in SSL_CERT_FILE.",
        )
    if isinstance(cause, aiohttp.ClientConnectorError):
        return ProviderUnavailableError(
            f"cannot connect to {place}: {_reason(cause.os_error)}",
            hint="Check that the server is running and that the endpoint is right.",
        )
    return ProviderUnavailableError(
        f"the connection to {place} was lost before the answer was complete",
        hint="Look into the server's log: it may have crashed or been restarted.",
    )


def _target(where: str, location: str) -> str:
    """What may be shown of the address that a redirect names."""
    try:
        return origin(urljoin(where, location))
    except ValueError:
        return "an unreadable address"


def _forget_headers(error: aiohttp.ClientResponseError) -> None:
    """Its repr shows the request's headers, and with them the key."""
    sent = error.request_info
    none = sent.headers.copy()
    none.clear()
    error.request_info = type(sent)(sent.url, sent.method, type(sent.headers)(none), sent.real_url)
    error.args = (error.request_info, error.history)


def _reason(error: OSError) -> str:
    """asyncio's own words repeat the address; the system's say what happened."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else short(error.strerror or str(error))


def _of_kind(status: int, what: str, wait: float | None, *, refused: bool = False) -> ProviderError:
    if status in {401, 403}:
        return ProviderAuthError(what, hint="Check the model's api_key and what it is allowed to use.")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ProviderRateLimitedError(what, retry_after=wait, hint="Wait, or add another model to the role's chain.")
    if status in {404, 405, 501}:
        hint = "Check the model's endpoint and model_name: what answers there doesn't seem to speak this API."
        return ProviderReplyError(what, hint=hint)
    if status == HTTPStatus.SERVICE_UNAVAILABLE and LOADING in what.lower():
        return ProviderUnavailableError(
            what, retry_after=wait, hint="It still loads its model: ask again in a moment, or ask another one."
        )
    if status >= 500:
        return ProviderUnavailableError(
            what, retry_after=wait, hint="The server is overloaded, starting or broken; look into its log."
        )
    return ProviderReplyError(what, refused=refused, hint="The server refused this request; its words say why.")


def _loads(body: bytes) -> Any:
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.lstrip().startswith("<") else text  # an HTML page explains nothing on one line


def _message(value: object) -> str:
    """The human words, wherever backends put them: {error: {message}}, {error}, {message}, {detail}, [{…}], text."""
    while not isinstance(value, str):  # a loop: no server's boxes within boxes are too deep for it
        if isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, Mapping):
            value = next((value[name] for name in ("error", "message", "detail", "msg") if value.get(name)), "")
        else:
            return ""
    return value
