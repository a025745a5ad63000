"""The vocabulary that curators edit: forms that people write, and the catalogue's terms for them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from index.search.language import DEFAULT, Language
from index.search.words import words

#: Name of a bundle's vocabulary file.
VOCABULARY_FILE: Final = "vocabulary.json"
#: Words up to this length keep a final s: DNS, TLS, iOS.
_SHORT: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyEntry:
    """Forms that people write, and the terms that the catalogue uses instead."""

    forms: tuple[str, ...]
    """A form in lower case matches in any case, one with a capital letter only as written."""
    means: tuple[str, ...]
    """The main term first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A form found in a question."""

    start: int
    """Position of the form's first word among the words of the question."""
    end: int
    """Position after its last word."""
    means: tuple[str, ...]
    as_written: bool = False
    """Whether the form has a capital letter, which marks jargon: CD is not cd."""


class Vocabulary:
    """Finds the entries whose forms are in a question. Immutable."""

    def __init__(self, entries: Iterable[VocabularyEntry] = (), *, only_spelled_out: bool = False) -> None:
        self.entries = tuple(entries)
        self.only_spelled_out = only_spelled_out
        """Whether an entry applies only to catalogues that contain one of its meanings as written."""
        self._by_words: dict[tuple[str, ...], dict[str, VocabularyEntry]] = {}
        for entry in self.entries:
            for form in entry.forms:
                self._by_words.setdefault(_key(form), {})[" ".join(words(form))] = entry
        self._longest: dict[str, int] = {}
        """First word of a form to the length in words of the longest form that begins with it."""
        for key in self._by_words:
            self._longest[key[0]] = max(len(key), self._longest.get(key[0], 0))

    def __repr__(self) -> str:
        return f"<Vocabulary {len(self.entries)} entries>"

    def __contains__(self, word: str) -> bool:
        """Whether the word alone is a form, in any case."""
        key = _key(word)
        return any(_is_form(word, form) for form in self._by_words.get(key, ()))

    def matches(self, written: Sequence[str]) -> list[Match]:
        """Return the longest forms in the words of a question, from left to right, not overlapping."""
        keys = [_singular(word.lower()) for word in written]
        found: list[Match] = []
        start = 0
        while start < len(keys):
            for length in range(min(self._longest.get(keys[start], 0), len(keys) - start), 0, -1):
                key = tuple(keys[start : start + length])
                match = self._match(key, written, start)
                if match is not None:
                    found.append(match)
                    start += length - 1
                    break
            start += 1
        return found

    def _match(self, key: tuple[str, ...], written: Sequence[str], start: int) -> Match | None:
        """Return the match of some words, or None; a form with capitals matches only as written: LB, not lb; IdP, not IDP."""
        end = start + len(key)
        text = " ".join(written[start:end])
        forms = self._by_words.get(key, {})
        form = (
            text if text in forms else next((one for one in forms if one == one.lower() and _is_form(text, one)), None)
        )
        if form is None:
            return None
        return Match(start=start, end=end, means=forms[form].means, as_written=form != form.lower())

    def restricted_to(self, has: Callable[[str, tuple[str, ...]], bool], language: Language = DEFAULT) -> "Vocabulary":
        """Return a vocabulary where a form has only the meanings for whose stems `has(form, stems)` is true.

        Forms without any are dropped, and so are entries without forms.
        """
        kept = []
        for entry in self.entries:
            stems_of = {term: language.stems_of(language.words(term)) for term in entry.means}
            forms: dict[tuple[str, ...], list[str]] = {}
            for form in entry.forms:
                means = tuple(term for term, stems in stems_of.items() if stems and has(form, stems))
                forms.setdefault(means, []).append(form)
            kept += [VocabularyEntry(forms=tuple(ways), means=means) for means, ways in forms.items() if means]
        return Vocabulary(kept)

    def under(self, later: "Vocabulary") -> "Vocabulary":
        """Return both vocabularies as one; a form that is in both has the meanings of the later one."""
        taken = {form for entry in later.entries for form in entry.forms}
        left = [
            VocabularyEntry(forms=forms, means=entry.means)
            for entry in self.entries
            if (forms := tuple(form for form in entry.forms if form not in taken))
        ]
        return Vocabulary([*left, *later.entries])

    def as_rows(self) -> list[dict[str, list[str]]]:
        """Return the entries as plain data, for JSON."""
        return [{"forms": list(entry.forms), "means": list(entry.means)} for entry in self.entries]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Sequence[str]]]) -> "Vocabulary":
        """Read what `as_rows` returned."""
        return cls(VocabularyEntry(forms=tuple(row["forms"]), means=tuple(row["means"])) for row in rows)


def _key(form: str) -> tuple[str, ...]:
    return tuple(_singular(word.lower()) for word in words(form))


def _is_form(word: str, form: str) -> bool:
    """Return whether a word is a form or its plural: `netpols` is a netpol, but `http` is not `https`."""
    lower = word.lower()
    return form.lower() in {lower, _singular(lower)} or " " in form


def _singular(word: str) -> str:
    """Return a word without the ending of a plural. Stems would be too coarse here: `containous` is not a container."""
    return word[:-1] if len(word) > _SHORT and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
