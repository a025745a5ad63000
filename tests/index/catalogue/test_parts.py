"""Pages are read in parts, and parts are kept: neither changes what a page gives."""

import random
import sqlite3
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.catalogue.formats.markdown import PagePart, _read_part, _without_front_matter, read_page
from index.catalogue.formats.page import Headings
from index.catalogue.kept import READINGS_FILE, ReadingCache
from index.catalogue.link import Entry, Source
from index.catalogue.read import read

LINES = (
    *("", "", "", "  ", "# Title", "## Section", "### Below", "# ", "  ## Indented", "    # In code", "#NoHeading"),
    *("- [a](https://a.org) about a", "  - [b](https://b.org)", "* [code](https://c.org)", "1. [d](https://d.org)"),
    *("[e](https://e.org) leads", "text [f](https://f.org) runs", "lazy", "> - [q](https://q.org)", "> # Quoted"),
    *("```", "~~~", "  ```", "- ```", "> ~~~", "````"),
    *("<!--", "-->", "<!-- [g](https://g.org) -->", "<div>", "</div>", "<pre>", "</pre>", "<script>", "</script>"),
    *("<?php", "?>", "<![CDATA[", "]]>", "- <!--", '<a href="https://h.org">', "<details><summary>x</summary>"),
    *("| A | B |", "|---|---|", "| x | [i](https://i.org) |", "Setext", "===", "---", "***"),
    *("[ref]: https://ref.org", "- [ref]", "- [words][ref]", "[ref]:", "https://ref.org 'a", "title'", "[^1]: note"),
)


def whole(text: str) -> tuple[object, ...]:
    """Return what a page gives when it is parsed in one piece."""
    part = _read_part(_without_front_matter(text), (), Source(path="x.md"))
    return part.title, part.entries, part.skipped


@settings(max_examples=400, deadline=None)
@given(lines=st.lists(st.sampled_from(LINES), max_size=24))
@example(lines=["- x", "  ~~~", "<!--", "~~~", "", "# Title", "-->", "- [a](https://a.org) about a"])
@example(lines=["[ref]: https://ref.org", "", "# Title", "- [ref]"])
@example(lines=["<div>", "<pre>", "", "# Title"])
@example(lines=["# Title", "- [ref]", "", "# Title", "> [ref]: https://ref.org"])
@example(lines=["```", "", "# Title", "```", "", "## Section", "- [a](https://a.org) about a"])
def test_parts_of_a_page_are_the_page(lines: list[str]) -> None:
    """Whatever is open over a heading or named from elsewhere: entries, places and skips are those of one piece."""
    text = "\n".join(lines)
    page = read_page(text, "x.md")
    assert (page.title, page.entries, page.skipped) == whole(text)


class Counted(ReadingCache):
    """Counts the parts that had to be read."""

    texts: list[str]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.texts = []

    def put_part(self, text: str, under: Headings, start: Source, part: PagePart) -> None:
        """Keep and count."""
        self.texts.append(text)
        super().put_part(text, under, start, part)


PAGE = "# Title\n\n- [a](https://a.org)\n\n## One\n\n- [b](https://b.org)\n\n## Two\n\n- [code](https://c.org)\n"


def test_only_the_part_that_was_edited_is_read_again(tmp_path: Path) -> None:
    """Lines of what follows move along, and a heading further out is part of what stands below it."""
    page = tmp_path / "page.md"
    for text, again in (
        (PAGE, ["# Title", "## One", "## Two"]),
        (PAGE, []),
        (PAGE.replace("- [b]", "new\n\n- [b]"), ["## One"]),
        (PAGE.replace("# Title", "# Name", 1), ["# Name", "## One", "## Two"]),
        (PAGE.replace("## One", "## Other"), ["# Title", "## Other", "## Two"]),
    ):
        page.write_text(text, encoding="utf-8")
        with Counted(tmp_path / "cache") as kept:
            assert read([page], kept=kept) == read([page])
        assert [part.partition("\n")[0] for part in kept.texts] == again


@pytest.mark.parametrize("name", ["page.md", "page.yaml"])
def test_what_is_kept_is_what_was_read(tmp_path: Path, name: str) -> None:
    """Every field of entries and skips comes back, also when a row was damaged in between."""
    page = tmp_path / name
    row = "- {url: https://a.org, title: A, stars: 2, added: 2024-05-31, questions: [why], tags: [x], status: moved}"
    page.write_text(PAGE if name == "page.md" else f"format: 1\nlinks:\n{row}\n- {{title: no address}}\n")
    expected: tuple[Entry, ...] = read([page]).entries
    chance = random.Random(3)
    for attempt in range(20):
        with ReadingCache(tmp_path) as kept:
            found = read([page], kept=kept)
        assert (found.entries, found.skipped) == (expected, read([page]).skipped)
        with sqlite3.connect(tmp_path / READINGS_FILE) as database:
            ((file, reading, digest),) = database.execute("SELECT * FROM readings ORDER BY file LIMIT 1").fetchall()
            damaged = bytearray((reading.encode(), digest)[attempt % 2])
            damaged[chance.randrange(len(damaged))] ^= 1
            column = ("reading", "digest")[attempt % 2]
            value = damaged.decode("utf-8", "replace") if column == "reading" else bytes(damaged)
            database.execute(f"UPDATE readings SET {column} = ? WHERE file = ?", (value, file))
        database.close()


def test_many_headings_inside_an_open_comment_take_no_longer() -> None:
    """A page that never closes what it opened is parsed twice, not once a heading."""
    text = "<!--\n\n" + "# Title\n\n- [a](https://a.org)\n\n" * 3_000
    assert read_page(text, "x.md").entries == ()
