"""The section `grid` of the configuration."""

from __future__ import annotations

import re
import socket

from attrs import Attribute, Factory, field, frozen
from attrs.validators import ge, gt, in_, le, min_len

from aurarouter_hooks import Secret

NODE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


def _node_name(_: object, attribute: Attribute[str], value: str) -> None:
    if value and not NODE_NAME.fullmatch(value):
        raise ValueError(f"'{attribute.name}' must be 1 to 63 letters, digits, '-' and '_'")


def own_name() -> str:
    """This machine's name as a node's name."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().split(".")[0])[:63].strip("-_") or "node"


@frozen(kw_only=True)
class Tls:
    """Files for mutual TLS, in PEM form; all three, or none.

    Attributes:
        ca: The cell's certificate authority.
        cert: This machine's certificate.
        key: Its private key.
    """

    ca: str = ""
    cert: str = ""
    key: str = ""

    def __attrs_post_init__(self) -> None:
        if any((self.ca, self.cert, self.key)) and not all((self.ca, self.cert, self.key)):
            raise ValueError("'tls' needs all of ca, cert and key")

    def __bool__(self) -> bool:
        return bool(self.ca)


@frozen(kw_only=True)
class Engine:
    """The NATS server that a node runs for itself.

    Attributes:
        own: Run one; false to use the servers at `grid.urls` alone.
        port: Where it listens; -1 for any free port, which is kept from then on.
        cluster_port: Where the servers of the cell meet; 0 for a server of its own.
        peers: The `host:cluster_port` of every server of the cell, this one's too.
        max_disk_mb: How much it may keep.
    """

    own: bool = True
    port: int = field(default=-1, validator=[ge(-1), le(65535)])
    cluster_port: int = field(default=0, validator=[ge(0), le(65535)])
    peers: tuple[str, ...] = ()
    max_disk_mb: int = field(default=4096, validator=gt(0))


@frozen(kw_only=True)
class Events:
    """Requests that come as events.

    Attributes:
        concurrency: How many a node works on at a time.
        ack_wait: Seconds after which a request whose node went silent is given to another.
        max_deliveries: Times that a request is given out before it is set aside.
        retention: Seconds for which results are kept, and a request's id means the same request.
        max_pending: Requests that may wait; beyond, publishers are told that the cell is busy.
        max_bytes: Size of one event.
        return_topics: Where results may go, as prefixes; empty for any topic that is not reserved.
    """

    concurrency: int = field(default=4, validator=[gt(0), le(1000)])
    ack_wait: float = field(default=10.0, validator=[ge(1.0), le(3600.0)])
    max_deliveries: int = field(default=10, validator=gt(0))
    retention: float = field(default=86400.0, validator=[ge(1.0), le(31 * 86400.0)])
    max_pending: int = field(default=100_000, validator=gt(0))
    max_bytes: int = field(default=500_000, validator=[gt(0), le(900_000)])
    return_topics: tuple[str, ...] = ()


@frozen(kw_only=True)
class Storage:
    """Model files that the cell keeps.

    Attributes:
        max_mb: How much they may take together, on each server that has a copy; the cell's first node settles it.
    """

    max_mb: int = field(default=2048, validator=gt(0))


@frozen(kw_only=True)
class Grid:
    """How this machine takes part in a cell.

    Attributes:
        node: The node's name in the cell; empty for the machine's name.
        host: Where the services listen. Anything but this machine alone needs `tls`.
        advertise: What others are told to connect to; empty for `host`.
        port: The services' port; 0 for any free one.
        urls: NATS servers to use, `nats://host:port`.
        token, user, password, nkey_seed: How to sign in there.
        tls: For everything that leaves this machine.
        engine: The server of our own.
        replicas: Copies of all that the cell keeps; 0 for 3 where there are three servers or more, else 1.
        events: Requests that come as events.
        storage: Model files that the cell keeps.
        max_message: Bytes of one message to the services.
        max_calls: Calls that the services work on at a time; more are refused.
        drain: Seconds that running work has to end in when the node leaves.
        discover: Offer the cell what model servers of this machine have, too.
    """

    node: str = field(default="", validator=_node_name)
    host: str = field(default="127.0.0.1", validator=min_len(1))
    advertise: str = ""
    port: int = field(default=0, validator=[ge(0), le(65535)])
    urls: tuple[str, ...] = ()
    token: Secret | None = None
    user: str = ""
    password: Secret | None = None
    nkey_seed: Secret | None = None
    tls: Tls = Factory(Tls)
    engine: Engine = Factory(Engine)
    replicas: int = field(default=0, validator=in_((0, 1, 3, 5)))
    events: Events = Factory(Events)
    storage: Storage = Factory(Storage)
    max_message: int = field(default=4 << 20, validator=[ge(1024), le(256 << 20)])
    max_calls: int = field(default=64, validator=gt(0))
    drain: float = field(default=30.0, validator=ge(0.0))
    discover: bool = True

    @property
    def copies(self) -> int:
        """How many servers keep each thing."""
        return self.replicas or (3 if len(self.engine.peers) >= 3 else 1)
