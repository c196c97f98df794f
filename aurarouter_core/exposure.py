"""Endpoints that prompts reach in the clear: not on this machine, not over TLS, not inside a trusted network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from attrs import frozen

from aurarouter_core.config import Config
from aurarouter_core.plain import origin

PATIENCE = 3.0
"""Seconds that names may take to be resolved; one that takes longer counts as being anywhere."""


@frozen
class Exposed:
    """An endpoint that somebody on the way could read along."""

    model: str
    origin: str
    why: str


async def exposed(config: Config) -> list[Exposed]:
    """Every such endpoint of the configured models. Names are resolved; nothing is connected to."""
    networks = [ipaddress.ip_network(network) for network in config.privacy.trusted_networks]
    plain: list[tuple[str, str, str]] = []
    for name, entry in config.models.items():
        for endpoint in dict.fromkeys([*([entry.endpoint] if entry.endpoint else []), *entry.endpoints]):
            scheme, host = _parts(endpoint)
            if scheme != "https":
                plain.append((name, f"{scheme or '?'}://{_authority(endpoint) or '?'}", host))
    places = await asyncio.gather(*(_addresses(host) for _, _, host in plain))
    found: list[Exposed] = []
    for (name, place, _), addresses in zip(plain, places, strict=True):
        outside = [one for one in addresses if not one.is_loopback and not any(_in(one, net) for net in networks)]
        if not addresses:
            found.append(Exposed(name, place, "its name can't be resolved, so nobody knows where it is"))
        elif outside:
            found.append(Exposed(name, place, f"it is at {outside[0]}"))
    return found


def _parts(endpoint: str) -> tuple[str, str]:
    try:
        parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
        return parts.scheme.lower(), parts.hostname or ""
    except ValueError:
        return "", ""


def _authority(endpoint: str) -> str:
    """Host and port, as they are written, without user and password."""
    return origin(endpoint if "://" in endpoint else f"http://{endpoint}").partition("://")[2]


Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _in(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


async def _addresses(host: str) -> Sequence[Address]:
    """Where a name leads; nothing when that can't be told."""
    if not host:
        return ()
    try:
        return (_plain(ipaddress.ip_address(host)),)
    except ValueError:
        pass  # a name
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(PATIENCE):
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return ()
    return [_plain(ipaddress.ip_address(str(address[4][0]).partition("%")[0])) for address in found]


def _plain(address: Address) -> Address:
    """An IPv4 address in IPv6 clothes as what it is."""
    return getattr(address, "ipv4_mapped", None) or address
