"""Whatever a file holds: its reader gives links or a CatalogueError, and nothing else."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.catalogue.formats.native import read_native, write_native
from index.catalogue.read import examine
from index.catalogue.sources.sources import parse_source, read_source_list
from index.errors import CatalogueError

#: Marks that mean something to one reader or another, between pieces of any text.
PIECES = st.one_of(
    st.sampled_from(
        [
            "- ", "* ", "  - ", "    * ", "1. ", "# ", "## ", "> ", "| a | b |\n|---|---|\n", "| ", "\n", "\n\n", "\t", "---\n",
            "[", "](", ")", "![", "==", "**", "`", "~~~\n", "<!--", "-->", "<details>\n", "<br>", "{: a=b}", "\N{GLOWING STAR}",
            "https://a.org/x", "http://[x", "https://\u2026", "mailto:a@b.c", "#x", "x.md", "<https://a.org>", "a.org: b",
            "[r]: https://a.org\n", "links:\n", "- url: https://a.org/x\n  title: ", "sources:\n", "- path: ", "&a ", "*a",
            "!!x ", "{", "}", '"', "'", ": ", ", ",
            "url,title\n", "url;", ";", '"a""b"', "<DL><p>", "<DT><A HREF='https://a.org'>", "<H3>", "</H3>", "</DL>", "<DD>",
            "\ufeff", "\u2028", "\x0b", "\x85", "\u00f0\u0178\u0152\u0178",
        ]
    ),
    st.text(max_size=6),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=30).map("".join)


@pytest.mark.parametrize("name", ["a.md", "a.yaml", "a.html", "a.csv", "a"])
@settings(max_examples=60)
@given(text=TEXTS)
@example(text="- [a](https://a.org/x) " * 3 + "\n\t- b")
@example(text="<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><DT><A HREF='https://a.org' ADD_DATE='9999999999999999'>")
def test_any_text_is_links_or_an_error(tmp_path_factory: pytest.TempPathFactory, name: str, text: str) -> None:
    """And what was read can be written as native YAML and comes back equal."""
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(CatalogueError):
        reading = examine([path]).reading
        assert all(link.title.strip() and link.url for link in reading.links)
        assert all(0 <= entry.source.line <= text.count("\n") + text.count("\r") + 1 for entry in reading.entries)
        assert read_native(write_native(reading), "x.yaml", name="x").reading.links == reading.links


@settings(max_examples=60)
@given(text=TEXTS)
def test_any_text_is_sources_or_an_error(text: str) -> None:
    """In a file of sources and on a command line."""
    with suppress(CatalogueError):
        read_source_list(text, Path("x.yaml"))
    for given_on_a_command_line in (text, f"https://{text}", f"git+https://{text}", f"x={text}"):
        with suppress(CatalogueError):
            parse_source(given_on_a_command_line)


@given(secret=st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1))
def test_no_password_is_shown(secret: str) -> None:
    """Neither of an address that is fetched, nor of one that is refused."""
    for address in (
        f"https://a:{secret}<@a.org/x.md",
        f"git+https://a:{secret}<@a.org/x",
        f"http://a:{secret}<@a.org/x",
    ):
        try:
            shown = parse_source(address).address
        except CatalogueError as error:
            shown = str(error)
        assert f"{secret}<" not in shown
