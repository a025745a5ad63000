"""Fetches a list over https: in bounded time and size, from public addresses, and only when it has changed."""

import asyncio
import re
import socket
import ssl
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NoReturn

import httpx

from index.catalogue.addresses import is_public, resolve
from index.catalogue.formats.which import BOOKMARKS_MARK
from index.catalogue.sources.sources import WebSource
from index.errors import CatalogueError

MAX_REDIRECTS: Final = 5
_AGENT: Final = "signpost (refreshes a list of links)"
_SUFFIX: Final = re.compile(r"\.[A-Za-z]{1,10}")
_SUFFIXES: Final = {
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/yaml": ".yaml",
    "application/x-yaml": ".yaml",
    "text/yaml": ".yaml",
    "text/x-yaml": ".yaml",
}
_WHAT_TO_DO: Final = {
    401: "it wants a login: put one into the address, or fetch it as git",
    403: "it may not be read: check its permissions",
    404: "there is nothing at this address: has it moved?",
    410: "it is gone: give its new address",
    429: "it wants fewer requests: build less often",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a server gave: the list, what a file of it is called, and how to ask whether it has changed."""

    data: bytes
    file: str
    etag: str
    last_modified: str


def fetch(source: WebSource, *, etag: str = "", last_modified: str = "") -> Fetched | None:
    """Return the list, None when it is still the one of that ETag and date. CatalogueError names the address."""
    known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    try:
        return asyncio.run(_in_time(source, {name: value for name, value in known.items() if value}))
    except TimeoutError:
        _fail(source, f"did not come whole within {source.timeout_s:g} s; build again later, or raise its timeout_s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        _fail(source, _problem(error))


def _fail(source: WebSource, message: str) -> NoReturn:
    raise CatalogueError(message, path=source.address) from None


def _problem(error: Exception) -> str:
    detail = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, httpx.ConnectError) and "certificate" in detail.lower():
        return f"its certificate is not trusted ({detail}); SSL_CERT_FILE may name your own authorities"
    if isinstance(error, httpx.InvalidURL | ValueError):
        return f"is no address that can be fetched ({detail})"
    return f"cannot be fetched ({detail}); check the address and the network"


async def _in_time(source: WebSource, known: dict[str, str]) -> Fetched | None:
    async with asyncio.timeout(source.timeout_s):
        # Proxies and .netrc of the environment are not for this; its certificate authorities (SSL_CERT_FILE) are.
        async with httpx.AsyncClient(
            verify=httpx.create_ssl_context(), trust_env=False, timeout=source.timeout_s
        ) as client:
            return await _follow(client, source, known)


async def _follow(client: httpx.AsyncClient, source: WebSource, known: dict[str, str]) -> Fetched | None:
    """Ask, and go where redirects lead, as long as that is https and public."""
    url = httpx.URL(source.url)
    for _ in range(MAX_REDIRECTS + 1):
        response = await _ask(client, source, url, known)
        try:
            if not response.has_redirect_location:
                return await _whole(source, response, conditional=bool(known))
        finally:
            await response.aclose()
        url = url.join(response.headers["location"])
        if url.scheme != "https" or not url.host:
            _fail(source, f"leads to {url.scheme}://{url.host}, which is not https; give an https address")
    _fail(source, f"leads on and on: more than {MAX_REDIRECTS} redirects")


async def _ask(client: httpx.AsyncClient, source: WebSource, url: httpx.URL, known: dict[str, str]) -> httpx.Response:
    """Send one request to the addresses that were checked, one after the other, until one answers."""
    host = url.raw_host.decode("ascii").strip("[]")
    try:
        found = await resolve(host, url.port or 443)
    except socket.gaierror as error:
        _fail(source, f"the name {host} is not known ({error.strerror}); check the address and the network")
    if not source.private and not all(map(is_public, found)):
        _fail(source, f"{host} is in a private network; a source there needs `private: true` in a file of sources")
    headers = {"Host": url.netloc.decode("ascii"), "User-Agent": _AGENT, "Accept-Encoding": "gzip", **known}
    for number, address in enumerate(found, start=1):
        request = client.build_request(
            "GET", url.copy_with(host=address), headers=headers, extensions={"sni_hostname": host}
        )
        try:
            return await client.send(request, stream=True)
        except httpx.ConnectError as error:
            if number == len(found) or isinstance(error.__cause__, ssl.SSLError):
                raise
    _fail(source, f"the name {host} has no address")


async def _whole(source: WebSource, response: httpx.Response, *, conditional: bool) -> Fetched | None:
    status = response.status_code
    if status == httpx.codes.NOT_MODIFIED and conditional:
        return None
    if status != httpx.codes.OK:
        _fail(source, f"answers {status}: {_WHAT_TO_DO.get(status, 'build again later, or check the address')}")
    data = bytearray()
    async for chunk in _decoded(source, response):
        data += chunk
        if len(data) > source.max_bytes:
            _fail(source, f"has more than {source.max_bytes:,} bytes; raise its max_mb if it is a list")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"} and not _is_bookmarks(bytes(data)):
        _fail(source, "is a web page and no list; give the address of the file itself (on GitHub: the button Raw)")
    return Fetched(
        data=bytes(data),
        file=_file_name(source.url, kind),
        etag=response.headers.get("etag", ""),
        last_modified=response.headers.get("last-modified", ""),
    )


async def _decoded(source: WebSource, response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the content, unpacked a little at a time: a small answer may be packed from gigabytes."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        async for chunk in response.aiter_raw():
            yield chunk
        return
    if coding != "gzip":
        _fail(source, f"is packed as {coding}, which was not asked for; only gzip is read")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        async for chunk in response.aiter_raw():
            packed = chunk
            while packed:
                yield unpack.decompress(packed, 1 << 20)
                packed = unpack.unconsumed_tail
    except zlib.error as error:
        _fail(source, f"cannot be unpacked ({error}); build again later")
    if not unpack.eof:
        _fail(source, "ends in the middle; build again later")


def _is_bookmarks(data: bytes) -> bool:
    head = data[:4096].lower()
    return BOOKMARKS_MARK.encode() in head or (b"<dl" in head and b"<dt" in head)


def _file_name(url: str, kind: str) -> str:
    """Return what the copy is called: its ending tells the readers the format, where the server or address knows it."""
    last = PurePosixPath(httpx.URL(url).path)
    stem = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in last.stem).strip(".")
    suffix = last.suffix.lower() if _SUFFIX.fullmatch(last.suffix) else ""
    return (stem[:80] or "list") + _SUFFIXES.get(kind, suffix)
