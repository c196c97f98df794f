"""The configuration's section `gateway`."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from attrs.validators import ge, gt, le


@frozen(kw_only=True)
class AppLimits:
    """What one client key may use.

    Attributes:
        models: Ids of models; empty for all.
        roles: Names of roles; empty for all.
        private: All that this app sends is private.
    """

    models: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    private: bool = False


@frozen(kw_only=True)
class GatewaySettings:
    """How the HTTP gateway listens, and how much it takes.

    Attributes:
        host: Address to listen on; anything but loopback needs a client key and TLS.
        port: Port to listen on; 0 for any free one.
        certificate: PEM file of the server's certificate, with `key` beside it.
        key: PEM file of its private key.
        hosts: Names beside loopback's under which clients reach this server (the `Host` header).
        origins: Web pages that may call it (the `Origin` header); none by default.
        max_body: Bytes of a request's body.
        max_header: Bytes of a request's line and headers.
        read_timeout: Seconds in which a request has to arrive, headers and body each.
        write_timeout: Seconds in which a client has to take what is sent.
        max_connections: Clients at a time; more are told 503.
        apps: Limits of client keys, by their names.
    """

    host: str = "127.0.0.1"
    port: int = field(default=8484, validator=[ge(0), le(65535)])
    certificate: str | None = None
    key: str | None = None
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    max_body: int = field(default=32 * 1024 * 1024, validator=gt(0))
    max_header: int = field(default=64 * 1024, validator=gt(0))
    read_timeout: float = field(default=30.0, validator=gt(0))
    write_timeout: float = field(default=60.0, validator=gt(0))
    max_connections: int = field(default=1000, validator=gt(0))
    apps: Mapping[str, AppLimits] = field(factory=dict)
