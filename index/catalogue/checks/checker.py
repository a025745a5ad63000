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
from index.catalogue.checks.records import Outcome, Record, Sign, Standing, Verdict
from index.catalogue.checks.shown import (
    asks_first,
    banner,
    gate,
    has_prose,
    headed_missing,
    is_in_other_letters,
    is_latin,
    is_lead,
    is_offer,
    is_titled_so,
    parked,
    says_missing,
    says_unwritten,
    sells,
    spam,
    speaks_of_itself,
    still_fits,
    titled_missing,
    trades,
)
from index.catalogue.http import (
    MAX_BODY_BYTES,
    NoSuchHostError,
    RefusedAddressError,
    Response,
    UnreachableError,
    UntrustedError,
    WireError,
)
from index.catalogue.publishers import is_shortener, owner, same_owner, squash
from index.catalogue.urls import path_of, query_of

MAX_HOPS: Final = 10
#: On each host, a page that cannot exist is requested in at most this many folders.
_MAX_PROBES: Final = 5
_GONE: Final = frozenset({404, 410})
_TOO_MANY: Final = 429
#: Something is there, and not for everybody.
_GUARDED: Final = frozenset({401, 402, 403, 451})
_DOUBTFUL: Final = frozenset({Standing.SUSPICIOUS, Standing.HIJACKED})
_IS_ANYWHERE: Final = "any address of the site shows this page"
_IS_START: Final = "it is the site's start page, which asks for what buyers give"
_ADVERTISES: Final = "the page advertises what fills domains that were taken over"
_SAYS_MISSING: Final = "answers 200 and says that the page is not there"
#: Shorter names of owners are part of too many words.
_LEAST_LABEL: Final = 4
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
    """What it is about: its titles, descriptions and sections."""
    titles: tuple[str, ...] = ()
    """Its titles alone, one for each entry of it."""
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
    _others: dict[str, "asyncio.Future[ShownPage | None]"] = field(default_factory=dict)
    """What sites show at addresses that no link names, to compare with."""
    _folders: dict[str, dict[str, str]] = field(default_factory=dict)
    """By site and folder, the address that cannot exist."""

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
            signs = (Sign.CERTIFICATE,) if error.mismatch else ()
            return Verdict(outcome=outcome, reason=str(error), signs=signs, answer=f"certificate, {outcome}")
        except UnreachableError as error:
            raise TryAgainError(_unknown(str(error), "no answer")) from error
        except RefusedAddressError as error:
            return replace(_unknown(str(error), f"at {error.address}"), at=error.address)
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
        # A page that was judged bad is read whole each time: a wrong verdict must not outlast the check that corrects it.
        if before is not None and before.page == url and before.standing not in _DOUBTFUL:
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
            signs = (Sign.GUARDED,) if reply.status in _GUARDED else ()
            return replace(_unknown(f"{way}{reply.named}"), signs=signs)
        page = _page(reply)
        if end.hops and asks_to_sign_in(reply.url) and not asks_to_sign_in(target.url):
            return replace(_unknown(f"asks to sign in, at {reply.url}"), signs=(Sign.GUARDED,))
        if page is None and _is_page(reply) and reply.method == "GET" and reply.is_whole:
            return _unknown(f"{way}{reply.named} with an empty page")
        led = _by_way(target, end, page)
        verdict = (page and await self._by_page(target, page, led)) or led
        if verdict is None and page is not None:
            verdict = await self._by_others(target, page, is_elsewhere=end.hops > 0)
        return _with_validators(verdict or _good(target, end), reply)

    async def _by_page(self, target: Target, page: ShownPage, led: Verdict | None) -> Verdict | None:
        """Return a verdict from what the page shows, with the signs of the way to it (`led`), or None."""
        way = led.signs if led is not None else ()
        taken, why = _taken(target, page)
        if {Sign.HEADINGS, Sign.STRUCTURE}.intersection(taken):
            return _bad(Outcome.HIJACKED, why, page.url, *way, *taken)
        if await self._is_taken_over(target, page):
            return _bad(Outcome.HIJACKED, _ADVERTISES, page.url, *way, Sign.HEADINGS)
        if headed_missing(page, target.titles) and await self._is_missing(target, page):
            return _bad(Outcome.SUSPICIOUS, _SAYS_MISSING, page.url, *way, Sign.MISSING)
        if reason := gate(page):
            return replace(_unknown(reason), signs=way)
        if target.publishers and not page.mentions(target.publishers):
            reason = "titles of several publishers lead to this page, which mentions none of them"
            return _bad(Outcome.SUSPICIOUS, reason, page.url, *way, *taken, Sign.STRANGER)
        if taken and (way or not await self._is_one_of_many(page)):
            return _bad(Outcome.SUSPICIOUS, f"its text says: {why}", page.url, *way, *taken)
        if (says_missing(page, target.titles) and await self._is_missing(target, page)) or (
            says_unwritten(page) and await self._is_like_nowhere(target, page)
        ):
            return _bad(Outcome.SUSPICIOUS, _SAYS_MISSING, page.url, *way, Sign.MISSING)
        if reason := banner(page):
            return replace(_unknown(reason), signs=way)
        return None

    async def _by_others(self, target: Target, page: ShownPage, *, is_elsewhere: bool) -> Verdict | None:
        """Return a verdict from the page to which this one leads by itself, or from what the site shows elsewhere."""
        if (to := page.leads_to) and (next_page := await self._shown(to)) is not None:
            taken, why = _taken(target, next_page)
            if taken:
                way = () if same_owner(target.url, next_page.url) else (Sign.AWAY,)
                return _bad(
                    Outcome.HIJACKED, f"it leads by itself to {next_page.url}: {why}", next_page.url, *way, *taken
                )
            if headed_missing(next_page):
                return _bad(Outcome.SUSPICIOUS, f"it leads by itself to a page that is missing, {to}", to, Sign.MISSING)
        if not _may_be_another(target, page):
            return None
        if await self._is_like_nowhere(target, page):
            return await self._by_anywhere(target, page, is_elsewhere=is_elsewhere)
        is_asking = is_offer(page) or (page.is_short and not _is_root(page.url) and is_lead(page))
        if is_elsewhere or not is_asking:
            return None
        start = await self._start_of(target, page)
        return _bad(Outcome.SUSPICIOUS, _IS_START, page.url, Sign.ANYWHERE) if start and start.is_like(page) else None

    async def _by_anywhere(self, target: Target, page: ShownPage, *, is_elsewhere: bool) -> Verdict | None:
        """Return a verdict on a page that any address of the site shows.

        Where the start page is another one and fine, it is the notice that nothing is there; a wall would ask for something, or
        be drawn by a script and show no way on. What only its folder shows may be the one page that was meant, by any name.
        """
        start = await self._start_of(target, page)
        is_start = start is None or start.is_like(page)
        if is_start and not is_elsewhere and is_offer(page):
            return _bad(Outcome.SUSPICIOUS, "it offers the name of its domain", page.url, Sign.ANYWHERE)
        is_notice = start is not None and not is_start and not is_elsewhere and page.leads_home and _is_fine(start)
        if page.is_shell and not is_notice:
            return None
        if asks_first(page):
            return _unknown("any address of the site shows this page, which asks for something")
        is_everywhere = await self._is_like_nowhere(target, page, folder=urljoin(page.url, "/"))
        if page.is_shell and not (is_everywhere and start is not None and page.is_headed_unlike(start)):
            return None
        if is_elsewhere or has_prose(page, target.title) or not is_everywhere:
            return _bad(Outcome.SUSPICIOUS, _IS_ANYWHERE, page.url, Sign.START, Sign.ANYWHERE)
        if is_notice:
            return _bad(Outcome.SUSPICIOUS, f"{_IS_ANYWHERE} but the first", page.url, Sign.MISSING, Sign.ANYWHERE)
        is_certain = is_lead(page) or speaks_of_itself(page, target.title) or is_in_other_letters(page, target.titles)
        return _bad(Outcome.SUSPICIOUS, _IS_ANYWHERE, page.url, Sign.ANYWHERE, *(() if is_certain else (Sign.NOTICE,)))

    async def _is_missing(self, target: Target, page: ShownPage) -> bool:
        """Whether a page that says so is the notice that nothing is there: by its title, or few words, or where it is shown."""
        is_certain = page.is_little or titled_missing(page)
        return (is_certain and not is_titled_so(target.titles)) or await self._is_like_nowhere(target, page)

    async def _is_one_of_many(self, page: ShownPage) -> bool:
        """Whether the site's start page is fine and another one, so that this page is a text about what it says.

        A domain that was taken over, or is parked, shows it on its start page first.
        """
        start = await self._shown(urljoin(page.url, "/"))
        if start is None or start.is_like(page) or path_of(page.url) in _ROOTS:
            return False
        return _is_fine(start)

    async def _is_taken_over(self, target: Target, page: ShownPage) -> bool:
        """Whether the site's start page tells that a page with words of some trade is no text about it.

        It is the same page; or it is fine, and the page in other letters than start page and title, as what is put into a site
        through a hole in it often is. A site that lives by such a trade, or watches it, has pages of their own about it.
        """
        is_in_two_words = trades(page, target.titles, target.title, least=2)
        is_of_trade = is_in_two_words and trades(page, target.titles, target.title)
        is_put_in = _is_strange(target, page) and (is_of_trade or sells(page))
        if not is_in_two_words and not is_put_in:
            return False
        if path_of(page.url) in _ROOTS and not query_of(page.url):
            return is_of_trade
        start = await self._shown(urljoin(page.url, "/"))
        if start is None:
            return False
        if start.is_like(page):
            return is_in_two_words
        return is_put_in and _is_fine(start) and is_latin(f"{start.title} {start.text}")

    async def _start_of(self, target: Target, page: ShownPage) -> ShownPage | None:
        """Return the site's start page; None when there is none, or an error of the server. Otherwise TryAgainError."""
        try:
            return await self._shown(urljoin(page.url, "/"))
        except TryAgainError as error:
            in_doubt = target.before is not None and target.before.standing in _DOUBTFUL
            if in_doubt or isinstance(error.__cause__, UnreachableError):
                raise
            return None

    async def _is_like_nowhere(self, target: Target, page: ShownPage, *, folder: str = "") -> bool:
        """Whether an address that cannot exist, in the page's or a given folder, shows it too; TryAgainError without answer.

        After an error of the server, a page that nothing speaks against is fine, and one that was judged bad stays so.
        """
        nowhere = self._folders.setdefault(urljoin(page.url, "/"), {})
        is_given, folder = bool(folder), folder or urljoin(page.url, ".")
        if folder not in nowhere:
            is_enough = len(nowhere) >= _MAX_PROBES and not is_given
            nowhere[folder] = next(iter(nowhere.values())) if is_enough else folder + _nowhere()
        try:
            other = await self._shown(nowhere[folder])
        except TryAgainError as error:
            in_doubt = target.before is not None and target.before.standing in _DOUBTFUL
            if in_doubt or isinstance(error.__cause__, UnreachableError):
                raise
            return False
        return other is not None and page.is_like(other)

    async def _shown(self, url: str) -> ShownPage | None:
        """Return the page at another address of a site, asked for once in a run; None when there is none.

        TryAgainError when there was no answer.
        """
        if url not in self._others:
            self._others[url] = asyncio.ensure_future(self._read_other(url))
        try:
            return await asyncio.shield(self._others[url])
        except TryAgainError:
            self._others.pop(url, None)
            raise

    async def _read_other(self, url: str) -> ShownPage | None:
        try:
            reply = (await self._follow(url, None, head=False)).reply
        except _Said:
            return None
        except WireError as error:
            raise TryAgainError(_unknown(str(error), "no answer")) from error
        return _page(reply) if reply.status in _OK else None


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


def _bad(outcome: Outcome, reason: str, to: str, *signs: Sign) -> Verdict:
    return Verdict(outcome=outcome, reason=reason, to=to, signs=signs)


def _taken(target: Target, page: ShownPage) -> tuple[tuple[Sign, ...], str]:
    """Return the signs that a page is that of a parked domain, or of one that was taken over, and which of both."""
    if found := parked(page, target.titles):
        return found, "the domain is parked or for sale"
    found = spam(page, target.titles, target.title)
    return found, _ADVERTISES


def _is_fine(start: ShownPage) -> bool:
    """Whether a site's start page is one of its own: nothing says that the site is gone, or that something stands before it."""
    return not (parked(start, ()) or spam(start, (), "") or headed_missing(start) or gate(start))


def _is_strange(target: Target, page: ShownPage) -> bool:
    """Whether a page is in other letters than the link's titles, without their words, and no translation by its address."""
    if not _LANGUAGES.isdisjoint(path_of(page.url).lower().replace("-", "/").replace("_", "/").split("/")):
        return False
    return is_in_other_letters(page, target.titles) and not still_fits(page, target.titles, share=0.0)


def _may_be_another(target: Target, page: ShownPage) -> bool:
    """Whether a page may be one that the site shows at other addresses too.

    One that has a word of the link's title besides the site's name is the one that was meant, wherever else it is shown.
    """
    if (path_of(page.url) in _ROOTS and not query_of(page.url)) or (page.is_shell and not page.is_headed):
        return False
    return not still_fits(page, target.titles, share=0.0)


def _by_way(target: Target, end: _End, page: ShownPage | None) -> Verdict | None:
    """Return a verdict from where the redirects led, or None."""
    to = end.reply.url
    if not end.hops or is_shortener(target.url):
        return None
    if not same_owner(target.url, to):
        is_named = page is not None and (_names(page, target.url) or still_fits(page, target.titles))
        sign, more = (Sign.RENAMED, ", which tells of it") if is_named else (Sign.AWAY, "")
        return _bad(Outcome.SUSPICIOUS, f"redirects to another owner's site, {to}{more}", to, sign)
    if (path_of(target.url) not in _ROOTS or query_of(target.url)) and _is_root(to):
        return _bad(Outcome.SUSPICIOUS, f"redirects to the site's start page, {to}", to, Sign.START)
    return None


def _names(page: ShownPage, url: str) -> bool:
    """Whether a page mentions the name of an address's owner, as that of a bought or renamed company does."""
    label = squash(owner(url).partition(".")[0])
    return len(label) >= _LEAST_LABEL and page.mentions(frozenset({label}))


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
    return replace(
        verdict,
        page=reply.url,
        etag=reply.headers.get("etag", "")[:200],
        modified=reply.headers.get("last-modified", "")[:100],
    )
