"""Finding the files of the sources, and telling their formats apart."""

import os
from pathlib import Path

import pytest

from index.catalogue.decoding import MAX_LINE_CHARS
from index.catalogue.formats.which import Format, format_of
from index.catalogue.read import read
from index.errors import CatalogueError

SAMPLES = Path(__file__).parent / "samples"


def test_pages_of_a_folder_keep_their_titles() -> None:
    """A page's title, or its file's name, begins the section path; what is no catalogue is reported."""
    found = read([SAMPLES / "pages"])
    assert {link.url: link.section for link in found.links} == {
        "https://example.com/docker-networking": ("Docker", "Docker Networking"),
        "https://example.com/brokers": ("Message queue",),
    }
    assert found.name == "pages"
    assert sorted((Path(skip.source.path).name, skip.reason) for skip in found.skipped) == [
        ("empty.md", "the file is empty"),
        ("notes.yaml", "YAML without the field links: not a catalogue"),
    ]


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        (
            "# My list\n## Contents\n### Tools\n- [a](https://a.org)\n### Talks\n- [b](https://b.org)\n",
            ["Tools", "Talks"],
        ),
        ("# Awesome Boats\n## Sails\n- [a](https://a.org)\n# Talks\n- [b](https://b.org)\n", ["Sails", "Talks"]),
        ("# Boats\n## Sails\n- [a](https://a.org)\n# Talks\n- [b](https://b.org)\n", ["Boats > Sails", "Talks"]),
        ("# My list\n## Tools\n- [a](https://a.org)\n- [b](https://b.org)\n", ["Tools", "Tools"]),
    ],
)
def test_what_is_above_everything_is_no_section(text: str, sections: list[str], tmp_path: Path) -> None:
    """The list's own name, and a heading of its contents; one section of its own is kept."""
    (tmp_path / "list.md").write_text(text)
    reading = read([tmp_path / "list.md"])
    assert [entry.link.section_path for entry in reading.entries] == sections


def test_a_page_alone_loses_its_title() -> None:
    """The only first heading is the list's name, not a section."""
    found = read([SAMPLES / "pages" / "docker.md"])
    assert found.name == "Docker"
    assert found.links[0].section == ("Docker Networking",)


def test_glob_and_several_sources_give_one_reading() -> None:
    """In the order given, a folder's in that of its names; a file named twice is read once."""
    found = read([SAMPLES / "native.yaml", SAMPLES / "pages" / "*.md", SAMPLES / "native.yaml"])
    assert [link.url for link in found.links] == [
        "https://cilium.io/",
        "https://example.com/versions",
        "https://example.com/docker-networking",
        "https://example.com/brokers",
    ]


def test_declared_sections_hold_only_when_every_file_declares_them() -> None:
    """A Markdown page beside a native file declares none: then any section is fine."""
    assert read([SAMPLES / "native.yaml"]).sections == (("Introduction",), ("Network Policy", "Cilium"))
    assert read([SAMPLES / "native.yaml", SAMPLES / "list.md"]).sections == ()


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("a.html", "<!DOCTYPE NETSCAPE-Bookmark-file-1>", Format.BOOKMARKS),
        ("a.txt", "<!DOCTYPE netscape-bookmark-file-1>", Format.BOOKMARKS),
        ("a.md", "<!DOCTYPE NETSCAPE-Bookmark-file-1>", Format.BOOKMARKS),
        ("a.html", "<html><body>a page", Format.HTML),
        ("a.txt", '[{"url": "https://a.org"}]', Format.JSON),
        ("a.mdx", "x", Format.MARKDOWN),
        ("a.htm", "<DL><DT><A HREF='https://a.org'>", Format.BOOKMARKS),
        ("a.html", "<html><DL><p>\n<DT><A HREF='https://a.org'>", Format.BOOKMARKS),
        ("a.html", "<html><dl><dt><a href='https://a.org'>A</a><dd>a term", Format.HTML),
        ("a.wiki", "* [https://a.org A]", None),
        ("a.textile", '* "A":https://a.org', None),
        ("a.YAML", "x", Format.NATIVE),
        ("a", "name: x\nlinks:\n", Format.NATIVE),
        ("a.txt", "title;url\n", Format.SPREADSHEET),
        ("a.txt", "- [a](https://a.org)", Format.MARKDOWN),
        ("a.txt", "plain text", None),
    ],
)
def test_formats_by_content_then_suffix(name: str, text: str, form: Format | None) -> None:
    """A bookmark file is one whatever its name; a name without a known suffix says nothing."""
    assert format_of(text, Path(name)) is form


@pytest.mark.parametrize(
    ("name", "data", "line", "says"),
    [
        ("a.yaml", b"", None, "the file is empty"),
        ("a.md", b" \n", None, "the file is empty"),
        ("a.yaml", b"links:\n- url: a\x00b", 2, "NUL byte"),
        ("a.yaml", b"links:\n- title: \xff", 2, "is not UTF-8: byte 0xff"),
        ("a.yaml", "links:\n".encode("utf-16"), None, "is UTF-16; save the file as UTF-8"),
        ("a.md", bytes(range(256)) * 40, 1, "NUL byte"),
        ("a.yaml", b'links:\n- url: https://a.org\n  title: "\\ud800"', 3, "not valid YAML"),
        ("a.yaml", b"links:\n- title: a\x07b", None, "not valid YAML"),
        ("a.yaml", b"links: []", None, "no link was found"),
        ("a.md", b"# Title\ntext", None, "no link was found"),
        ("a.html", b"<html><p>page", None, "no link was found"),
        ("a.yaml", b"links:\n- url: javascript:x\n", None, "; 1 entry was left out, most often: not an http or https"),
        ("a.txt", b"plain", None, "none of the formats"),
    ],
)  # fmt: skip
def test_bad_files(tmp_path: Path, name: str, data: bytes, line: int | None, says: str) -> None:
    """One clear line, with the place where there is one."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(CatalogueError, match=says) as caught:
        read([path])
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.yaml", "a.md", "a.csv", "a.html"])
def test_a_line_of_fifty_megabytes_is_refused(tmp_path: Path, name: str) -> None:
    """Parsers would take minutes; the message says how long the line is."""
    path = tmp_path / name
    path.write_text("links: url\n" + "[" * (50 * MAX_LINE_CHARS), "utf-8")
    with pytest.raises(CatalogueError, match="50,000,000 characters") as caught:
        read([path])
    assert caught.value.line == 2


def test_byte_order_mark_and_line_ends(tmp_path: Path) -> None:
    """Windows' own way to write a file is fine."""
    path = tmp_path / "a.md"
    path.write_bytes("# A\r\n\r\n- [b c](https://a.org)\r\n".encode("utf-8-sig"))
    (entry,) = read([path]).entries
    assert (entry.source.line, entry.link.title) == (3, "b c")


def test_nothing_there(tmp_path: Path) -> None:
    """Missing files, empty folders, patterns that match nothing, no source at all."""
    for path, says in [
        (tmp_path / "missing.md", "no such file"),
        (tmp_path, "the folder holds no catalogue file"),
        (tmp_path / "*.md", "no file matches"),
        (Path("\0"), "null|NUL|no such file"),
    ]:
        with pytest.raises(CatalogueError, match=says):
            read([path])
    with pytest.raises(CatalogueError, match="no catalogue was named"):
        read([])


def test_unreadable_file(tmp_path: Path) -> None:
    """What the system says, in one line."""
    path = tmp_path / "a.md"
    path.write_text("x", "utf-8")
    path.chmod(0)
    if os.access(path, os.R_OK):
        path.unlink()
        path.symlink_to(path)
    with pytest.raises(CatalogueError, match=r"cannot be read|no such file"):
        read([path])


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe that nobody writes to, a device without an end, a folder behind a file's name."""
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "zero.md").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe.md", tmp_path / "zero.md"):
        with pytest.raises(CatalogueError, match="it is a pipe or a device and no file"):
            read([path])
    with pytest.raises(CatalogueError, match="cannot be read: File name too long"):
        read([tmp_path / ("x" * 5_000)])


def test_a_pattern_may_match_what_is_no_catalogue(tmp_path: Path) -> None:
    """A folder without lists, golden questions, a pipe: what is a list is read."""
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "golden.yaml").write_text("format: 1\nquestions:\n- ask: a\n  links: [https://a.org]\n", "utf-8")
    (tmp_path / "b.yaml").write_text('{"links": [{"url": "https://b.org", "title": "b"}]}', "utf-8")
    for source in (tmp_path / "*", tmp_path):
        reading = read([source])
        assert [link.url for link in reading.links] == ["https://b.org"]
        assert [skip.reason for skip in reading.skipped] == ["YAML without the field links: not a catalogue"]


def test_progress_is_told_by_file() -> None:
    """Files done, and files in all."""
    told: list[tuple[int, int]] = []
    read([SAMPLES / "pages"], progress=lambda done, files: told.append((done, files)))
    assert told == [(number, 5) for number in range(1, 6)]


def test_hidden_folders_are_not_searched(tmp_path: Path) -> None:
    """`.git` and the like hold nothing that a curator wrote."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.md").write_text("- [a](https://a.org)", "utf-8")
    (tmp_path / "b.md").write_text("- [b](https://b.org)", "utf-8")
    assert [link.url for link in read([tmp_path]).links] == ["https://b.org"]


STRAYS = {
    "old.html": "<html><body>Café</body></html>".encode("cp1252"),
    "page.html": b"<html><body><a href='https://b.example'>b</a></body></html>",
    "chart.yaml": b"{{- if .Values.x }}\nlinks:\n{{- end }}\n",
    "_config.yml": b"title: Site\nlinks:\n  code: https://b.example/code\n",
    "broken.yml": b"links: [a\n",
    "latin.yml": "links: caf\u00e9\n".encode("cp1252"),
    "binary.md": bytes(range(256)) * 40,
    "table.csv": b"a,b\n1,2\n",
    "other.wiki": b"[https://b.example Two]\n",
    "book.xlsx": b"PK\x03\x04",
}


@pytest.mark.parametrize("name", STRAYS)
def test_a_stray_file_stops_no_folder(tmp_path: Path, name: str) -> None:
    """It is left out and named, with the reason."""
    (tmp_path / "good.md").write_text("# Good\n\n- [One](https://a.example/one) - does one.\n", "utf-8")
    (tmp_path / name).write_bytes(STRAYS[name])
    found = read([tmp_path])
    assert [link.title for link in found.links] == ["One"]
    ((place, text, reason),) = [(skip.source.path, skip.text, skip.reason) for skip in found.skipped]
    assert (place, text) == (str(tmp_path / name), name)
    assert reason
    assert str(tmp_path) not in reason


@pytest.mark.parametrize(
    "text", ["links:\n- url: https://a.example\n\ttitle: x", "links:\n  - title: caf\u00e9: au lait\n"]
)
def test_a_broken_catalogue_in_a_folder_is_no_stray(tmp_path: Path, text: str) -> None:
    """It was meant to be read: left out, its links would be gone from every answer."""
    (tmp_path / "good.md").write_text("- [One](https://a.example/one)\n", "utf-8")
    (tmp_path / "mine.yaml").write_text(text, "utf-8")
    with pytest.raises(CatalogueError, match=r"mine\.yaml:"):
        read([tmp_path])


def test_a_web_page_is_read_where_it_is_named(tmp_path: Path) -> None:
    """With what services write beside the links: tags and times."""
    path = tmp_path / "export.html"
    path.write_text(
        "<!DOCTYPE html><html><head><title>My export</title></head><body><h1>Unread</h1><ul>\n"
        '<li><a href="https://a.example/?a=1&section=2" time_added="1577880000" tags="go,cli">Ant</a></li></ul></body>',
        "utf-8",
    )
    found = read([path])
    assert found.name == "My export"
    (link,) = found.links
    assert (link.url, link.tags, str(link.added)) == ("https://a.example/?a=1&section=2", ("go", "cli"), "2020-01-01")
