"""Says why a hit was found: shared words, a curator's question like the one asked, its section or its publisher."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

from index.catalogue.link import Link
from index.search.dense import DenseIndex
from index.search.language import Language
from index.search.links import LinkFile
from index.search.query import Query
from index.search.ranking import Ranking
from index.search.score import Feature
from index.types import Why

#: Lowest cosine at which a curator's question is named as the reason for a hit.
LIKE_A_QUESTION: Final = 0.6
#: The words of this many links stay tokenised in memory: a few links are shown most of the time.
REMEMBERED: Final = 2_048
#: Shorter labels of a publisher's address are com, www or a country.
_SHORTEST_LABEL: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """The words by which a link can be found, tokenised once."""

    words: tuple[str, ...]
    """The words of title and description, as written."""
    places: Mapping[str, tuple[int, ...]]
    """Token to the positions in `words` that contain it."""
    section: frozenset[str]
    """Tokens of the section's path."""
    publisher: frozenset[str]
    """Labels of the publisher, in lower case."""

    @classmethod
    def of(cls, link: Link, language: Language) -> "_Terms":
        written = tuple(language.words(f"{link.title} {link.description}"))
        places: dict[str, tuple[int, ...]] = {}
        for place, word in enumerate(written):
            for token in language.analysed(word):
                places[token] = (*places.get(token, ()), place)
        labels = link.publisher.lower().split(".")
        return cls(
            words=written,
            places=places,
            section=frozenset(language.tokens(link.section_path)),
            publisher=frozenset(label for label in labels if len(label) >= _SHORTEST_LABEL),
        )

    def shared_with(self, wanted: frozenset[str]) -> tuple[str, ...]:
        """Return the different words that contain a wanted token, in the link's order."""
        places = sorted({place for token in wanted & self.places.keys() for place in self.places[token]})
        found: dict[str, str] = {}
        for place in places:
            found.setdefault(self.words[place].lower(), self.words[place])
        return tuple(found.values())


class Explainer:
    """Finds the reasons for hits of one bundle. Safe for several threads."""

    def __init__(self, links: LinkFile, dense: DenseIndex, language: Language) -> None:
        self._links = links
        self._dense = dense
        self._language = language
        self._terms = lru_cache(maxsize=REMEMBERED)(lambda row: _Terms.of(links[row], language))

    def reasons(self, query: Query, ranking: Ranking) -> Callable[[int], Why]:
        """Return a function from a position in the ranking to the reason for that candidate."""
        wanted = frozenset(token for concept in query.concepts for way in concept.alternatives for token in way)
        named = frozenset(word.lower() for word in self._language.words(query.text))
        return partial(self._why, ranking, wanted, named)

    def _why(self, ranking: Ranking, wanted: frozenset[str], named: frozenset[str], place: int) -> Why:
        row = int(ranking.rows[place])
        link, terms = self._links[row], self._terms(row)
        return Why(
            words=terms.shared_with(wanted),
            question=self._like(link, row, ranking),
            section="" if terms.section.isdisjoint(wanted) else link.section_path,
            publisher="" if terms.publisher.isdisjoint(named) else link.publisher,
            similarity=float(ranking.features[place, Feature.DENSE] + ranking.features[place, Feature.QUESTION]),
        )

    def _like(self, link: Link, row: int, ranking: Ranking) -> str:
        """Return the link's nearest question, or an empty text when it is not near enough to be a reason."""
        start, end = self._dense.questions_of(row)
        if start == end:
            return ""
        best = start + int(ranking.by_question[start:end].argmax())
        alike = ranking.by_question[best] >= LIKE_A_QUESTION
        return link.questions[int(self._dense.question_numbers[best])] if alike else ""
