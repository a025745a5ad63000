"""Writes a bundle's links as lines, vectors and words in arrays, for `index.search` to read.

BM25 is computed here, so that a question only adds up stored numbers.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.builder.analysis import FIELDS, PAGE, Analysis, AnalysisCache, analyse, places
from index.catalogue.link import Link, Status, link_to_row
from index.catalogue.urls import host
from index.numeric import Bools, Float32, Float64, Int8, Int64, Integers
from index.search.dense import DenseIndex
from index.search.fields import LinkField
from index.search.language import DEFAULT, Language
from index.search.lexical import LexicalIndex
from index.search.links import COLUMNS_FILE, FACETS_FILE, LINKS_FILE, OFFSETS_FILE

#: BM25's k1, how soon more of the same word stops counting, and b, how much a long field's length counts against it.
K1: Final = 1.2
B: Final = 0.6


def save_links(links: Sequence[Link], articles: Sequence[Sequence[int]], folder: Path) -> None:
    """Write the links, their offsets in the file and the columns for filters; `articles` groups links of one article."""
    lines = [json.dumps(link_to_row(link), ensure_ascii=False).encode() + b"\n" for link in links]
    (folder / LINKS_FILE).write_bytes(b"".join(lines))
    np.save(folder / OFFSETS_FILE, np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64))
    sections = list(dict.fromkeys(section for link in links for section in link.sections))
    hosts = sorted({host(link.url) for link in links})
    tags: dict[str, list[int]] = {}
    for row, link in enumerate(links):
        for tag in link.tags:
            tags.setdefault(tag.lower(), []).append(row)
    section_numbers = {section: number for number, section in enumerate(sections)}
    also_in: dict[str, list[int]] = {}
    for row, link in enumerate(links):
        for section in link.also_in:
            also_in.setdefault(str(section_numbers[section]), []).append(row)
    host_numbers = {name: number for number, name in enumerate(hosts)}
    article_of = list(range(len(links)))
    for group in articles:
        for row in group:
            article_of[row] = group[0]
    columns = np.array(
        [
            (section_numbers[link.section], host_numbers[host(link.url)], link.stars, link.highlight, article)
            for link, article in zip(links, article_of, strict=True)
        ],
        dtype=np.int32,
    )
    np.save(folder / COLUMNS_FILE, np.ascontiguousarray(columns.T), allow_pickle=False)
    facets: dict[str, Any] = {
        "sections": [list(section) for section in sections],
        "also_in": also_in,
        "hosts": hosts,
        "tags": dict(sorted(tags.items())),
        "dead": [row for row, link in enumerate(links) if link.status is Status.DEAD],
    }
    (folder / FACETS_FILE).write_text(json.dumps(facets, ensure_ascii=False), encoding="utf-8")


def assemble(
    texts: tuple[Int8, Float32], questions: tuple[Int8, Float32], counts: Sequence[int], *, floor: float = 0.0
) -> DenseIndex:
    """Put quantised link vectors and question vectors together; `counts` is each link's number of questions."""
    return DenseIndex(
        vectors=np.concatenate([texts[0], questions[0]]),
        scales=np.concatenate([texts[1], questions[1]]),
        question_rows=np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        question_numbers=np.concatenate([np.arange(count, dtype=np.int32) for count in counts]).astype(np.int32),
        floor=floor,
    )


def build_lexical(
    links: Sequence[Link],
    kept: AnalysisCache | None = None,
    language: Language = DEFAULT,
    *,
    pages: Sequence[str] | None = None,
) -> LexicalIndex:
    """Index the fields of `links` (at least one), and the texts of their pages as more of their descriptions.

    `kept`, of the same language, only saves time: the index does not depend on it.
    """
    before = kept.load() if kept else None
    analysis = analyse(links, before, language, pages=pages)
    if kept and analysis is not before:
        kept.save(analysis)
    return _indexed(analysis, language)


def _indexed(analysis: Analysis, language: Language) -> LexicalIndex:
    """Index tokenised links; the result does not depend on how the words are numbered."""
    tokens_of = _Pieces.of(analysis.tokens)
    links_of = np.repeat(np.arange(analysis.links), analysis.lengths.sum(axis=1))
    field_of = np.repeat(np.tile(np.arange(FIELDS, dtype=np.int8), analysis.links), analysis.lengths.reshape(-1))
    is_page = field_of == PAGE
    field_of[is_page] = LinkField.DESCRIPTION
    columns = []
    for field in LinkField:
        is_here = field_of == field
        tokens, links = tokens_of.expand(analysis.words[is_here], links_of[is_here])
        columns.append(_bm25(tokens, links, analysis.links))
    postings = _distinct(np.concatenate([keys for keys, _ in columns]))
    token_of, row_of = np.divmod(postings, analysis.links)
    counts = np.bincount(token_of, minlength=len(tokens_of.names))
    scores = np.zeros((len(postings), len(LinkField)), dtype=np.float32)
    for column, (keys, values) in enumerate(columns):
        scores[np.searchsorted(postings, keys), column] = values
    ids = {token: number for number, token in enumerate(tokens_of.names)}
    return LexicalIndex(
        ids=ids,
        surface=_surface(analysis, links_of, ~is_page),
        compounds=_compounds(ids, analysis.pair_table, language),
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        rows=row_of.astype(np.int32),
        scores=scores,
        idf=np.log(1 + (analysis.links - counts + 0.5) / (counts + 0.5)).astype(np.float32),
        links=analysis.links,
        language=language,
    )


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The pieces of words: their tokens, or their spellings."""

    names: list[str]
    """Distinct pieces, sorted."""
    lengths: Int64
    """Number of pieces of each word, shape (words,)."""
    numbers: Int64
    """The pieces as positions in `names`, word after word."""

    @classmethod
    def of(cls, entries: Iterable[str]) -> "_Pieces":
        """Split entries, one for each word, into pieces at the spaces."""
        pieces = [entry.split() for entry in entries]
        flat = list(chain.from_iterable(pieces))
        names = sorted(set(flat))
        number_of = {name: number for number, name in enumerate(names)}
        numbers = np.fromiter(map(number_of.__getitem__, flat), dtype=np.int64, count=len(flat))
        return cls(names, np.fromiter(map(len, pieces), dtype=np.int64, count=len(pieces)), numbers)

    def expand(self, words: Integers, links: Int64) -> tuple[Int64, Int64]:
        """Return the pieces of `words`, and the link of each piece; `links` holds the link of each word."""
        return self.numbers[places(self.lengths, words)], np.repeat(links, self.lengths[words])


def _bm25(tokens: Int64, links: Int64, count: int) -> tuple[Int64, Float64]:
    """Return ascending keys (token * count + link) and BM25 scores of one field, from its tokens and their links.

    Lucene's variant as in https://arxiv.org/abs/2407.03618, equal to the last bit to the results of bm25s.
    """
    keys, frequencies = np.unique(tokens * count + links, return_counts=True)
    token_of, link_of = np.divmod(keys, count)
    lengths = np.bincount(links, minlength=count)
    document_frequencies = np.bincount(token_of)
    distinct, kind = np.unique(document_frequencies, return_inverse=True)
    rarity = np.array([math.log(1 + (count - number + 0.5) / (number + 0.5)) for number in distinct.tolist()])
    idf = rarity.astype(np.float32)[kind]
    saturation = K1 * ((1 - B) + B * lengths / lengths.mean()) if len(keys) else lengths
    return keys, idf[token_of] * (frequencies / (saturation[link_of] + frequencies))


def _distinct(keys: Int64) -> Int64:
    """Return each key once, ascending; numpy's own `unique` takes three times as long."""
    ascending = np.sort(keys)
    return ascending[np.diff(ascending, prepend=-1) > 0]


def _surface(analysis: Analysis, links_of: Int64, is_curators: Bools) -> dict[str, int]:
    """Count the links whose curators wrote each lower-case word, including the parts of compounds.

    Without the words of pages: a repaired question is shown.
    """
    spellings_of = _Pieces.of(analysis.spellings)
    pieces, links = spellings_of.expand(analysis.words[is_curators], links_of[is_curators])
    having = _distinct(pieces * analysis.links + links) // analysis.links
    counts = np.bincount(having, minlength=len(spellings_of.names))
    return {name: count for name, count in zip(spellings_of.names, counts.tolist(), strict=True) if count}


def _compounds(ids: Mapping[str, int], pairs: Iterable[str], language: Language) -> dict[str, tuple[str, ...]]:
    """Find neighbouring words in titles, sections and curators' questions that the catalogue also writes as one word."""
    found = {}
    for pair in sorted(pair for pair in pairs if pair.rpartition(" ")[2] in ids):
        first, second, joined = pair.split(" ")
        found[joined] = (language.stem(first), language.stem(second))
    return {
        key: value
        for joined, pieces in sorted(found.items())
        for key, value in ((joined, pieces), (" ".join(pieces), (joined,)))
    }
