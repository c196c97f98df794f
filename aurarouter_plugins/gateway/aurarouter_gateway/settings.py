"""The configuration's section `gateway`."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from attrs.validators import ge, gt, le

from aurarouter_core import Listening
from aurarouter_hooks import Constraint


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

    def constraint(self, app: str) -> Constraint:
        """The same for the kernel, which holds the app's tasks to it on whichever surface they come in."""
        reasons = (
            f"all that the app '{app}' sends is private" if self.private else "",
            f"the app '{app}' may use only some models" if self.models else "",
            f"the app '{app}' may use only some roles" if self.roles else "",
        )
        return Constraint(
            private=self.private,
            models=self.models or None,
            roles=self.roles or None,
            reasons=tuple(filter(None, reasons)),
        )


@frozen(kw_only=True)
class GatewaySettings(Listening):
    """How the HTTP gateway listens, and how much it takes.

    Attributes:
        port: Port to listen on; 0 for any free one.
        shared: Work with the engine that this machine's programs share; false is quicker, and has models of its own.
        max_body: Bytes of a request's body.
        max_header: Bytes of a request's line and headers; spaces that pad them do not count.
        read_timeout: Seconds in which a request has to arrive, headers and body each.
        write_timeout: Seconds in which a client has to take 64 KiB of an answer that waits for it, or what is left.
        max_connections: Connections at a time; more are told 503.
        apps: Limits of client keys, by their names.
    """

    port: int = field(default=8484, validator=[ge(0), le(65535)])
    shared: bool = True
    max_body: int = field(default=32 * 1024 * 1024, validator=gt(0))
    max_header: int = field(default=64 * 1024, validator=gt(0))
    read_timeout: float = field(default=30.0, validator=gt(0))
    write_timeout: float = field(default=60.0, validator=gt(0))
    max_connections: int = field(default=1000, validator=gt(0))
    apps: Mapping[str, AppLimits] = field(factory=dict)
