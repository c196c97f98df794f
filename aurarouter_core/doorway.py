"""Where a server listens, and which requests it lets near: for every surface that strangers can reach over HTTP."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from attrs import field, frozen
from attrs.validators import ge, le

from aurarouter_core.auth import Doorkeeper
from aurarouter_core.home import Home
from aurarouter_core.tls import check_files
from aurarouter_hooks import ConfigError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@frozen(kw_only=True)
class Listening:
    """How a server listens, and under which names; a section of the configuration adds to it.

    Attributes:
        host: Address to listen on; anything but loopback needs a client key and TLS.
        port: Port to listen on; 0 for any free one.
        certificate: PEM file of the server's certificate, with `key` beside it.
        key: PEM file of its private key.
        hosts: Names beside loopback's under which clients reach this server (the `Host` header).
        origins: Web pages that may call it (the `Origin` header); none by default.
    """

    host: str = "127.0.0.1"
    port: int = field(default=0, validator=[ge(0), le(65535)])
    certificate: str | None = None
    key: str | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


@frozen
class Refusal:
    """Why a request is turned away.

    Attributes:
        status: Of HTTP.
        words: For whoever sent it.
    """

    status: int
    words: str


def is_loopback(host: str) -> bool:
    """True when only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def guarded(settings: Listening, section: str) -> Doorkeeper:
    """Who checks the client keys of a server that may listen like this.

    Args:
        settings: How it is to listen.
        section: What the configuration calls these settings.

    Raises:
        ConfigError: Strangers could come in without a key, or the keys would travel in clear; or a file of TLS is none.
    """
    if bool(settings.certificate) != bool(settings.key):
        raise ConfigError(f"{section}.certificate and {section}.key belong together", hint="Set both, or none.")
    if settings.certificate and settings.key:
        check_files(settings.certificate, settings.key, section)
    near = is_loopback(settings.host)
    keys = Doorkeeper(Home.of(), always=not near)
    missing = []
    if not near and not keys.has_keys:
        missing.append("a client key ('aurarouter apps create NAME')")
    if not near and not settings.certificate:
        missing.append(f"TLS ('{section}.certificate' and '{section}.key')")
    if missing:
        raise ConfigError(
            f"listening on {settings.host} needs {' and '.join(missing)}",
            hint="Or listen on 127.0.0.1, and let a proxy that has both pass requests on.",
        )
    return keys


def bound(settings: Listening) -> socket.socket:
    """A socket that listens.

    Raises:
        ConfigError: The address is taken, or none of this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With the protocol named, each connection gets TCP_NODELAY; else small answers wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"can't listen on {settings.host}:{settings.port}: {error.strerror or error}",
            hint="Choose another port, or 0 for any free one; on the command line with --port.",
        ) from error
    listener.set_inheritable(True)
    return listener


def url_of(settings: Listening, listener: socket.socket) -> str:
    """Where clients reach it."""
    host, port = listener.getsockname()[:2]
    return f"http{'s' if settings.certificate else ''}://{f'[{host}]' if ':' in host else host}:{port}"


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """A request's headers by their names in small letters; one that comes twice is one with a comma (RFC 9110, 5.2).

    So a second `Host` or key is never taken in the place of the first: both together are nobody's.
    """
    headers: dict[str, str] = {}
    for name, value in raw:
        key, said = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {said}" if key in headers else said
    return headers


def turned_away(headers: Mapping[str, str], settings: Listening, section: str) -> Refusal | None:
    """A page that somebody visits must not reach this server through the visitor's browser.

    Args:
        headers: Of the request, from `headers_of`.
        settings: How the server listens.
        section: What the configuration calls these settings.
    """
    host = _name(headers.get("host", ""))
    if host not in LOOPBACK and host not in settings.hosts and host != settings.host:
        return Refusal(421, f"this server has another name; '{section}.hosts' lists those that it has")
    origin = headers.get("origin")
    if origin is None or origin in settings.origins or origin.partition("://")[2] == headers["host"]:
        return None
    return Refusal(403, f"web pages of this origin may not call; '{section}.origins' lists who may")


def _name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "") if "," not in host else ""
    except ValueError:
        return ""
