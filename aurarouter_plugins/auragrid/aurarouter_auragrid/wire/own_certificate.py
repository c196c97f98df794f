"""Looks at this machine's own certificate as the others will: by a handshake with ourselves, in memory."""

from __future__ import annotations

import ssl
from contextlib import suppress

from aurarouter_auragrid.engine.connection import tls_context
from aurarouter_auragrid.settings import Tls
from aurarouter_hooks import ConfigError

ROUNDS = 3
"""Messages that each side sends at most, until both know each other."""


def require_trusted(tls: Tls, name: str) -> None:
    """Others take the certificate for this machine's, on both ends of a call.

    Args:
        tls: The files.
        name: The name or address that others connect to.

    Raises:
        ConfigError: They would not, and why.
    """
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    calling = tls_context(tls).wrap_bio(down, up, server_hostname=name)
    answering = tls_context(tls, ssl.Purpose.CLIENT_AUTH).wrap_bio(up, down, server_side=True)
    try:
        for side in [calling, answering] * ROUNDS:
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except ssl.SSLCertVerificationError as error:
        raise ConfigError(
            f"grid.tls: nobody would take {tls.cert} as the certificate of '{name}': {error.verify_message}",
            hint="Have the cell's authority sign one for the name that grid.advertise says.",
        ) from error
