"""Which endpoint a model has, and which key may go there.

The SDK would send `ANTHROPIC_API_KEY` to any address that a model names. Here a key from the environment goes only to
the vendor's own host, or to the one that the environment names beside it.
"""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import frozen

from aurarouter_hooks import ConfigError, Model, ProviderAuthError, Secret
from aurarouter_hooks.endpoints import fault
from aurarouter_hooks.http_errors import origin

VENDOR = "https://api.anthropic.com"
BASE, KEY, TOKEN, HEADERS = (
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
)


@frozen
class Access:
    """Where to go, and with what.

    Attributes:
        url: Without the `/v1/…` that the SDK adds.
        key: None when a server of one's own is asked without any.
        vendor: It is Anthropic's own host.
        theirs: The environment means this place: what it holds for Anthropic may go there.
    """

    url: str
    key: Secret | None
    vendor: bool
    theirs: bool


def check(model: Model) -> None:
    """Look at the endpoint's form alone.

    Raises:
        ConfigError: It can't be used.
    """
    endpoint = model.endpoint.strip()
    if not endpoint:
        return
    wrong = fault(endpoint)
    if not wrong:
        url = urlsplit(endpoint)
        if url.username is not None or url.password is not None:
            wrong = "must not hold a user or password; keys belong into api_key or env_key"
        elif url.query or url.fragment:
            wrong = "must end with its path"
    if wrong:
        raise ConfigError(
            "the model has no usable endpoint",
            problems=[f"models.{model.id}.endpoint: {wrong}"],
            hint="Leave it out for Anthropic's own API, or write the address of a server, as http://127.0.0.1:8080.",
        )


def endpoint(model: Model) -> str:
    """The URL up to `/v1`: the model's own, or the environment's, or the vendor's."""
    found = model.endpoint.strip() or os.environ.get(BASE, "").strip() or VENDOR
    return found.rstrip("/").removesuffix("/messages").removesuffix("/v1").rstrip("/")


def access(model: Model) -> Access:
    """The endpoint and the key in force now. No I/O.

    Raises:
        ProviderAuthError: There is no key, or it can't be sent.
    """
    url = endpoint(model)
    vendor = _same(url, VENDOR)
    theirs = vendor or _same(url, os.environ.get(BASE, "").strip())
    text = model.api_key.reveal().strip() if model.api_key else ""
    if not text and theirs:
        text = _from(os.environ)
    if not text and theirs:
        raise ProviderAuthError(
            f"there is no key for {origin(url)}",
            hint=f"Set {KEY}, or name another variable as the model's env_key.",
        )
    if not (text.isascii() and text.isprintable()):
        raise ProviderAuthError(
            f"the key for {origin(url)} holds characters that no HTTP header can carry",
            hint="Check it for line ends and stray quotes.",
        )
    return Access(url, Secret(text) if text else None, vendor, theirs)


def foreign_headers() -> list[str]:
    """Names of the headers that the SDK would take from the environment."""
    return [name.strip() for name, colon, _ in (x.partition(":") for x in _lines(os.environ)) if colon]


def _lines(environ: Mapping[str, str]) -> list[str]:
    return environ.get(HEADERS, "").split("\n")


def _from(environ: Mapping[str, str]) -> str:
    return environ.get(KEY, "").strip() or environ.get(TOKEN, "").strip()


def _same(url: str, other: str) -> bool:
    """Scheme, host and port are the same, as the HTTP client reads them."""
    import httpx2

    try:
        a, b = httpx2.URL(url), httpx2.URL(other)
    except httpx2.InvalidURL:
        return False
    return bool(a.host) and (a.scheme, a.host, a.port) == (b.scheme, b.host, b.port)
