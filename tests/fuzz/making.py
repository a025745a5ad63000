"""Makes inputs from a source of chance: texts of pieces that mean something, samples with damage, bytes, values of JSON.

Hypothesis takes a hundred times as long for it, so its own properties stand beside the tests.
"""

from functools import cache
from random import Random
from typing import Any, Final

from index.catalogue.link import Entry, Reading, Source
from index.catalogue.writers import written
from tests.fuzz.pieces import PIECES, SAMPLES
from tests.support import LINKS

PIECES_SHARE: Final = 0.85
_SAMPLES_SHARE: Final = 0.15
_REPEATED_SHARE: Final = 0.1
_MOST_REPEATED: Final = 300
_MOST_DAMAGES: Final = 5
_DEEPEST: Final = 4


def any_text(chance: Random) -> str:
    """Return some characters: of ASCII, of any alphabet, or halves of such."""
    most = chance.choice((0x80, 0x250, 0x3100, 0xE000, 0x110000))
    return "".join(map(chr, (chance.randrange(most) for _ in range(chance.randrange(5)))))


def text(name: str, chance: Random) -> str:
    """Return a text of the pieces that mean something to a reader, or a damaged sample of what it reads."""
    if chance.random() < _SAMPLES_SHARE and (sample := _sample(name)):
        return _damaged(name, sample, chance)
    pieces = PIECES[name]
    parts = [
        chance.choice(pieces) if chance.random() < PIECES_SHARE else any_text(chance)
        for _ in range(chance.randrange(25))
    ]
    if parts and chance.random() < _REPEATED_SHARE:
        at = chance.randrange(len(parts))
        parts[at] *= chance.randrange(_MOST_REPEATED)
    return "".join(parts)


@cache
def _sample(name: str) -> str:
    """Return a whole text of a format: one that is kept with the pieces, or a list as we write it."""
    if name in {"yaml", "markdown", "html", "csv", "json", "bookmarks", "opml"}:
        entries = tuple(Entry(link=link, source=Source(path="x")) for link in LINKS[:4])
        return written(Reading(name="Tiny", entries=entries, skipped=()), name).decode()
    return SAMPLES.get(name, "")


def _damaged(name: str, sample: str, chance: Random) -> str:
    """Return a sample with some places cut out, doubled, moved, or with a piece in them."""
    for _ in range(chance.randrange(1, _MOST_DAMAGES)):
        start = chance.randrange(len(sample) + 1)
        end = start + chance.choice((0, 1, chance.randrange(9), chance.randrange(200)))
        part = sample[start:end]
        new = chance.choice(("", part + part, part[::-1], chance.choice(PIECES[name]), any_text(chance)))
        sample = sample[:start] + new + sample[end:]
        if chance.randrange(_MOST_DAMAGES) == 0:
            at = chance.randrange(len(sample) + 1)
            sample = sample[:at] + part + sample[at:]
    return sample


def some_bytes(chance: Random, most: int) -> bytes:
    """Return fewer than so many bytes."""
    return chance.randbytes(chance.randrange(most))


def body(name: str, chance: Random) -> bytes:
    """Return the body of a request or a response."""
    if chance.random() < PIECES_SHARE / 4:
        return some_bytes(chance, 60)
    return text(name, chance).encode("utf-8", "surrogatepass")


def json_value(chance: Random, depth: int = 0, names: str = "payload") -> Any:
    """Return any value of JSON."""
    match chance.randrange(9 if depth < _DEEPEST else 7):
        case 0:
            return None
        case 1:
            return chance.random() < 0.5
        case 2:
            return chance.choice((0, -1, 2**70, chance.randrange(100)))
        case 3:
            return chance.choice((0.5, float("inf"), float("nan"), -1e300))
        case 4 | 5 | 6:
            return text("said", chance)[:40] if chance.random() < PIECES_SHARE else any_text(chance)
        case 7:
            return [json_value(chance, depth + 1, names) for _ in range(chance.randrange(4))]
    return json_object(chance, depth, names)


def json_object(chance: Random, depth: int = 0, names: str = "payload") -> dict[str, Any]:
    """Return an object, with the names of what is sent."""
    found = (chance.choice(PIECES[names]) for _ in range(chance.randrange(6)))
    return {name: json_value(chance, depth + 1, names) for name in found}
