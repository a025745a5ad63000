"""A reader's time is proportional to its text, whatever is repeated in it."""
# ruff: noqa: E501 - tables, which are read across

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from index.catalogue.read import examine
from index.errors import CatalogueError
from tests.fuzz.pieces import PIECES

#: Format of the pieces, with the suffix of its files and beginnings that put what follows into another place.
FORMATS: Final = {
    "markdown": (".md", ("", "- [a](https://a.org) ")),
    "html": (".html", ("", "<ul><li><a href='https://a.org'>a</a> - ", "<table><tr><td>")),
    "bookmarks": (".html", ("<DL><DT><A HREF='https://a.org'>", "<DL><DT><A HREF='https://a.org'>a</A><DD>")),
    "csv": (".csv", ("url,title,added\nhttps://a.org,", "url,title,further\nhttps://a.org,a,")),
    "json": (".json", ("", '[{"url":"https://a.org","title":"')),
    "opml": (".opml", ("<opml><head><title>", "<opml><body><outline url='https://a.org' text='")),
    "rst": (".rst", ("", "* ")),
    "asciidoc": (".adoc", ("", "* ", "|===\n|")),
    "org": (".org", ("", "* ", "- ")),
    "text": (".txt", ("", "https://a.org ")),
    "yaml": (".yaml", ("links:\n", "links:\n- url: https://a.org\n  title: ")),
}
#: What made a reader slow once, in one format or another.
MORE: Final = (
    "<DT", "<!--", "![", "[a](", "[a]( ", "<a ", "<title ", "<iframe", "<div>\n- a\n", "<p>\n- [a](https://a.org)\n", "==a ", "{a=",
    "-", "- -", " ", "1,", "\N{BLACK STAR} ", "a", "(a", "{a", ":a", "http", "'a", "_a", "|-|", "\n====\n", "\n|-", "link:", "xref:a,",
    "a::[", "image::a[", "(((", "link:++a", "<br>", "https://a.org\n", "https://a.org)", "([a](https://a.org)) ", ", and ", "<td rowspan=999>a<tr>",
    "<ul>", "\n| a", "* ", "TODO ",
)  # fmt: skip
#: A text is made four times as long until it takes this long (seconds of the processor), or has so many characters.
LONG_S: Final = 0.03
SHORTEST, LONGEST = 1_000, 16_000
#: A reader whose time is proportional to the text takes four times as long for four times the text, a quadratic one 16 times.
STEEPEST: Final = 7.5
#: Where a system counts the processor's time in ticks, less than two of them say nothing.
TICKS_S: Final = 0.008


def seconds(path: Path, text: str, *, times: int = 1) -> float:
    """Return how long a text takes to be read: the shortest of so many times."""
    path.write_text(text, encoding="utf-8")
    taken: list[float] = []
    for _ in range(times):
        started = time.process_time()
        with suppress(CatalogueError):
            examine([path])
        taken.append(time.process_time() - started)
    return min(taken)


def is_steep(path: Path, start: str, piece: str) -> bool:
    """Whether a piece, repeated four times as often, takes much more than four times as long, and again at four times that.

    What is slow and then refused is not steep: that is how docutils' long words are met.
    """

    def of(chars: int) -> str:
        return start + piece * (chars // len(piece))

    chars, took = SHORTEST, seconds(path, of(SHORTEST))
    while took < LONG_S and chars < LONGEST:
        chars *= 4
        before, took = took, seconds(path, of(chars))
        if took > LONG_S and took > STEEPEST * before:  # perhaps something else came between
            took, last = (seconds(path, of(length), times=3) for length in (chars, 4 * chars))
            return took > LONG_S and last > STEEPEST * took and last > STEEPEST**2 * max(before, TICKS_S)
    return False


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_four_times_the_text_takes_four_times_the_time(tmp_path: Path, name: str) -> None:
    """Every piece that means something to a reader, repeated, until what it takes is long enough to be compared."""
    suffix, starts = FORMATS[name]
    path = tmp_path / f"list{suffix}"
    seconds(path, "- [a](https://a.org)\n")  # loads what the reader uses
    own = (piece for piece in PIECES[name] if piece not in PIECES["text"])
    cases = dict.fromkeys(
        [*((starts[0], piece) for piece in own), *((start, piece) for start in starts[-1:] for piece in MORE)]
    )
    assert not [case for case in cases if is_steep(path, *case)]
