"""Looks at this machine's own certificate: as the others will, by a handshake with ourselves, and for how long yet."""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aurarouter_auragrid.engine.connection import tls_context
from aurarouter_auragrid.settings import Tls
from aurarouter_hooks import ConfigError

ROUNDS = 3
"""Messages that each side sends at most, until both know each other."""
SOON = timedelta(days=30)


def require_trusted(tls: Tls, name: str) -> None:
    """Others take the certificate for this machine's, on both ends of a call.

    Args:
        tls: The files.
        name: The name or address that others connect to; one of IPv6 may stand in brackets, as before a port.

    Raises:
        ConfigError: They would not, and why.
    """
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    calling = tls_context(tls).wrap_bio(down, up, server_hostname=name.strip("[]"))
    answering = tls_context(tls, ssl.Purpose.CLIENT_AUTH).wrap_bio(up, down, server_side=True)
    try:
        for side in [calling, answering] * ROUNDS:
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    except ssl.SSLCertVerificationError as error:
        raise ConfigError(
            f"grid.tls: nobody would take {tls.cert} as the certificate of '{name}': {error.verify_message}",
            hint="Sign one for the name that grid.advertise says: aurarouter grid certificates.",
        ) from error


def ends_soon(tls: Tls) -> str:
    """What to tell of a certificate that ends within a month; empty for another, or one that can't be read."""
    from cryptography import x509

    try:
        cert = x509.load_pem_x509_certificate(Path(tls.cert).expanduser().read_bytes())
    except (OSError, ValueError):
        return ""  # told by whoever connects with it
    left = cert.not_valid_after_utc - datetime.now(UTC)
    if left > SOON:
        return ""
    when = f"{cert.not_valid_after_utc:%Y-%m-%d}"
    return f"the certificate {tls.cert} ends on {when}; 'aurarouter grid certificates' signs another"
