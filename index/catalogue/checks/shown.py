"""What a page shows, as signs for a verdict: parked, taken over, missing, or standing before another page.

A page that cites, warns or explains is no page that does: quotations, code and comments do not count, nor what a title
announces as a text about the matter, nor a page that still has the title that its curator gave the link.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from index.catalogue.checks import signs
from index.catalogue.checks.pages import ShownPage
from index.catalogue.checks.records import Sign
from index.catalogue.publishers import registrable

_PARTS: Final = re.compile(r"\s[-–—|·•»/]+\s|[|·•»]")
_CLAUSES: Final = re.compile(r"\s*[:!.?…]+\s+")
_WWW: Final = re.compile(r"(?<![\w.-])www\.")
_LISTING: Final = re.compile(r"index of (/.*)", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
#: Words that titles of any subject share.
_COMMON: Final = frozenset(
    [
        "about",
        "all",
        "and",
        "are",
        "blog",
        "can",
        "com",
        "docs",
        "documentation",
        "for",
        "from",
        "guide",
        "home",
        "how",
        "index",
        "introduction",
        "its",
        "main",
        "new",
        "official",
        "our",
        "overview",
        "page",
        "part",
        "site",
        "that",
        "the",
        "their",
        "this",
        "tutorial",
        "use",
        "using",
        "web",
        "website",
        "welcome",
        "what",
        "when",
        "why",
        "with",
        "you",
        "your",
    ]
)
#: A page of so few words says nothing but what its text says.
_NOTHING_ELSE: Final = 25
#: A parked page has hardly more words of its own.
_PARKED_WORDS: Final = 60
_LEAST_SPAM: Final = 2
#: Where a page begins: what strangers add to it comes later.
_LEAD_CHARS: Final = 400
#: An article has paragraphs of so many words.
_PROSE_WORDS: Final = 40
_DENSE: Final = 0.03
_SHELL_WORDS: Final = 80
#: A page that asks for something links to its terms and to its owner, and not to pages of the site.
_FEW_LINKS: Final = 3
#: Few words have hardly more characters than this.
_MOST_CHARS: Final = 20_000
#: So much of a squashed title in the other tells that they are one.
_LEAST_TITLE: Final = 6


def still_fits(page: ShownPage, titles: Iterable[str], *, share: float = 0.5) -> bool:
    """Whether title and headings have this share of the words of one of the link's titles, apart from the host's name."""
    shown = " ".join(page.headings).lower()
    words, squashed = set(_WORD.findall(shown)), _squashed(shown)
    own = " ".join(page.names).lower()
    for title in titles:
        wanted = {word for word in _WORD.findall(title.lower()) if word not in _COMMON and word not in own}
        if not wanted:
            continue
        if len(whole := _squashed(title.lower())) >= _LEAST_TITLE and whole in squashed:
            return True
        if len(wanted & words) >= max(1, share * len(wanted)):
            return True
    return False


def _squashed(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def parked(page: ShownPage, titles: Iterable[str]) -> tuple[Sign, ...]:
    """Return by which signs the page is that of a parked domain, or of one for sale."""
    host = (urlsplit(page.url).hostname or "").lower()
    if registrable(page.names[0] if page.names else "") in signs.MARKETPLACES or signs.PARKING_HOST.match(host):
        return (Sign.STRUCTURE,)
    found = []
    if _is_built_to_park(page):
        found.append(Sign.STRUCTURE)
    said = f"{page.title}. {page.said}"[:_MOST_CHARS]
    says = page.is_short and (_says(said) or _names_itself(page, said))
    if any(_names_itself(page, heading) for heading in page.headings):
        found.append(Sign.HEADINGS)
    elif still_fits(page, titles):
        return tuple(found)
    elif _only_says(signs.PARKED_NOTICE, page, page.title):
        found.append(Sign.HEADINGS)
    elif is_about(page):
        return tuple(found)
    elif any(_says_parked(page, heading) for heading in page.headings) or (says and _is_bare(page)):
        found.append(Sign.HEADINGS)
    words = len(page.said.split())
    if says and (words <= _PARKED_WORDS or signs.PARKED_MORE.search(said)):
        found.append(Sign.HEADINGS if words <= _NOTHING_ELSE and Sign.HEADINGS not in found else Sign.TEXT)
    return tuple(dict.fromkeys(found))


def _has(text: str, pieces: tuple[str, ...]) -> bool:
    lower = text.lower()
    return any(piece in lower for piece in pieces)


def _says(text: str) -> bool:
    return _has(text, signs.PARKED_HINTS) and signs.PARKED_TEXT.search(text) is not None


def is_about(page: ShownPage) -> bool:
    """Whether the title or the first heading, apart from the site's own name, announces a text about something."""
    for heading in page.headings[:2]:
        for name in page.names:
            heading = re.sub(re.escape(name), " ", heading, flags=re.IGNORECASE)  # noqa: PLW2901
        if signs.ABOUT.search(heading) and len(_WORD.findall(heading)) > 1:
            return True
    return False


def _is_built_to_park(page: ShownPage) -> bool:
    if not page.is_short:
        return False
    if any(code in page.loaded for code in signs.PARKING_CODE) or signs.PARKING_SCRIPT.search(page.scripts):
        return True
    # Nothing but links to searches for what the name may mean.
    count = len(page.words)
    is_list = count > _LEAST_SPAM and 2 * page.linked_words >= count
    return (
        is_list
        and _is_bare(page)
        and (
            page.is_of_searches
            or re.search(r"related (?:searches|links)|sponsored", page.text, re.IGNORECASE) is not None
        )
    )


def _is_bare(page: ShownPage) -> bool:
    """Whether its title is nothing but the name of its domain."""
    title = signs.BARE.sub("", page.title.lower()).removeprefix("www.").strip(" .!/-:|")
    return bool(title) and title in page.names[:2]


def _names_itself(page: ShownPage, heading: str) -> bool:
    """Whether a heading says of the page's own domain, by name, that it is for sale."""
    lower = _WWW.sub("", heading.lower())
    return any(
        (signs.PARKED_BEHIND.match(lower, at + len(name)) or signs.PARKED_BEFORE.search(lower[:at]))
        for name in page.names[:2]
        for at in _places(lower, name)
        if not at or not (lower[at - 1].isalnum() or lower[at - 1] in "_.-")
    )


def _places(text: str, piece: str) -> Iterator[int]:
    at = text.find(piece)
    while at != -1:
        yield at
        at = text.find(piece, at + 1)


def _says_parked(page: ShownPage, heading: str) -> bool:
    """Whether a heading only says that the domain is parked or for sale."""
    return _only_says(signs.PARKED_TITLE, page, heading)


def _only_says(pattern: re.Pattern[str], page: ShownPage, heading: str) -> bool:
    """Whether a heading says this and nothing else, beside what a dash or a bar parts from it, which is the site's name.

    What a colon or an exclamation mark parts may be the subject of a text: then each part must say it, or nothing.
    """
    for part in (heading, *_PARTS.split(heading)):
        said = [one.strip() for one in _CLAUSES.split(part)]
        if pattern.fullmatch(part.strip()) or (
            any(map(pattern.fullmatch, said)) and all(_is_told(pattern, page, one) for one in said)
        ):
            return True
    return False


def _is_told(pattern: re.Pattern[str], page: ShownPage, part: str) -> bool:
    return bool(pattern.fullmatch(part) or signs.STOPGAP.fullmatch(part) or part.lower() in page.names)


def spam(page: ShownPage, titles: Iterable[str], about: str) -> tuple[Sign, ...]:
    """Return by which signs the page advertises what fills domains that were taken over.

    None when the link itself (`about`: its title, description and section) is about that.
    """
    whole = f"{page.title} {page.text}"
    words = {word.strip(".,:;!?()[]'\"") for word in whole.lower().split()}
    if signs.SPAM_STARTS.isdisjoint(words) and not signs.SPAM_LETTERS.search(whole):
        return ()
    if signs.SPAM.search(about) or any(signs.DEFENCE.search(heading) for heading in page.headings[:2]):
        return ()
    in_title, in_headings = _phrases(page.title), _phrases(" | ".join(page.headings))
    found = [one[0].lower() for one in signs.SPAM.finditer(page.said)]
    distinct = in_headings | set(found)
    fits = still_fits(page, titles)
    if in_headings and len(distinct) >= _LEAST_SPAM and not (fits and len(in_title) < _LEAST_SPAM):
        return (Sign.HEADINGS, Sign.TEXT) if set(found) - in_title else (Sign.HEADINGS,)
    if fits or len(set(found)) < (_LEAST_SPAM if page.is_short else 2 * _LEAST_SPAM):
        return ()
    is_dense = len(found) >= _DENSE * len(page.said.split())
    return (Sign.TEXT,) if is_dense and signs.SPAM.search(page.said[:_LEAD_CHARS]) else ()


def _phrases(text: str) -> set[str]:
    return _found(signs.SPAM, text)


def gate(page: ShownPage) -> str:
    """Return what stands before the page that was meant: a captcha, a login, a wall, a notice; empty for nothing."""
    for heading in page.headings[: None if page.is_short else 2]:
        for part in (heading, *_PARTS.split(heading), *_CLAUSES.split(heading)):
            if signs.GATE_TITLE.fullmatch(part.strip()):
                return f"this stands before the page: {part.strip()!r:.80}"
    if not page.is_short:
        return ""
    text = page.text[:_MOST_CHARS]
    found = signs.GATE_TEXT.search(text) if _has(text, signs.GATE_HINTS) else None
    return f"this stands before the page: {found[0]!r:.80}" if found else ""


def banner(page: ShownPage) -> str:
    """Return what a page with few words asks for, as banners do on pages of any sort; empty for nothing."""
    if not page.is_short:
        return ""
    if found := signs.BANNER_TEXT.search(page.text[:_MOST_CHARS]):
        return f"this stands before the page: {found[0]!r:.80}"
    if signs.PASSWORD.search(page.markup):
        return "asks to sign in"
    if len(page.words) <= _SHELL_WORDS and page.has(signs.GATE_CODE):
        return "asks for a captcha, or for a browser that runs scripts"
    return ""


def asks_first(page: ShownPage) -> bool:
    """Whether it wants something of a person, and offers nothing else: it has buttons or fields, and hardly a link.

    Not where it wants what only a buyer gives.
    """
    controls, links = page.asking
    is_asking = signs.CONTROLS.search(page.markup) is not None and page.links < _FEW_LINKS
    return (is_asking or (controls > 0 and links < _FEW_LINKS)) and not signs.LEAD.search(page.markup)


def is_offer(page: ShownPage) -> bool:
    """Whether it offers its own name: nothing else heads it, or a heading has it and a price that no reader pays."""
    names = [name for name in page.names[:2] if "." in name]
    heads = [signs.BARE.sub("", heading.lower()).removeprefix("www.").strip(" .!/-:|") for heading in page.headings[:2]]
    if len(heads) > 1 and all(heading in names for heading in heads):
        return True
    return _is_headed_by_itself(page) and sells(page)


def _is_headed_by_itself(page: ShownPage) -> bool:
    return any("." in name and name in heading.lower() for heading in page.headings for name in page.names[:2])


def speaks_of_itself(page: ShownPage, about: str = "") -> bool:
    """Whether its address heads it, or it speaks of domains or hosts, as what stands where a site was does."""
    return _is_headed_by_itself(page) or _speaks_of_hosting(page, about)


def trades(page: ShownPage, titles: Iterable[str], about: str, *, least: int = 3) -> bool:
    """Whether a page with no word of the link's titles has words, one in a heading, of a trade that fills such domains.

    The words are common ones: they tell only beside what the site's start page shows.
    """
    if not _may_tell(page, titles) or still_fits(page, titles, share=0.0) or is_about(page):
        return False
    if any(signs.DEFENCE.search(heading) for heading in page.headings[:2]):
        return False
    headings, said = " | ".join(page.headings), page.said[:_MOST_CHARS]
    for trade in signs.TRADES:
        heads = _found(trade, headings)
        if heads and not trade.search(about) and len(heads.union(_found(trade, said))) >= least:
            return True
    return False


def _may_tell(page: ShownPage, titles: Iterable[str]) -> bool:
    """Whether a title has a word besides the site's own name, by which a page could be known; so without titles."""
    own = " ".join(page.names).lower()
    words = [[word for word in _WORD.findall(title.lower()) if word not in _COMMON] for title in titles]
    return not words or any(word not in own for some in words for word in some)


def _found(pattern: re.Pattern[str], text: str) -> set[str]:
    return {found[0].lower() for found in pattern.finditer(text)}


def is_latin(text: str) -> bool:
    """Whether most letters are Latin ones."""
    text = text[:_MOST_CHARS]
    return 2 * len(signs.LATIN.findall(text)) >= sum(map(str.isalpha, text))


def is_in_other_letters(page: ShownPage, titles: Iterable[str]) -> bool:
    """Whether it is written in letters other than Latin, unlike every title of the link."""
    return not is_latin(f"{page.title} {page.text}") and all(map(is_latin, titles))


def sells(page: ShownPage) -> bool:
    """Whether it has a price that no reader pays."""
    return signs.PRICE.search(page.text[:_MOST_CHARS]) is not None


def is_lead(page: ShownPage) -> bool:
    """Whether it wants what only buyers and victims give; a message alone, anybody may."""
    return any(not found[0].startswith("<textarea") for found in signs.LEAD.finditer(page.markup.lower()))


def has_prose(page: ShownPage, about: str = "") -> bool:
    """Whether it has a text of its own: it announces one, strangers discuss it, or it has paragraphs, as an article does.

    Paragraphs about domains and hosts are none where the link (`about`) is about something else: parked pages have them.
    """
    if is_about(page) or page.is_discussed:
        return True
    return sum(len(text.split()) for text in page.paragraphs) >= _PROSE_WORDS and not _speaks_of_hosting(page, about)


def _speaks_of_hosting(page: ShownPage, about: str) -> bool:
    said = f"{page.title} {page.said}"[:_MOST_CHARS]
    return page.is_short and signs.HOSTING.search(said) is not None and not signs.HOSTING.search(about)


def headed_missing(page: ShownPage, titles: Iterable[str] = ()) -> bool:
    """Whether its title, or a heading, says that there is no such page and nothing else; not in a text about that."""
    if (is_about(page) and still_fits(page, titles)) or (page.is_short and signs.REGION.search(page.text)):
        return False
    return any(
        _only_says(signs.MISSING_TITLE, page, heading)
        or (page.is_short and _only_says(signs.DEFAULT_TITLE, page, heading) and not _lists_itself(page, heading))
        for heading in page.headings[: None if page.is_short else 2]
    ) or (page.is_shell and signs.MISSING_STATE.search(page.markup) is not None)


def titled_missing(page: ShownPage) -> bool:
    """Whether its title says so in a sentence. A status by its number may be what a text is about: `404 Not Found`."""
    return _only_says(signs.MISSING_TITLE, page, page.title) and not any(map(str.isdigit, page.title))


def is_titled_so(titles: Iterable[str]) -> bool:
    """Whether a link's own title is what pages that are missing say: `404 Not Found`."""
    return any(
        signs.MISSING_TITLE.fullmatch(part.strip())
        for title in titles
        for part in (title, *_PARTS.split(title), *_CLAUSES.split(title))
    )


def _lists_itself(page: ShownPage, heading: str) -> bool:
    """Whether it is the listing of the folder that the address names, and there is something in it."""
    listing = _LISTING.fullmatch(heading)
    folder = unquote(urlsplit(page.url).path).rstrip("/")
    return listing is not None and listing[1].rstrip("/") == folder and page.linked_words > 1


def says_missing(page: ShownPage, titles: Iterable[str]) -> bool:
    """Whether a page of few words says in a sentence that there is no such page, and is not about that."""
    if not page.is_short or is_about(page):
        return False
    said = page.said or page.text  # a page may be one piece of code
    return signs.MISSING_TEXT.search(said[:_MOST_CHARS]) is not None and not still_fits(page, titles)


def says_unwritten(page: ShownPage) -> bool:
    """Whether it says what wikis say of a page that nobody has written, below whatever title the address names."""
    return page.is_short and signs.UNWRITTEN_TEXT.search(page.said[:_MOST_CHARS]) is not None
