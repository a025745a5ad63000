"""The vocabulary that curators edit: what people write, and what the catalogue calls it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from index.errors import CatalogueError
from index.text import stem, words

#: Words up to this length keep their s: DNS, TLS, iOS.
_SHORT: Final = 3
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
        self._by_words: dict[tuple[str, ...], dict[str, VocabularyEntry]] = {}
        for entry in self.entries:
            for form in entry.forms:
                self._by_words.setdefault(_key(form), {})[" ".join(words(form))] = entry
        self._longest = max(map(len, self._by_words), default=0)

    def __repr__(self) -> str:
        return f"<Vocabulary {len(self.entries)} entries>"

    def __contains__(self, word: str) -> bool:
        """Whether the word alone is a form, in any case."""
        return _key(word) in self._by_words

    def matches(self, written: Sequence[str]) -> list[Match]:
        """Return the longest forms in the words of a question, from left to right, not overlapping."""
        keys = [_singular(word.lower()) for word in written]
        found: list[Match] = []
        start = 0
        while start < len(keys):
            for length in range(min(self._longest, len(keys) - start), 0, -1):
                key = tuple(keys[start : start + length])
                entry = self._entry(key, written[start : start + length])
                if entry is not None:
                    found.append(Match(start=start, end=start + length, means=entry.means))
                    start += length - 1
                    break
            start += 1
        return found

    def _entry(self, key: tuple[str, ...], written: Sequence[str]) -> VocabularyEntry | None:
        """Return what words mean: a form with capitals is jargon only as written, LB but not lb, IdP apart from IDP."""
        forms = self._by_words.get(key, {})
        exact = forms.get(" ".join(written))
        return exact or next((entry for form, entry in forms.items() if form == form.lower()), None)

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
    return tuple(_singular(word.lower()) for word in words(form))


def _singular(word: str) -> str:
    """Take a plural's end off. Stems would be too coarse here: `containous` is no container."""
    return word[:-1] if len(word) > _SHORT and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a vocabulary file; CatalogueError names the file and what is wrong."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - a safe loader
    except OSError as error:
        raise CatalogueError(f"cannot read the vocabulary ({error.strerror})", path=path) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: no UTF-8, or a date that is none
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else None
        raise CatalogueError("not valid YAML; spaces, not tabs, indent", path=path, line=line) from error
    rows = content.get("entries") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise CatalogueError("expected `entries:`, a list of forms and means", path=path)
    entries = [_entry(row, number, path) for number, row in enumerate(rows)]
    first: dict[str, int] = {}
    for number, entry in enumerate(entries):
        for form in entry.forms:
            if first.setdefault(form, number) != number:
                raise CatalogueError(
                    f"the form {form!r:.80} stands in two entries; the other is at line {_line(path, first[form])}",
                    path=path,
                    line=_line(path, number),
                )
    return Vocabulary(entries)


def _line(path: Path, number: int) -> int:
    """Return the line of an entry, found only when there is something to say of it."""
    top: Any = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    entries = next(value for key, value in top.value if key.value == "entries")
    return int(entries.value[number].start_mark.line) + 1


def _entry(row: Any, number: int, path: Path) -> VocabularyEntry:
    if not isinstance(row, dict) or set(row) != {"forms", "means"}:
        raise CatalogueError(f"expected `forms` and `means`, got {row!r:.80}", path=path, line=_line(path, number))
    for key in ("forms", "means"):
        value = row[key]
        if not isinstance(value, list) or not value or not all(isinstance(text, str) and words(text) for text in value):
            raise CatalogueError(
                f"`{key}` must be a list of words in quotes, got {value!r:.80}", path=path, line=_line(path, number)
            )
    return VocabularyEntry(forms=tuple(row["forms"]), means=tuple(row["means"]))
