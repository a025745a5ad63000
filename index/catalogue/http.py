"""Single HTTP requests, only to allowed addresses, with limits of time and size.

A link or a redirect must not make Signpost send requests into its own network. So this module looks up the host, refuses
private addresses, and connects to the address that it checked: a second look-up could return another one.
"""

import asyncio
import ipaddress
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpcore2
import httpx2

#: At most this much of a page is read, counted after decompression.
MAX_BODY_BYTES: Final = 256 * 1024
#: At most this many times as much is read from the network for it.
_RAW_FACTOR: Final = 2
_CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
#: For zlib: detect from the first bytes which of the two it is.
_GZIP_OR_ZLIB: Final = 47
_GZIP: Final = b"\x1f\x8b"
_HEAD_BYTES: Final = 2
#: Each member costs a little: thousands of empty ones would cost much.
_MAX_MEMBERS: Final = 64
#: At most this many of a host's addresses are tried.
_MAX_ADDRESSES: Final = 3
#: OpenSSL's error codes for a certificate of another host name or IP address.
_OTHER_HOSTS: Final = frozenset({62, 64})
#: IPv6 networks that carry an IPv4 address in their last bits: NAT64, translated, and `::192.0.2.1`.
_CARRIERS: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")))
#: NAT64 of a network's own (RFC 8215); the address may be in several places of it (RFC 6052).
_OWN_NAT64: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
_TEREDO: Final = ipaddress.IPv6Network("2001::/32")
#: What stands before the IPv4 address in the last half of an ISATAP address (RFC 5214).
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})
#: Addresses at which clouds give their machines secrets and orders, whoever asks.
_CLOUDS: Final = (
    "169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::/32", "fd20:ce::/32", "fe80::/10",
)  # fmt: skip
_METADATA: Final = tuple(map(ipaddress.ip_network, _CLOUDS))

_IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]


def is_public(address: str) -> bool:
    """Whether an IP address is public: not private, loopback, link-local, multicast or a cloud's own.

    What an IPv6 address carries of IPv4 decides, since the connection ends there.
    """
    found = _with_carried(address)
    if not found or any(found[0] in network for network in (_OWN_NAT64, _TEREDO)):
        return False
    return all(
        ip.is_global and not ip.is_multicast and not ip.is_reserved and not _is_metadata(ip)
        for ip in found[1:] or found
    )


def is_inside(address: str) -> bool:
    """Whether an IP address may be requested where private networks and this machine may: none at which clouds give secrets."""
    found = _with_carried(address)
    return bool(found) and not any(_is_metadata(ip) or ip.is_multicast or ip.is_unspecified for ip in found)


def _is_metadata(ip: _IP) -> bool:
    return any(ip in network for network in _METADATA)


def _with_carried(address: str) -> tuple[_IP, ...]:
    """Return an IP address with the IPv4 addresses that it may carry; empty when it is none."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ()
    if isinstance(ip, ipaddress.IPv4Address):
        return (ip,)
    whole, last = int(ip), ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    carried = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if any(ip in network for network in _CARRIERS) or (whole >> 32) & 0xFFFFFFFF in _ISATAP:
        carried.append(last)
    if ip in _OWN_NAT64:
        # After the prefix, of 48, 56, 64 or 96 bits; the eight bits from the 64th on are left out.
        rest = (whole >> 64 & 0xFFFF) << 56 | whole & 0xFFFFFFFFFFFFFF
        carried += [last, *(ipaddress.IPv4Address(rest >> shift & 0xFFFFFFFF) for shift in (40, 32, 24))]
    elif _is_metadata(last):  # however the prefix came about
        carried.append(last)
    return (ip, *dict.fromkeys(one for one in carried if one is not None))


async def resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the IP addresses of a host, each once, in the system's order; an IP address returns itself. OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class WireError(Exception):
    """The request got no response; the message says why, in plain words."""


class NoSuchHostError(WireError):
    """The host name does not exist."""


class RefusedAddressError(WireError):
    """The host's address must not be requested, such as one of a private network."""

    def __init__(self, message: str, *, address: str) -> None:
        super().__init__(message)
        self.address = address


class UntrustedError(WireError):
    """The certificate is not valid for the host; `mismatch`: it is another host's."""

    def __init__(self, message: str, *, mismatch: bool) -> None:
        super().__init__(message)
        self.mismatch = mismatch


class UnreachableError(WireError):
    """No connection to the host, or no answer from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The response of a host."""

    url: str
    method: str
    status: int
    headers: httpx2.Headers
    body: bytes = b""
    """The start of the page, decompressed; empty for HEAD, or when it cannot be decompressed."""
    is_whole: bool = True
    """Whether `body` is the whole page."""

    @property
    def location(self) -> str:
        """The target of a redirect as its header has it; empty without one."""
        if self.status not in {301, 302, 303, 307, 308}:
            return ""
        return str(self.headers.get("location", "")).strip()

    @property
    def is_permanent(self) -> bool:
        """Whether it is a permanent redirect."""
        return self.status in {301, 308}

    @property
    def content_type(self) -> str:
        """The media type in its header; empty without one."""
        return str(self.headers.get("content-type", "")).lower()

    @property
    def named(self) -> str:
        """The status with its name: `404 Not Found`."""
        phrase = httpx2.codes.get_reason_phrase(self.status)
        return f"{self.status} {phrase}".strip()


@dataclass(slots=True, kw_only=True)
class Addresses:
    """Looks up each host once, and returns only addresses that may be connected to."""

    permitted: Callable[[str], bool] = is_public
    resolver: Resolve = resolve
    any_found: bool = False
    """Whether any host has been found so far."""
    _known: dict[str, "asyncio.Future[tuple[str, ...]]"] = field(default_factory=dict)

    def known(self, host: str) -> str:
        """Return the address of a host that is connected to first, if it was looked up already; else an empty text."""
        done = self._known.get(host)
        if done is None or not done.done() or done.cancelled() or done.exception() is not None:
            return ""
        found = done.result()
        return next(filter(self.permitted, found), found[0] if found else "")

    async def of(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of a host that may be connected to; WireError when there are none."""
        known = self._known.get(host)
        if known is None:
            known = self._known[host] = asyncio.ensure_future(self.resolver(host, port))
            # Retrieve the error, because the task that waited for it may have been cancelled.
            known.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            found = await asyncio.shield(known)
        except socket.gaierror as error:
            if error.errno in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}:
                raise NoSuchHostError(f"there is no host {host}") from error
            self._known.pop(host, None)
            raise UnreachableError(f"the host {host} cannot be looked up now ({error.strerror})") from error
        except (OSError, UnicodeError) as error:
            raise UnreachableError(f"the host {host} cannot be looked up ({error})") from error
        self.any_found = True
        allowed = tuple(address for address in found if self.permitted(address))
        if not allowed:
            address = found[0] if found else "?"
            raise RefusedAddressError(f"{host} is at {address}, an address of a private network", address=address)
        return allowed[:_MAX_ADDRESSES]


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to the address that was checked; the certificate must still be for the host name.

    Ignores the time limits: `Wire.ask` limits the whole request.
    """

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - httpcore2's signature
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers."""
        failure: OSError | None = None
        for address in await self._addresses.of(host, port):
            try:
                return _Socket(*await asyncio.open_connection(address, port))
            except OSError as error:
                failure = error
        raise failure or UnreachableError(f"the host {host} has no address")


class _Socket(httpcore2.AsyncNetworkStream):
    """A connection on asyncio's own streams, which are much cheaper than those of httpcore2."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002, ASYNC109
        """Return the next bytes; empty at the end."""
        return await self._reader.read(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002, ASYNC109
        """Send everything."""
        self._writer.write(buffer)
        await self._writer.drain()

    async def aclose(self) -> None:
        """Abort the connection, without flushing."""
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        """Start TLS on this connection."""
        await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        return self

    def get_extra_info(self, info: str) -> object:
        """Answer the one question of httpcore2 about an idle connection: whether the other side has closed it."""
        if info == "is_readable":
            return self._reader.at_eof() or self._writer.is_closing()
        return self._writer.get_extra_info("ssl_object" if info == "ssl_object" else "socket")


class _Transport(httpx2.AsyncBaseTransport):
    """A pool of httpcore2 whose connections go to checked addresses only."""

    def __init__(self, addresses: Addresses, context: ssl.SSLContext, *, connections: int) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=None,
            max_keepalive_connections=connections,
            keepalive_expiry=10.0,
            network_backend=_CheckedBackend(addresses),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        reply = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            status_code=reply.status, headers=reply.headers, stream=_Stream(reply), extensions=reply.extensions
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Stream(httpx2.AsyncByteStream):
    def __init__(self, reply: httpcore2.Response) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._reply.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._reply.aclose()


class Wire:
    """The connections to one host. Close it after the last request."""

    def __init__(
        self,
        addresses: Addresses,
        context: ssl.SSLContext,
        *,
        user_agent: str,
        timeout_s: float,
        connections: int,
        max_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._client = httpx2.AsyncClient(
            transport=_Transport(addresses, context, connections=connections),
            headers={"User-Agent": user_agent, "Accept": "text/html,*/*;q=0.8", "Accept-Encoding": "gzip, deflate"},
            timeout=httpx2.Timeout(timeout_s, pool=None),
            # No proxies and no .netrc: a proxy would connect to addresses that were not checked.
            trust_env=False,
        )

    async def ask(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        """Return the answer to one request; redirects are not followed. WireError."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask(method, url, headers)
        except WireError:
            raise
        except (TimeoutError, httpcore2.TimeoutException) as error:
            raise UnreachableError(f"no answer within {self._timeout_s:g} s") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as error:
            raise _explained(error) from error
        except (
            httpx2.InvalidURL,
            httpx2.RemoteProtocolError,
            ValueError,
        ) as error:  # in the address, or in that of a redirect
            raise WireError(f"it cannot be asked for ({error})") from error

    async def _ask(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        request = self._client.build_request(method, url, headers=dict(headers))
        response = await self._client.send(request, stream=True)
        try:
            # After HEAD too: the connection can be reused only when its response was read.
            body, is_whole = await _body(response, self._max_bytes)
        finally:
            await response.aclose()
        status, headers = response.status_code, response.headers
        return Response(url=url, method=method, status=status, headers=headers, body=body, is_whole=is_whole)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _body(response: httpx2.Response, most: int) -> tuple[bytes, bool]:
    """Return the start of the body, and whether it is all of it; if there is more, the connection is dropped."""
    unpacker = _Unpacker(response.headers.get("content-encoding", ""))
    raw, body = 0, bytearray()
    async for part in response.aiter_raw():
        raw += len(part)
        body += unpacker.unpack(part, most - len(body))
        if len(body) >= most or raw >= _RAW_FACTOR * most:
            return bytes(body), False
        if unpacker.is_over:
            break
    return bytes(body), unpacker.is_done


class _Unpacker:
    """Decompresses up to a limit; only one layer of compression, since several are used only to exhaust memory.

    A gzip stream may have several members (RFC 1952), which are one content. What comes behind its end is not read.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding.strip().lower()
        self._plain = self._coding in {"", "identity"}
        self._zlib = zlib.decompressobj(_GZIP_OR_ZLIB) if self._coding in _CODINGS else None
        self._head = b""
        self._members = 1
        self.is_over = False
        """Whether the content has ended, and what comes now is no part of it."""

    @property
    def is_done(self) -> bool:
        """Whether the content is complete and could be decompressed."""
        return self._plain or (self._zlib is not None and self._zlib.eof)

    def unpack(self, part: bytes, room: int) -> bytes:
        """Return the decompressed next bytes, at most `room` (1 or more); empty when they cannot be decompressed."""
        if self._plain:
            return part[:room]
        if self._coding == "deflate" and len(self._head) < _HEAD_BYTES:
            part = self._begun(part)
        found = bytearray()
        try:
            while part and self._zlib is not None and len(found) < room:
                if self._zlib.eof and not self._begins_again(part):
                    break
                found += self._zlib.decompress(part, room - len(found))
                part = self._zlib.unused_data
        except zlib.error:
            self._zlib = None
        return bytes(found)

    def _begun(self, part: bytes) -> bytes:
        """Return what there is of a zlib stream once its head has come; some servers leave the head out."""
        had, self._head = self._head, self._head + part[: _HEAD_BYTES - len(self._head)]
        if len(self._head) < _HEAD_BYTES:
            return b""
        if self._head[0] & 0x0F != zlib.DEFLATED or int.from_bytes(self._head) % 31:
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
        return had + part

    def _begins_again(self, part: bytes) -> bool:
        """Whether another member begins here, of which there may be a few; otherwise the content is over."""
        if self._coding == "deflate" or not part.startswith(_GZIP[: len(part)]) or self._members >= _MAX_MEMBERS:
            self.is_over = True
            return False
        self._zlib = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._members += 1
        return True


def _explained(error: Exception) -> WireError:
    """Return the WireError for an error of a connection."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            mismatch = cause.verify_code in _OTHER_HOSTS
            return UntrustedError(f"its certificate is not to be trusted: {cause.verify_message}", mismatch=mismatch)
        if isinstance(cause, ConnectionRefusedError):
            return UnreachableError("the host refuses connections")
        cause = cause.__cause__ or cause.__context__
    detail = " ".join(str(error).split()) or type(error).__name__
    return UnreachableError(f"the connection failed ({detail:.120})")
