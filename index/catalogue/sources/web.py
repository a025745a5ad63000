"""Fetches a list over https if it has changed, from public addresses, with limits of time and size."""

import asyncio
import math
import re
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Final, NoReturn

import httpx2

from index.catalogue.formats.which import BOOKMARKS_MARK, SNIFFED_CHARS, holds_folders
from index.catalogue.http import (
    Addresses,
    NoSuchHostError,
    RefusedAddressError,
    Response,
    UnreachableError,
    UntrustedError,
    Wire,
    WireError,
    is_inside,
    is_public,
)
from index.catalogue.sources.sources import WebSource, filled
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
    401: "it wants a login: give it a `header` in a file of sources, or fetch it as git",
    403: "it may not be read: check its permissions",
    404: "there is nothing at this address: has it moved?",
    410: "it is gone: give its new address",
    429: "it wants fewer requests: build less often",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A fetched list: its content, a name for its file, and the ETag and date to ask whether it has changed."""

    data: bytes
    file: str
    etag: str
    last_modified: str


def fetch(source: WebSource, *, etag: str = "", last_modified: str = "") -> Fetched | None:
    """Return the list; None when it has not changed since that ETag and date. CatalogueError names the address."""
    known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    try:
        return asyncio.run(_in_time(source, {name: value for name, value in known.items() if value}))
    except TimeoutError:
        _fail(source, f"did not come whole within {source.timeout_s:g} s; build again later, or raise its timeout_s")
    except (httpx2.InvalidURL, OSError, ValueError) as error:
        _fail(source, f"is no address that can be fetched ({' '.join(str(error).split())})")


def _fail(source: WebSource, message: str) -> NoReturn:
    raise CatalogueError(message, path=source.address) from None


def _problem(host: str, error: WireError) -> str:
    detail = str(error)
    if isinstance(error, NoSuchHostError):
        return f"the name {host} is not known; check the address and the network"
    if isinstance(error, RefusedAddressError):
        return f"{host} is in a private network; a source there needs `private: true` in a file of sources"
    if isinstance(error, UntrustedError):
        return f"its certificate is not trusted ({detail}); SSL_CERT_FILE may name your own authorities"
    if isinstance(error, UnreachableError):
        return f"cannot be fetched ({detail}); check the address and the network"
    return f"is no address that can be fetched ({detail})"


async def _in_time(source: WebSource, known: dict[str, str]) -> Fetched | None:
    addresses = Addresses(permitted=is_inside if source.private else is_public)
    wire = Wire(
        addresses,
        httpx2.create_ssl_context(),  # the environment's certificate authorities (SSL_CERT_FILE), else the machine's
        user_agent=_AGENT,
        timeout_s=math.inf,
        connections=1,
        max_bytes=source.max_bytes + 1,
    )
    async with asyncio.timeout(source.timeout_s):
        try:
            return await _follow(wire, source, known)
        finally:
            await wire.close()


async def _follow(wire: Wire, source: WebSource, known: dict[str, str]) -> Fetched | None:
    """Request the list and follow redirects to public https addresses."""
    url = own = httpx2.URL(source.url)
    name, _, value = filled(source.header, source.address).partition(": ")
    login = {name: value} if name else {}
    headers = {"Accept": "*/*", "Accept-Encoding": "gzip", **known}
    for _ in range(MAX_REDIRECTS + 1):
        is_own = (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)
        try:
            reply = await wire.ask("GET", str(url), headers | login if is_own else headers)
        except WireError as error:
            _fail(source, _problem(url.host, error))
        if not reply.location:
            return _whole(source, reply, conditional=bool(known))
        url = url.join(reply.location)
        if url.scheme != "https" or not url.host:
            _fail(source, f"leads to {url.scheme}://{url.host}, which is not https; give an https address")
    _fail(source, f"leads on and on: more than {MAX_REDIRECTS} redirects")


def _whole(source: WebSource, reply: Response, *, conditional: bool) -> Fetched | None:
    if reply.status == HTTPStatus.NOT_MODIFIED and conditional:
        return None
    if reply.status != HTTPStatus.OK:
        advice = _WHAT_TO_DO.get(reply.status, "build again later, or check the address")
        _fail(source, f"answers {reply.status}: {advice}")
    if len(reply.body) > source.max_bytes:
        _fail(source, f"has more than {source.max_bytes:,} bytes; raise its max_mb if it is a list")
    coding = reply.headers.get("content-encoding", "").strip().lower()
    if coding not in {"", "identity", "gzip"}:
        _fail(source, f"is packed as {coding}, which was not asked for; only gzip is read")
    if not reply.is_whole:
        _fail(source, "cannot be unpacked, or ends in the middle; build again later")
    kind = reply.content_type.partition(";")[0].strip()
    if kind in {"text/html", "application/xhtml+xml"} and not _is_bookmarks(reply.body):
        _fail(source, "is a web page and no list; give the address of the file itself (on GitHub: the button Raw)")
    return Fetched(
        data=reply.body,
        file=_file_name(source.url, kind),
        etag=reply.headers.get("etag", ""),
        last_modified=reply.headers.get("last-modified", ""),
    )


def _is_bookmarks(data: bytes) -> bool:
    head = data[:SNIFFED_CHARS].decode("latin-1").lower()
    return BOOKMARKS_MARK in head or holds_folders(head)


def _file_name(url: str, kind: str) -> str:
    """Return a file name for the copy; its suffix, from the address or the media type, tells the readers the format."""
    last = PurePosixPath(httpx2.URL(url).path)
    stem = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in last.stem).strip(".")
    suffix = last.suffix.lower() if _SUFFIX.fullmatch(last.suffix) else ""
    return (stem[:80] or "list") + _SUFFIXES.get(kind, suffix)
