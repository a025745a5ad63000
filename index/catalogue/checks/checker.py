"""Checks one link: follows its redirects, looks at the page at the end, and returns a verdict."""

import asyncio
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urldefrag, urljoin, urlsplit, urlunsplit

from index.catalogue.checks.hosts import GivenUpError, Host, wanted_pause
from index.catalogue.checks.pages import ShownPage, asks_to_sign_in
from index.catalogue.checks.records import Outcome, Record, Verdict
from index.catalogue.http import (
    MAX_BODY_BYTES,
    NoSuchHostError,
    RefusedAddressError,
    Response,
    UnreachableError,
    UntrustedError,
    WireError,
)
from index.catalogue.publishers import is_shortener, same_owner
from index.catalogue.urls import path_of, query_of

MAX_HOPS: Final = 10
#: On each host, a page that cannot exist is requested in at most this many folders.
_MAX_PROBES: Final = 5
_GONE: Final = frozenset({404, 410})
_TOO_MANY: Final = 429
_NO_RANGE: Final = 416
_OK: Final = range(200, 300)
_SERVER_ERRORS: Final = range(500, 600)
_ROOTS: Final = frozenset({"", "/index", "/index.html", "/index.htm", "/index.php", "/home", "/default.aspx"})
#: Characters of a redirect's address that are not escaped; blanks and letters beyond ASCII are.
_KEPT: Final = "%/:=&?~#+!$,;'@()*[]|"
#: Start pages by language: `/en`, `/pt-br`.
_LANGUAGES: Final = frozenset(
    {"ar", "cn", "cs", "da", "de", "en", "es", "fi", "fr", "he", "hu", "id", "it", "ja", "jp", "ko", "nl", "no", "pl", "pt",
     "ro", "ru", "sv", "th", "tr", "uk", "us", "vi", "zh"}
)  # fmt: skip


class TryAgainError(Exception):
    """A later check may find something else; if not, `verdict` is the result."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A link to check, with what is needed to judge it."""

    url: str
    title: str = ""
    before: Record | None = None
    """The record of earlier checks."""
    publishers: frozenset[str] = frozenset()
    """Names of which its page should mention one; empty unless titles of several publishers lead to that page."""


@dataclass(slots=True)
class _End:
    """Where a link led in the end."""

    reply: Response
    hops: int
    permanent: bool
    """Whether every redirect on the way was permanent."""


@dataclass(slots=True)
class Checker:
    """Checks links; `host_of` returns the host of an address.

    With a reader every page is requested by GET at once, and the verdict on a good HTML page has what the reader made of it.
    """

    host_of: Callable[[str], Host]
    reader: Callable[[ShownPage], object] | None = None
    _probes: dict[tuple[str, str], "asyncio.Future[tuple[str, ...]]"] = field(default_factory=dict)

    async def check(self, target: Target, *, again: bool = False) -> Verdict:
        """Return the verdict of one check; TryAgainError when a later check may find something else.

        HEAD is sent first; GET follows if HEAD is refused, reports any problem, or leads to a page that must be read. When the
        link is tried `again`, only GET is sent.
        """
        try:
            end = await self._follow(target.url, target.before, head=not again and self.reader is None)
        except _Said as said:
            return said.verdict
        except NoSuchHostError as error:
            return Verdict(outcome=Outcome.GONE, reason=str(error), answer="no such host")
        except UntrustedError as error:
            outcome = Outcome.SUSPICIOUS if error.mismatch else Outcome.UNKNOWN
            return Verdict(outcome=outcome, reason=str(error), answer=f"certificate, {outcome}")
        except UnreachableError as error:
            raise TryAgainError(_unknown(str(error), "no answer")) from error
        except RefusedAddressError as error:
            return _unknown(str(error), f"at {error.address}")
        except GivenUpError as error:
            return _unknown(str(error), "no answer")
        except WireError as error:
            return _unknown(str(error))
        verdict = await self._judged(target, end)
        return replace(verdict, answer=_answer(target.url, end.reply), read=self._read(verdict, end.reply))

    def _read(self, verdict: Verdict, reply: Response) -> object:
        is_good = verdict.outcome in {Outcome.ALIVE, Outcome.MOVED} and reply.status in _OK
        if self.reader is None or not is_good or reply.content_type.startswith("text/plain"):
            return None
        page = _page(reply)
        return self.reader(page) if page else None

    async def _follow(self, start: str, before: Record | None, *, head: bool) -> _End:
        """Request an address and follow its redirects."""
        url, hops, permanent = urldefrag(start).url, 0, True
        method = "HEAD" if head else "GET"
        seen = {url: 1}
        while True:
            reply = await self._ask(method, url, before)
            if not reply.location:
                if method == "HEAD" and not _settled_by_head(reply):
                    method = "GET"
                    continue
                return _End(reply, hops, permanent)
            hops, method = hops + 1, "GET"  # the target of a redirect is always read
            permanent = permanent and reply.is_permanent
            url = urldefrag(_joined(url, reply.location)).url
            seen[url] = seen.get(url, 0) + 1
            # Some sites set a cookie and redirect to the same address once.
            if seen[url] > 2:  # noqa: PLR2004
                raise _Said(_unknown(f"its redirects lead in a circle, by {url}", "a circle"))
            if hops > MAX_HOPS:
                raise _Said(_unknown(f"more than {MAX_HOPS} redirects", "a circle"))

    async def _ask(self, method: str, url: str, before: Record | None) -> Response:
        headers = {"Range": f"bytes=0-{MAX_BODY_BYTES - 1}"} if method == "GET" else {}
        if before is not None and before.page == url:
            headers |= {"If-None-Match": before.etag} if before.etag else {}
            headers |= {"If-Modified-Since": before.modified} if before.modified else {}
        async with self.host_of(url).used() as host:
            reply = await host.ask(method, url, headers)
            if reply.status == _TOO_MANY or reply.status in _SERVER_ERRORS:
                pause = wanted_pause(reply)
                if pause is not None:
                    host.wait(pause, reply.named)
                if pause is not None or method == "GET":
                    raise TryAgainError(_unknown(reply.named, _answer(url, reply)))
        return reply

    async def _judged(self, target: Target, end: _End) -> Verdict:
        reply = end.reply
        way = f"redirects to {reply.url}, which answers " if end.hops else ""
        if reply.status == HTTPStatus.NOT_MODIFIED:
            return Verdict(outcome=Outcome.ALIVE, reason=reply.named, unchanged=True)
        if reply.status in _GONE:
            return Verdict(outcome=Outcome.GONE, reason=f"{way}{reply.named}")
        if reply.status not in _OK and reply.status != _NO_RANGE:
            return _unknown(f"{way}{reply.named}")
        page = _page(reply)
        if end.hops and asks_to_sign_in(reply.url) and not asks_to_sign_in(target.url):
            return _unknown(f"asks to sign in, at {reply.url}")
        verdict = (page and _by_page(target, page)) or _by_way(target, end)
        if verdict is None and page is not None and await self._is_like_a_missing_page(page, reply):
            verdict = _bad(Outcome.SUSPICIOUS, "any address of the site shows this page", reply.url)
        return _with_validators(verdict or _good(target, end), reply)

    async def _is_like_a_missing_page(self, page: ShownPage, reply: Response) -> bool:
        """Whether the host shows the same page for an address in the same folder that cannot exist."""
        path = path_of(reply.url)
        if not page.fingerprint or page.is_shell or (path in _ROOTS and not query_of(reply.url)):
            return False
        parts = urlsplit(reply.url)
        origin, folder = f"{parts.scheme}://{parts.netloc}", path.rpartition("/")[0]
        known = self._probes.get((origin, folder))
        if known is None:
            if sum(where == origin for where, _ in self._probes) >= _MAX_PROBES:
                return False
            known = self._probes[origin, folder] = asyncio.get_running_loop().create_future()
            fingerprint: tuple[str, ...] = ()
            try:
                fingerprint = await self._fingerprint_of(f"{origin}{folder}/{_nowhere()}")
            finally:
                known.set_result(fingerprint)
        return await asyncio.shield(known) == page.fingerprint

    async def _fingerprint_of(self, url: str) -> tuple[str, ...]:
        try:
            end = await self._follow(url, None, head=False)
        except (_Said, TryAgainError, WireError):
            return ()
        reply = end.reply
        if reply.status not in _OK or not _is_page(reply):
            return ()
        return ShownPage.of(reply.url, reply.content_type, reply.body).fingerprint


class _Said(Exception):  # noqa: N818 - not an error: it ends the redirects with a verdict
    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


def _nowhere() -> str:
    """Return a name that no page has; only letters, because pages are compared without words that contain digits."""
    return "signpost-" + "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))


def _joined(url: str, location: str) -> str:
    """Return the absolute target of a redirect; a verdict ends the check if it is no web address."""
    try:
        parts = urlsplit(urljoin(url, location))
        if parts.scheme in {"http", "https"} and parts.hostname:
            return urlunsplit(parts._replace(path=quote(parts.path, _KEPT), query=quote(parts.query, _KEPT)))
    except ValueError:
        pass
    raise _Said(_unknown(f"redirects to {location:.100}, which is no address of the web"))


def _settled_by_head(reply: Response) -> bool:
    """Whether the response to HEAD is enough: the page is unchanged, or it exists and is not HTML, which must be read."""
    if reply.status == HTTPStatus.NOT_MODIFIED:
        return True
    return reply.status in _OK and bool(reply.content_type) and not _is_page(reply)


def _is_page(reply: Response) -> bool:
    return not reply.content_type or "html" in reply.content_type or reply.content_type.startswith("text/plain")


def _page(reply: Response) -> ShownPage | None:
    return ShownPage.of(reply.url, reply.content_type, reply.body) if _is_page(reply) and reply.body else None


def _answer(url: str, reply: Response) -> str:
    """Return a response without the parts that differ from site to site; empty when HEAD was enough."""
    if reply.status == HTTPStatus.NOT_MODIFIED or (reply.method == "HEAD" and reply.status in _OK):
        return ""
    page = _page(reply)
    words = page.likeness if page else ""
    place = "" if words or same_owner(url, reply.url) else urlunsplit(urlsplit(reply.url)._replace(query=""))
    return f"{reply.status} {words or place}".strip()


def _unknown(reason: str, answer: str = "") -> Verdict:
    return Verdict(outcome=Outcome.UNKNOWN, reason=reason, answer=answer)


def _bad(outcome: Outcome, reason: str, to: str) -> Verdict:
    return Verdict(outcome=outcome, reason=reason, to=to)


def _by_page(target: Target, page: ShownPage) -> Verdict | None:
    """Return a verdict from what the page says about itself, or None."""
    if page.is_parked():
        return _bad(Outcome.HIJACKED, "the domain is parked or for sale", page.url)
    if page.is_spam(target.title):
        return _bad(Outcome.HIJACKED, "the page advertises what fills domains that were taken over", page.url)
    if page.wants_a_person():
        return _unknown("asks for a captcha, or for a browser that runs scripts")
    if target.publishers and not page.mentions(target.publishers):
        reason = "titles of several publishers lead to this page, which mentions none of them"
        return _bad(Outcome.HIJACKED, reason, page.url)
    if page.says_missing():
        return _bad(Outcome.SUSPICIOUS, "answers 200 and says that the page is not there", page.url)
    return None


def _by_way(target: Target, end: _End) -> Verdict | None:
    """Return a verdict from where the redirects led, or None."""
    to = end.reply.url
    if not end.hops or is_shortener(target.url):
        return None
    if not same_owner(target.url, to):
        return _bad(Outcome.SUSPICIOUS, f"redirects to another owner's site, {to}", to)
    if (path_of(target.url) not in _ROOTS or query_of(target.url)) and _is_root(to):
        return _bad(Outcome.SUSPICIOUS, f"redirects to the site's start page, {to}", to)
    return None


def _is_root(url: str) -> bool:
    path = path_of(url).lower()
    language = path[1:3] in _LANGUAGES and (path[3:] == "" or (path[3] in "-_" and len(path) == len("/pt-br")))
    return (path in _ROOTS or language) and not query_of(url)


def _good(target: Target, end: _End) -> Verdict:
    if not (end.hops and end.permanent):
        return Verdict(outcome=Outcome.ALIVE, reason=end.reply.named)
    to, fragment = end.reply.url, urldefrag(target.url).fragment
    to = f"{to}#{fragment}" if fragment else to
    return Verdict(outcome=Outcome.MOVED, reason=f"redirects for good to {to}", to=to)


def _with_validators(verdict: Verdict, reply: Response) -> Verdict:
    """Add the ETag and date with which the next check can ask whether the page has changed."""
    if verdict.outcome is Outcome.UNKNOWN:
        return verdict
    return Verdict(
        outcome=verdict.outcome,
        reason=verdict.reason,
        to=verdict.to,
        page=reply.url,
        etag=reply.headers.get("etag", "")[:200],
        modified=reply.headers.get("last-modified", "")[:100],
    )
