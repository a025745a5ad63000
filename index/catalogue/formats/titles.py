"""Splits a link's text into title, publisher, stars and highlight."""

import re
from dataclasses import dataclass
from typing import Final

from index.catalogue.formats.cleaning import mend, strip_attributes, take_highlight, take_stars, trim
from index.catalogue.publishers import split_publisher
from index.catalogue.sites import GENERIC_TITLES
from index.catalogue.urls import host

_NUMBERED: Final = re.compile(
    r"^(?:part|ref|link|example|video|episode|chapter|page|slide|step|demo|docs?)?\s*[#\[(]?\d+[\])]?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """The parts of a link's text."""

    text: str
    publisher: str
    """As the curator wrote it before the title, else the address's host without `www.`."""
    stars: int = 0
    highlight: bool = False


def address_title(url: str) -> str:
    """Return an address as a title, for links without text."""
    return url.partition("://")[2].removeprefix("www.").rstrip("/") or url


def parse_title(text: str, url: str) -> Title:
    """Split a link's text; without text, or if it is the bare address, the title is the address without scheme."""
    bare, highlight = take_highlight(mend(strip_attributes(text)))  # first: there may be a star before the closing mark
    if bare.startswith("=="):  # the closing mark was forgotten
        bare, highlight = bare[2:], True
    bare, stars = take_stars(bare)
    bare = bare.strip().strip("*`").strip()
    if not bare or "://" in bare.split(" ")[0]:
        bare = address_title(bare or url)
    publisher, bare = split_publisher(bare, url)
    return Title(
        text=bare.strip("* ").rstrip(" :") or trim(text) or address_title(url),
        publisher=publisher or host(url),
        stars=stars,
        highlight=highlight,
    )


def is_generic(title: str) -> bool:
    """Whether a title says only what kind of thing it is: `code`, `docs`, `ref 2`, `part 3`."""
    bare = title.strip(" .:!()[]")
    is_letter = len(bare) == 1 and (bare.isupper() or (bare.isalpha() and not bare.isascii()))
    lowered = bare.lower()
    return lowered in GENERIC_TITLES or (len(bare) <= 1 and not is_letter) or _NUMBERED.match(lowered) is not None
