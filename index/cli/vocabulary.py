"""`signpost vocabulary`: finds abbreviations that a catalogue itself spells out, as candidates for its vocabulary.

The algorithm of Schwartz and Hearst (https://doi.org/10.1142/9789812776303_0042): a short form in brackets follows its long
form. Its letters are looked for in the words before it, from right to left; the first letter must begin a word.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path
from typing import Final

import click

from index import defaults
from index.amounts import amount
from index.builder.vocabulary_file import read_vocabulary
from index.catalogue.link import Link
from index.catalogue.merge import merge
from index.catalogue.read import read
from index.catalogue.sources.sources import AnySource
from index.cli.options import json_option, layers, vocabulary_option
from index.cli.sources import SourceType, gathered
from index.search.vocabulary import Vocabulary
from index.search.words import stem, words

_BRACKETS: Final = re.compile(r"\(([A-Za-z][A-Za-z0-9/&.-]{1,9})\)")
#: A sentence or another bracket ends what can be the long form.
_BREAK: Final = re.compile(r"[.;:!?()|]\s")
_LEAST_CAPITALS: Final = 2


@click.command("vocabulary", short_help="Print abbreviations that a catalogue spells out, for its vocabulary.")
@click.option("--catalogue", metavar="SOURCE", multiple=True, type=SourceType(), help="As for `build`.")
@vocabulary_option
@json_option
def vocabulary_command(catalogue: tuple[AnySource, ...], vocabulary: tuple[Path, ...], *, as_json: bool) -> None:
    """Print candidates for the vocabulary: abbreviations that links spell out, the commonest first.

    Forms that the vocabularies have already are left out.
    """
    known = reduce(Vocabulary.under, map(read_vocabulary, layers(vocabulary)), Vocabulary())
    with gathered(catalogue or (defaults.CATALOGUE,)) as found:
        links = merge(read(found.roots).entries)
    abbreviations = mine(links, known)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in abbreviations], ensure_ascii=False))
        return
    for one in abbreviations:
        click.echo(f"  - forms: [{json.dumps(one.short)}]\n    means: [{json.dumps(one.long, ensure_ascii=False)}]")
    click.echo(f"{amount(len(abbreviations), 'candidate')}, from {amount(len(links), 'link')}", err=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abbreviation:
    """A short form, its long form, and how many links spell it out like this."""

    short: str
    long: str
    links: int


def mine(links: Iterable[Link], known: Vocabulary) -> list[Abbreviation]:
    """Return the abbreviations that `links` spell out and the vocabulary does not have, the commonest first."""
    counts: Counter[tuple[str, str]] = Counter()
    written: dict[tuple[str, str], Counter[str]] = {}
    for link in links:
        found = {
            (short, " ".join(stem(word) for word in words(long.lower()))): long
            for text in (link.title, link.description)
            for short, long in spelled_out(text)
        }
        counts.update(found.keys())
        for key, long in found.items():
            written.setdefault(key, Counter())[long] += 1
    return [
        Abbreviation(
            short=short, long=min(written[short, key].items(), key=lambda item: (-item[1], item[0]))[0], links=count
        )
        for (short, key), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if short not in known
    ]


def spelled_out(text: str) -> Iterator[tuple[str, str]]:
    """Yield short and long forms, such as HPA and Horizontal Pod Autoscaler, in the order of the text."""
    for match in _BRACKETS.finditer(text):
        short = match[1]
        if sum(char.isupper() for char in short) < _LEAST_CAPITALS:
            continue
        before = _BREAK.split(text[: match.start()])[-1].split()
        letters = [char.lower() for char in short if char.isalnum()]
        nearest = before[-min(len(letters) + 5, 2 * len(letters)) :]
        long = _long_form(letters, " ".join(nearest))
        if long and len(long) > len(short) and short.lower() not in long.lower().split():
            yield short, long


def _long_form(letters: list[str], text: str) -> str:
    """Return the shortest end of a text with the letters in order, the first at the start of a word; empty without one."""
    place = len(text)
    for number, letter in reversed(list(enumerate(letters))):
        place -= 1
        while place >= 0 and not (
            text[place].lower() == letter and (number or place == 0 or not text[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return ""
    return text[place:].strip(" -–—,\"'“”’")
