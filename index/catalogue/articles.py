"""Finds links that are the same article under different addresses."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from index.catalogue.formats.titles import is_generic
from index.catalogue.link import Link
from index.catalogue.publishers import families, is_platform, named_hosts, registered, squash
from index.catalogue.sites import MIRRORS
from index.catalogue.urls import host, normalise, path_of, query_of

#: Medium ends each address in the article's id: 10 to 12 hexadecimal digits.
_POST_ID: Final = re.compile(r"-([0-9a-f]{10,12})$")
_VERSION: Final = re.compile(r"^v?\d+(?:[._]\d+)+(?:\.x)?$|^v\d+$|^\d+\.x$")
#: C, C++ and C# are three different words.
_WORD: Final = re.compile(r"[^\W_]+(?:\+\+|#)?")
#: If two addresses both end in a title, this share of the titles' words must be the same.
_LEAST_SHARED: Final = 0.5
#: A title with fewer words is a topic ("Kubernetes Network Policy"), which many articles share.
MIN_TITLE_WORDS: Final = 4
MIN_TITLE_CHARS: Final = 20
#: On different sites a title needs more words: many people wrote "How to restart Kubernetes pods with kubectl".
MIN_TELLING_WORDS: Final = 5
_FILLERS: Final = frozenset(
    {
        "a", "an", "and", "are", "as", "at", "be", "best", "between", "by", "can", "difference", "differences", "do",
        "for", "from", "guide", "how", "i", "in", "into", "introduction", "is", "it", "its", "my", "of", "on", "or",
        "our", "practices", "should", "the", "this", "to", "tutorial", "using", "vs", "was", "we", "what", "whats",
        "when", "why", "will", "with", "you", "your",
    }
)  # fmt: skip


def same_article(links: Sequence[Link]) -> tuple[tuple[int, ...], ...]:
    """Return groups of positions in `links` that are one article: each ascending, of two or more, ordered by its first.

    Two links are the same article when

    1. their addresses are the same after `normalise`, `www.` aside, or name the same YouTube video;
    2. both end in the same Medium post id (`medium.com/@ann/title-2ce79ca4a27b`, `ann.medium.com/…-2ce79ca4a27b`,
       whatever domain the publication has);
    3. or both have the same distinctive title (4 words and 20 letters or more; case, punctuation, quotes aside) and
       a. it is telling (5 words besides `how`, `to`, `the` and the like), and the last part of both addresses is the
          same title in words (an article that moved, or was republished), or
       b. one site published both: the same registered domain, a family of `sites.FAMILIES`, or sites named alike
          (`loft.sh` and `loft-sh.medium.com`), in the same version of a documentation, or
       c. both name the same publisher, which is no platform, or
       d. it is telling, one is on a platform that republishes (`sites.MIRRORS`), and all others are one site's.

    A title alone is never enough: short and generic titles on different sites are different articles, and so are two
    articles with one title and different Medium ids, or by two people on a platform where anybody writes. The time is
    proportional to the number of links, even if many titles are equal.
    """
    union = _Union(len(links))
    titled: defaultdict[str, list[int]] = defaultdict(list)
    seen: dict[str, int] = {}
    for at, link in enumerate(links):
        for key in _address_keys(link.url):
            union.join(seen.setdefault(key, at), at)
        title = title_key(link.title)
        if title:
            titled[title].append(at)
    for alike in titled.values():
        if len(alike) > 1:
            _join_alike(links, alike, union)
    return union.groups()


def title_key(title: str) -> str:
    """Return the words of a distinctive title in lower case; empty for a title that many articles could have."""
    words = _WORD.findall(title.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "").lower())
    if len(words) < MIN_TITLE_WORDS or sum(map(len, words)) < MIN_TITLE_CHARS or is_generic(title):
        return ""
    return " ".join(words)


def _is_telling(title: str) -> bool:
    return len(set(title_key(title).split(" ")) - _FILLERS) >= MIN_TELLING_WORDS


def _address_keys(url: str) -> Iterable[str]:
    same = normalise(url)
    yield "url " + same.replace("://www.", "://", 1)
    post = post_id(url)
    if post:
        yield "post " + post
    video = _video(url)
    if video:
        yield "video " + video


def post_id(url: str) -> str:
    """Return the Medium post id at the end of an address; empty without one."""
    found = _POST_ID.search(path_of(url))
    # Only digits are a date or a number of another site, only letters are a word.
    return found[1] if found and not found[1].isdigit() and not found[1].isalpha() else ""


def _video(url: str) -> str:
    place = host(url)
    if place == "youtu.be":
        return path_of(url).strip("/")
    if registered(place) == "youtube.com" and path_of(url) == "/watch":
        return next((part[2:] for part in query_of(url).split("&") if part.startswith("v=")), "")
    return ""


def _slug(url: str) -> str:
    """Return the last part of the path as words, without an id at its end; empty when it is not a title."""
    last = path_of(url).rpartition("/")[2].lower().removesuffix(".html").removesuffix(".htm")
    words = _WORD.findall(_POST_ID.sub("", last))
    if words and host(url) in {"dev.to", "hashnode.dev"}:
        words = words[:-1]  # dev.to puts its own id at the end of each address
    return " ".join(words) if len(words) >= MIN_TITLE_WORDS else ""


def _site(url: str) -> str:
    """Return a name for the publisher at an address; empty on a platform, where anybody can publish.

    `loft-sh.medium.com` and `loft.sh` are both `loftsh`.
    """
    place = host(url)
    domain = registered(place)
    if not is_platform(place):
        return domain
    own = place.removesuffix(domain).rstrip(".")
    return own.rpartition(".")[2] if own not in {"", "blog", "docs", "gist", "help", "m"} else ""


def _version(url: str) -> str:
    return " ".join(part for part in path_of(url).split("/") if _VERSION.match(part))


def _join_alike(links: Sequence[Link], alike: Sequence[int], union: "_Union") -> None:
    """Join links with the same title that are one article by rule 3."""
    posts = {post_id(links[at].url) for at in alike} - {""}
    if len(posts) > 1:
        alike = [at for at in alike if not post_id(links[at].url)]
    seen: dict[str, int] = {}
    for at in alike:
        for key in _source_keys(links[at]):
            first = seen.setdefault(key, at)
            if first != at and not _are_two_pages(links[first].url, links[at].url):
                union.join(first, at)
    if not alike or not _is_telling(links[alike[0]].title):
        return
    copies = [at for at in alike if registered(host(links[at].url)) in MIRRORS]
    roots = {union.root(at) for at in alike if not is_platform(host(links[at].url))}
    if len(roots) == 1:
        for at in copies:
            union.join(next(iter(roots)), at)


def _are_two_pages(one: str, other: str) -> bool:
    """Whether the addresses show two pages: they end in different titles, or in different numbers after one title."""
    words, others = set(_slug(one).split()), set(_slug(other).split())
    if words and others:
        return len(words & others) < _LEAST_SHARED * min(len(words), len(others))
    is_one_page = host(one) == host(other) and path_of(one) == path_of(other)
    return is_one_page and bool(query_of(one) and query_of(other)) and normalise(one) != normalise(other)


def _source_keys(link: Link) -> Iterable[str]:
    slug, site, version = _slug(link.url), _site(link.url), _version(link.url)
    if slug and _is_telling(link.title):
        yield f"slug {slug} {version}"
    if site:
        yield f"site {squash(site)} {version}"
        for family in families(host(link.url)) if not is_platform(host(link.url)) else ():
            yield f"family {family} {version}"
    named = named_hosts(link.publisher)
    if named and not is_platform(named[0]):
        yield f"named {registered(named[0])} {version}"


class _Union:
    """Disjoint sets (union-find): positions with the same root are one article."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, at: int) -> int:
        while self._parent[at] != at:
            self._parent[at] = self._parent[self._parent[at]]
            at = self._parent[at]
        return at

    def join(self, one: int, other: int) -> None:
        one, other = self.root(one), self.root(other)
        self._parent[max(one, other)] = min(one, other)

    def groups(self) -> tuple[tuple[int, ...], ...]:
        members: defaultdict[int, list[int]] = defaultdict(list)
        for at in range(len(self._parent)):
            members[self.root(at)].append(at)
        return tuple(tuple(group) for group in members.values() if len(group) > 1)
