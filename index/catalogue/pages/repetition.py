"""Leaves of the pages' texts what is about their links, and not what every page of a site says.

Nothing here knows a site: what the pages of a list have in common with each other tells none of them from the others.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from index.catalogue.link import Link
from index.catalogue.pages.page_file import PageRecord, Pages, page_of
from index.catalogue.pages.page_text import PageText, title_parts, without_parts
from index.catalogue.publishers import registered
from index.catalogue.urls import host, normalise, path_of

#: A text is the site's own when this share of its pages has it, and at least this many.
_SHARE: Final = 0.05
_LEAST_PAGES: Final = 2
#: The same of the pages of this many sites.
_LEAST_SITES: Final = 3
#: A part of a text is left out when a smaller share of its words is new.
_NEW: Final = 0.34
#: With fewer other words than this, a text with words of its page's address is no pattern: `How to NAME`.
_FIXED: Final = 5
_WORD: Final = re.compile(r"[^\W_]+")
_DIGITS: Final = re.compile(r"\d+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+|\s+[-–—|·•]\s+|(?<=[。！？])")
#: Headings of what stands around an article, also of a site with one page in the list; compared by their words.
_FURNITURE: Final = frozenset(
    {
        "about", "about the author", "about this site", "about us", "additional resources", "all comments", "archives",
        "categories", "comments", "contact", "contact us", "contents", "cookie policy", "cookie settings", "cookies",
        "featured posts", "folders and files", "follow us", "footer", "get started today", "join the conversation",
        "languages", "latest commit", "latest posts", "leave a comment", "leave a reply", "license", "links",
        "main navigation", "menu", "more from this author", "more posts", "navigation", "navigation menu", "newsletter",
        "on this page", "post navigation", "privacy policy", "recent comments", "recent posts", "recommended",
        "related articles", "related posts", "repository files navigation", "resources", "search", "share", "share this",
        "sign in", "sign up", "site navigation", "sponsors", "stay up to date", "subscribe", "table of contents", "tags",
        "thank you", "topics", "uh oh", "we use cookies", "we value your privacy", "you might also like", "your privacy",
    }
)  # fmt: skip


def own_texts(records: Iterable[PageRecord]) -> dict[str, PageText]:
    """Return by address the texts of pages without what is not about them; pages of which nothing is left are not in it.

    Left out are the parts of titles, the sentences of descriptions and the headings that many pages of a site have, or
    those of many sites. Numbers and the words of a page's own address are not compared: `Contribute to owner/name
    development` is one sentence of many pages.
    """
    records = [record for record in records if not record.text.is_empty]
    common = _Common.of(records)
    found = {record.url: common.taken_from(record) for record in records}
    return {url: text for url, text in found.items() if not text.is_empty}


def texts_for(links: Sequence[Link], pages: Pages) -> tuple[str, ...]:
    """Return for each link the text of its page for the index, beyond what its curator says; empty without one.

    A page that several links lead into, by different fragments, tells none of them from the others and counts for none.
    """
    own = {normalise(url): text for url, text in own_texts(pages.records).items()}
    places = [normalise(page_of(link.url)) for link in links]
    leading = Counter(places)
    return tuple(
        _beyond(link, own[place]) if place in own and leading[place] == 1 else ""
        for link, place in zip(links, places, strict=True)
    )


def _beyond(link: Link, text: PageText) -> str:
    """Return in one line the parts of a page's text that say something new."""
    said = _words(f"{link.title} {link.description}")
    kept = []
    for part in _parts(text):
        words = _words(part)
        if len(words - said) > _NEW * len(words):
            kept.append(part.rstrip(". "))
            said |= words
    return ". ".join(kept)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


@dataclass(slots=True)
class _Common:
    """What pages have in common, by their sites."""

    pages: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Site to its pages."""
    having: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """Site and pattern to the pages that have it."""
    sites: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Pattern to the sites whose pages have it."""

    @classmethod
    def of(cls, records: Iterable[PageRecord]) -> "_Common":
        """Count over all pages; two addresses that lead to one page count as one."""
        common = cls()
        for record in records:
            page = normalise(record.page or record.url)
            site = registered(host(page))
            common.pages[site].add(page)
            pattern_of = _patterns(page)
            for pattern in {pattern_of(part) for part in _parts(record.text)}:
                common.having[site, pattern].add(page)
                common.sites[pattern].add(site)
        return common

    def taken_from(self, record: PageRecord) -> PageText:
        """Return the text of a page without what is common."""
        page = normalise(record.page or record.url)
        site, pattern_of = registered(host(page)), _patterns(page)
        of_site = max(_LEAST_PAGES, _SHARE * len(self.pages[site]))
        of_sites = max(_LEAST_SITES, _SHARE * len(self.pages))

        def is_common(part: str) -> bool:
            pattern = pattern_of(part)
            if pattern.count("*") and len(pattern.replace("*", "").split()) < _FIXED:
                return False
            return not pattern or len(self.having[site, pattern]) >= of_site or len(self.sites[pattern]) >= of_sites

        text = record.text
        return replace(
            text,
            title=without_parts(text.title, is_common),
            description=" ".join(part for part in _sentences(text.description) if not is_common(part)),
            headings=tuple(
                part
                for part in text.headings
                if " ".join(_WORD.findall(part.lower())) not in _FURNITURE and not is_common(part)
            ),
        )


def _parts(text: PageText) -> Iterable[str]:
    return (*title_parts(text.title), *_sentences(text.description), *text.headings)


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(text) if part]


def _patterns(page: str) -> Callable[[str], str]:
    """Return a function from a text to what is left when numbers and the words of the page's address are taken out."""
    own = _words(path_of(page))

    def pattern_of(text: str) -> str:
        words = ("*" if word in own else _DIGITS.sub("0", word) for word in _WORD.findall(text.lower()))
        return re.sub(r"\*(?: \*)+", "*", " ".join(words))

    return pattern_of
