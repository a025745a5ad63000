"""Moved addresses are written back, and every other byte stays."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.catalogue.formats.edit import fix_file, moved
from index.catalogue.formats.native import read_native
from index.errors import CatalogueError

WRITTEN_BY_HAND = """\
# Our list.   Two blanks, kept.
format: 1
name:   "Networking"      # quoted, aligned

links:
  # the one about policies
- url: http://old.test/a   # moved in spring
  title: 'http://old.test/a is not an address here'
  description: >-
    Folded text that mentions
    http://old.test/a and goes on for long enough that a writer would wrap it somewhere else than its curator did, twice
  questions: [ "how?",   'why?' ]
-   title: Quoted twice
    url: "http://old.test/b?x=1&y=\\u00fc"
    stars: 2
- {url: 'http://old.test/c', title: In brackets, tags: [a, b]}
- title: Block
  url: >-
    http://old.test/d
  stars: 1

- url: http://stays.test/    # not moved
  title: Stays


# the end, after two blank lines
"""
MOVES = {
    "http://old.test/a": "https://new.test/a",
    "http://old.test/b?x=1&y=ü": "https://new.test/b#c",
    "http://old.test/c": "https://new.test/it's",
    "http://old.test/d": "https://new.test/d",
    "http://absent.test/": "https://new.test/absent",
}


def test_addresses_change_and_nothing_else() -> None:
    """Comments, blanks, order, quotes and folds stay; other mentions of the address are text."""
    edited, changed = moved(WRITTEN_BY_HAND, MOVES, "list.yaml")
    assert changed == 4
    expected = (
        WRITTEN_BY_HAND.replace("- url: http://old.test/a ", "- url: https://new.test/a ")
        .replace('"http://old.test/b?x=1&y=\\u00fc"', '"https://new.test/b#c"')
        .replace("'http://old.test/c'", "'https://new.test/it''s'")
        .replace("url: >-\n    http://old.test/d\n", 'url: "https://new.test/d"\n')
    )
    assert edited == expected
    assert moved(edited, MOVES, "list.yaml") == (edited, 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (WRITTEN_BY_HAND.replace("\n", "\r\n"), "line ends of Windows"),
        ("\ufeff" + WRITTEN_BY_HAND, "a byte order mark"),
        (WRITTEN_BY_HAND.rstrip(), "no line end at the end"),
        ('{"format": 1, "links": [{"url": "http://old.test/a", "title": "JSON"}]}', "JSON"),
    ],
)
def test_forms_of_files_stay(tmp_path: Path, before: str, after: str) -> None:
    """The bytes outside of the addresses are the same ones; the file keeps its rights."""
    path = tmp_path / "list.yaml"
    path.write_bytes(before.encode())
    path.chmod(0o640)
    assert fix_file(path, {"http://old.test/a": "http://new.test/a"}) == 1
    assert path.read_bytes().replace(b"http://new.test/a", b"http://old.test/a", 1) == before.encode(), after
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["list.yaml"]


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    """What is written is the file that it leads to."""
    (tmp_path / "real.yaml").write_text(WRITTEN_BY_HAND)
    (tmp_path / "list.yaml").symlink_to("real.yaml")
    assert fix_file(tmp_path / "list.yaml", MOVES) == 4
    assert (tmp_path / "list.yaml").is_symlink()


def test_a_file_without_moved_links_is_not_touched(tmp_path: Path) -> None:
    """Not even its time of change."""
    path = tmp_path / "list.yaml"
    path.write_text(WRITTEN_BY_HAND)
    before = path.stat()
    assert fix_file(path, {"http://absent.test/": "https://new.test/"}) == 0
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("target", ["https://new.test/a\nb", "https://new.test/\x07"])
def test_an_address_that_cannot_be_written_changes_nothing(tmp_path: Path, target: str) -> None:
    """What would not read back as meant is refused."""
    path = tmp_path / "list.yaml"
    path.write_text(WRITTEN_BY_HAND)
    with pytest.raises(CatalogueError):
        fix_file(path, {"http://old.test/a": target})
    assert path.read_text() == WRITTEN_BY_HAND


# Any file that somebody might write

_path = st.text(st.sampled_from("abcXYZ019-_.~!$&'()*+,;=:@%/?#[]{}|^`\"<>\\ üñ漢"), max_size=12)
_address = st.builds(
    lambda scheme, path: f"{scheme}://host.test/{path}".strip(), st.sampled_from(["http", "https"]), _path
)
_style = st.sampled_from(["plain", "'", '"'])
_URL = re.compile(r"^([- ] url: ).*$", re.MULTILINE)
_filler = st.sampled_from(["", "\n", "# a comment: with 'quotes\n", "  # indented\n\n"])
_title = st.sampled_from(
    ["Plain", "'quoted ''twice'''", '"esc\\taped"', "|-\n    a block\n    of lines", "> \n    folded\n"]
)


def _quoted(url: str, style: str) -> str:
    if style == "'":
        return "'" + url.replace("'", "''") + "'"
    return '"' + url.replace("\\", "\\\\").replace('"', '\\"') + '"' if style == '"' else url


@given(
    links=st.lists(st.tuples(_address, _style, _title, _filler), min_size=1, max_size=6),
    targets=st.lists(_address, min_size=6, max_size=6),
    chosen=st.sets(st.integers(0, 5)),
    order=st.sampled_from([(0, 1), (1, 0)]),
)
@settings(max_examples=40)
def test_whatever_the_file_only_addresses_change(
    links: list[tuple[str, str, str, str]], targets: list[str], chosen: set[int], order: tuple[int, int]
) -> None:
    """Cut what follows `url:` out of both texts, and they are the same; the links read back with the new addresses."""
    text = "links:\n"
    for url, style, title, filler in links:
        mark = _quoted(url, style)
        fields = [f"title: {title}", f"url: {mark}"]
        text += f"{filler}- {fields[order[0]]}\n  {fields[order[1]]}\n"
    try:
        before = read_native(text, "x", name="").reading
    except CatalogueError:
        return  # a plain address that YAML takes for something else
    moves = {links[at][0]: targets[at] for at in chosen if at < len(links)}
    try:
        edited, _ = moved(text, moves, "x")
    except CatalogueError as error:
        assert "nothing was changed" in str(error)  # noqa: PT017
        return
    assert _URL.sub(r"\1", edited) == _URL.sub(r"\1", text)
    after = read_native(edited, "x", name="").reading
    assert [link.url for link in after.links] == [moves.get(link.url, link.url) for link in before.links]
    assert [(e.link.title, e.source.line) for e in after.entries] == [
        (e.link.title, e.source.line) for e in before.entries
    ]
