"""Makes links of bullets: which text describes which link, and what a link called `code` is about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from index.catalogue.formats.cleaning import join_texts, mend, strip_attributes, take_highlight, take_stars, trim
from index.catalogue.formats.titles import is_generic, parse_title
from index.catalogue.link import Entry, Link, Skip, Source
from index.catalogue.urls import is_web_url

#: Ends of a text after which the next link is a further link of the bullet, and not a word of a sentence.
_PARTED: Final = re.compile(r"(?:^|[\s)\]])[-–—|•·+&/]+\s*$|[:\n]\s*$")
_ONLY_MARKS: Final = re.compile(r"^[\W_]*(?:and|or|y)?[\W_]*$")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[\"'“(\[]?[A-Z0-9À-Þ])")
#: A bullet's own words longer than this are prose, not a label for what is below.
_MAX_LABEL_CHARS: Final = 100
#: A link of a sentence with at most this many words, all in lower case, is a word of the sentence and no title.
_MAX_INLINE_WORDS: Final = 3
#: As many links are looked at on each side to find a sentence's ends.
_MAX_SENTENCE_LINKS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text, or a link when `url` is set."""

    text: str
    line: int
    url: str = ""


@dataclass(slots=True, kw_only=True)
class Bullet:
    """An item of a list or a row of a table, with the bullets below it."""

    pieces: list[Piece] = field(default_factory=list)
    below: list["Bullet"] = field(default_factory=list)
    subject: str = ""
    """What a row is about: its first cell."""
    facts: str = ""
    """What the row's other cells say."""

    def has_link(self) -> bool:
        """Whether a link stands in it or anywhere below."""
        return any(piece.url for piece in self.pieces) or any(bullet.has_link() for bullet in self.below)

    def text(self) -> str:
        """All that it and the bullets below say, links by their text."""
        own = trim(_plain("".join(piece.text for piece in self.pieces)))
        return join_texts(own, *(bullet.text() for bullet in self.below))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the bullets above say: the title of the link above, or the label of the group."""

    title: str = ""
    label: str = ""


def _plain(text: str) -> str:
    """Return text without stars and marks of emphasis."""
    return take_stars(take_highlight(mend(strip_attributes(text)))[0])[0].replace("**", "")


@dataclass(slots=True, kw_only=True)
class _Found:
    """A link of a bullet on its way to becoming an entry."""

    piece: Piece
    running: bool
    """Whether it is part of a sentence."""
    before: str = ""
    after: str = ""
    """Text up to the next link that is not part of a sentence, with the texts of those that are."""
    sentence: str = ""


@dataclass(slots=True, kw_only=True)
class Reader:
    """Collects entries and skips of one page; `section` is set by whoever reads the headings."""

    path: str
    section: tuple[str, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)

    def skip(self, piece: Piece, reason: str) -> None:
        """Report a link that is left out."""
        text = mend(strip_attributes(piece.text))
        shown = f"{text} ({piece.url})" if text else piece.url
        self.skipped.append(Skip(source=Source(path=self.path, line=piece.line), text=shown, reason=reason))

    def add(self, bullet: Bullet, context: Context = Context()) -> None:
        """Read a bullet and those below it; bullets below that hold no link describe the first link of this one."""
        found = _links_of([piece for piece in bullet.pieces if not self._left_out(piece)])
        silent = join_texts(*(below.text() for below in bullet.below if not below.has_link()))
        if found:
            context = self._emit(found, bullet, silent, context)
        else:
            label = trim(_plain("".join(piece.text for piece in bullet.pieces)))
            context = Context(title=context.title, label=label if len(label) <= _MAX_LABEL_CHARS else "")
        for below in bullet.below:
            if below.has_link():
                self.add(below, context)

    def _left_out(self, piece: Piece) -> bool:
        """Report and drop a link that does not lead to the web."""
        if not piece.url or is_web_url(piece.url):
            return False
        if piece.url.startswith("#"):
            self.skip(piece, "points into this page (table of contents)")
        elif "://" not in piece.url and ":" not in piece.url.partition("/")[0]:
            self.skip(piece, "points to another page of this catalogue")
        else:
            self.skip(piece, "not an http or https address")
        return True

    def _emit(self, found: "Sequence[_Found]", bullet: Bullet, silent: str, context: Context) -> Context:
        """Append an entry for each link; return the context for the bullets below."""
        subject = bullet.subject or ("" if found[0].running else trim(_plain(found[0].before)))
        main = ""
        for number, link in enumerate(found):
            title = parse_title(link.piece.text, link.piece.url)
            text = title.text
            if is_generic(text) or (link.running and _is_inline_word(text)):
                about = (main if number else subject if len(subject) <= _MAX_LABEL_CHARS else "") or context.title
                about = about or context.label or (self.section[-1] if self.section else "")
                text = f"{about} ({text})" if about and about != text else text
            main = main or text
            description, stars = take_stars(link.sentence if link.running else link.after)
            marked = _is_marked(link)
            description = trim(description.lstrip().removeprefix("==") if marked else description)
            if not number:
                if silent and link.after.rstrip().endswith(":"):
                    description += ":"
                label = context.label if not (description or silent or bullet.facts) else ""
                description = join_texts(description, bullet.facts, silent, label)
            self.entries.append(
                Entry(
                    link=Link(
                        url=link.piece.url,
                        title=text,
                        publisher=title.publisher,
                        description=description,
                        section=self.section,
                        stars=title.stars or (0 if link.running and number else stars),
                        highlight=title.highlight or marked,
                    ),
                    source=Source(path=self.path, line=link.piece.line),
                )
            )
        return Context(title=main)


def _is_inline_word(title: str) -> bool:
    words = title.split()
    return title == title.lower() and len(words) <= _MAX_INLINE_WORDS and "." not in title and "/" not in title


def _is_marked(link: _Found) -> bool:
    """Whether the highlight is around the link: `==[title](address)==`."""
    return link.before.rstrip().endswith("==") and link.after.lstrip().startswith("==")


def _links_of(pieces: Sequence[Piece]) -> list[_Found]:
    """Return the links of a bullet, each with its text.

    A link is running when the words before it do not end in a dash, bar, colon or line break: it is part of a sentence.
    Its text is that sentence. Any other link has the text up to the next such link, and where that is empty, the text
    of the nearest other one: `[A](…) - [B](…) what both are`.
    """
    found: list[_Found] = []
    before = ""
    for piece in pieces:
        if piece.url:
            running = not _ONLY_MARKS.match(before) and not _PARTED.search(before)
            found.append(_Found(piece=piece, running=running, before=before))
            before = ""
        else:
            before += piece.text
    if found:
        _describe(found, before)
    return found


def _describe(found: Sequence[_Found], rest: str) -> None:
    """Fill in `after` and `sentence`; `rest` is the text after the last link."""
    texts = [link.before for link in found[1:]] + [rest]
    for number, link in enumerate(found):
        if link.running:
            link.sentence = _sentence(found, texts, number)
    lead = found[0]
    for number, link in enumerate(found):
        if not link.running:
            lead = link
            link.after = texts[number]
        else:
            lead.after += link.piece.text + texts[number]
    for link in found:
        link.after = _plain_keeping_stars(link.after)
    _share([link for link in found if not link.running])


def _share(leads: Sequence[_Found]) -> None:
    """Give links without a text of their own that of the nearest other one, else the words before the link."""
    own = [link.after if _says_something(link.after) else "" for link in leads]
    following, preceding = "", ""
    nearest = [""] * len(leads)
    for at in reversed(range(len(leads))):
        nearest[at] = following
        following = own[at] or following
    for at, link in enumerate(leads):
        if not trim(link.after):
            link.after = nearest[at] or preceding or link.after
        preceding = own[at] or preceding
        if not trim(link.after) and _says_something(link.before):
            link.after = trim(_plain(link.before))


def _says_something(text: str) -> bool:
    return bool(trim(take_stars(text)[0]))


def _plain_keeping_stars(text: str) -> str:
    return take_highlight(mend(strip_attributes(text)))[0].replace("**", "")


def _sentence(found: Sequence[_Found], texts: Sequence[str], number: int) -> str:
    """Return the sentence around a running link, across the links that it holds."""
    start = number
    while start > max(0, number - _MAX_SENTENCE_LINKS) and found[start].running:
        start -= 1
    end = number
    while end + 1 < min(len(found), number + _MAX_SENTENCE_LINKS) and found[end + 1].running:
        end += 1
    before = found[start].before if found[start].running else ""
    for at in range(start, number):
        before += (found[at].piece.text if found[at].running else "") + texts[at]
    after = texts[number] + "".join(found[at].piece.text + texts[at] for at in range(number + 1, end + 1))
    left = _SENTENCE.split(_plain(before) + " ")[-1].strip()
    right = next(iter(_SENTENCE.split(_plain(after))), "")
    middle = _plain(found[number].piece.text)
    glue = "" if right[:1] in ",.;:!?)" else " "
    return trim(f"{left} {middle}{glue}{right}")
