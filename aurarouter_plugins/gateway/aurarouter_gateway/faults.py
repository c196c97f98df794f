"""Errors as an HTTP status and in the words of each dialect."""

from __future__ import annotations

import logging
import math
import traceback
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from aurarouter_core import EngineLostError, NotAllowedError
from aurarouter_gateway.fields import RequestError
from aurarouter_hooks import (
    AllModelsFailedError,
    AuraRouterError,
    BudgetError,
    ConfigError,
    ForbiddenError,
    NoModelLeftError,
    PrivacyError,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderReplyError,
    ProviderTimeoutError,
    RoutingError,
    UnknownIntentError,
    UnknownModelError,
    UnknownRoleError,
)

log = logging.getLogger(__name__)
# The first class that fits wins.
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotAllowedError, 401),
    (UnknownModelError, 404),
    (UnknownRoleError, 404),
    (UnknownIntentError, 404),
    (ForbiddenError, 403),
    (NoModelLeftError, 400),
    (PrivacyError, 403),
    (BudgetError, 429),
    (ProviderRateLimitedError, 429),
    (ProviderTimeoutError, 504),
    (ProviderAuthError, 502),
    (ProviderReplyError, 502),
    (ProviderError, 503),
    (AllModelsFailedError, 503),
    (EngineLostError, 503),
    (ConfigError, 500),
    (RoutingError, 503),
)
OPENAI = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
ANTHROPIC = {**OPENAI, 413: "request_too_large", 503: "overloaded_error", 504: "timeout_error"}


@frozen
class Fault:
    """An error that is about to be told.

    Attributes:
        status: The HTTP status.
        kind: The error's class, for programs.
        message: Its words; with the hint.
        param: Where in the request.
        retry_after: Seconds.
    """

    status: int
    kind: str
    message: str
    param: str = ""
    retry_after: float | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """What a client may act on without reading the body."""
        found = {"x-aurarouter-error": self.kind}
        if self.retry_after is not None:
            found["retry-after"] = str(max(1, math.ceil(self.retry_after)))
        return found

    def openai(self) -> dict[str, Any]:
        """`{"error": {…}}` as OpenAI writes it."""
        kind = OPENAI.get(self.status, "invalid_request_error" if self.status < 500 else "api_error")
        error = {"message": self.message, "type": kind, "param": self.param or None, "code": self.kind}
        return {"error": error}

    def anthropic(self) -> dict[str, Any]:
        """`{"type": "error", …}` as Anthropic writes it."""
        kind = ANTHROPIC.get(self.status, "invalid_request_error" if self.status < 500 else "api_error")
        return {"type": "error", "error": {"type": kind, "message": self.message}}


def fault(error: Exception) -> Fault:
    """What to tell about an error. An error that is none of ours is told without its words."""
    if isinstance(error, RequestError):
        return Fault(error.status, "RequestError", str(error), error.param)
    status = next((status for kind, status in STATUS if isinstance(error, kind)), 500)
    if not isinstance(error, AuraRouterError):
        return Fault(status, "InternalError", "something went wrong here; the log says what")
    retry = getattr(error, "retry_after", None)
    if isinstance(error, AllModelsFailedError):
        status, retry = _all(error, status)
    return Fault(status, type(error).__name__, " ".join(filter(None, (str(error), error.hint))), "", retry)


def logged(error: Exception) -> Fault:
    """The same; one that nobody foresaw is logged, but not in the words of a stranger: they may quote a request."""
    wrong = fault(error)
    if wrong.status == 500:
        words = f"{wrong.kind}: {error}" if isinstance(error, AuraRouterError) else type(error).__name__
        log.error("a request failed: %s\n%s", words, "".join(traceback.format_tb(error.__traceback__)))
    return wrong


def _all(error: AllModelsFailedError, status: int) -> tuple[int, float | None]:
    """When each model was busy, asking again later makes sense; when each refused, it does not."""
    if error.refused:
        return 400, None
    kinds = {attempt.error.type for attempt in error.attempts if attempt.error}
    if kinds == {"ProviderRateLimitedError"}:
        return 429, error.retry_after
    if kinds == {"ProviderTimeoutError"}:
        return 504, None
    return (502, None) if kinds == {"ProviderReplyError"} else (status, error.retry_after)
