"""Assembles what was found into the values that page, API and assistants show: one place, so that all show the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from bot.asking.answering import Reply
from bot.slack.text import one_line, safe_url
from index import Answer, Hit, Link, Verdict

#: Letters of scripts that are written without spaces: there a match may begin and end inside a run of letters.
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


class Piece(NamedTuple):
    """A part of a text; a text that is marked is the sequence of its pieces."""

    text: str
    is_match: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A text on one line, and where it has the words that were looked for."""

    text: str
    matches: tuple[tuple[int, int], ...] = ()
    """Start and end of each match in `text`, in characters, in order and without overlap."""

    @property
    def pieces(self) -> Iterator[Piece]:
        """The text cut where matches begin and end."""
        place = 0
        for start, end in self.matches:
            if place < start:
                yield Piece(self.text[place:start], is_match=False)
            yield Piece(self.text[start:end], is_match=True)
            place = end
        if place < len(self.text):
            yield Piece(self.text[place:], is_match=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One link as it is shown."""

    number: int
    """Its place in the whole answer, from 1, over all pages."""
    link: Link
    href: str
    """The link's address if it may be followed; empty for one that is no safe http or https address."""
    title: Shown
    description: Shown
    host: str
    further: tuple[tuple[str, str], ...]
    """Name and address of each further address that may be followed."""
    also: tuple[str, ...]
    """Other addresses of the same article."""
    question: str
    """The curator's question that resembles the one asked; empty where none does."""
    why: str
    """Why it was found, as one phrase."""
    score: float

    @classmethod
    def of(cls, hit: Hit, number: int) -> Self:
        """Assemble a hit."""
        link = hit.link
        href = safe_url(link.url) or ""
        return cls(
            number=number,
            link=link,
            href=href,
            title=marked(one_line(link.title) or link.url, hit.why.words),
            description=marked(one_line(link.description), hit.why.words),
            host=host_of(href),
            further=tuple(
                (one_line(one.kind) or url, url) for one in link.further if (url := safe_url(one.url)) is not None
            ),
            also=tuple(url for url in hit.also if safe_url(url)),
            question=one_line(hit.why.question),
            why=one_line(str(hit.why)),
            score=hit.score,
        )

    @property
    def mark(self) -> str:
        """What a person should know before opening it; empty for a link without problems."""
        return one_line(self.link.mark)

    def as_row(self) -> dict[str, Any]:
        """Return it as plain data, for programs; `url` is the catalogue's own, byte for byte."""
        return {
            "number": self.number,
            **link_row(self.link),
            "also": list(self.also),
            "question": self.question or None,
            "why": self.why,
            "score": round(self.score, 4),
            "matches": {"title": list(self.title.matches), "description": list(self.description.matches)},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """An answer as it is shown: what was asked, how sure it is, and the links of one page of it."""

    answer_id: str
    """What feedback and clicks name it by."""
    query: str
    """The question as it came."""
    asked: str
    """The question that was searched for."""
    corrected: bool
    verdict: Verdict
    confidence: float
    lead: str
    """The sentence that belongs before the links; empty where the answer is sure."""
    results: tuple[Result, ...]
    """What is offered; for the verdict nothing, the nearest misses."""
    offset: int
    more: bool
    """Whether there are further links behind these."""
    catalogue: str
    version: str
    built_at: str
    """In UTC, as ISO 8601 writes it."""

    @classmethod
    def of(cls, reply: Reply) -> Self:
        """Assemble a reply that has an answer; ValueError for another."""
        answer = reply.answer
        if answer is None:
            raise ValueError("this reply has no answer")
        hits, offset = (reply.hits, reply.inquiry.offset) if reply.is_answer else (answer.misses, 0)
        verdict = answer.verdict if reply.is_answer else Verdict.NOTHING
        results = tuple(Result.of(hit, number) for number, hit in enumerate(hits, start=offset + 1))
        return cls(
            answer_id=reply.answer_id,
            query=one_line(reply.inquiry.text),
            asked=one_line(answer.asked),
            corrected=answer.corrected,
            verdict=verdict,
            confidence=answer.confidence,
            lead=verdict.lead(len(results)) if results else "",
            results=results,
            offset=offset,
            more=_has_more(answer, reply, verdict),
            catalogue=one_line(reply.catalogue),
            version=answer.version,
            built_at=answer.built_at.isoformat(timespec="seconds"),
        )

    def as_row(self) -> dict[str, Any]:
        """Return it as plain data, for programs."""
        return {
            "answer_id": self.answer_id,
            "query": self.query,
            "asked": self.asked,
            "corrected": self.corrected,
            "verdict": str(self.verdict),
            "confidence": round(self.confidence, 4),
            "results": [result.as_row() for result in self.results],
            "offset": self.offset,
            "more": self.more,
            "catalogue": self.catalogue,
            "version": self.version,
            "built_at": self.built_at,
        }


def _has_more(answer: Answer, reply: Reply, verdict: Verdict) -> bool:
    """Whether a further page has links: only a sure answer has pages."""
    return verdict is Verdict.SURE and (answer.more or len(answer.hits) > reply.inquiry.offset + len(reply.hits))


def link_row(link: Link) -> dict[str, Any]:
    """Return a link as plain data; `url` is the catalogue's own, byte for byte."""
    return {
        "url": link.url,
        "title": one_line(link.title) or link.url,
        "description": one_line(link.description),
        "publisher": link.publisher,
        "host": host_of(safe_url(link.url) or ""),
        "section": list(link.section),
        "tags": list(link.tags),
        "stars": link.stars,
        "added": link.added.isoformat() if link.added else None,
        "status": str(link.status),
        "moved_to": link.moved_to or None,
        "further": [asdict(one) for one in link.further],
    }


@lru_cache(maxsize=1_024)
def host_of(href: str) -> str:
    """Return the host of a safe address without www, as the filter `host:` takes it."""
    return (urlsplit(href).hostname or "").removeprefix("www.")


def marked(text: str, words: Sequence[str]) -> Shown:
    """Mark every place of `text` that is one of `words`, in whatever case; the longest where several begin."""
    found = sorted(
        (match.start(), -match.end()) for word in set(words) if word for match in _pattern(word).finditer(text)
    )
    matches, past = [], 0
    for start, end in found:
        if start >= past:
            matches.append((start, past := -end))
    return Shown(text=text, matches=tuple(matches))


@lru_cache(maxsize=4_096)
def _pattern(word: str) -> re.Pattern[str]:
    """Return what finds a whole word; where a script has no spaces, also inside a run of letters.

    The words of many links are the same, and all of one link hardly ever those of another; making a pattern takes long.
    """
    written = re.escape(word)
    return re.compile(written if _UNSPACED.search(word) else rf"(?<![^\W_]){written}(?![^\W_])", re.IGNORECASE)
