"""Makes entries of bullets: decides which text describes which link, and what a link called `code` belongs to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from index.catalogue.formats.cleaning import join_texts, mend, strip_attributes, take_highlight, take_stars, trim
from index.catalogue.formats.pieces import Aside, Piece, find_credits, is_logo, joined, reason_against, take_asides
from index.catalogue.formats.titles import address_title, is_generic, parse_title
from index.catalogue.link import Entry, Link, Reason, Skip, Source, Status
from index.catalogue.urls import host, normalise

#: Text that ends like this separates the next link from a sentence: that link is a further link of the bullet.
_PARTED: Final = re.compile(r"(?:^|[\s)\]])[-–—|•·+&/]+\s*$|[:：\n]\s*$")
#: Only this much of the text before a link is searched for it.
_MAX_PARTING_CHARS: Final = 200
_DESCRIBED: Final = re.compile(r"[^\w(\[]*?(?:[-–—:：|]|[=-]>)")
#: Text between links of one item that lead to the same thing, and the names of such links.
_BESIDE: Final = re.compile(r"[\s|/·•,]*")
_ASPECTS: Final = frozenset(
    {
        "arxiv", "bib", "bibtex", "clients", "code", "demo", "doc", "docs", "documentation", "download", "epub",
        "github", "gitlab", "homepage", "html", "live demo", "paper", "pdf", "poster", "project page", "repo", "repository",
        "site", "slides", "source", "source code", "video", "web", "website", "wiki",
    }
)  # fmt: skip
_NAME_END: Final = re.compile(r"\s+[-–—|]+\s+|[:：]\s+")
_MAX_NAME_WORDS: Final = 4
_VERBS: Final = frozenset(
    {
        "also",
        "and",
        "at",
        "check",
        "find",
        "from",
        "go",
        "here",
        "in",
        "join",
        "on",
        "read",
        "see",
        "try",
        "use",
        "via",
        "visit",
    }
)
#: Words that do not begin a name, and words that do not end one.
_ARTICLES: Final = frozenset({"a", "an", "some", "this"})
_NOT_LAST: Final = frozenset(
    {
        "a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "its", "of", "official", "on", "or", "our",
        "read", "see", "the", "their", "to", "try", "via", "visit", "with",
    }
)  # fmt: skip
_AFTER_A_NAME: Final = re.compile(r"[^\S\n]*(?:$|\n|[^\w\s\"'“‘]|and\b)")
#: Words between a name and its address: `Servo, see https://…`.
_BEFORE_ADDRESS: Final = re.compile(r"[\s,;(]+(?:see|at|here|link|url|website|homepage)$", re.IGNORECASE)
_SENTENCE_END: Final = re.compile(r"[.!?。！？][\"'”)]*\s*$")
_FOOTNOTE: Final = re.compile(r"\^\S+")
_FOOTNOTE_MARK: Final = re.compile(r"\[\^[^\[\]\s]{1,30}\]")
#: The checkbox of a task, or a number in a box (an emoji of three characters).
_CHECKBOX: Final = re.compile(r"^\s*\[[ xX-]\]\s+|^\s*(?:\d\ufe0f?\u20e3)+\s*")
#: Text between links that says nothing; an emoji does.
_GLUE: Final = re.compile(r"[\s!-/:-@\[-`{-~、。，；：！？·•‒-―）】」』〉》]*(?:(?:and|or|und|y)\s*)?")
_QUOTES: Final = {
    '"': '"',
    "'": "'",
    "“": "”",
    "‘": "’",
    "„": "“",
    "«": "»",
    "「": "」",
    "『": "』",
    "《": "》",
    "【": "】",
}
_ONLY_MARKS: Final = re.compile(r"^[\W_]*(?:(?:and|or|y)[\W_]*)?$")
#: Separators of an enumeration within a sentence.
_ENUMERATED: Final = re.compile(r"\s*[,/&+]\s*|\s*(?:,\s*)?(?:and|or|y)\s+")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[\"'“(\[]?[A-Z0-9À-Þ])")
#: A bullet with longer text is prose, not a label for the bullets below.
_MAX_LABEL_CHARS: Final = 100
#: A link in a sentence with at most this many words, all in lower case, is part of the sentence, not a title.
_MAX_INLINE_WORDS: Final = 3
#: A bullet with longer text, or with punctuation of a sentence, is not the name of a section.
_MAX_GROUP_CHARS: Final = 40
_NO_GROUP: Final = re.compile(r"^$|[.!?:;,]|\s[-–—]\s")
#: A link in a description with more words than this is a title.
_MAX_KIND_WORDS: Final = 4
#: To find the ends of a sentence, at most this many links on each side are looked at.
_MAX_SENTENCE_LINKS: Final = 8


@dataclass(slots=True, kw_only=True)
class Bullet:
    """An item of a list or a row of a table, with the bullets below it."""

    pieces: list[Piece] = field(default_factory=list)
    below: list["Bullet"] = field(default_factory=list)
    subject: str = ""
    """The subject of a row: its first cell."""
    subject_fact: str = ""
    """The first cell with its column's name; empty if it contains a link."""
    description: str = ""
    """Text of the row's cell for a description."""
    facts: list[str] = field(default_factory=list)
    """Texts of the row's other cells, each with its column's name."""
    is_paragraph: bool = False

    def has_link(self) -> bool:
        """Whether it or a bullet below it contains a link."""
        return any(piece.url for piece in self.pieces) or any(bullet.has_link() for bullet in self.below)

    def text(self) -> str:
        """Its text with that of the bullets below, with links replaced by their text."""
        own = trim(_plain("".join(piece.text for piece in self.pieces)))
        return join_texts(own, *(bullet.text() for bullet in self.below))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What comes from the bullets above: the title of the link above, or the label of the group."""

    title: str = ""
    label: str = ""
    groups: tuple[str, ...] = ()
    """Labels of the groups around it, from the outermost."""


def _plain(text: str) -> str:
    """Return text without stars and emphasis marks."""
    return take_stars(take_highlight(mend(strip_attributes(text)))[0])[0].replace("**", "")


@dataclass(slots=True, kw_only=True)
class _Found:
    """A link of a bullet, before it becomes an entry."""

    piece: Piece
    running: bool
    """Whether it is part of a sentence."""
    before: str = ""
    after: str = ""
    """Text up to the next link that is not part of a sentence; links that are part of one are included as text."""
    sentence: str = ""


@dataclass(slots=True, kw_only=True)
class Reader:
    """Collects the entries and skips of one page; the caller, which reads the headings, says where sections begin."""

    path: str
    section: tuple[str, ...] = ()
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    first: int = 0
    """Number of entries before the current section."""
    bare: int | None = None
    """Position of the entry of a paragraph that is a bare address; as a section's only entry, it gets the heading as title."""
    remarks: list[str] = field(default_factory=list)
    """Paragraphs of the section without links."""

    def enter(self, section: tuple[str, ...]) -> None:
        """Begin a section."""
        self.end_section()
        self.section = section

    def remark(self, text: str) -> None:
        """Remember a paragraph without links."""
        self.remarks.append(text)

    def end_section(self) -> None:
        """If a bare address is a section's only entry, use the heading as its title and the text as its description."""
        if self.bare is not None and self.section and len(self.entries) == self.first + 1:
            entry = self.entries[self.bare]
            description = entry.link.description or next(filter(None, map(trim, self.remarks)), "")
            link = replace(entry.link, title=self.section[-1], description=description, section=entry.link.section[:-1])
            self.entries[self.bare] = replace(entry, link=link)
        self.first, self.bare, self.remarks = len(self.entries), None, []

    def skip(self, piece: Piece, reason: Reason) -> None:
        """Report a link that is left out."""
        text = mend(strip_attributes(piece.text))
        shown = f"{text} ({piece.url})" if text else piece.url
        self.skipped.append(Skip(source=Source(path=self.path, line=piece.line), text=shown, reason=reason))

    def add(self, bullet: Bullet, context: Context = Context()) -> None:
        """Read a bullet and those below it; bullets below without a link describe the first link of this one."""
        pieces, asides = take_asides(self._own(bullet))
        found = _links_of(pieces)
        silent = join_texts(*(below.text() for below in bullet.below if not below.has_link()))
        if found or asides:
            item = _Item(bullet=bullet, found=found, asides=asides, text=_plain_text(pieces), silent=silent)
            context = self._emit(item, context)
        else:
            said = _plain_text(bullet.pieces).rstrip()
            label = trim(said)
            label = label if len(label) <= _MAX_LABEL_CHARS else ""
            context = _within(context, label, is_named=not said.endswith((":", "：")))
        for below in bullet.below:
            if below.has_link():
                self.add(below, context)

    def _own(self, bullet: Bullet) -> list[Piece]:
        """Return the pieces of a bullet; links that do not belong to the list are reported, and become text or are removed."""
        pieces = self._without_footnotes(_struck_by_one_tilde(_without_checkbox(joined(bullet.pieces))))
        is_logo_alone = not bullet.is_paragraph and is_logo(pieces)
        kept: list[Piece] = []
        for piece in pieces:
            reason = reason_against(piece.url) if piece.url else None
            if reason is None and piece.is_image and not is_logo_alone:
                reason = Reason.PICTURE
            if reason is None:
                kept.append(piece)
            else:
                self.skip(piece, reason)
        kept = joined(kept)
        for at, piece in list(find_credits(kept)):
            self.skip(piece, Reason.AUTHOR)
            kept[at] = Piece(text=piece.text, line=piece.line)
        return joined(kept)

    def _without_footnotes(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Return pieces without marks of footnotes; a footnote that is the only address of an item is its address."""
        is_alone = sum(bool(piece.url) for piece in pieces) == 1
        kept: list[Piece] = []
        for piece in pieces:
            if not piece.url:
                kept.append(replace(piece, text=_FOOTNOTE_MARK.sub("", piece.text)))
            elif not _FOOTNOTE.fullmatch(piece.text):
                kept.append(piece)
            elif reason_against(piece.url) is None and is_alone:
                kept.append(replace(piece, text=""))
            elif reason_against(piece.url) is None:
                self.skip(piece, Reason.DESCRIPTION)
        return joined(kept)

    def _emit(self, item: "_Item", context: Context) -> Context:
        """Append an entry for each link; return the context for the bullets below."""
        first = len(self.entries)
        for number, link in enumerate(item.found):
            if number and link.running and item.is_described and len(link.piece.text.split()) <= _MAX_KIND_WORDS:
                self.skip(link.piece, Reason.DESCRIPTION)
                continue
            self.entries.append(self._entry(item, link, context, self.entries[first] if number else None))
            if self.entries[-1].item and number:
                self.entries[first] = replace(self.entries[first], item=self.entries[first].link.url)
        if item.found and item.bullet.is_paragraph and item.is_bare and not item.name:
            self.bare = first
        self._emit_asides(item, context, first)
        main = self.entries[first].link.title if item.found else item.name
        return Context(title=main, groups=context.groups)

    def _entry(self, item: "_Item", link: "_Found", context: Context, lead: Entry | None) -> Entry:
        """Make an entry of a link; for a later link of an item, `lead` is the entry of the first."""
        title = parse_title(link.piece.text, link.piece.url)
        is_first = lead is None
        text = title.text
        is_about = False
        description, stars = take_stars(link.sentence if link.running else link.after)
        marked = _is_marked(link)
        description = trim(description.lstrip().removeprefix("==") if marked else description)
        if is_first and item.is_bare and item.name:
            text = item.name
        elif (is_generic(text) and not (is_first and item.is_product(context))) or (
            link.running and _is_inline_word(text)
        ):
            about = _bare_title(lead) if lead else item.name or context.title or context.label
            about = about or item.bullet.subject or (self.section + context.groups or ("",))[-1]
            is_about = bool(about) and about != text
            text = f"{about} ({text.strip('()[]')})" if is_about else text
        if lead is None:
            description = self._first_description(item, description, context)
        elif is_about and not description:
            description = lead.link.description
        is_further = lead is not None and is_about and item.is_aspect(link, title.text)
        own = lead.link.url if lead and is_further else link.piece.url if is_first and item.asides else ""
        return Entry(
            link=Link(
                url=link.piece.url,
                title=text,
                publisher=title.publisher,
                description=description or link.piece.hint,
                section=self.section + context.groups,
                stars=title.stars or (0 if link.running and not is_first else stars) or (item.stars if is_first else 0),
                highlight=title.highlight or marked,
                tags=link.piece.tags,
                added=link.piece.added,
                status=Status.RETIRED if link.piece.is_struck else Status.ALIVE,
            ),
            source=Source(path=self.path, line=link.piece.line),
            item=own,
            kind=title.text.strip("()[]") if is_about else "",
            is_mention=link.running and not is_first,
        )

    def _first_description(self, item: "_Item", description: str, context: Context) -> str:
        if item.found[0].running and item.is_bare and item.name:  # a name and its address are not a sentence
            rest = description.removeprefix(f"[{item.subject}]").removeprefix(item.subject)
            description = trim(rest.strip().removeprefix(item.found[0].piece.url))
        if (item.name and trim(description) == item.subject) or (item.is_bare and is_generic(description)):
            description = ""
        if item.silent and item.found[0].after.rstrip().endswith(":"):
            description += ":"
        label = context.label if not (description or item.silent or item.facts) else ""
        return join_texts(item.after_name, description, item.facts, item.silent, label)

    def _emit_asides(self, item: "_Item", context: Context, first: int) -> None:
        """Append the further addresses of an item, each with the item's name and description."""
        lead = self.entries[first] if len(self.entries) > first else None
        name = _bare_title(lead) if lead else item.name
        own = lead.link.url if lead else ""
        for piece in (piece for aside in item.asides for piece in aside.links):
            if lead is not None and normalise(piece.url) == normalise(own):
                continue
            kind = parse_title(piece.text, piece.url).text if piece.text.strip() else ""
            if own and (not kind or kind.lower() in name.lower()):
                kind = host(piece.url)
            link = Link(
                url=piece.url,
                title=f"{name} ({kind})" if name and kind else name or kind or address_title(piece.url),
                publisher=host(piece.url),
                description=lead.link.description if lead else join_texts(item.after_name, item.facts, item.silent),
                section=self.section + context.groups,
                status=Status.RETIRED if piece.is_struck else lead.link.status if lead else Status.ALIVE,
            )
            own = own or piece.url
            source = Source(path=self.path, line=piece.line)
            self.entries.append(Entry(link=link, source=source, item=own, kind=kind))


@dataclass(slots=True, kw_only=True)
class _Item:
    """A bullet with its links sorted by their roles."""

    bullet: Bullet
    found: Sequence[_Found]
    asides: Sequence[Aside]
    text: str
    """Its text without the asides."""
    silent: str
    """Text of the bullets below that have no link."""
    facts: str = ""
    """Text of a row's cells that have no link and are not the name."""
    subject: str = ""
    """The words before its first link."""
    name: str = ""
    """What its first link belongs to, if the words before it say so."""
    after_name: str = ""
    """Text between the name and the first link; without a link before the brackets, also the text after them."""
    stars: int = 0
    """Stars before the first link."""

    def __post_init__(self) -> None:
        before = self.found[0].before if self.found else self.asides[0].lead
        self.stars = take_stars(_plain_keeping_stars(before))[1]
        self.facts = join_texts(self.bullet.description, self._facts(is_named=False))
        if not self.found:
            self.subject = trim(_plain(before))
            self.name, self.after_name = _name_of(self.subject)
            rest = trim(self.text.removeprefix(_plain(before)))
            self.after_name = join_texts(self.after_name, rest)
            return
        is_name = not self.found[0].running or (self.is_bare and _is_name(before))
        self.subject = self.bullet.subject or (trim(_plain(before)).strip("[]") if is_name else "")
        if len(self.subject) <= _MAX_LABEL_CHARS and (self.is_bare or is_generic(self.title)):
            self.name, self.after_name = _name_of(self.subject)
            if self.is_bare and is_generic(self.name):
                self.name = self.subject = ""
            if self.name:
                self.facts = join_texts(self.bullet.description, self._facts(is_named=True))

    def _facts(self, *, is_named: bool) -> str:
        first = [] if is_named or not self.bullet.subject_fact else [self.bullet.subject_fact]
        return "; ".join([*first, *self.bullet.facts])

    @property
    def title(self) -> str:
        """The first link's text."""
        return mend(self.found[0].piece.text) if self.found else ""

    @property
    def is_bare(self) -> bool:
        """Whether the first link is a bare address."""
        title = self.title
        return not title or "://" in title.split(" ")[0]

    @property
    def is_described(self) -> bool:
        """Whether a dash or colon separates the first link from its description."""
        return bool(self.found) and not self.found[0].running and _DESCRIBED.match(self.found[0].after) is not None

    def is_product(self, context: Context) -> bool:
        """Whether a generic title is the name of a thing: it comes first, belongs to nothing else, and has a description."""
        return self.is_described and bool(trim(self.found[0].after)) and not self.subject and not context.title

    def is_aspect(self, link: _Found, title: str) -> bool:
        """Whether a later link is a further address of the item: it has such a name, and is next to another link."""
        is_beside = bool(self.bullet.subject) or _BESIDE.fullmatch(link.before) is not None
        is_beside = is_beside or _SENTENCE_END.search(link.before) is not None
        return is_beside and title.lower() in _ASPECTS


def _within(context: Context, label: str, *, is_named: bool) -> Context:
    """Return the context of the bullets below a label: a name becomes a section, `Tools:` describes them."""
    if is_named and len(label) <= _MAX_GROUP_CHARS and not _NO_GROUP.search(label):
        return Context(title=context.title, groups=(*context.groups, label))
    if label and context.label and not context.groups and len(context.label) <= _MAX_GROUP_CHARS:
        label = f"{context.label} > {label}"
    return Context(title=context.title, label=label, groups=context.groups)


def _is_name(text: str) -> bool:
    """Whether the words before a bare address are its name, as in `WaveCut https://…`, and not part of a sentence."""
    words = trim(_plain(text)).strip('[]"“”').split()
    return 0 < len(words) <= _MAX_NAME_WORDS and words[0][:1].isupper() and words[0].lower() not in _VERBS


def _name_of(subject: str) -> tuple[str, str]:
    """Split the words before a link into a name and a description: `WaveCut - cuts sound`."""
    name, _, rest = _NAME_END.sub("\n", _BEFORE_ADDRESS.sub("", subject), count=1).partition("\n")
    name = name.strip('"“”')
    return (name.strip().rstrip("."), trim(rest)) if name.strip() else (subject, "")


def _plain_text(pieces: Sequence[Piece]) -> str:
    return _plain("".join(piece.text for piece in pieces))


def _without_checkbox(pieces: list[Piece]) -> list[Piece]:
    """Return pieces without the checkbox of a task at their start: `[x]`."""
    if not pieces or pieces[0].url:
        return pieces
    return [replace(pieces[0], text=_CHECKBOX.sub("", pieces[0].text)), *pieces[1:]]


def _struck_by_one_tilde(pieces: list[Piece]) -> list[Piece]:
    """Return pieces with the links between single tildes struck, as GitHub shows them; the parser knows only two."""
    for at in range(1, len(pieces) - 1):
        before, link, after = pieces[at - 1 : at + 2]
        if link.url and before.text.endswith("~") and after.text.startswith("~"):
            pieces[at - 1] = replace(before, text=before.text[:-1])
            pieces[at] = replace(link, is_struck=True)
            pieces[at + 1] = replace(after, text=after.text[1:])
    return pieces


def _bare_title(entry: Entry) -> str:
    """Return an entry's title without its kind, such as `(Source Code)`."""
    return entry.link.title.removesuffix(f" ({entry.kind})") if entry.kind else entry.link.title


def _is_inline_word(title: str) -> bool:
    words = title.split()
    return title == title.lower() and len(words) <= _MAX_INLINE_WORDS and "." not in title and "/" not in title


def _is_marked(link: _Found) -> bool:
    """Whether highlight marks surround the link: `==[title](address)==`."""
    return link.before.rstrip().endswith("==") and link.after.lstrip().startswith("==")


def _links_of(pieces: Sequence[Piece]) -> list[_Found]:
    """Return the links of a bullet, each with its text.

    A link is running, that is, part of a sentence, when the words before it do not end in a dash, bar, colon or line break;
    its text is that sentence. Any other link has the text up to the next link that is not running. If that is empty, it
    has the text of the nearest other one: `[A](…) - [B](…) what both are`.
    """
    found: list[_Found] = []
    before = ""
    for at, piece in enumerate(pieces):
        if piece.url:
            running = not _ONLY_MARKS.match(before) and not _PARTED.search(before[-_MAX_PARTING_CHARS:])
            running = running and not (found and _is_addition(before, piece))
            running = running and not (not found and _is_named_before(before, piece, pieces[at + 1 : at + 2]))
            running = running or bool(found and found[-1].running and _ENUMERATED.fullmatch(before))
            found.append(_Found(piece=piece, running=running, before=before))
            before = ""
        else:
            before += piece.text
    if found:
        _describe(found, before)
    return found


def _is_addition(before: str, link: Piece) -> bool:
    """Whether a link such as `Website` comes after a whole sentence, to which it does not belong."""
    return _SENTENCE_END.search(before) is not None and mend(link.text).strip("[]()").lower() in _ASPECTS


def _is_named_before(before: str, link: Piece, following: Sequence[Piece]) -> bool:
    """Whether the words before a link such as `pdf` are the name of what it leads to, and not part of a sentence."""
    words = trim(_plain(before)).split()
    return (
        is_generic(mend(link.text))
        and bool(words)
        and words[0][:1].isupper()
        and words[0].lower() not in _VERBS | _ARTICLES
        and words[-1].lower() not in _NOT_LAST
        and len(before) <= _MAX_LABEL_CHARS
        and all(_AFTER_A_NAME.match(piece.text) for piece in following if not piece.url)
    )


def _describe(found: Sequence[_Found], rest: str) -> None:
    """Set `after` and `sentence` of each link; `rest` is the text after the last link."""
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
        link.after = _plain_keeping_stars(_unquoted(link.before, link.after))
        link.after = "" if _GLUE.fullmatch(link.after) else link.after
    _share([link for link in found if not link.running])


def _share(leads: Sequence[_Found]) -> None:
    """Give links without text of their own that of the nearest other link, else the words before the link."""
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
        if not trim(link.after) and _says_something(link.before) and not _GLUE.fullmatch(link.before):
            link.after = trim(_plain(link.before))


def _unquoted(before: str, after: str) -> str:
    """Return the text after a link without the quotation mark that closes one before the link."""
    closing = _QUOTES.get(before[-1:], "")
    return after.removeprefix(closing) if closing else after


def _says_something(text: str) -> bool:
    return bool(trim(take_stars(text)[0]))


def _plain_keeping_stars(text: str) -> str:
    return take_highlight(mend(strip_attributes(text)))[0].replace("**", "")


def _sentence(found: Sequence[_Found], texts: Sequence[str], number: int) -> str:
    """Return the sentence around a running link, including the other links in it as text."""
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
