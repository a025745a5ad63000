"""Which addresses of the network may be asked."""

import asyncio
import socket

import pytest

from index.catalogue.http import is_public, resolve


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_public_addresses(address: str) -> None:
    """Of the whole world's network, also where IPv6 carries IPv4."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "::127.0.0.1", "2002:7f00:1::", "240.0.0.1",
        "no address", "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    """The machine itself, its network, a cloud's metadata, everybody at once; also as IPv6 that carries IPv4."""
    assert not is_public(address)


def test_names_are_resolved() -> None:
    """Each address once; an address is its own; a name that nobody has is the system's error."""
    assert "127.0.0.1" in asyncio.run(resolve("localhost", 443))
    assert asyncio.run(resolve("192.0.2.7", 443)) == ("192.0.2.7",)
    with pytest.raises(socket.gaierror):
        asyncio.run(resolve("no-such-name.invalid", 443))
