"""Which addresses of the network may be asked: a link or a redirect must not make Signpost ask its own network.

Whoever connects to an address that somebody else named resolves it here, refuses what is not public, and connects to
the very address that was checked: a second look-up could give another one.
"""

import asyncio
import ipaddress
import socket
from typing import Final

#: IPv6 addresses that carry an IPv4 address, which then decides: NAT64, and addresses of the form `::192.0.2.1`.
_CARRIERS: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public network: not private, local to a machine or link, or for many."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour
        if carried is None and any(ip in network for network in _CARRIERS):
            carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if carried is not None:
            ip = carried
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


async def resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the IP addresses of a host, each once, in the system's order; an address stands for itself. OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))
