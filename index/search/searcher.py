"""The searcher: opens a bundle and answers questions from it."""

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from index.bundle import SCORE_FILE, IndexFolder, hold
from index.catalogue.link import DeadLinks, Link
from index.catalogue.urls import host, normalise
from index.encoder.onnx import OnnxEncoder
from index.errors import BundleIncompatibleError, UsageError
from index.numeric import Float32, Int32, Int64, Vectors, unit
from index.search.dense import DenseIndex
from index.search.explain import Explainer
from index.search.fields import link_text
from index.search.filters import Filters, Mask, split_filters
from index.search.group import group
from index.search.lexical import LexicalIndex
from index.search.links import LinkFile, open_facets
from index.search.query import Query, QueryReader
from index.search.ranking import Ranking, rank, scores_of
from index.search.score import ScoreModel
from index.search.spelling import Speller
from index.search.thread import REST, SETTLED, Topic, asks_again, posted, topic
from index.search.vocabulary import VOCABULARY_FILE, Vocabulary
from index.search.words import tidy
from index.types import MAX_QUESTION_CHARS, Answer, CatalogueInfo, Hit, Neighbour, Question, Turn, Verdict, Why


class Searcher:
    """Answers questions from one bundle. Immutable; safe to call from several threads."""

    def __init__(
        self,
        index: Path,
        version: str | None = None,
        *,
        dead_links: DeadLinks = DeadLinks.LAST,
        encoder: OnnxEncoder | None = None,
        checked: bool = False,
    ) -> None:
        """Open a bundle (the current one by default) after verifying it; BundleError says what is wrong.

        `checked`: the caller has just verified every byte, so that is not repeated. An open `encoder` is used if the bundle
        was made with it.
        """
        folder = IndexFolder(index)
        version = version or folder.current()
        self._hold = hold(folder.folder(version))
        bundle, manifest = folder.open(version, checked=checked)
        self.encoder = _encoder(bundle, manifest.encoder, encoder)
        self.links = LinkFile(bundle)
        self.lexical = LexicalIndex.open(bundle)
        self.dense = DenseIndex.open(bundle, floor=self.encoder.config.floor)
        self.facets, self._highlights, self._article_of = open_facets(bundle)
        self._explainer = Explainer(self.links, self.dense, self.lexical.language)
        hides = dead_links is DeadLinks.HIDE and bool(self.facets.dead.any())
        self._shown = ~self.facets.dead if hides else None
        self._copies = _copies(self._article_of, self._shown)
        self.vocabulary = Vocabulary.from_rows(json.loads((bundle / VOCABULARY_FILE).read_text(encoding="utf-8")))
        speller = Speller(self.lexical, self.encoder.common_words, self.vocabulary)
        self.reader = QueryReader(self.lexical, self.vocabulary, speller)
        self.model = ScoreModel.read(bundle / SCORE_FILE)
        self._info = CatalogueInfo(
            name=manifest.catalogue,
            version=version,
            built_at=folder.built_at(version),
            link_count=len(self.links),
            sections=self.facets.section_counts(),
        )

    @classmethod
    def open(cls, index: Path, *, dead_links: DeadLinks = DeadLinks.LAST, like: "Searcher | None" = None) -> "Searcher":
        """Open the current bundle of an index folder; it uses the open encoder of `like`, if that is the right one."""
        return cls(index, dead_links=dead_links, encoder=like.encoder if like is not None else None)

    def __repr__(self) -> str:
        return f"<Searcher {self._info.name} {self._info.version} {len(self.links)} links>"

    @property
    def info(self) -> CatalogueInfo:
        """The catalogue being served."""
        return self._info

    def ask(self, question: Question) -> Answer:
        """Answer a question; UsageError when it is empty or holds a wrong filter."""
        text, filters = split_filters(tidy(question.text[:MAX_QUESTION_CHARS]))
        mask = self._mask(question, filters)
        if filters and not text:
            return self._browse_answer(question, mask)
        about = topic(text, question.thread, self.lexical)
        if not any(char.isalnum() for char in about.whole):
            raise UsageError("the question is empty; ask something like: how do I isolate namespaces?")
        query, ranking = self._ranked(about, mask)
        ranking = self._unless_posted(ranking, question)
        hits = list(self._hits(ranking, question, query))
        confidence = ranking.confidence if hits else 0.0
        verdict = self.model.verdict(confidence) if hits else Verdict.NOTHING
        return self._answer(question, hits, verdict=verdict, confidence=confidence, query=query)

    def _ranked(self, about: Topic, mask: Mask | None = None) -> tuple[Query, Ranking]:
        """Return the query of a message and its thread, and the candidates in order.

        The score of a link is `own` of that for the last message and the rest of that for the message with its thread. Where
        the thread asked something else, the score falls by what the link fits the thread better than the last message.
        """
        whole = self.reader.read(about.whole)
        if not (about.own and about.earlier):
            return whole, self.rank(whole, mask)
        last = self.reader.read(about.last)
        of_whole, of_last = self.encoder.encode_query(whole.encoded), self.encoder.encode_query(last.encoded)
        query = whole.favouring(last, about.own)
        ranking = self.rank(query, mask, vector=about.own * of_last + (1 - about.own) * of_whole)
        if about.is_new:
            earlier, of_earlier = self.reader.read(about.earlier), unit(of_whole - REST * of_last)
            ahead = self._scores(ranking.rows, earlier, of_earlier) - self._scores(ranking.rows, last, of_last)
            ranking = ranking.lowered(SETTLED * np.maximum(ahead, 0), self.facets.dead, self.model)
        return query, ranking

    def _scores(self, rows: Int64, query: Query, vector: Vectors) -> Float32:
        return scores_of(rows, query, vector, dense=self.dense, lexical=self.lexical, model=self.model)

    def rank(self, query: Query, mask: Mask | None = None, *, vector: Float32 | None = None) -> Ranking:
        """Return the candidates of a query in order, with their features; `vector` is the query's own by default."""
        return rank(
            query,
            self.encoder.encode_query(query.encoded) if vector is None else vector,
            dense=self.dense,
            lexical=self.lexical,
            facets=self.facets,
            highlights=self._highlights,
            model=self.model,
            mask=mask,
        )

    def _unless_posted(self, ranking: Ranking, question: Question) -> Ranking:
        """Leave out articles not to be offered again, under any of their addresses; the confidence is then of the rest."""
        excluded = _excluded(question)
        if not excluded:
            return ranking
        gone = {int(self._article_of[row]) for row in ranking.rows if normalise(self.links[int(row)].url) in excluded}
        return ranking.without(np.isin(self._article_of[ranking.rows], list(gone)), self.model) if gone else ranking

    def explain(self, text: str, thread: Sequence[Turn] = ()) -> tuple[Query, Ranking]:
        """Return the query of a question and its candidates with their features, for fitting and for reports."""
        return self._ranked(topic(tidy(text), thread, self.lexical))

    def browse(self, section: str, *, limit: int = 10) -> tuple[Link, ...]:
        """Return links of a section (any heading of the path), most stars first, then in the catalogue's order.

        Dead links come last.
        """
        return tuple(self.links[row] for row in self._by_stars(self.facets.in_sections([section]))[:limit])

    def newest(self, *, limit: int = 10, public_only: bool = False) -> tuple[Link, ...]:
        """Return links by their `added` date, newest first and dead ones last; those without a date are left out."""
        rows = self._by_date
        if public_only:
            rows = rows[self.facets.is_public()[rows]]
        return tuple(self.links[int(row)] for row in rows[:limit])

    @cached_property
    def _by_date(self) -> Int64:
        """The links that have a date, newest first and dead ones last."""
        rows, days = self.links.dates()
        if self._shown is not None:
            rows, days = rows[self._shown[rows]], days[self._shown[rows]]
        return rows[np.lexsort((rows, -days, self.facets.dead[rows]))]

    def find(self, url: str) -> Link | None:
        """Return the first link with an address, compared after normalisation, or None."""
        rows = self._rows_at(url)
        return self.links[rows[0]] if rows else None

    def _rows_at(self, url: str) -> list[int]:
        """Return the links with the same address after `normalise`; only links on the same host are compared."""
        same = normalise(url)
        return [row for row in self.facets.on_host(host(same)) if normalise(self.links.url(row)) == same]

    def neighbours(self, url: str, title: str, description: str = "", *, limit: int = 3) -> tuple[Neighbour, ...]:
        """Return links with the same address or much the same meaning, nearest first."""
        cosines = self._text_cosines(Link(url=url, title=title, description=description))
        exact = self._rows_at(url)
        nearest = [int(row) for row in np.argsort(-cosines, kind="stable")[:limit] if row not in exact]
        return tuple(
            Neighbour(link=self.links[row], similarity=float(cosines[row]), exact=row in exact)
            for row in (exact + nearest)[:limit]
        )

    def guess_section(self, title: str, description: str = "") -> tuple[str, ...]:
        """Return the section that most of the links nearest to a new link are in; nearer links count more."""
        cosines = self._text_cosines(Link(url="", title=title, description=description))
        votes: dict[int, float] = {}
        for row in np.argsort(-cosines, kind="stable")[:8]:
            section = int(self.facets.section_of[row])
            votes[section] = votes.get(section, 0.0) + max(float(cosines[row]), 0.0) ** 2
        return self.facets.sections[max(votes, key=lambda section: votes[section])]

    def alike(self, questions: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Return groups of questions that mean much the same, as positions, in the order of the first of each group."""
        vectors = self.encoder.encode_queries([tidy(question) for question in questions])
        return group(vectors, floor=self.encoder.config.floor)

    def _text_cosines(self, link: Link) -> Float32:
        vector: Vectors = self.encoder.encode_documents([tidy(link_text(link))])[0]
        return self.dense.similarities(vector)[0]

    def _mask(self, question: Question, filters: Filters) -> Mask | None:
        if not (filters or question.sections or question.public_only):
            return self._shown
        mask = self.facets.mask(filters)
        if self._shown is not None:
            mask = mask & self._shown
        if question.sections:
            mask = mask & self.facets.in_sections(question.sections)
        if question.public_only:
            mask = mask & self.facets.is_public()
        return mask

    def _by_stars(self, mask: Mask) -> list[int]:
        rows = np.flatnonzero(mask if self._shown is None else mask & self._shown)
        return [int(row) for row in rows[np.lexsort((rows, -self.facets.stars[rows], self.facets.dead[rows]))]]

    def _browse_answer(self, question: Question, mask: Mask | None) -> Answer:
        """Answer a question that has only filters: the links that pass, most stars first."""
        rows = self._by_stars(np.ones(len(self.links), dtype=np.bool_) if mask is None else mask)
        excluded = _excluded(question)
        hits = [
            Hit(link=link, score=float(link.stars), why=Why(section=link.section_path))
            for link in (self.links[row] for row in rows)
            if normalise(link.url) not in excluded
        ]
        verdict = Verdict.SURE if hits else Verdict.NOTHING
        return self._answer(question, hits, verdict=verdict, confidence=float(bool(hits)))

    def _answer(
        self,
        question: Question,
        hits: Sequence[Hit],
        *,
        verdict: Verdict,
        confidence: float,
        query: Query | None = None,
    ) -> Answer:
        return Answer(
            asked=query.text if query else "",
            corrected=query.corrected if query else False,
            verdict=verdict,
            confidence=confidence,
            hits=tuple(hits[: question.top_k]),
            version=self._info.version,
            built_at=self._info.built_at,
            more=len(hits) > question.top_k,
        )

    def _hits(self, ranking: Ranking, question: Question, query: Query) -> Iterator[Hit]:
        """Yield one hit for each article, best first, and one more than asked for."""
        why = self._explainer.reasons(query, ranking)
        seen: set[int] = set()
        shown = 0
        for place, row in enumerate(ranking.rows):
            article = int(self._article_of[row])
            if article in seen:
                continue
            seen.add(article)
            link = self.links[int(row)]
            also = tuple(self.links[other].url for other in self._copies.get(article, ()) if other != row)
            reason = why(place) if shown < question.top_k else Why()
            yield Hit(link=link, score=float(ranking.scores[place]), why=reason, also=also)
            shown += 1
            if shown > question.top_k:
                return


def _encoder(bundle: Path, key: str, opened: OnnxEncoder | None) -> OnnxEncoder:
    """Return the encoder that made a bundle's vectors: `opened` if it is that one, else the bundle's own."""
    if opened is not None and opened.config.key == key:
        return opened
    own = OnnxEncoder(bundle / "encoder")
    if own.config.key != key:
        raise BundleIncompatibleError(
            f"{bundle}: its vectors are of encoder {key}, its encoder is {own.config.key}; run `signpost build --full`"
        )
    return own


def _copies(article_of: Int32, shown: Mask | None) -> dict[int, list[int]]:
    """Return the links of each article that has several, only those that the mask `shown` lets pass."""
    rows = np.argsort(article_of, kind="stable")
    articles, starts, counts = np.unique(article_of[rows], return_index=True, return_counts=True)
    several = np.flatnonzero(counts > 1)
    return {
        int(articles[number]): [
            int(row) for row in rows[starts[number] : starts[number] + counts[number]] if shown is None or shown[row]
        ]
        for number in several
    }


def _excluded(question: Question) -> frozenset[str]:
    """Return the normalised addresses not to be offered again: those of `exclude_urls`, and those posted in the thread.

    What was posted is offered again to somebody who asks for it.
    """
    known = frozenset() if asks_again(question.text) else posted(question.thread)
    return frozenset(normalise(url) for url in question.exclude_urls | known)
