"""Versions of a catalogue as its curators would make them: from one to the next, tens of links change."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from index.catalogue.formats.native import write_native
from index.catalogue.link import Entry, Reading
from index.catalogue.read import read

#: A bullet that is one link and what is said of it.
_BULLET: Final = re.compile(r"[-*] \[(?P<title>[^\]\[\n]+)\]\((?P<url>https?://[^()\s]+)\)(?P<rest>[^\[\n]*)$")

Item = TypeVar("Item")
#: Makes another item of one; the number makes it differ from all others.
Rewrite = Callable[[Item, str], Item]


def next_version(catalogue: Path, *, seed: int, changes: int, largest: int | None = None) -> None:
    """Change some links of a file or folder of Markdown, or of a native file, where they stand.

    One after the other is given another title, another description, a new link below it, is taken out, and moved to
    where another link stands. The same seed makes the same changes. `largest`: only in so many pages, the largest.
    """
    chance = random.Random(seed)
    if catalogue.suffix in {".yaml", ".yml"}:
        reading = read([catalogue])
        slots = [[entry] for entry in reading.entries]
        _edit(slots, chance.sample(range(len(slots)), changes), chance, _ENTRY, seed)
        entries = tuple(entry for slot in slots for entry in slot)
        catalogue.write_text(write_native(Reading(name=reading.name, entries=entries)), encoding="utf-8")
        return
    pages = sorted(catalogue.rglob("*.md")) if catalogue.is_dir() else [catalogue]
    if largest is not None:
        pages = sorted(pages, key=lambda page: page.stat().st_size)[-largest:]
    lines = [(page, [line]) for page in pages for line in page.read_text(encoding="utf-8").split("\n")]
    bullets = [slot for _, slot in lines if _BULLET.match(slot[0])]
    _edit(bullets, chance.sample(range(len(bullets)), changes), chance, _LINE, seed)
    for page in pages:
        text = "\n".join(line for place, slot in lines if place == page for line in slot)
        page.write_text(text, encoding="utf-8")


def _edit(
    slots: list[list[Item]],
    chosen: Sequence[int],
    chance: random.Random,
    rewrites: tuple[Rewrite[Item], Rewrite[Item], Rewrite[Item]],
    seed: int,
) -> None:
    """Change the items in the chosen slots, each of which holds one; a slot may end up with none, or with several."""
    retitled, redescribed, another = rewrites
    for number, at in enumerate(chosen):
        slot, mark = slots[at], f"{seed}.{number}"
        item = slot[0]
        match number % 5:
            case 0:
                slot[0] = retitled(item, mark)
            case 1:
                slot[0] = redescribed(item, mark)
            case 2:
                slot.append(another(item, mark))
            case 3:
                slot.pop(0)
            case _:
                slot.pop(0)
                chance.choice(slots).append(item)


def _line_with(line: str, *, title: str = "", url: str = "", rest: str = "") -> str:
    """Add to the parts of a bullet."""
    found = _BULLET.match(line)
    if found is None:
        raise ValueError(line)
    return f"{line[:2]}[{found['title']}{title}]({found['url']}{url}){found['rest']}{rest}"


_LINE: Final[tuple[Rewrite[str], Rewrite[str], Rewrite[str]]] = (
    lambda line, mark: _line_with(line, title=f", revised in {mark}"),
    lambda line, mark: _line_with(line, rest=f" - said better in {mark}"),
    lambda line, mark: _line_with(line, title=f", continued in {mark}", url=f"?version={mark}"),
)


def _entry_with(entry: Entry, *, title: str = "", url: str = "", description: str = "") -> Entry:
    """Add to what an entry says."""
    link = entry.link
    link = replace(link, title=link.title + title, url=link.url + url, description=link.description + description)
    return replace(entry, link=link)


_ENTRY: Final[tuple[Rewrite[Entry], Rewrite[Entry], Rewrite[Entry]]] = (
    lambda entry, mark: _entry_with(entry, title=f", revised in {mark}"),
    lambda entry, mark: _entry_with(entry, description=f" Said better in {mark}."),
    lambda entry, mark: _entry_with(entry, title=f", continued in {mark}", url=f"?version={mark}"),
)
