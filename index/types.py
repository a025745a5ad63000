"""The values that go into the index and come out of it: questions, answers and their parts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol, Self

from index.catalogue.link import Link, Status

#: Longest question that is read; the rest is cut off, in characters.
MAX_QUESTION_CHARS = 2_000
#: Most links that are shown where the answer is not sure: those of a perhaps, and the nearest misses of a nothing.
MAX_UNSURE = 3
#: At most this many words are named as the reason for a hit.
NAMED_WORDS = 5


@dataclass(frozen=True, slots=True)
class Turn:
    """A message of a thread."""

    text: str
    ours: bool = False
    """Whether it is an answer of ours: it is never part of a question, but its links were offered."""
    links: frozenset[str] = frozenset()
    """Addresses that it shows beside those in its text."""

    @classmethod
    def of(cls, row: object) -> Self:
        """Read a message of a file or a request: a text, or `{"text", "bot": true}` for ours; ValueError for others."""
        if isinstance(row, str):
            return cls(row)
        if not isinstance(row, dict) or set(row) - {"text", "bot"}:
            raise ValueError(row)
        text, ours = row.get("text"), row.get("bot", False)
        if not isinstance(text, str) or not isinstance(ours, bool):
            raise ValueError(row)  # noqa: TRY004 - the content of a file is wrong, not the program's type
        return cls(text, ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, with the messages before it."""

    text: str
    """As typed; it may contain filters such as `section:cilium` or `stars:2` anywhere."""
    thread: tuple[Turn, ...] = ()
    """Earlier messages of the thread, oldest first. Links that they show are not offered again."""
    top_k: int = 5
    exclude_urls: frozenset[str] = frozenset()
    """Links not to offer again, compared after normalisation."""
    sections: tuple[str, ...] = ()
    """Only links of these sections (any heading of their path, case ignored); empty: all."""
    public_only: bool = False
    """Only links that their curators marked public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a link was found; every part may be empty."""

    words: tuple[str, ...] = ()
    """Words of the question (or their synonyms) that title and description have, as the link writes them, each once."""
    question: str = ""
    """The curator's question that resembles the one asked."""
    section: str = ""
    """The section, if the question names it."""
    publisher: str = ""
    """The publisher, if the question names it."""
    similarity: float = 0.0
    """Best cosine of question and link, -1 to 1."""

    def __str__(self) -> str:
        """One short phrase for a person."""
        parts = []
        if self.question:
            parts.append(f"answers “{self.question}”")
        if self.words:
            parts.append("matches " + ", ".join(self.words[:NAMED_WORDS]))
        if self.publisher:
            parts.append(f"published by {self.publisher}")
        if self.section:
            parts.append(f"in {self.section}")
        return "; ".join(parts) if parts else "close in meaning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One link of an answer."""

    link: Link
    score: float
    """Higher is better; comparable within one answer only."""
    why: Why
    also: tuple[str, ...] = ()
    """Other addresses of the same article."""

    def as_row(self) -> dict[str, Any]:
        """Return a hit as plain data, for programs; fields that most links lack are left out when empty."""
        link = self.link
        row = {
            "url": link.url,
            "title": link.title,
            "section": link.section_path,
            "score": round(self.score, 4),
            "status": "" if link.status is Status.ALIVE else str(link.status),
            "moved_to": link.moved_to,
            "further": [asdict(further) for further in link.further],
            "also": list(self.also),
        }
        return {
            key: value for key, value in row.items() if value or key not in {"status", "moved_to", "further", "also"}
        }


class Verdict(StrEnum):
    """What an answer is worth; the two confidences between the three are each index's own."""

    SURE = "sure"
    """The first hit is a good answer."""
    PERHAPS = "perhaps"
    """It may be one: shown, but as a doubtful one."""
    NOTHING = "nothing"
    """Nothing answers: the hits are the nearest misses."""

    def lead(self, count: int) -> str:
        """Return the sentence that stands before `count` links of this verdict; empty for sure."""
        one, several = _LEADS[self]
        return one if count == 1 else several


_LEADS: Final = {
    Verdict.SURE: ("", ""),
    Verdict.PERHAPS: ("Not sure, but this may be near:", "Not sure, but these may be near:"),
    Verdict.NOTHING: (
        "The nearest miss, probably not what you need:",
        "The nearest misses, probably not what you need:",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The catalogue's answer to a question.

    `hits` has the best first and dead links after all others, whatever the verdict.
    """

    asked: str
    """The question that was searched for, with what it needs from the thread and typing errors corrected."""
    corrected: bool
    """Whether typing errors were corrected: then `asked` should be shown as “searched for …”."""
    verdict: Verdict
    confidence: float
    """Probability that the first hit is a good answer, 0 to 1."""
    hits: tuple[Hit, ...]
    version: str
    """The bundle that answered."""
    built_at: datetime
    more: bool = False
    """Whether there are more hits than `top_k`."""
    posted: bool = False
    """Whether nothing is left to offer because what answers it stands in the question or its thread already."""

    @property
    def answered(self) -> bool:
        """Whether the answer is sure."""
        return self.verdict is Verdict.SURE

    @property
    def doubtful(self) -> bool:
        """Whether the answer is a perhaps."""
        return self.verdict is Verdict.PERHAPS

    @property
    def offered(self) -> tuple[Hit, ...]:
        """The hits that are shown as an answer: all if it is sure, few if it is a perhaps, none otherwise."""
        return self.hits if self.answered else self.hits[:MAX_UNSURE] if self.doubtful else ()

    @property
    def misses(self) -> tuple[Hit, ...]:
        """The nearest misses, few; none where something is offered."""
        return () if self.answered or self.doubtful else self.hits[:MAX_UNSURE]

    def as_row(self) -> dict[str, Any]:
        """Return an answer as `signpost ask --json` and the page's endpoint write it."""
        return {
            "asked": self.asked,
            "answered": self.answered,
            "doubtful": self.doubtful,
            "confidence": round(self.confidence, 4),
            "version": self.version,
            "results": [
                {
                    **hit.as_row(),
                    "description": hit.link.description,
                    "publisher": hit.link.publisher,
                    "stars": hit.link.stars,
                    "why": {**asdict(hit.why), "similarity": round(hit.why.similarity, 4), "text": str(hit.why)},
                }
                for hit in self.hits
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A link of the catalogue that resembles a suggested one."""

    link: Link
    similarity: float
    exact: bool
    """Same address after normalisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueInfo:
    """What the bot and the page may say about the catalogue that is served."""

    name: str
    version: str
    built_at: datetime
    link_count: int
    sections: tuple[tuple[tuple[str, ...], int], ...] = field(default=())
    """Each section path with its number of links, in the catalogue's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What links can be browsed by, each value with its number of links; values without links are left out."""

    link_count: int
    sections: tuple[tuple[tuple[str, ...], int], ...]
    """Each section path with the links of its own, in the catalogue's order."""
    tags: tuple[tuple[str, int], ...]
    """In lower case, most links first."""
    hosts: tuple[tuple[str, int], ...]
    """Most links first."""
    starred: tuple[int, ...] = ()
    """How many links have at least one star, two, and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """A map by meaning; what lies near to each other means much the same."""

    links: tuple[tuple[Link, float, float], ...]
    """Each link with its place."""
    questions: tuple[tuple[float, float], ...]
    """The place of each question that was given."""


class NewsKind(StrEnum):
    """What happened to a link."""

    NEW = "new"
    MOVED = "moved"
    """Its page has a new address, or its curator gave it one."""
    RETIRED = "retired"
    """It is in the catalogue no more, or is struck through there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that happened to a link."""

    kind: NewsKind
    link: Link
    """As it is now; of a retired one, as it was last."""
    at: datetime
    """With time zone: when the index got it, or for a link that was there from the beginning the day that it was added."""
    was: str = ""
    """The address before, if its curator gave it a new one."""


class Asks(Protocol):
    """What the bot and the page need of the index; `index.search.searcher.Searcher` is the real one. Thread-safe."""

    @property
    def info(self) -> CatalogueInfo:
        """The catalogue being served."""

    def ask(self, question: Question) -> Answer:
        """Answer a question; UsageError when it is empty or has a wrong filter."""

    def browse(self, section: str, *, limit: int = 10) -> tuple[Link, ...]:
        """Links of a section (any heading of the path, case ignored), best first."""

    def newest(self, *, limit: int = 10, public_only: bool = False) -> tuple[Link, ...]:
        """Links by `added` date, newest first; links without a date are left out, with `public_only` also those not public."""

    def news(self, *, since: datetime | None = None, limit: int = 50, public_only: bool = False) -> tuple[News, ...]:
        """Return what is new, moved and retired since a moment with time zone, latest first."""

    def overview(self, *, public_only: bool = False) -> Overview:
        """Return what links can be browsed by."""

    def samples(self, *, count: int = 3, public_only: bool = False) -> tuple[str, ...]:
        """Return up to `count` questions that the catalogue answers; takes as long as asking each of them."""

    def find(self, url: str) -> Link | None:
        """Return the link with the same address after normalisation, or None."""

    def neighbours(self, url: str, title: str, description: str = "", *, limit: int = 3) -> tuple[Neighbour, ...]:
        """Return links with the same address or a similar meaning, nearest first; empty text is not embedded."""

    def guess_section(self, title: str, description: str = "") -> tuple[str, ...]:
        """Return the section path that a new link would most likely belong to."""

    def atlas(self, questions: Sequence[str], *, most: int = 2_000) -> Atlas:
        """Return a map of the catalogue with these questions on it; of more than `most` links, evenly spread ones."""

    def alike(self, questions: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Return groups of questions that mean much the same, as positions, in the order of the first of each group."""
