"""Detects what a page says about itself: not found, domain for sale, captcha or login.

Only text that people would read is searched, in time proportional to the length of the page.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urljoin, urlsplit

from index.catalogue.checks import signs
from index.catalogue.decoding import page_of
from index.catalogue.publishers import registrable, squash

#: Pages with more words have a real subject, even if they contain telltale words.
_SHORT_WORDS: Final = 220
#: Two equal pages with fewer words than this prove nothing.
_LEAST_WORDS: Final = 12
#: The same of pages that load nothing, so that there is nothing to them but their words.
_FEWEST_WORDS: Final = 5
#: A notice that nothing is there has hardly more words, beside menus and the like.
_LITTLE_WORDS: Final = 50
#: A page that a script draws has at most about this many words.
_SHELL_WORDS: Final = 40
_HIDDEN: Final = ("script", "style", "noscript", "template", "svg")
#: Elements without elements in them: what looks like one is text.
_RAW: Final = frozenset({"script", "style", "title", "textarea"})
_TAG: Final = re.compile(r"<[^<>]*>")
_PARTS: Final = re.compile(r"\s[-–—|·:•»]+\s|[|·•»]|:\s")
#: A word of letters, with the punctuation that may surround it.
_PLAIN: Final = re.compile(r"[\W_]*[^\W\d_]+(?:['’-][^\W\d_]+)*[\W_]*")
_LIKENESS_WORDS: Final = 30
#: Letters of Thai, Lao, Khmer, Chinese and Japanese.
_UNPARTED: Final = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_LETTERS_A_WORD: Final = 3
_PARTED: Final = str.maketrans(dict.fromkeys("\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f", " "))

_LEAST_NAME: Final = 4
_ANY_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})([^<>]*)>")
_UNREAD: Final = frozenset({*_HIDDEN, "title"})
_CITING: Final = frozenset({*_UNREAD, "blockquote", "q", "code", "pre", "samp", "kbd", "textarea"})
#: What surrounds the text of a page, on every page of a site.
_AROUND: Final = frozenset({*_UNREAD, "a", "aside", "button", "footer", "form", "nav", "select"})
#: What surrounds the main part of a page; a heading may be in a header of its own.
_MENUS: Final = frozenset({*_UNREAD, "aside", "footer", "nav"})
_FRAME: Final = frozenset({*_MENUS, "header"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4"})
_CONTROLS: Final = frozenset({"button", "input", "select", "textarea"})
_HTML: Final = re.compile(r"<html\b[^<>]{0,2000}>", re.IGNORECASE)
_COMMENTING: Final = frozenset({"aside", "details", "div", "dl", "footer", "li", "ol", "section", "ul"})
_HEADINGS_OF_COMMENTS: Final = frozenset({"h2", "h3", "h4", "h5"})
_QUOTED: Final = re.compile(r"“[^“”]{1,300}”|„[^„“”]{1,300}[“”]|«[^«»]{1,300}»|‘[^‘’]{1,200}’|\"[^\"]{1,300}\"")
_PARAGRAPH: Final = re.compile(r"<p(?:\s[^<>]*)?>", re.IGNORECASE)
_MOST_PARAGRAPHS: Final = 30
_LINK: Final = re.compile(r"<a\s[^<>]*>", re.IGNORECASE)
_HREF: Final = re.compile(r"""<a\s[^<>]{0,300}\bhref\s{0,3}=\s{0,3}["']?([^"'<>\s]{1,2000})""", re.IGNORECASE)
_FEW_SEARCHES: Final = 3
_REFRESH: Final = re.compile(
    r"""<meta\b(?=[^<>]{0,300}\brefresh\b)[^<>]{0,300}\bcontent\s{0,3}=\s{0,3}["']?\s{0,3}\d\s{0,3};\s{0,3}url\s{0,3}=\s{0,3}["']?([^"'<>\s]{1,2000})""",
    re.IGNORECASE,
)
#: A page that is nothing but frames, as those are to which names are forwarded.
_FRAMED: Final = re.compile(r"""<frame\s[^<>]{0,300}\bsrc\s{0,3}=\s{0,3}["']?([^"'<>\s]{1,2000})""", re.IGNORECASE)
_LOCATION: Final = re.compile(
    r"""\blocation(?:\.href\s{0,3}=|\s{0,3}=|\.replace\()\s{0,3}["']([^"'<>\s]{1,2000})["']"""
)
_LOADING: Final = re.compile(r"<(?:script|iframe|frame|img|link|embed|object|meta)\b[^<>]{0,2000}>")


@dataclass(frozen=True)
class ShownPage:
    """An HTML page, or its first part, as far as it was read."""

    url: str
    markup: str

    @classmethod
    def of(cls, url: str, content_type: str, body: bytes) -> "ShownPage":
        """Decode a page; wrong bytes are replaced."""
        return cls(url, page_of(content_type, body))

    @cached_property
    def _lower(self) -> str:
        lower = self.markup.lower()
        return lower if len(lower) == len(self.markup) else self.markup

    def _between(self, tag: str) -> list[str]:
        """Return the text of the first few elements with a tag."""
        found: list[str] = []
        at = 0
        while len(found) < 3 and (start := self._lower.find(f"<{tag}", at)) != -1:  # noqa: PLR2004
            opened = self._lower.find(">", start) + 1
            at = self._lower.find(f"</{tag}", opened)
            if not opened or at == -1:
                break
            found.append(_plain(self.markup[opened:at]))
        return found

    @cached_property
    def title(self) -> str:
        """The title, without markup; empty without one."""
        return next(iter(self._between("title")), "")[:500]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that a person would read, without the title."""
        return tuple(_without(self.markup, _UNREAD).split())

    @cached_property
    def text(self) -> str:
        """The words in one line."""
        return " ".join(self.words)

    @property
    def is_short(self) -> bool:
        """Whether it has so few words that telltale words mean something."""
        return len(self.words) <= _SHORT_WORDS

    @property
    def is_shell(self) -> bool:
        """Whether a script draws what people see: the page cannot be judged without running it."""
        return len(self.words) <= _SHELL_WORDS and "<script" in self._lower

    @cached_property
    def is_headed(self) -> bool:
        """Whether people see a heading outside of menus before any script has run."""
        return any(name in _HEADINGS for name, _ in _tags(self.markup, _MENUS))

    def is_headed_unlike(self, other: "ShownPage") -> bool:
        """Whether it has a heading that another page of its site does not have anywhere."""
        shown = f"{other.title} {other.text}"
        return any(text and text not in shown for tag in sorted(_HEADINGS) for text in self._between(tag))

    def is_like(self, other: "ShownPage") -> bool:
        """Whether two addresses of one site show one page, and it has enough words to say so.

        Words with digits (times, counters, keys) are not compared, nor those of either address, which a page that a site shows
        for any address often repeats.
        """
        paths = [squash(urlsplit(one.url).path) for one in (self, other)]
        ours, theirs = (
            [word for word in f"{one.title} {one.text}".translate(_PARTED).split() if not _passes(word, paths)]
            for one in (self, other)
        )
        least = _LEAST_WORDS if _LOADING.search(self._lower) else _FEWEST_WORDS
        return ours == theirs and _count(ours) >= least

    @property
    def likeness(self) -> str:
        """The plain words of its title, else its first ones: equal when one page answers for many sites.

        Addresses, times and numbers, which such a page often repeats, are left out.
        """
        for words in (self.title.split(), self.words):
            if kept := [word for word in words if _PLAIN.fullmatch(word)]:
                return " ".join(kept[:_LIKENESS_WORDS]).lower()
        return ""

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """The title, and the first headings of the first two levels."""
        return tuple(text for text in (self.title, *self._between("h1"), *self._between("h2")) if text)

    @cached_property
    def said(self) -> str:
        """What it says itself: its text without what it cites, without code, and without the comments of strangers."""
        return " ".join(_QUOTED.sub(" ", _without(self.markup, _CITING, comments=False)).split())

    @property
    def is_discussed(self) -> bool:
        """Whether strangers have written on it."""
        return len(_without(self.markup, _CITING)) != len(_without(self.markup, _CITING, comments=False))

    @cached_property
    def is_little(self) -> bool:
        """Whether it has few words of its own: outside of links, menus and forms, as the notice that nothing is there has."""
        return len(_without(self.markup, _AROUND).split()) <= _LITTLE_WORDS

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of its own domain, the longest first: host, registered name, and that name alone."""
        name = (urlsplit(self.url).hostname or "").removeprefix("www.")
        own = registrable(name)
        label = own.partition(".")[0]
        return tuple(dict.fromkeys(one for one in (name, own, label) if len(one) >= _LEAST_NAME))

    @property
    def paragraphs(self) -> list[str]:
        """The texts of its first paragraphs, without markup."""
        return [_plain(part.partition("</")[0]) for part in _PARAGRAPH.split(self.markup)[1:_MOST_PARAGRAPHS]]

    @cached_property
    def linked_words(self) -> int:
        """How many of its words are links."""
        return sum(len(_plain(part.partition("</a")[0]).split()) for part in _LINK.split(self.markup)[1:])

    @cached_property
    def scripts(self) -> str:
        """The code of its own scripts, and the tag of the whole page."""
        found, at = _HTML.findall(self.markup)[:1], 0
        while (start := self._lower.find("<script", at)) != -1 and (end := self._lower.find("</script", start)) != -1:
            found.append(self.markup[start:end])
            at = end
        return " ".join(found)

    @cached_property
    def asking(self) -> tuple[int, int]:
        """How many buttons and fields it has outside of menus, footers and searches, and how many links."""
        controls = links = 0
        for name, attributes in _tags(self.markup, _FRAME):
            links += name == "a"
            controls += name in _CONTROLS and signs.SEARCHING.search(attributes) is None
        return controls, links

    @cached_property
    def is_of_searches(self) -> bool:
        """Whether most of its links lead to one page, each with another query."""
        paths = Counter(path for path, mark, _ in (one.partition("?") for one in set(self._hrefs)) if mark)
        return any(count >= _FEW_SEARCHES and 2 * count >= len(self._hrefs) for count in paths.values())

    @property
    def leads_home(self) -> bool:
        """Whether it shows a way on: a link to the site's start page, or a menu."""
        home = {
            "/",
            "./",
            *(f"{scheme}://{urlsplit(self.url).netloc}{end}" for scheme in ("http", "https") for end in ("", "/")),
        }
        return len(self._hrefs) >= _FEW_SEARCHES or not home.isdisjoint(self._hrefs)

    @cached_property
    def _hrefs(self) -> list[str]:
        return [found[1] for found in _HREF.finditer(self.markup)]

    @property
    def links(self) -> int:
        """How many links it has."""
        return len(_LINK.findall(self.markup))

    @property
    def leads_to(self) -> str:
        """The web address to which it leads by itself, when it has nothing else to show; empty without one."""
        if len(self.words) > _LEAST_WORDS:
            return ""
        found = _REFRESH.search(self.markup)
        if not found and not self.words:
            found = _LOCATION.search(self.markup) or _FRAMED.search(self.markup)
        try:
            to = urljoin(self.url, html.unescape(found[1]).strip()) if found else ""
            return to if urlsplit(to).scheme in {"http", "https"} and to != self.url else ""
        except ValueError:
            return ""

    @cached_property
    def loaded(self) -> str:
        """The tags that load something from elsewhere, in lower case."""
        return " ".join(_LOADING.findall(self._lower))

    def has(self, pieces: tuple[str, ...]) -> bool:
        """Whether any of these pieces is in its markup; they must be in lower case."""
        return any(piece in self._lower for piece in pieces)

    def mentions(self, names: frozenset[str]) -> bool:
        """Whether it contains any of these names, compared by letters and digits only."""
        squashed = re.sub(r"[^a-z0-9]+", "", f"{self.title} {self.text}".lower())
        return any(name in squashed for name in names)


def asks_to_sign_in(url: str) -> bool:
    """Whether an address is that of a login page."""
    parts = urlsplit(url)
    return signs.LOGIN_PATH.search(parts.path) is not None or (parts.hostname or "").startswith(signs.LOGIN_HOSTS)


def _count(words: Sequence[str]) -> int:
    """Return how many words there are; scripts that put no blanks between words have one for each few letters."""
    return sum(max(1, len(_UNPARTED.findall(word)) // _LETTERS_A_WORD) for word in words)


def _passes(word: str, paths: Sequence[str]) -> bool:
    """Whether a word differs between two copies of one page: a number, an address, or a part of that of either."""
    bare = squash(word)
    return (
        "/" in word or any(map(str.isdigit, word)) or (len(bare) >= _LEAST_NAME and any(bare in path for path in paths))
    )


def _without(markup: str, names: AbstractSet[str], *, comments: bool = True) -> str:
    """Return the text outside of the elements with some names, without markup; after a script that never ends, nothing is left.

    One pass over the tags: the time is proportional to the markup, however deep its elements are.
    """
    kept, at, inside, depth = [], 0, "", 0
    for found in _ANY_TAG.finditer(markup):
        end, name = found[1] == "/", found[2].lower()
        if inside:
            if name == inside:
                depth += -1 if end else name not in _RAW
            if depth == 0:
                inside, at = "", found.end()
            continue
        kept.append(markup[at : found.start()])
        at = found.end()
        if end:
            continue
        if not comments and _are_comments(name, found[3], markup[at : at + 120]):
            if name in _HEADINGS_OF_COMMENTS:
                return html.unescape(_TAG.sub(" ", " ".join(kept)))
            inside, depth = name, 1
        elif name in names:
            inside, depth = name, 1
    if inside not in _RAW:
        kept.append(markup[at:])
    return html.unescape(_TAG.sub(" ", " ".join(kept)))


def _tags(markup: str, names: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """Yield the tags outside of the elements with some names, and of forms to search in, with their attributes."""
    inside, depth = "", 0
    for found in _ANY_TAG.finditer(markup):
        end, name = found[1] == "/", found[2].lower()
        if inside:
            if name == inside:
                depth += -1 if end else name not in _RAW
            if depth == 0:
                inside = ""
        elif not end and (name in names or (name == "form" and signs.SEARCHING.search(found[3]))):
            inside, depth = name, 1
        elif not end:
            yield name, found[3]


def _are_comments(name: str, attributes: str, behind: str) -> bool:
    """Whether an element holds what strangers wrote, or is the heading of it."""
    if name in _HEADINGS_OF_COMMENTS:
        return signs.COMMENTS.fullmatch(_plain(behind.partition("</")[0])) is not None
    return name in _COMMENTING and signs.COMMENT_ATTRIBUTE.search(attributes) is not None


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())
