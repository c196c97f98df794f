"""What the SDK sends its requests through. Imported with the first prompt: the SDK and its HTTP library are large."""

import os
import ssl
from contextvars import ContextVar
from functools import lru_cache
from urllib.parse import urlsplit

import httpx2
from google.genai import Client as Sdk
from google.genai.client import DebugConfig
from google.genai.types import HttpOptions

from aurarouter_google.errors import refusal
from aurarouter_google.settings import Settings
from aurarouter_hooks import ProviderReplyError, Secret, Timeouts
from aurarouter_hooks.http_errors import origin, short
from aurarouter_hooks.http_sdk import Client, bounded

STREAM = "text/event-stream"
ERROR_LIMIT = 64 * 2**10  # bytes of an error's body
IDLE = 4.0  # seconds; common servers hang up after 5, and a request must not meet that


def open_client(
    settings: Settings,
    key: Secret,
    timeouts: Timeouts,
    opened: ContextVar[list[httpx2.Response]],
    *,
    private: bool,
) -> tuple[Sdk, httpx2.AsyncClient, httpx2.Client]:
    """The SDK's client with the two that it sends through; the second of these is never used.

    Args:
        settings: Where the model is.
        key: Sent with every request.
        timeouts: `connect` and `total` are kept; the SDK would wait for ever.
        opened: Gets each answer as it begins, where the caller has set a list.
        private: Use no proxy, and nothing else of the environment's.

    Raises:
        ValueError: The environment names a proxy of an unknown kind.
        ImportError: It names a proxy or an HTTP library that needs a package.
    """
    host, place = urlsplit(settings.endpoint).hostname or "", origin(settings.endpoint)

    async def prepare(request: httpx2.Request) -> None:
        given = request.extensions.get("timeout", {}).get("read")
        silence = min((seconds for seconds in (given, timeouts.total) if seconds is not None), default=None)
        request.extensions["timeout"] = httpx2.Timeout(None, connect=timeouts.connect, read=silence).as_dict()
        request.extensions["sni_hostname"] = host  # the URL of a private prompt holds an address instead
        request.headers["Accept-Encoding"] = "identity"  # so that the limit below counts what is kept

    async def judge(response: httpx2.Response) -> None:
        if response.status_code != 200:
            page = await _read(response, ERROR_LIMIT)
            raise refusal(response.status_code, response.headers, page, settings.endpoint, key)
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.request.url.params.get("alt") == "sse" and kind != STREAM:
            raise ProviderReplyError(
                f"{place} sent {short(kind) or 'something unnamed'} instead of a stream",
                hint="Check that the endpoint is right and that this server can stream.",
            )
        await bounded(response, place)
        if (streams := opened.get(None)) is not None:
            streams.append(response)

    trust = _tls(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))
    wire = Client(
        verify=trust,
        trust_env=not private,
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=None, keepalive_expiry=IDLE),  # the executor does the limiting
        event_hooks={"request": [prepare], "response": [judge]},
    )
    unused = httpx2.Client(verify=trust, trust_env=False)
    # All that is said here the SDK would else read from the environment: another backend, another address, a file
    # that prompts are recorded into.
    client = Sdk(
        vertexai=False,
        api_key=key.reveal(),
        debug_config=DebugConfig(client_mode="", replays_directory="", replay_id=""),
        http_options=HttpOptions(
            base_url=settings.endpoint,
            api_version=settings.version,
            httpx_client=unused,
            httpx_async_client=wire,
            async_client_args={"ssl": trust},
        ),
    )
    return client, wire, unused


async def _read(response: httpx2.Response, limit: int) -> bytes:
    page = bytearray()
    async for piece in response.aiter_bytes():
        page += piece
        if len(page) >= limit:
            break
    return bytes(page)


@lru_cache(maxsize=4)
def _tls(file: str, folder: str) -> ssl.SSLContext:
    """Trust is read from disk once, not for each model; both variables are the HTTP library's own."""
    return httpx2.create_ssl_context()
