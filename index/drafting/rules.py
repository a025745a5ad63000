"""Proposes questions for a link by rules alone, from its title, description and section."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from index.catalogue.link import Link
from index.catalogue.pages.page_text import PageText
from index.drafting.english import OF_GERUND, OTHERWISE, THINGS, TO_LEARN_FROM, listed, singular, with_article
from index.drafting.sentence import Said, deed, phrase, said
from index.search.words import tokens

MOST: Final = 6
LONGEST_QUESTION: Final = 110
#: What a section of one word may say that its links are.
_ALONE: Final = frozenset(TO_LEARN_FROM) | listed(
    """
    api app client database dataset emulator example extension font framework game library package platform plugin proxy
    repository server simulator site tool
    """
)
#: Words before a thing that make no kind of their own of it.
_PLAIN_KIND: Final = listed(
    """
    software oss web web-based online data hardware linux cross-platform command-line line python java javascript typescript go
    golang rust ruby php swift kotlin scala haskell elixir c c++ c# r julia .net node node.js official new scalable distributed
    standalone secure local local-first hosted self-hosted cloud native client-side server-side full-stack integrated
    automated automatic multi-platform desktop search commercial rest restful json graphql perl long-term global public
    cli tui dockerized free-of-charge network processing specialized three-dimensional 3d developer
    team high performance reactive universal general common basic single interactive
    """
)
#: Things that are of no kind by themselves.
_PLAIN_HEADS: Final = listed(
    "archive container image implementation network program project site solution system website"
)
#: Whom something may be for.
_PEOPLE: Final = re.compile(
    r"(?:.*\s)?(?:\w+(?:ers|ors|ists)|people|teams?|students|beginners|humans|everyone|kids|children|companies|startups)"
)
#: Sections that say nothing of what their links are about.
_GENERIC: Final = listed(
    """
    misc miscellaneous other others general resources tools libraries packages projects community related introduction
    uncategorized overview awesome links websites sites basics more extra contents software start started where official
    useful learning resource further reading
    """
)


def drafted(link: Link, *, about: str = "", page: PageText | None = None) -> tuple[str, ...]:
    """Return up to MOST different questions that a link answers, the best first; none where nothing can be said.

    `about` is the subject of the whole list, `page` what the link's page says of itself, where that is known.
    """
    parts = said(link.description, link.title)
    if page is not None and parts == Said():
        parts = said(page.description, link.title)
    section = _Section.of(link.section, about)
    found: dict[str, str] = {}
    title = frozenset(tokens(link.title))
    headings = page.headings if page is not None else ()
    for question in (*_proposed(link, parts, section), *_of_headings(headings)):
        asked = frozenset(tokens(question)) - _SILENT
        if len(question) <= LONGEST_QUESTION and asked and not asked <= title:
            found.setdefault(" ".join(sorted(asked)), question)
    return tuple(islice(found.values(), MOST))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """What a section says of its links."""

    thing: str = ""
    """What they are, in the singular: `charting library`."""
    topic: str = ""
    """What they are about: `natural language processing`."""

    @classmethod
    def of(cls, path: Sequence[str], about: str) -> "_Section":
        thing = topic = ""
        for heading in reversed(path):
            name = _plain(heading)
            words = name.split()
            if not words or len(words) > 5:  # noqa: PLR2004
                continue
            last = singular(words[-1].lower())
            is_plural = last != words[-1].lower()
            is_thing = is_plural and last in (_ALONE if len(words) == 1 else THINGS) and words[0] not in OF_GERUND
            if is_thing and not _GENERIC & set(words[:-1]):
                thing = thing or " ".join([*words[:-1], last])
            elif not topic and not _GENERIC & {word.lower() for word in words} and last not in THINGS:
                topic = name
        return cls(thing=thing, topic=topic or about)


def _plain(heading: str) -> str:
    """Return a heading without brackets, marks and further subjects, in lower case but for names."""
    parts = re.split(r"\s*(?:[/|(&,:]| - | and )\s*", re.sub(r"[^\w\s/|(&,:+#.'-]", " ", heading).strip())
    words = parts[0].split() if len(parts) == 1 or len(parts[0].split()) > 1 else []
    return " ".join(word.lower() if word[1:].islower() else word for word in words)


def _proposed(link: Link, parts: Said, section: _Section) -> Iterator[str]:
    kind = parts.thing or section.thing
    learn = TO_LEARN_FROM.get(kind.split()[-1], "") if kind else ""
    if learn:
        yield from _of_reading(link, parts, kind, section, learn)
    if parts.rival:
        yield f"what can I use instead of {parts.rival}?"
        yield f"{link.title} vs {parts.rival}?"
    if parts.deed and not learn:
        yield from _of_deed(parts.deed, kind)
    if parts.purpose and not learn:
        yield from _of_purpose(parts, kind)
    if parts.topic and not learn:
        yield (
            f"is there {with_article(parts.thing)} of {parts.topic}?"
            if parts.thing
            else f"where do I find {parts.topic}?"
        )
    if parts.language and parts.language not in kind and not set(kind.split()) <= _PLAIN_KIND | THINGS:
        yield f"is there {with_article(kind)} in {parts.language}?"
    if (
        not learn
        and parts.thing.rpartition(" ")[2] not in _PLAIN_HEADS
        and not set(parts.thing.lower().split()[:-1]) <= _PLAIN_KIND
    ):
        yield f"can anyone recommend {with_article(parts.thing)}?"
        if parts.quality and parts.quality not in parts.thing:
            yield f"is there {with_article(f'{parts.quality} {parts.thing}')}?"


def _of_reading(link: Link, parts: Said, kind: str, section: _Section, learn: str) -> Iterator[str]:
    topic = parts.topic or parts.purpose
    if topic and not _PEOPLE.fullmatch(topic):
        yield learn.format(topic)
    if parts.deed:
        yield f"where can I learn how to {parts.deed}?"
    if topic:
        yield f"is there {with_article(kind)} {'for' if not parts.topic else 'about'} {topic}?"
    named = _subject(link.title)
    if named and not topic:
        yield learn.format(named)
    if section.topic and not _PEOPLE.fullmatch(section.topic):
        yield f"is there {with_article(kind)} about {section.topic}?"


_ASKED: Final = re.compile(
    r"(?:how|what|why|when|where|which|who|can|do|does|is|are|should) [^.!?]{8,80}\?", re.IGNORECASE
)


def _of_headings(headings: Sequence[str]) -> Iterator[str]:
    """Yield what a page's headings ask, or say that it shows: `Installing the pump`, `How to install the pump`."""
    for heading in headings:
        if _ASKED.fullmatch(heading):
            yield heading[0].lower() + heading[1:]
        words = re.sub(r"^(?:\d+[.)]?|step \d+:?)\s+", "", heading, flags=re.IGNORECASE).split()
        if [word.lower() for word in words[:2]] == ["how", "to"] and len(words) > 3:  # noqa: PLR2004
            rest = phrase(words[3:])
            does = f"{words[2].lower()} {rest}" if rest else ""
        else:
            does = deed(words) if words and words[0].lower() in OF_GERUND else ""
        if does:
            yield f"how do I {does}?"


_SUBJECT: Final = re.compile(
    r"^(?:(?:an?|the)\s+)?(?:(?:short|gentle|brief|complete|practical|free|hands-on)\s+)*"
    r"(?:introduction to|intro to|guide to|learning"
    r"|getting started with|fundamentals of|basics of|understanding|mastering|principles of|handbook of|elements of)\s+"
    r"(?P<subject>[^:()!?,]{3,40})$",
    re.IGNORECASE,
)


def _subject(title: str) -> str:
    """Return what a title says that it introduces."""
    found = _SUBJECT.match(title)
    return found["subject"] if found else ""


def _of_deed(does: str, kind: str) -> Iterator[str]:
    yield f"how do I {does}?"
    yield f"what can I use to {does}?"
    verb, _, rest = does.partition(" ")
    if verb in OTHERWISE and "," not in does and " and " not in does:
        other = OTHERWISE[verb]
        rest = re.sub(r" (?:in)?to ", " into ", rest) if other == "turn" else rest
        if other != "turn" or " into " in rest:
            yield f"how can I {other} {rest}?"
    if kind:
        yield f"is there {with_article(kind)} to {does}?"


def _of_purpose(parts: Said, kind: str) -> Iterator[str]:
    if not _PEOPLE.fullmatch(parts.purpose) and (
        len(re.sub(r"^(?:the|an?) ", "", parts.purpose).split()) > 1 or not kind
    ):
        yield f"what can I use for {parts.purpose}?"
    if kind:
        yield f"is there {with_article(kind)} for {parts.purpose}?"


#: Tokens of questions that say nothing of a link.
_SILENT: Final = frozenset(
    tokens("how do I what can I use is there a to for something about where find learn recommend anyone read")
)
