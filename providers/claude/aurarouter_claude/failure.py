"""Turns what the SDK and its HTTP client raise into our errors."""

import json
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aurarouter_hooks import (
    ProviderAuthError,
    ProviderError,
    ProviderReplyError,
    ProviderTimeoutError,
    ProviderUnavailableError,
    Secret,
)
from aurarouter_hooks.http_errors import from_error_object, from_status, origin, short

if TYPE_CHECKING:
    from anthropic import APIStatusError


@contextmanager
def translated(where: str, key: Secret | None, *, sending: bool = False) -> Iterator[None]:
    """A block whose failures become ours.

    Args:
        where: The endpoint.
        key: Masked in every message.
        sending: The block reads nothing yet, so what makes no sense is the request.

    Raises:
        ProviderError: It failed.
    """
    import anthropic
    import httpx2

    began = time.monotonic()
    try:
        yield
    except anthropic.APIStatusError as exc:
        found = _of_status(exc, where, key)
        exc.args = tuple(short(str(word), key) for word in exc.args)  # a server may quote the key
        raise found from exc
    except (anthropic.AnthropicError, httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as exc:
        cause = exc.__cause__ if isinstance(exc, anthropic.AnthropicError) and exc.__cause__ else exc
        if isinstance(cause, ProviderError):  # our own transport's word
            raise cause from cause.__cause__
        raise _of_transport(cause, where, time.monotonic() - began) from exc
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError) as exc:
        if sending:
            what, hint = "the request cannot be written as JSON", "Check its parameters, tools and schema."
        else:
            what = f"{origin(where)} does not answer in the shape of Anthropic's API"
            hint = "Check that the endpoint is right."
        raise ProviderReplyError(what, refused=sending, hint=hint) from exc


def _of_status(exc: "APIStatusError", where: str, key: Secret | None) -> ProviderError:
    if exc.response.is_success:  # an error event inside a stream that had begun well
        body = exc.body if isinstance(exc.body, Mapping) else {"error": exc.body}
        error = body.get("error") or dict(body)
        if isinstance(error, Mapping) and error.get("type") == "timeout_error":
            error = {**error, "code": 504}
        return from_error_object(error, where, key)
    page = exc.body if isinstance(exc.body, str) else json.dumps(exc.body)
    found = from_status(exc.status_code, exc.response.headers, page.encode(), where, key)
    if exc.status_code == 402:
        return ProviderAuthError(str(found), hint="Check the account's billing; its key can't be used until then.")
    return found


def _of_transport(exc: BaseException, where: str, waited: float) -> ProviderError:
    import httpx2

    place = origin(where)
    if isinstance(exc, httpx2.TimeoutException):
        return ProviderTimeoutError(
            f"{place} did not answer in time ({waited:.1f} s)",
            after=waited,
            hint="Check that it is reachable and not overloaded, or raise the model's timeouts.",
        )
    if isinstance(exc, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return ProviderReplyError(f"the endpoint ({place}) is not a usable address", hint="Write it as https://host.")
    if isinstance(exc, httpx2.ProxyError):
        return ProviderUnavailableError(
            f"the proxy on the way to {place} failed", hint="Check HTTP_PROXY and HTTPS_PROXY, or add it to NO_PROXY."
        )
    if isinstance(exc, httpx2.ConnectError):
        return _not_connected(exc, place)
    # One class stands for both; only its words tell nonsense from a connection that was closed too early.
    nonsense = isinstance(exc, httpx2.RemoteProtocolError) and "connect" not in str(exc)
    if nonsense or isinstance(exc, httpx2.LocalProtocolError | httpx2.DecodingError):
        return ProviderReplyError(
            f"{place} answered something that is not HTTP", hint="Check that the endpoint is an HTTP API."
        )
    return ProviderUnavailableError(
        f"the connection to {place} was lost before the answer was complete",
        hint="Look into the server's log, or at the vendor's status page: it may have crashed or been restarted.",
    )


def _not_connected(exc: BaseException, place: str) -> ProviderError:
    for error in _chain(exc):
        if isinstance(error, ssl.SSLError):
            return ProviderUnavailableError(
                f"no trusted TLS connection to {place}: {short(str(error))}",
                hint="Check the endpoint's certificate, or name its authority in SSL_CERT_FILE.",
            )
    return ProviderUnavailableError(
        f"cannot connect to {place}: {short(str(exc)) or 'no reason given'}",
        hint="Check that the endpoint is right, and that this machine may reach it.",
    )


def _chain(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__
