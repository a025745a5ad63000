"""The searcher: opens a bundle and answers questions from it."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from functools import cached_property
from itertools import islice, takewhile
from pathlib import Path

import numpy as np

from index.bundle import MANIFEST, SCORE_FILE, IndexFolder, Manifest, hold, opening
from index.catalogue.link import DeadLinks, Link
from index.catalogue.urls import host, normalise
from index.encoder.onnx import OnnxEncoder
from index.errors import BundleIncompatibleError, UsageError
from index.numeric import Float32, Int32, Int64, Vectors, unit
from index.search.atlas import axes, placed
from index.search.dense import DENSE_FILES, DenseIndex
from index.search.explain import Explainer
from index.search.fields import link_text
from index.search.filters import HIGHLIGHTED, Filters, Mask, split_filters
from index.search.glossary import Glossary
from index.search.group import group
from index.search.lexical import LexicalIndex
from index.search.links import LinkFile, open_facets
from index.search.news import NewsFile, holds, latest
from index.search.query import Query, QueryReader
from index.search.ranking import Ranking, rank, scores_of
from index.search.samples import samples
from index.search.score import ScoreModel
from index.search.small_talk import SmallTalk
from index.search.spelling import Speller
from index.search.stored import expect
from index.search.thread import REST, SETTLED, Topic, asks_again, posted, topic
from index.search.vocabulary import VOCABULARY_FILE, Vocabulary
from index.search.words import tidy
from index.types import (
    MAX_QUESTION_CHARS,
    Answer,
    Atlas,
    CatalogueInfo,
    Hit,
    Neighbour,
    News,
    NewsKind,
    Overview,
    Question,
    Turn,
    Verdict,
    Why,
)


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
        self._news = NewsFile(index, {})
        with opening(bundle):
            self._open(bundle, manifest, dead_links, encoder)
        self._info = CatalogueInfo(
            name=manifest.catalogue,
            version=version,
            built_at=folder.built_at(version),
            link_count=len(self.links),
            sections=self.facets.section_counts(),
        )

    def _open(self, bundle: Path, manifest: Manifest, dead_links: DeadLinks, encoder: OnnxEncoder | None) -> None:
        self.encoder = _encoder(bundle, manifest.encoder, encoder)
        self.links = LinkFile(bundle)
        self.lexical = LexicalIndex.open(bundle)
        self.dense = DenseIndex.open(bundle, floor=self.encoder.config.floor)
        self._talk = SmallTalk.open(bundle, self.encoder.dimensions, floor=self.encoder.config.floor)
        self._glossary = Glossary.open(
            bundle, self.encoder.dimensions, len(self.links), floor=self.encoder.config.floor
        )
        self.facets, self._article_of = open_facets(bundle, self.links)
        self._explainer = Explainer(self.links, self.dense, self.lexical.language)
        hides = dead_links is DeadLinks.HIDE and bool(self.facets.dead.any())
        self._shown = ~self.facets.dead if hides else None
        self._copies = _copies(self._article_of, self._shown)
        words = json.loads((bundle / VOCABULARY_FILE).read_text(encoding="utf-8"))
        expect(bundle / VOCABULARY_FILE, isinstance(words, list))
        self.vocabulary = Vocabulary.from_rows(words)
        speller = Speller(self.lexical, self.encoder.common_words, self.vocabulary)
        self.reader = QueryReader(self.lexical, self.vocabulary, speller)
        self.model = ScoreModel.read(bundle / SCORE_FILE)
        counts = (manifest.links, len(self.facets.stars), self.dense.links, self.lexical.links)
        expect(bundle / MANIFEST, all(count == len(self.links) for count in counts), len(self.links))
        expect(bundle / DENSE_FILES[0], self.dense.vectors.shape[1] == self.encoder.dimensions)

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
            what = "has no words but addresses and code" if any(map(str.isalnum, text)) else "is empty"
            raise UsageError(f"the question {what}; write in a few words what you look for")
        query, every = self._ranked(about, mask)
        ranking = self._unless_posted(every, question)
        hits = list(self._hits(ranking, question, query))
        confidence = ranking.confidence if hits else 0.0
        verdict = self.model.verdict(confidence) if hits else Verdict.NOTHING
        posted = verdict is Verdict.NOTHING and ranking is not every and self._is_sure(every)
        return self._answer(question, hits, verdict=verdict, confidence=confidence, query=query, posted=posted)

    def _is_sure(self, ranking: Ranking) -> bool:
        return self.model.verdict(ranking.confidence) is Verdict.SURE

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
        return scores_of(
            rows,
            query,
            vector,
            dense=self.dense,
            lexical=self.lexical,
            facets=self.facets,
            glossary=self._glossary,
            model=self.model,
        )

    def rank(self, query: Query, mask: Mask | None = None, *, vector: Float32 | None = None) -> Ranking:
        """Return the candidates of a query in order, with their features; `vector` is the query's own by default."""
        return rank(
            query,
            self.encoder.encode_query(query.encoded) if vector is None else vector,
            dense=self.dense,
            lexical=self.lexical,
            facets=self.facets,
            highlights=self.facets.states[HIGHLIGHTED],
            talk=self._talk,
            glossary=self._glossary,
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

    def news(self, *, since: datetime | None = None, limit: int = 50, public_only: bool = False) -> tuple[News, ...]:
        """Return what is new, moved and retired since a moment with time zone, latest first.

        Builds write it down; links that were there from the beginning are new on the day that they were added.
        """
        told = takewhile(lambda one: since is None or one.at >= since, latest(self._news.read()))
        now = ((one, self.find(one.link.url)) for one in told if one.link.is_public or not public_only)
        # A link may have lost its mark since it was news.
        shown = (one for one, link in now if holds(one, link) and (link is None or link.is_public or not public_only))
        written = list(islice(shown, limit))
        known = {normalise(one.link.url) for one in written}
        newest = self.newest(limit=limit + len(known), public_only=public_only)
        added = (
            News(kind=NewsKind.NEW, link=link, at=datetime.combine(link.added, time(), UTC))
            for link in newest
            if link.added is not None and normalise(link.url) not in known
        )
        found = (*written, *(one for one in added if since is None or one.at >= since))
        return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:limit])

    def overview(self, *, public_only: bool = False) -> Overview:
        """Return what the links that may be shown can be browsed by."""
        mask = np.ones(len(self.links), dtype=np.bool_) if self._shown is None else self._shown
        return self.facets.overview(mask & self.facets.is_public() if public_only else mask)

    def samples(self, *, count: int = 3, public_only: bool = False) -> tuple[str, ...]:
        """Return up to `count` questions on different subjects that the catalogue answers; each was asked to find out."""
        return samples(self, count, public_only=public_only)

    @cached_property
    def _by_date(self) -> Int64:
        """The links that have a date, newest first and dead ones last."""
        days = self.facets.days
        rows = np.flatnonzero(days if self._shown is None else days * self._shown)
        return rows[np.lexsort((rows, -days[rows], self.facets.dead[rows]))]

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

    def atlas(self, questions: Sequence[str], *, most: int = 2_000) -> Atlas:
        """Return a map of the catalogue with these questions on it; of more than `most` links, evenly spread ones."""
        vectors = self.dense.vectors[: self.dense.links] * self.dense.scales[: self.dense.links, None]
        mean, two = axes(vectors)
        rows = range(0, len(vectors), -(-len(vectors) // most))
        places = placed(vectors[list(rows)], mean, two).tolist()
        asked = self.encoder.encode_queries([tidy(question) for question in questions]) if questions else vectors[:0]
        return Atlas(
            links=tuple((self.links[row], x, y) for row, (x, y) in zip(rows, places, strict=True)),
            questions=tuple((x, y) for x, y in placed(asked, mean, two).tolist()),
        )

    def _text_cosines(self, link: Link) -> Float32:
        vector: Vectors = self.encoder.encode_documents([tidy(link_text(link))])[0]
        return self.dense.similarities(vector)[0]

    def _mask(self, question: Question, filters: Filters) -> Mask | None:
        phrased = self._with_phrases(filters.phrases)
        if not (filters or question.sections or question.public_only or phrased is not None):
            return self._shown
        mask = self.facets.mask(filters)
        if self._shown is not None:
            mask = mask & self._shown
        if question.sections:
            mask = mask & self.facets.in_sections(question.sections)
        if question.public_only:
            mask = mask & self.facets.is_public()
        if phrased is not None and (mask & phrased).any():
            mask = mask & phrased
        return mask

    def _with_phrases(self, phrases: Sequence[str]) -> Mask | None:
        """Return which links have every phrase, word after word in one of their texts; None without phrases.

        A phrase that no link has, such as a quoted message of an error, holds no link back.
        """
        mask: Mask | None = None
        for phrase in phrases:
            wanted = f" {' '.join(self.lexical.language.words(phrase)).casefold()} "
            rows = self.lexical.rows_of_all(self.lexical.language.tokens(phrase)) if wanted.strip() else ()
            having = [row for row in map(int, rows) if any(wanted in text for text in self._texts(row))]
            if having:
                held = np.zeros(len(self.links), dtype=np.bool_)
                held[having] = True
                mask = held if mask is None else mask & held
        return mask

    def _texts(self, row: int) -> Iterator[str]:
        """Yield the texts of a link as words, in small letters, with a space before and after each."""
        link = self.links[row]
        headings = (name for path in link.sections for name in path)
        for text in (link.title, link.description, link.publisher, *link.questions, *headings, *link.tags):
            yield f" {' '.join(self.lexical.language.words(text)).casefold()} "

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
        posted = bool(len(rows)) and not hits
        return self._answer(question, hits, verdict=verdict, confidence=float(bool(hits)), posted=posted)

    def _answer(
        self,
        question: Question,
        hits: Sequence[Hit],
        *,
        verdict: Verdict,
        confidence: float,
        query: Query | None = None,
        posted: bool = False,
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
            posted=posted,
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
            copies = (self.links[other] for other in self._copies.get(article, ()) if other != row)
            also = tuple(copy.url for copy in copies if copy.is_public or not question.public_only)
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
