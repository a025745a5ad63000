"""The pieces of a list item, texts and links, and which of its links belong to the list.

Links to authors, licences and sponsors, and links around badges, do not belong to the list. Links together in brackets,
`([Source code](…), [Demo](…))`, are further addresses of the item.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Final

from index.catalogue.formats.cleaning import mend, strip_attributes
from index.catalogue.formats.titles import is_generic
from index.catalogue.link import Reason
from index.catalogue.urls import is_web_url

_BADGE: Final = re.compile(
    r"badge|shields\.io|travis-ci|circleci|codecov|coveralls|goreportcard|/actions/workflows/|appveyor|snyk|gitter"
    r"|opencollective|ko-?fi|patreon|paypal|buymeacoffee|awesome\.re|dependabot|isitmaintained|star-history",
    re.IGNORECASE,
)
#: The start of a web address that is none because of a typing error further on, or of a colon or slash that is missing.
_NEARLY_WEB: Final = re.compile(r"https?(?:://|//|:/?(?=\w))", re.IGNORECASE)
_BARE_HOST: Final = re.compile(
    r"www\.|(?:[a-z0-9-]+\.)+(?:ai|app|be|ch|co|com|de|dev|edu|fm|fr|gov|info|io|it|net|nl|org|tv|uk)(?:[/?#]|$)",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_BY: Final = re.compile(
    r"(?:^|[\s(\[–—-])(?:by|von|por|par|door|av|from|via|courtesy of|作者|автор|autor|auteur|autore|저자|©"
    r"|\(c\)|(?:authors?|creators?|maintainers?|curator)\s*[:：])\s*[:：]?\s*@?$",
    re.IGNORECASE,
)
#: Only this many characters before a link are searched for words such as "by".
_BY_CHARS: Final = 30
_AND: Final = re.compile(r"\s*(?:[,&/+、]|(?:,\s*)?(?:and|und|y|et)\b)\s*@?", re.IGNORECASE)
_LICENCE: Final = re.compile(
    r"(?:MIT|ISC|0?BSD\S*|Apache\S*(?: 2\.0)?|[AL]?GPL\S*|MPL\S*|EPL\S*|EUPL\S*|CC0\S*|CC[- ]BY\S*|SSPL\S*|BSL\S*"
    r"|Unlicense|WTFPL|Zlib)(?: licen[cs]e)?|licen[cs]e",
    re.IGNORECASE,
)
_SPONSOR: Final = re.compile(
    r"sponsors?|sponsored|donate|donations?|patreon|open ?collective|buy me a coffee", re.IGNORECASE
)
_SPONSORED: Final = re.compile(r"sponsored by\b", re.IGNORECASE)
_OPENING: Final = re.compile(r"[(\[（]\s*$")
_CLOSING: Final = re.compile(r"^\s*[)\]）]")
_BETWEEN: Final = re.compile(r"[\s,;|/·•&+、]*(?:(?:and|or|und|y|et)[\s,;|/·•、]*)?", re.IGNORECASE)
_ONLY_MARKS: Final = re.compile(r"^[\s*•–—-]*$")
_SENTENCE_ENDS: Final = re.compile(r"^[\W_]*$|[.!?:;。！？)\]–—|-]\s*$")
#: Text that may follow brackets at the end of an item.
_ENDS: Final = re.compile(r"\s*[)\]）]\W*")
#: A link in brackets with more words than this has its own title and is no further address.
_MAX_KIND_WORDS: Final = 6
#: Text of more characters than this before brackets is not the name of an item.
_MAX_NAME_CHARS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text, or a link when `url` is set."""

    text: str
    line: int
    url: str = ""
    hint: str = ""
    """The tooltip of a link."""
    image: str = ""
    """Address of the image inside a link; `text` is then the image's alternative text."""
    is_image: bool = False
    is_struck: bool = False
    tags: tuple[str, ...] = ()
    added: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Links in brackets: further addresses of the thing named before them."""

    lead: str
    """The name of the thing: the text before the brackets if no link comes before them, else empty."""
    links: tuple[Piece, ...]


def reason_against(url: str) -> Reason | None:
    """Return why an address is not a web address; None if it may be one."""
    if is_web_url(url):
        return None
    if url.startswith("#"):
        return Reason.SAME_PAGE
    if url.startswith("//") or _BARE_HOST.match(url):
        return Reason.NO_SCHEME
    if _NEARLY_WEB.match(url):
        return Reason.BROKEN
    return Reason.NOT_WEB if _SCHEME.match(url) else Reason.OTHER_PAGE


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces with neighbouring texts joined."""
    found: list[Piece] = []
    for is_link, run in groupby(pieces, key=lambda piece: bool(piece.url)):
        first, *others = run
        if is_link or not others:
            found += (first, *others)
        else:
            found.append(replace(first, text="".join(piece.text for piece in (first, *others))))
    return found


def is_logo(pieces: Sequence[Piece]) -> bool:
    """Whether an item's only link contains an image that has a name and is not a badge."""
    links = [piece for piece in pieces if piece.url]
    return len(links) == 1 and links[0].is_image and is_named_image(links[0])


def is_named_image(link: Piece) -> bool:
    """Whether an image's alternative text can be a title."""
    name = strip_attributes(link.text).strip()
    return len(name) > 1 and not any(map(_BADGE.search, (link.image, link.url, name))) and not is_generic(name)


def find_credits(pieces: Sequence[Piece]) -> Iterator[tuple[int, Piece]]:
    """Yield the links to the author, a sponsor or the licence of the item, with their positions."""
    has_link = is_after_author = False
    before = ""
    for at, piece in enumerate(pieces):
        if not piece.url:
            before += piece.text
            continue
        name = mend(piece.text).strip("*` ")
        is_author = (
            bool(_BY.search(before[-_BY_CHARS:]))
            or (name[:1] == "@" and before.endswith("("))
            or (is_after_author and _AND.fullmatch(before) is not None)
        )
        is_author = is_author and bool(name) and not is_generic(name)
        is_credit = is_author or _LICENCE.fullmatch(name) or _SPONSOR.fullmatch(name)
        if _SPONSORED.match(name) or (has_link and is_credit):
            yield at, piece
        is_after_author = is_author
        has_link = True
        before = ""


def take_asides(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Aside]]:
    """Return the pieces without links that are together in brackets, and those links."""
    pieces = list(pieces)
    rest: list[Piece] = []
    asides: list[Aside] = []
    at = 0
    while at < len(pieces):
        end = _end_of_aside(pieces, at)
        lead = "" if pieces[at].url else _OPENING.sub("", pieces[at].text)
        has_link = any(piece.url for piece in rest)
        links = tuple(piece for piece in pieces[at:end] if piece.url)
        if links and (
            _is_beside(lead, links, "" if end + 1 < len(pieces) else pieces[end].text)
            if has_link
            else _ONLY_MARKS.sub("", lead) and len(lead) <= _MAX_NAME_CHARS
        ):
            asides.append(Aside(lead="" if has_link else lead, links=links))
            rest.append(replace(pieces[at], text=lead))
            pieces[end] = replace(pieces[end], text=_CLOSING.sub("", pieces[end].text))
            at = end
        else:
            rest.append(pieces[at])
            at += 1
    return joined(rest), asides


def _is_beside(before: str, links: Sequence[Piece], last: str) -> bool:
    """Whether brackets after a link are an addition and not part of a sentence; `last` is the text if no link follows."""
    return (
        _SENTENCE_ENDS.search(before) is not None
        or all(is_generic(mend(link.text)) for link in links)
        or _ENDS.fullmatch(last) is not None
    )


def _end_of_aside(pieces: Sequence[Piece], start: int) -> int:
    """Return the position of the text that closes the bracket that the piece at `start` opens; 0 without one."""
    if pieces[start].url or not pieces[start].text.rstrip().endswith(("(", "[", "（")):
        return 0
    for at in range(start + 1, len(pieces)):
        piece = pieces[at]
        if piece.url:
            if len(piece.text.split()) > _MAX_KIND_WORDS:
                return 0
        elif at > start + 1 and _CLOSING.match(piece.text):
            return at
        elif not _BETWEEN.fullmatch(piece.text):
            return 0
    return 0
