"""What is wrong with an endpoint, as far as its form shows: so that a check tells it, and not the first use."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

NUMBERS = re.compile(r"\d+(\.\d+){3}", re.ASCII)


def fault(endpoint: str) -> str:
    """Why no HTTP request can go to an endpoint, in words that follow its name; "" where nothing is wrong.

    Args:
        endpoint: A whole URL. It is in no message: it may hold keys.
    """
    if not endpoint.lower().startswith(("http://", "https://")):
        return "must begin with http:// or https://"
    try:
        url = urlsplit(endpoint)
        host, port = url.hostname or "", url.port
        if NUMBERS.fullmatch(host):
            ipaddress.IPv4Address(host)
    except ValueError:
        return "is not a usable address"
    if not endpoint.isprintable() or " " in url.netloc or port == 0:
        return "is not a usable address"
    return "" if host else "names no host"
