"""Finds out where a URL points right now."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from aurarouter_hooks.values import Location


async def resolve(endpoint: str) -> Location:
    """Where a URL's host is now: loopback when each of its addresses is, else remote; unknown when it has none."""
    try:
        host = urlsplit(endpoint).hostname
        if not host:  # an empty name would resolve to this machine
            return Location()
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return Location()
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    here = all(ipaddress.ip_address(address).is_loopback for address in addresses)
    return Location(kind="loopback" if here else "remote", host=host, addresses=addresses)
