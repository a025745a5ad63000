"""Turns the text that somebody typed into a query for both channels."""

from dataclasses import dataclass, replace
from typing import Final

from index.search.language import Language
from index.search.lexical import LexicalIndex
from index.search.spelling import Speller
from index.search.vocabulary import Match, Vocabulary
from index.search.words import parts

#: The lexical channel looks for at most this many concepts; the encoder sees the whole question.
MAX_CONCEPTS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One thing that the question is about, with the ways in which the catalogue may write it."""

    alternatives: tuple[tuple[str, ...], ...]
    """Token sequences; a link has the concept to the degree that it has the tokens of one of them."""
    weight: float
    """Inverse document frequency: how much the concept tells one link from others."""
    known: bool
    """Whether any link has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as both channels read it."""

    text: str
    """The text with typing errors corrected; shown as “searched for”."""
    encoded: str
    """`text` with abbreviations spelled out, for the encoder."""
    concepts: tuple[Concept, ...]
    corrected: bool

    def favouring(self, part: "Query", share: float) -> "Query":
        """Return this query with more weight on the concepts of a part of it: `share` of all weight goes to them first."""
        total, of_part = _total(self), _total(part)
        if not of_part:
            return self
        concepts = {one.alternatives[0]: replace(one, weight=one.weight * (1 - share)) for one in self.concepts}
        for one in part.concepts:
            known = concepts.setdefault(one.alternatives[0], replace(one, weight=0.0))
            more = total * share * one.weight / of_part
            concepts[one.alternatives[0]] = replace(known, weight=known.weight + more)
        return replace(self, concepts=tuple(concepts.values()))


def _total(query: Query) -> float:
    return sum(concept.weight for concept in query.concepts)


class QueryReader:
    """Turns text into queries, with the words of one catalogue. Immutable; safe for several threads."""

    def __init__(self, lexical: LexicalIndex, vocabulary: Vocabulary, speller: Speller) -> None:
        self._lexical = lexical
        self._language = lexical.language
        self._vocabulary = vocabulary
        self._speller = speller

    def read(self, text: str) -> Query:
        """Read a question that is already tidied and has no filters."""
        mended = self._speller.mend(text)
        written = self._language.words(mended)
        matches = {match.start: match for match in self._vocabulary.matches(written)}
        concepts: dict[tuple[str, ...], Concept] = {}
        position = 0
        while position < len(written) and len(concepts) < MAX_CONCEPTS:
            match = matches.get(position)
            end = match.end if match else position + 1
            pieces = self._pieces(written[position:end])
            for piece in pieces:
                alternatives = self._alternatives(piece, match.means if match else ())
                if not match and position + 1 < len(written):
                    alternatives += self._joined(written[position], written[position + 1])
                for ways in self._apart(alternatives):
                    if ways[0] not in concepts:
                        concepts[ways[0]] = self._concept(ways, of_several=len(pieces) > 1)
            position = end
        return Query(
            text=mended,
            encoded=_spelled_out(
                mended, written, [one for one in matches.values() if self._is_jargon(written, one)], self._language
            ),
            concepts=tuple(concepts.values()),
            corrected=mended != text,
        )

    def _is_jargon(self, written: list[str], match: Match) -> bool:
        """Return whether a form is jargon and must be spelled out; an everyday word may be meant as that word."""
        word = written[match.start].lower()
        return match.as_written or match.end - match.start > 1 or not self._speller.is_everyday(word)

    def _pieces(self, form: list[str]) -> list[list[str]]:
        """Return each telling word of a form by itself, so that it counts as it would without the form's meaning."""
        return [[word] for word in form if not self._language.is_stopword(word)] or [form]

    def _alternatives(self, piece: list[str], means: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Return the token sequences to search for some words of the question; the words themselves come first."""
        if len(piece) == 1 and not means and self._language.is_stopword(piece[0]):
            return ()
        # Without stop words, which have no postings: else no link would have `scale to zero`, only its meanings.
        own = [self._language.stems_of(piece)]
        for word in piece:
            split = parts(word)
            if len(split) > 1:
                own.append(tuple(self._language.stem(part.lower()) for part in split))
            compound = self._lexical.compounds.get(self._language.stem(word.lower()))
            if compound:
                own.append(compound)
        spelled_out = [tuple(self._language.tokens(term)) for term in means]
        return tuple(dict.fromkeys(sequence for sequence in (*own, *spelled_out) if sequence))

    def _apart(self, alternatives: tuple[tuple[str, ...], ...]) -> list[tuple[tuple[str, ...], ...]]:
        """Return the concepts of some words: one, but without spaces each pair of characters is one."""
        if not alternatives:
            return []
        return [((token,),) for token in alternatives[0]] if self._language.is_unspaced else [alternatives]

    def _joined(self, first: str, second: str) -> tuple[tuple[str, ...], ...]:
        pair = f"{self._language.stem(first.lower())} {self._language.stem(second.lower())}"
        joined = self._lexical.compounds.get(pair)
        return (joined,) if joined else ()

    def _concept(self, alternatives: tuple[tuple[str, ...], ...], *, of_several: bool = False) -> Concept:
        # The asker's own words (the first sequence) count if the catalogue has any of them, every other sequence if it has all.
        known = [
            seq
            for number, seq in enumerate(alternatives)
            if (all if number else any)(token in self._lexical.ids for token in seq)
        ]
        weights = [sum(self._lexical.weight(token) for token in seq) / len(seq) ** 0.5 for seq in known]
        # A thing is as common as the commonest way to write it; but one word of several that have a meaning together is not
        # that thing, and keeps its own weight.
        is_own = of_several and known[:1] == [alternatives[0]]
        weight = weights[0] if is_own else min(weights, default=self._lexical.unknown_idf)
        return Concept(alternatives=tuple(known) or alternatives[:1], weight=weight, known=bool(known))


def _spelled_out(text: str, written: list[str], matches: list[Match], language: Language) -> str:
    """Add the main meaning after each form, as in `netpol (network policy)`, unless the question has it already."""
    places = language.spans(text)
    said = {language.stem(word.lower()) for word in written}
    for match in reversed(matches):
        meaning = match.means[0]
        if not set(language.tokens(meaning)) <= said:
            end = places[match.end - 1][1]
            text = f"{text[:end]} ({meaning}){text[end:]}"
    return text
