"""The vocabulary that curators edit: what people write, and what the catalogue calls it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from index.errors import CatalogueError
from index.text import stem, words


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyEntry:
    """Forms that people write, and the terms that the catalogue uses instead."""

    forms: tuple[str, ...]
    """A form in lower case matches in any case; one with a capital letter only as it is written."""
    means: tuple[str, ...]
    """The main term first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A form found in a question."""

    start: int
    """First word of the form, counted in words of the question."""
    end: int
    """One past its last word."""
    means: tuple[str, ...]


class Vocabulary:
    """Finds the entries whose forms stand in a question. Immutable."""

    def __init__(self, entries: Iterable[VocabularyEntry] = ()) -> None:
        self.entries = tuple(entries)
        self._by_words: dict[tuple[str, ...], VocabularyEntry] = {}
        self._exact: set[str] = set()
        for entry in self.entries:
            for form in entry.forms:
                self._by_words[_key(form)] = entry
                if form != form.lower():
                    self._exact.add(form)
        self._longest = max(map(len, self._by_words), default=0)
        self._spelled: dict[tuple[str, ...], set[str]] = {}
        for entry in self.entries:
            for form in entry.forms:
                self._spelled.setdefault(_key(form), set()).add(form)

    def __repr__(self) -> str:
        return f"<Vocabulary {len(self.entries)} entries>"

    def __contains__(self, word: str) -> bool:
        """Whether the word alone is a form, in any case."""
        return _key(word) in self._by_words

    def matches(self, written: Sequence[str]) -> list[Match]:
        """Return the longest forms in the words of a question, from left to right, not overlapping."""
        stems = [stem(word.lower()) for word in written]
        found: list[Match] = []
        start = 0
        while start < len(stems):
            for length in range(min(self._longest, len(stems) - start), 0, -1):
                key = tuple(stems[start : start + length])
                entry = self._by_words.get(key)
                if entry is not None and self._fits(key, written[start : start + length]):
                    found.append(Match(start=start, end=start + length, means=entry.means))
                    start += length - 1
                    break
            start += 1
        return found

    def _fits(self, key: tuple[str, ...], written: Sequence[str]) -> bool:
        """Return whether the words may stand for a form: one with capitals is jargon only as written, LB but not lb."""
        spelled = self._spelled[key]
        return any(form == form.lower() for form in spelled) or " ".join(written) in spelled

    def restricted_to(self, tokens: Collection[str]) -> "Vocabulary":
        """Keep the meanings that a catalogue with these tokens can answer; entries without any are dropped."""
        kept = []
        for entry in self.entries:
            means = tuple(term for term in entry.means if all(stem(word.lower()) in tokens for word in words(term)))
            if means:
                kept.append(VocabularyEntry(forms=entry.forms, means=means))
        return Vocabulary(kept)

    def as_rows(self) -> list[dict[str, list[str]]]:
        """Return the entries as plain data, for JSON."""
        return [{"forms": list(entry.forms), "means": list(entry.means)} for entry in self.entries]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Sequence[str]]]) -> "Vocabulary":
        """Read what `as_rows` gave."""
        return cls(VocabularyEntry(forms=tuple(row["forms"]), means=tuple(row["means"])) for row in rows)


def _key(form: str) -> tuple[str, ...]:
    return tuple(stem(word.lower()) for word in words(form))


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a vocabulary file; CatalogueError names the file and what is wrong."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe loader
    except OSError as error:
        raise CatalogueError(f"cannot read the vocabulary ({error.strerror})", path=path) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise CatalogueError("not valid YAML; spaces, not tabs, indent", path=path, line=line) from error
    rows = content.get("entries") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise CatalogueError("expected `entries:`, a list of forms and means", path=path)
    return Vocabulary(_entry(row, number, path) for number, row in enumerate(rows, start=1))


def _entry(row: Any, number: int, path: Path) -> VocabularyEntry:
    if not isinstance(row, dict) or set(row) != {"forms", "means"}:
        raise CatalogueError(f"entry {number}: expected `forms` and `means`, got {row!r:.80}", path=path)
    for key in ("forms", "means"):
        value = row[key]
        if not isinstance(value, list) or not value or not all(isinstance(text, str) and words(text) for text in value):
            raise CatalogueError(
                f"entry {number}: `{key}` must be a list of words in quotes, got {value!r:.80}", path=path
            )
    return VocabularyEntry(forms=tuple(row["forms"]), means=tuple(row["means"]))
