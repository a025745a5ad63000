"""Checks a catalogue for what a curator should correct; each rule is a function from a reading to findings."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from index.catalogue.articles import same_article
from index.catalogue.formats.titles import is_generic
from index.catalogue.link import Entry, Finding, Level, Reading, Reason, Rule
from index.catalogue.publishers import fits, named_hosts, squash
from index.catalogue.read import Root, examine
from index.catalogue.urls import host, normalise, path_of, query_of

MAX_TITLE_CHARS: Final = 200
#: A title with more words than this, which does not name the site, is probably an article's.
_MAX_PRODUCT_WORDS: Final = 4
#: This many titles of other publishers at one address are no accident.
_MIN_HIJACKED_TITLES: Final = 3
_MIN_SHARED_TITLES: Final = 5
_MIN_LABEL: Final = 3
#: Titles of articles, not of sites.
_ARTICLE: Final = re.compile(
    r"^(?:how|why|when|what|top \d|get(?:ting)? started|step by step|\d+ |(?!learning|training)[a-z]{3,}ing )"
    r"|\bvs\b|\?$|\b(?:part|episode|chapter) \d",
    re.IGNORECASE,
)
_WEB_SCHEMES: Final = ("http", "https")
#: Schemes that are not web addresses on purpose, although some look like a mistyped one.
_OTHER_SCHEMES: Final = frozenset(
    {"ftp", "ftps", "sftp", "tftp", "mailto", "tel", "irc", "ssh", "git", "file", "htm", "html"}
)


def lint(paths: Sequence[Path | Root]) -> tuple[Finding, ...]:
    """Read the sources and return what is wrong, by file and line. Raises CatalogueError when they cannot be read."""
    examined = examine(paths)
    order = {path: at for at, path in enumerate(dict.fromkeys(e.source.path for e in examined.reading.entries))}
    findings = [*examined.findings, *lint_reading(examined.reading)]
    return tuple(sorted(findings, key=lambda f: (order.get(f.source.path, -1), f.source.line, f.rule, f.message)))


def lint_reading(reading: Reading) -> Iterator[Finding]:
    """Yield what is wrong with a reading's links, rule by rule."""
    for rule in _RULES:
        yield from rule(reading)


def _broken_addresses(reading: Reading) -> Iterator[Finding]:
    """Find broken addresses: not closed, without a scheme, or with a mistyped one."""
    for skip in reading.skipped:
        url = skip.text.rpartition("(")[2].rstrip(")")
        is_mistyped = skip.reason == Reason.NOT_WEB and _is_mistyped(url.partition(":")[0].lower())
        if skip.reason in {Reason.BROKEN, Reason.NO_SCHEME} or is_mistyped:
            message = f"{skip.text}: {skip.reason}"
            yield Finding(rule=Rule.BROKEN_ADDRESS, level=Level.ERROR, source=skip.source, message=message)


def _is_mistyped(scheme: str) -> bool:
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415 - needed for few catalogues

    return scheme not in _OTHER_SCHEMES and min(Levenshtein.distance(scheme, web) for web in _WEB_SCHEMES) <= 1


def _find(rule: Rule, level: Level, entry: Entry, message: str) -> Finding:
    return Finding(rule=rule, level=level, source=entry.source, message=message)


def _duplicate_urls(reading: Reading) -> Iterator[Finding]:
    """Find entries whose address an earlier entry has."""
    seen: dict[str, Entry] = {}
    for entry in reading.entries:
        first = seen.setdefault(normalise(entry.link.url), entry)
        if first is not entry and first.source != entry.source:
            written = "" if first.link.url == entry.link.url else f", written {first.link.url}"
            message = f"{entry.link.url} stands already at {_place(first, entry)}{written}"
            yield _find(Rule.DUPLICATE_URL, Level.WARNING, entry, message)


def _place(other: Entry, entry: Entry) -> str:
    return f"line {other.source.line}" if other.source.path == entry.source.path else str(other.source)


def _same_articles(reading: Reading) -> Iterator[Finding]:
    """Find entries whose article an earlier entry has under another address."""
    firsts: dict[str, Entry] = {}
    for entry in reading.entries:
        firsts.setdefault(normalise(entry.link.url), entry)
    entries = list(firsts.values())
    for group in same_article([entry.link for entry in entries]):
        first = entries[group[0]]
        for at in group[1:]:
            entry = entries[at]
            message = f"{entry.link.url} is the same article as {first.link.url}, at {_place(first, entry)}"
            yield _find(Rule.SAME_ARTICLE, Level.WARNING, entry, message)


def _titles(reading: Reading) -> Iterator[Finding]:
    for entry in reading.entries:
        title = entry.link.title
        if not any(character.isalnum() for character in title):
            yield _find(Rule.EMPTY_TITLE, Level.ERROR, entry, f"the link {entry.link.url} has no title")
        elif len(title) > MAX_TITLE_CHARS:
            message = f"the title has {len(title)} characters, {MAX_TITLE_CHARS} at most can be read in an answer"
            yield _find(Rule.LONG_TITLE, Level.WARNING, entry, message)


def _unknown_sections(reading: Reading) -> Iterator[Finding]:
    declared = set(reading.sections)
    for entry in reading.entries if declared else ():
        if entry.link.section not in declared:
            path = entry.link.section_path or "(none)"
            message = f"the section {path!r} is not one of those that the file declares"
            yield _find(Rule.UNKNOWN_SECTION, Level.ERROR, entry, message)


def _site_roots(reading: Reading) -> Iterator[Finding]:
    """Find links to a site's start page whose title is an article's and not the site's name."""
    for entry in reading.entries:
        link = entry.link
        if path_of(link.url) or query_of(link.url) or "#" in link.url or _names_site(link.title, link.url):
            continue
        if not _ARTICLE.search(link.title):
            continue
        message = (
            f"{link.url} is a site's start page, and {link.title!r} does not name the site: has the article moved?"
        )
        yield _find(Rule.SITE_ROOT, Level.WARNING, entry, message)


def _names_site(title: str, url: str) -> bool:
    """Whether a title may be the name of the site: it is short, or contains part of the host."""
    words = title.split()
    if len(words) <= _MAX_PRODUCT_WORDS or is_generic(title):
        return True
    whole = squash(title)
    labels = [squash(label) for label in host(url).split(".")[:-1]]
    initials = squash("".join(word[0] for word in words))
    telling = [squash(word) for word in words if len(squash(word)) > _MIN_LABEL]
    return any(
        (len(label) >= _MIN_LABEL and label in whole) or label == initials or any(word in label for word in telling)
        for label in labels
    )


def taken_over(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that lead to a page which at least three titles of other publishers share."""
    return [entry for group in _hijacked(entries).values() for entry in group]


def _hijacked(entries: Sequence[Entry]) -> dict[tuple[str, str], list[Entry]]:
    """Group entries whose publisher does not fit the address by page, for pages that many titles share.

    Parameters are ignored: the new owner of a domain often redirects every old address to one page and puts the rest of it
    after a question mark.
    """
    pages: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        pages[host(entry.link.url), path_of(entry.link.url)].append(entry)
    found = {}
    for page, group in pages.items():
        if len(group) < _MIN_HIJACKED_TITLES:
            continue
        strangers = [entry for entry in group if not fits(entry.link.publisher, entry.link.url)]
        if len({entry.link.title for entry in strangers}) >= _MIN_HIJACKED_TITLES:
            found[page] = group
    return found


def _publishers(reading: Reading) -> Iterator[Finding]:
    """Find links whose address does not fit the publisher that the title names.

    If at least three titles lead to one page, it was probably taken over: that is an error, for each link to it.
    """
    hijacked = _hijacked(reading.entries)
    taken = {id(entry) for group in hijacked.values() for entry in group}
    for (place, path), group in hijacked.items():
        titles = len({entry.link.title for entry in group})
        names = sorted({named_hosts(e.link.publisher)[0] for e in group if not fits(e.link.publisher, e.link.url)})
        shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")  # noqa: PLR2004
        for entry in group:
            message = (
                f"{titles} titles, of {shown}, lead to the one page {place}{path or '/'}: "
                f"it may have another owner now (here: {entry.link.title!r})"
            )
            yield _find(Rule.SHARED_ADDRESS, Level.ERROR, entry, message)
    for entry in reading.entries:
        link = entry.link
        if id(entry) not in taken and not fits(link.publisher, link.url):
            message = f"the title names {link.publisher}, the address is at {host(link.url)}: {link.url}"
            yield _find(Rule.PUBLISHER_MISMATCH, Level.WARNING, entry, message)


def _shared_addresses(reading: Reading) -> Iterator[Finding]:
    """Find addresses that many different titles share: articles that now lead to a start page or an error page."""
    shared: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in reading.entries:
        shared[normalise(entry.link.url)].append(entry)
    hijacked = _hijacked(reading.entries)
    for url, group in shared.items():
        titles = {entry.link.title.lower() for entry in group}
        if (host(url), path_of(url)) in hijacked or len(titles) < _MIN_SHARED_TITLES:
            continue
        for entry in group:
            message = f"{len(titles)} different titles lead to {url}: have the articles moved?"
            yield _find(Rule.SHARED_ADDRESS, Level.WARNING, entry, message)


_RULES: Final[tuple[Callable[[Reading], Iterator[Finding]], ...]] = (
    _broken_addresses,
    _duplicate_urls,
    _same_articles,
    _titles,
    _unknown_sections,
    _site_roots,
    _publishers,
    _shared_addresses,
)
