"""Reads the glossary that ships, and finds the entries whose terms a catalogue writes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from index.builder.phrases import Phrases
from index.errors import BuildError
from index.search.language import DEFAULT, Language
from index.search.spelling import ordinary_words

#: An entry that a larger share of the links, and more than so many, write a term of tells none from the others.
COMMON: Final = 0.1
FEW: Final = 5


@dataclass(frozen=True, slots=True)
class GlossaryEntry:
    """One thing."""

    terms: tuple[str, ...]
    """How titles write it."""
    plain: str
    """What people call it who do not know the terms: the text that is encoded."""


def read_glossary(path: Path) -> tuple[GlossaryEntry, ...]:
    """Read a file of entries, one JSON object a line; BuildError when it is something else or cannot be read."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return tuple(GlossaryEntry(tuple(row["terms"]), "; ".join(row["plain"])) for row in rows)
    except OSError as error:
        raise BuildError(f"{path}: cannot read the glossary ({error.strerror}); install Signpost again") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{path}: not a glossary ({error}); install Signpost again") from error


def in_words_of(
    phrases: Phrases, glossary: Sequence[GlossaryEntry], language: Language = DEFAULT
) -> Iterator[tuple[GlossaryEntry, list[int]]]:
    """Yield the entries of which links have a term in title, description or section, each with the numbers of these links.

    A name that is an ordinary word in small letters counts only as it is written: Presto, not presto. An entry that too
    many links write a term of is left out.
    """
    most = max(FEW, phrases.links * COMMON)
    for entry in glossary:
        rows: set[int] = set()
        for term in entry.terms:
            written = term if term != term.lower() and term.lower() in ordinary_words() else ""
            rows.update(phrases.writers(language.stems_of(language.words(term)), written))
        if 0 < len(rows) <= most:
            yield entry, sorted(rows)
