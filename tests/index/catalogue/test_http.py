"""Which addresses of the network may be asked."""

import asyncio
import gzip
import socket
import tracemalloc
import zlib

import httpx2
import pytest

from index.catalogue.checks.hosts import wanted_pause
from index.catalogue.http import Response, _Unpacker, is_inside, is_public, resolve


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


#: What clouds have at fixed addresses, and how IPv6 carries these.
CLOUDS = [
    "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "fe80::a9fe:a9fe%eth0",
    *(form.format(*address) for form in (
        "::ffff:{0}", "::{0}", "::ffff:0:{0}", "64:ff9b::{0}", "64:ff9b:1::{0}", "2002:{1}:{2}::1",
        "64:ff9b:1:{1}:{3}:{4}00::", "fd00:1234::{0}", "fe80::5efe:{0}", "fd00::5efe:{0}", "2600:1::200:5efe:{0}",
    ) for address in (
        ("169.254.169.254", "a9fe", "a9fe", "a9", "fe"), ("100.100.100.200", "6464", "64c8", "64", "c8"),
        ("168.63.129.16", "a83f", "8110", "81", "10"), ("192.0.0.192", "c000", "00c0", "0", "c0"),
    )),
]  # fmt: skip


@pytest.mark.parametrize("address", CLOUDS)
def test_what_clouds_serve_is_refused_always(address: str) -> None:
    """Secrets and orders for a machine: no setting lets a link ask for them, in whatever form it names the address."""
    assert not is_public(address)
    assert not is_inside(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "::1", "fd12:3456::1", "::ffff:10.0.0.1", "100.64.0.1"])
def test_networks_of_ones_own_may_be_asked_where_somebody_says_so(address: str) -> None:
    """An intranet's pages, and this machine's."""
    assert is_inside(address)
    assert not is_inside("nothing")


GZIPPED = gzip.compress(b"page " * 100, mtime=0)  # the same bytes in every process that collects tests


@pytest.mark.parametrize(
    ("coding", "sent", "text", "is_done", "is_over"),
    [
        ("gzip", GZIPPED, b"page " * 100, True, False),
        ("gzip", GZIPPED + GZIPPED, b"page " * 200, True, False),
        ("gzip", GZIPPED + b"junk" * 50, b"page " * 100, True, True),
        ("gzip", GZIPPED + b"\0" * 50, b"page " * 100, True, True),
        ("gzip", GZIPPED[:-9], b"page " * 100, False, False),
        ("gzip", GZIPPED + GZIPPED[:-9], b"page " * 200, False, False),
        ("deflate", zlib.compress(b"page"), b"page", True, False),
        ("deflate", zlib.compress(b"page", wbits=-15), b"page", True, False),
        ("deflate", zlib.compress(b"page") + b"junk", b"page", True, True),
        ("br", b"whatever", b"", False, False),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_every_coding_is_read_to_its_end_and_no_further(
    coding: str, sent: bytes, text: bytes, size: int, *, is_done: bool, is_over: bool
) -> None:
    """The members of a gzip stream are one text; what is behind its end is no part of it; in parts of any size."""
    unpacker = _Unpacker(coding)
    found = b"".join(unpacker.unpack(sent[at : at + size], 10_000) for at in range(0, len(sent), size))
    assert (found, unpacker.is_done, unpacker.is_over) == (text, is_done, is_over)


@pytest.mark.parametrize(
    "sent",
    [
        gzip.compress(b"a") + gzip.compress(b"\0" * (64 << 20)),
        gzip.compress(b"a") + b"\0" * (8 << 20),
        gzip.compress(b"") * 100_000,
    ],
    ids=["a bomb behind the end", "much behind the end", "many members"],
)
def test_nothing_behind_a_first_end_escapes_the_limit(sent: bytes) -> None:
    """Neither in memory nor in what is given back."""
    unpacker = _Unpacker("gzip")
    tracemalloc.start()
    assert len(unpacker.unpack(sent, 1_000)) <= 1_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 32 << 20


@pytest.mark.parametrize(
    ("after", "least", "most"),
    [
        ("Wed, 21 Oct 2015 07:28:00 -0000", 0.0, 0.0),
        ("Tue, 21 Oct 2098 07:28:00 -0000", 1e9, 1e10),
        ("Tue, 21 Oct 2098 07:28:00 GMT", 1e9, 1e10),
        ("Tue, 21 Oct 2098 07:28:00 +2359", 1e9, 1e10),
        ("120", 120.0, 120.0),
    ],
)
def test_a_pause_may_be_a_date_of_any_zone(after: str, least: float, most: float) -> None:
    """`-0000` says UTC, and that nobody knows where; a host may write what it likes."""
    pause = wanted_pause(Response(url="", method="GET", status=503, headers=httpx2.Headers({"Retry-After": after})))
    assert pause is not None
    assert least <= pause <= most


@pytest.mark.parametrize(
    "after", ["soon", "-5", "Xyz, 99 Foo 20155 99:99:99 -0000", "²", "1 Jan 0001 00:00:00 +9999", ","]
)
def test_a_pause_that_cannot_be_read_is_none(after: str) -> None:
    """The link is asked again as any other."""
    headers = httpx2.Headers({b"retry-after": after.encode("latin-1")})
    assert wanted_pause(Response(url="", method="GET", status=503, headers=headers)) is None
