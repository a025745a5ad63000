"""Reads a page's own title, description, headings and language out of its HTML."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from index.catalogue.formats.cleaning import mend
from index.catalogue.formats.html import attribute, refuse_nested
from index.catalogue.publishers import registered, squash
from index.catalogue.sites import GENERIC_TITLES
from index.catalogue.urls import host
from index.errors import CatalogueError

MAX_TITLE: Final = 300
MAX_DESCRIPTION: Final = 1_000
MAX_HEADINGS: Final = 40
MAX_HEADING: Final = 150
#: A word that is longer is a key, an address or a mistake.
_MAX_WORD: Final = 60
_HEADINGS: Final = "h1, h2, h3"
#: Elements that are beside a page's text and not part of it.
_BESIDE: Final = frozenset(
    {"nav", "footer", "aside", "dialog", "form", "noscript", "template", "script", "style", "svg"}
)
_ROLES: Final = frozenset({"navigation", "contentinfo", "complementary", "dialog", "alertdialog", "search", "banner"})
#: Words in the class or id of such an element.
_MARKS: Final = re.compile(
    r"\b(?:breadcrumbs?|comments?|consent|cookies?|footer|gdpr|menu|modal|navbar|navigation|newsletter|popup|promo|related"
    r"|screen-reader-text|share|sidebar|sr-only|subscribe|visually-?hidden|widget)\b",
    re.IGNORECASE,
)
#: The parser's time grows with the square of the number of a tag's attributes; a picture in an address is as long as this.
_LONG_TAG: Final = re.compile(r"<[a-zA-Z][^<>]{4000,}>?")
#: At most this many headings are looked at.
_MAX_SEEN: Final = 400
_SILENT: Final = re.compile(r"<(script|style|svg|noscript|template)\b[^>]*>", re.IGNORECASE)
_DESCRIPTIONS: Final = ("description", "og:description", "twitter:description", "dc.description")
_SITE_NAMES: Final = ("og:site_name", "application-name", "apple-mobile-web-app-title")
#: What stands between the parts of a title: `Owner/name: what it is - Site | Company`.
_SEPARATOR: Final = re.compile(r"\s+[-–—|·•»«›:/~]+\s+|\s*[|·•»«›]\s*|(?<=\w):\s+")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")
#: The mark of a heading's own address.
_PERMALINK: Final = re.compile(r"(?:\s*(?:¶|🔗|\[link\]|\[edit\])|\s+#)+$|^#+\s+", re.IGNORECASE)
_UNREADABLE: Final = re.compile(r"[\ud800-\udfff\ufffd\u0000-\u001f\u007f-\u009f\ue000-\uf8ff]")


class NoPageTextError(Exception):
    """The page has no text about itself to keep; the message says why, in plain words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageText:
    """What a page says of itself; every part may be empty."""

    title: str = ""
    description: str = ""
    """From `meta`, as search engines show it."""
    headings: tuple[str, ...] = ()
    """Its own headings of the first three levels, in their order; not those of menus, banners and footers."""
    language: str = ""
    """A language tag in lower case, as the page names it: `en`, `pt-br`."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to search for."""
        return not (self.title or self.description or self.headings)


def page_text(url: str, markup: str) -> PageText:
    """Return what the page at an address says of itself. NoPageTextError."""
    markup = _without_silent(markup)
    try:
        refuse_nested(markup)
    except CatalogueError as error:
        raise NoPageTextError(str(error)) from error
    tree = LexborHTMLParser(markup)
    meta = _meta(tree)
    if _leads_on(tree):
        raise NoPageTextError("the page only leads on to another one")
    if tree.css_first("input[type=password]") is not None and tree.css_first("main p, article p") is None:
        raise NoPageTextError("asks to sign in")
    site = frozenset(filter(None, (squash(meta.get(name, "")) for name in _SITE_NAMES))) | _labels(url)
    found = PageText(
        title=_without_site(_title(tree, meta), site)[:MAX_TITLE],
        description=next(filter(None, (readable(meta.get(name, "")) for name in _DESCRIPTIONS)), "")[:MAX_DESCRIPTION],
        headings=_headings(tree, site),
        language=_language(tree, meta),
    )
    if found.is_empty:
        raise NoPageTextError("the page says nothing of itself")
    return found


def readable(text: str) -> str:
    """Return a text in one line with wrong decoding repaired; empty where what is left cannot be read."""
    text = mend(text[: 4 * MAX_DESCRIPTION])
    if "\ufffd" in text and text.count("\ufffd") > len(text) // 50:
        return ""
    return in_one_line(text)


def in_one_line(text: str) -> str:
    """Return a text in one line, without characters that cannot be written or read, and without words that are none."""
    words = _UNREADABLE.sub(" ", text).split()
    return " ".join(word for word in words if len(word) <= _MAX_WORD)


def title_parts(title: str) -> list[str]:
    """Return the parts of a title between its dashes, bars and colons."""
    return [title[start:end] for start, end in _spans(title)]


def without_parts(title: str, is_wrong: Callable[[str], bool]) -> str:
    """Return a title without its first and last parts that are wrong, and without the marks that separated them."""
    spans = _spans(title)
    while spans and is_wrong(title[slice(*spans[0])]):
        spans.pop(0)
    while spans and is_wrong(title[slice(*spans[-1])]):
        spans.pop()
    return title[spans[0][0] : spans[-1][1]] if spans else ""


def _spans(title: str) -> list[tuple[int, int]]:
    """Return start and end of each part of a title."""
    marks = [(0, 0), *(found.span() for found in _SEPARATOR.finditer(title)), (len(title), len(title))]
    return [(end, start) for (_, end), (start, _) in pairwise(marks) if start > end]


def _without_silent(markup: str) -> str:
    """Return the markup without the elements that show no text; after one that is never closed, nothing is left.

    Browsers and the parser do the same. They hold most of a page, and tags that look as if they were never closed.
    """
    kept, at = [], 0
    lower = markup.lower()
    lower = lower if len(lower) == len(markup) else markup
    while (found := _SILENT.search(markup, at)) is not None:
        kept.append(markup[at : found.start()])
        end = lower.find(f"</{found[1].lower()}", found.end())
        if end == -1:
            at = len(markup)
            break
        at = max(markup.find(">", end) + 1, end + 1)
    kept.append(markup[at:])
    return _LONG_TAG.sub(" ", " ".join(kept))


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    """Return the content of the `meta` elements by name; of several with one name the first."""
    found: dict[str, str] = {}
    for node in tree.css("meta"):
        name = (attribute(node, "name") or attribute(node, "property") or attribute(node, "http-equiv")).lower()
        if name:
            found.setdefault(name, attribute(node, "content"))
    return found


def _leads_on(tree: LexborHTMLParser) -> bool:
    """Whether the page only sends the browser to another address."""
    refresh = any(
        attribute(node, "http-equiv").lower() == "refresh" and "url=" in attribute(node, "content").lower()
        for node in tree.css("meta")
    )
    return refresh and tree.css_first("h1, h2, p + p") is None


def _title(tree: LexborHTMLParser, meta: dict[str, str]) -> str:
    """Return the title; the one for social networks where that is the same without the site's name."""
    node = tree.css_first("head title") or tree.css_first("title")
    title = readable(node.text() if node is not None else "")
    social = readable(meta.get("og:title", ""))
    return social if social and (not title or social in title) else title


def _labels(url: str) -> frozenset[str]:
    """Return the names by which a host may call itself, as letters and digits: `mediumcom`, `medium`."""
    name = registered(host(url))
    return frozenset(filter(None, (squash(host(url)), squash(name), squash(name.partition(".")[0]))))


def _without_site(title: str, site: frozenset[str]) -> str:
    """Return a title without parts that are the site's name or say only what kind of page it is."""
    return without_parts(title, lambda part: _is_name(part, site))


def _is_name(text: str, site: frozenset[str]) -> bool:
    return squash(text) in site or text.strip().lower() in GENERIC_TITLES


def _language(tree: LexborHTMLParser, meta: dict[str, str]) -> str:
    root = tree.css_first("html")
    named = (attribute(root, "lang") if root is not None else "") or meta.get("content-language", "")
    named = (named or meta.get("og:locale", "")).strip().replace("_", "-").lower()
    return named if _LANGUAGE.fullmatch(named) else ""


def _headings(tree: LexborHTMLParser, site: frozenset[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for node in _heading_nodes(tree):
        text = _PERMALINK.sub("", readable(node.text(separator=" ")))[:MAX_HEADING].strip()
        if text and any(map(str.isalpha, text)) and not _is_name(text, site):
            found.setdefault(text.lower(), text)
        if len(found) >= MAX_HEADINGS:
            break
    return tuple(found.values())


def _heading_nodes(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    """Yield the headings of the page's main part where it names one, else of the whole page."""
    mains = tree.css("main, [role=main]") or tree.css("article")
    found = mains[0].css(_HEADINGS) if len(mains) == 1 else []
    inside: dict[int, bool] = {}
    around_title = _ancestors(tree.css_first("main h1, article h1") or tree.css_first("h1"))
    for node in (found or tree.css(_HEADINGS))[:_MAX_SEEN]:
        if not _is_in(node, inside, around_title):
            yield node


def _ancestors(node: LexborNode | None) -> frozenset[int]:
    found = []
    while node is not None:
        found.append(node.mem_id)
        node = node.parent
    return frozenset(found)


def _is_in(node: LexborNode, known: dict[int, bool], around_title: frozenset[int]) -> bool:
    """Whether an element is one beside the page's text, or inside one; `known` has what was found out before."""
    way = []
    up: LexborNode | None = node
    while up is not None and up.mem_id not in known:
        way.append(up.mem_id)
        if _is_beside(up, may_be_marked=up.mem_id not in around_title):
            known[up.mem_id] = True
            break
        up = up.parent
    answer = up is not None and known[up.mem_id]
    known.update(dict.fromkeys(way, answer))
    return answer


def _is_beside(node: LexborNode, *, may_be_marked: bool) -> bool:
    """Whether an element is beside the page's text, or hidden: a menu, a banner of cookies, a footer.

    What is around the page's title is not, whatever its class says: `class="content with-sidebar"`.
    """
    if node.tag in _BESIDE:
        return True
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes or attributes.get("aria-hidden") == "true" or attributes.get("role") in _ROLES:
        return True
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}"
    return may_be_marked and _MARKS.search(names[:500]) is not None
