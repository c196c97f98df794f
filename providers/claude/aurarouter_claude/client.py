"""Makes the SDK's client: no retries, no redirects, no key where it doesn't belong, and pinned for private prompts."""

import os
import ssl
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from aurarouter_claude.access import Access, foreign_headers
from aurarouter_hooks import Model, ProviderUnavailableError
from aurarouter_hooks.imports import imported

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic

IDLE = 4.0  # seconds; common servers hang up after 5, and a request must not meet that


async def load(name: str = "anthropic.resources.messages") -> None:
    """Import the SDK, which takes seconds, or what it stands on, without holding up the loop."""
    await imported(name)


def make(model: Model, access: Access, *, private: bool) -> "AsyncAnthropic":
    """A client of one's own for private prompts, another for the rest.

    Raises:
        ProviderUnavailableError: The environment names a proxy that can't be used.
    """
    from anthropic import AsyncAnthropic, omit

    key = access.key.reveal() if access.key else ""
    headers: dict[str, Any] = {}
    if not access.theirs:
        headers = dict.fromkeys(foreign_headers(), omit)
    if not access.vendor:
        headers["User-Agent"] = "aurarouter"
    headers["Authorization"] = f"Bearer {key}" if key else omit
    if not access.vendor and key:
        headers["X-Api-Key"] = key  # servers made for the SDK's first version look for it here
    if version := model.options.get("api_version"):
        headers["anthropic-version"] = str(version)
    return AsyncAnthropic(
        api_key=key,  # never None, or the SDK would look for one by itself
        base_url=access.url,
        max_retries=0,  # the executor retries
        timeout=timeout(model),
        default_headers=cast("dict[str, str]", headers),
        open_telemetry=False,  # the kernel traces, and a private prompt belongs into no span
        http_client=http_client(private=private),
    )


def http_client(*, private: bool) -> "httpx2.AsyncClient":
    """What talks to the endpoint.

    Raises:
        ProviderUnavailableError: The environment names a proxy that can't be used.
    """
    import httpx2

    from aurarouter_claude.transport import PinnedTransport, keep_quiet
    from aurarouter_hooks.http_sdk import Client, bounded

    trust = _trust(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=IDLE)
    hooks = {"response": [bounded]}
    if private:
        keep_quiet()
        pinned = PinnedTransport(verify=trust, trust_env=False, limits=limits)
        return Client(transport=pinned, trust_env=False, event_hooks=hooks)
    try:
        return Client(verify=trust, limits=limits, event_hooks=hooks)
    except (ValueError, ImportError) as exc:
        raise ProviderUnavailableError(
            "the proxy that the environment names cannot be used", hint="Check HTTP_PROXY and ALL_PROXY."
        ) from exc


def timeout(model: Model, patience: float | None = None) -> "httpx2.Timeout":
    """The model's time to connect; seconds of silence to bear, by default the model's total."""
    import httpx2

    limits = model.timeouts
    silence = min((seconds for seconds in (patience, limits.total) if seconds is not None), default=None)
    return httpx2.Timeout(None, connect=limits.connect, read=silence, write=silence)


@lru_cache(maxsize=4)
def _trust(file: str, folder: str) -> ssl.SSLContext:
    """Trust is read from disk once, not for each model; both variables are the HTTP client's own."""
    import httpx2

    return httpx2.create_ssl_context()
