"""How an attempt at a model fails: the errors that move a chain on."""

from __future__ import annotations

import math

from aurarouter_hooks.root_error import AuraRouterError


def _seconds(said: object) -> float | None:
    """A wait as it came from the backend; what is no number of seconds was not said."""
    return said if isinstance(said, int | float) and -math.inf < said < math.inf else None


class ProviderError(AuraRouterError):
    """One attempt at one model failed; the chain may go on.

    Args:
        message: What happened, in the words of the backend where they help. Never a key, never a URL with one.
        provider: The configuration's `provider:` value; the kernel fills it in when it is left empty.
        model: The model's id; the kernel fills it in when it is left empty.
    """

    def __init__(self, message: str, *, provider: str = "", model: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.provider = provider
        self.model = model


class ProviderUnavailableError(ProviderError):
    """The backend cannot be reached, is overloaded, or is not installed.

    Args:
        retry_after: Seconds to wait, when the backend said so; whatever else it said counts as nothing.
        lasting: It does not pass by itself, as with a damaged file: no task waits for it.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        lasting: bool = False,
        provider: str = "",
        model: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, provider=provider, model=model, hint=hint)
        self.retry_after = _seconds(retry_after)
        self.lasting = lasting


class ProviderTimeoutError(ProviderError):
    """The backend took too long.

    Args:
        after: Seconds that were waited.
    """

    def __init__(self, message: str, *, after: float, provider: str = "", model: str = "", hint: str = "") -> None:
        super().__init__(message, provider=provider, model=model, hint=hint)
        self.after = after


class ProviderRateLimitedError(ProviderError):
    """The backend asks for fewer requests.

    Args:
        retry_after: Seconds to wait, when the backend said so; whatever else it said counts as nothing.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        provider: str = "",
        model: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, provider=provider, model=model, hint=hint)
        self.retry_after = _seconds(retry_after)


class ProviderAuthError(ProviderError):
    """The key is missing, wrong, or not allowed to use this model."""


class ProviderReplyError(ProviderError):
    """The backend answered with a refusal of the request or with something that cannot be read.

    Args:
        refused: The request itself is wrong, as the backend says (HTTP 400, 413, 422) or as is seen before it is sent:
            the same again is refused again.
    """

    refused = False

    def __init__(
        self, message: str, *, refused: bool = False, provider: str = "", model: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, provider=provider, model=model, hint=hint)
        self.refused = refused
