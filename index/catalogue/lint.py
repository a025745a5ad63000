"""Checks a catalogue for what a curator should correct; each rule is a function from a reading to findings."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA, Levenshtein

from index.catalogue.articles import same_article
from index.catalogue.formats.hints import meant
from index.catalogue.formats.titles import is_generic
from index.catalogue.link import Entry, Finding, Level, Reading, Reason, Rule
from index.catalogue.publishers import fits, named_hosts, squash
from index.catalogue.read import Root, examine
from index.catalogue.urls import host, normalise, path_of, query_of, user_of, without_passwords

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
_BROKEN: Final = frozenset({Reason.BROKEN, Reason.NO_SCHEME, Reason.EMPTY})
_NO_ADDRESS: Final = frozenset({Reason.NOT_WEB, Reason.OTHER_PAGE})
#: A host of a common ending where the name of a page could stand.
_BARE_HOST: Final = re.compile(r"(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|edu|gov)(?:[/?#]|$)", re.IGNORECASE)
#: What a report of a link has before its address.
_SHOWN_ADDRESS: Final = re.compile(r"^.* \(", re.DOTALL)
#: What stands where a host should when a scheme is written twice or its end is lost.
_NO_HOSTS: Final = frozenset({"http", "https", "www"})
_NOT_A_HOST: Final = re.compile(r"^[.-]|[,;!'\"()<>|^`{}$*+=~&%@]")
_SCHEME_LIKE: Final = re.compile(r"([A-Za-z]+)(?::|//)")
#: As many links make a name usual, and a shorter one is too short to tell a slip.
_MIN_USUAL: Final = 3
_MIN_LONG_NAME: Final = 6
_PARTING: Final = re.compile(r"[\s_-]+")
_NO_LETTERS: Final = re.compile(r"[\W\d_]")
_WEB_SCHEMES: Final = ("http", "https")
#: Schemes that are not web addresses on purpose, although some look like a mistyped one.
_OTHER_SCHEMES: Final = frozenset(
    {"ftp", "ftps", "sftp", "tftp", "mailto", "tel", "irc", "ssh", "git", "file", "htm", "html"}
)


def lint(paths: Sequence[Path | Root]) -> tuple[Finding, ...]:
    """Read the sources and return all that is wrong, by file and line, no password in it.

    Raises CatalogueError when there is nothing to read.
    """
    examined = examine(paths, tolerant=True)
    order = {path: at for at, path in enumerate(dict.fromkeys(e.source.path for e in examined.reading.entries))}
    findings = {
        replace(finding, message=without_passwords(finding.message))
        for finding in (*examined.findings, *lint_reading(examined.reading))
    }
    return tuple(sorted(findings, key=lambda f: (order.get(f.source.path, -1), f.source.line, f.rule, f.message)))


def lint_reading(reading: Reading) -> Iterator[Finding]:
    """Yield what is wrong with a reading's links, rule by rule."""
    for rule in _RULES:
        yield from rule(reading)


def _broken_addresses(reading: Reading) -> Iterator[Finding]:
    """Find broken addresses: not closed, without a scheme, or with a mistyped one."""
    for skip in reading.skipped:
        url = _SHOWN_ADDRESS.sub("", skip.text).removesuffix(")")
        if skip.reason in _BROKEN:
            reason = skip.reason
        elif skip.reason in _NO_ADDRESS and _is_mistyped(url):
            reason = "the address of this link is mistyped"
        else:
            continue
        message = f"{skip.text}: {reason}{_meant_address(url)}"
        yield Finding(rule=Rule.BROKEN_ADDRESS, level=Level.ERROR, source=skip.source, message=message)
    for entry in reading.entries:
        name = host(entry.link.url)
        if name in _NO_HOSTS or ".." in name or _NOT_A_HOST.search(name):
            message = f"{entry.link.url}: {name!r} is no host"
            yield _find(Rule.BROKEN_ADDRESS, Level.ERROR, entry, message)


def _meant_address(url: str) -> str:
    """Return the address that one without a scheme is meant for, to put behind a message."""
    is_bare = url.lower().startswith(("www.", "//")) or _BARE_HOST.match(url)
    return f"; did you mean https://{url.lstrip('/')}?" if is_bare else ""


def users(reading: Reading) -> Iterator[Finding]:
    """Name addresses with a user before the host: people take that for where it leads, or it is somebody's password."""
    for entry in reading.entries:
        user = user_of(entry.link.url)
        if ":" in user:
            message = f"{entry.link.url} holds a password, which everybody who sees the link has; take it out"
        elif user:
            message = f"{entry.link.url} leads to {host(entry.link.url)}: {user}, before the @, is only a user's name"
        else:
            continue
        yield _find(Rule.USER_IN_ADDRESS, Level.ERROR, entry, message)


def _is_mistyped(url: str) -> bool:
    """Whether an address begins nearly as one of the web: `htps://`, `https//a`, `[https://a](…`, or with its host."""
    if url.startswith("[") or _BARE_HOST.match(url):
        return True
    scheme = _SCHEME_LIKE.match(url)
    if scheme is None or scheme[1].lower() in _OTHER_SCHEMES:
        return False
    return min(Levenshtein.distance(scheme[1].lower(), web) for web in _WEB_SCHEMES) <= 1


def _find(rule: Rule, level: Level, entry: Entry, message: str) -> Finding:
    return Finding(rule=rule, level=level, source=entry.source, message=message)


def _duplicate_urls(reading: Reading) -> Iterator[Finding]:
    """Find entries whose address an earlier entry has: a warning in one section, a hint in another.

    Words of a sentence that are links, and further addresses of an item, may repeat.
    """
    seen: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in reading.entries:
        if entry.is_mention or (entry.item and entry.item != entry.link.url):
            continue
        before = seen[normalise(entry.link.url)]
        same_section = next((other for other in before if other.link.section == entry.link.section), None)
        first = same_section or next(iter(before), entry)
        before.append(entry)
        if first.source != entry.source:
            written = "" if first.link.url == entry.link.url else f", written {first.link.url}"
            where = "" if same_section else ", in another section"
            message = f"{entry.link.url} stands already at {_place(first, entry)}{where}{written}"
            yield _find(Rule.DUPLICATE_URL, Level.WARNING if same_section else Level.HINT, entry, message)


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
            near = meant(path, [" > ".join(section) for section in reading.sections])
            message = f"the section {path!r} is not one of those that the file declares{near}"
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


def _similar_names(reading: Reading) -> Iterator[Finding]:
    """Name tags and sections that are another one, written or typed differently: filters would part them."""
    tags: defaultdict[str, list[Entry]] = defaultdict(list)
    sections: defaultdict[tuple[str, ...], dict[str, list[Entry]]] = defaultdict(dict)
    for entry in reading.entries:
        for tag in entry.link.tags:
            tags[tag].append(entry)
        for depth, name in enumerate(entry.link.section):
            sections[entry.link.section[:depth]].setdefault(name, []).append(entry)
    for what, names in (("tag", tags), *(("section", siblings) for siblings in sections.values())):
        for rare, common in similar(Counter({name: len(found) for name, found in names.items()})):
            message = f"the {what} {rare!r}; did you mean {common!r}, as {len(names[common])} other links have it?"
            yield _find(Rule.SIMILAR_NAME, Level.HINT, names[rare][0], message)


def similar(counts: Counter[str]) -> Iterator[tuple[str, str]]:
    """Yield each name that another one, of more links, is meant by.

    It differs in nothing but case, spaces and hyphens, or it has one link and is one slip of the keyboard away from a
    long name that at least three have; digits are no slip (IPv4 and IPv6), nor is a plural.
    """
    names = [name for name, _ in counts.most_common()]
    by_letters: dict[str, str] = {}
    usual = [name for name in names if counts[name] >= _MIN_USUAL and len(name) >= _MIN_LONG_NAME]
    for name in names:
        other = by_letters.setdefault(_PARTING.sub("", name.casefold()), name)
        if other != name:
            yield name, other
        elif counts[name] == 1 and len(name) >= _MIN_LONG_NAME and name.isascii():
            found = process.extractOne(name, usual, scorer=OSA.distance, score_cutoff=1)
            if found is not None and _is_slip(name, found[0]):
                yield name, found[0]


def _is_slip(name: str, other: str) -> bool:
    """Whether two names of distance 1 are one: no plural, no other number, no other sign, no other first letter."""
    one, two = name.casefold(), other.casefold()
    parts = {one.removesuffix("s"), two.removesuffix("s")}
    return len(parts) > 1 and one[0] == two[0] and _NO_LETTERS.findall(one) == _NO_LETTERS.findall(two)


_RULES: Final[tuple[Callable[[Reading], Iterator[Finding]], ...]] = (
    _broken_addresses,
    users,
    _duplicate_urls,
    _same_articles,
    _titles,
    _unknown_sections,
    _site_roots,
    _publishers,
    _shared_addresses,
    _similar_names,
)
