"""What names a source: on the command line, in the environment, in a file of sources."""

from pathlib import Path

import pytest

from index.catalogue.read import read
from index.catalogue.sources.copies import State, gather
from index.catalogue.sources.sources import (
    MEGABYTE,
    AnySource,
    GitSource,
    LocalSource,
    WebSource,
    check_names,
    parse_source,
    read_source_list,
)
from index.cli.sources import SourceType
from index.errors import CatalogueError


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("lists/*.md", LocalSource(path=Path("lists/*.md"))),
        ("my lists=lists/a.md", LocalSource(path=Path("lists/a.md"), name="my lists")),
        ("./a=b.md", LocalSource(path=Path("./a=b.md"))),
        ("https://example.com/list.md?a=b", WebSource(url="https://example.com/list.md?a=b")),
        ("mine=https://example.com/list.md", WebSource(url="https://example.com/list.md", name="mine")),
        ("git+https://example.com/lists", GitSource(remote="https://example.com/lists")),
        (
            "mine=git+https://ann@example.com:8443/lists.git@topic/new#docs/*.md",
            GitSource(
                remote="https://ann@example.com:8443/lists.git", branch="topic/new", path="docs/*.md", name="mine"
            ),
        ),
        ("git+ssh://git@example.com/ann/lists", GitSource(remote="ssh://git@example.com/ann/lists")),
        ("git+git@example.com:ann/lists.git@v1", GitSource(remote="git@example.com:ann/lists.git", branch="v1")),
        ("git+file:///srv/lists.git", GitSource(remote="file:///srv/lists.git")),
    ],
)
def test_what_a_command_takes(text: str, source: AnySource) -> None:
    """Paths, addresses and git remotes, with a name before them."""
    assert parse_source(text) == source


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/list.md",
        "ftp://example.com/list.md",
        "git+http://example.com/lists",
        "git+git://example.com/lists",
        "git+ext::sh -c touch% /tmp/x",
        "git+--upload-pack=touch",
        "git+ssh://-oProxyCommand=touch/x",
        "git+git@-oProxyCommand=touch:x",
        "git+https://example.com/lists@--all",
        "git+https://example.com/lists@a..b",
        "git+https://example.com/lists#../../etc",
        "git+https://example.com/lists#/etc",
        "git+https://example.com/lists#--output=x",
    ],
)
def test_what_is_refused(text: str) -> None:
    """Whatever is not encrypted, runs a program, or is an option in disguise; passwords are not repeated."""
    with pytest.raises(CatalogueError) as caught:
        parse_source(text)
    assert "\n" not in str(caught.value)


def test_a_path_that_exists_is_that_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that looks like a name and a path."""
    monkeypatch.chdir(tmp_path)
    Path("a=b.md").touch()
    assert parse_source("a=b.md") == LocalSource(path=Path("a=b.md"))


def test_passwords_and_parameters_are_not_shown() -> None:
    """Addresses stand in reports and messages; tokens must not."""
    assert parse_source("https://ann:secret@example.com/a.md?token=secret").address == "https://example.com/a.md"
    assert parse_source("git+https://secret@example.com/a@main#x").address == "https://example.com/a@main"
    with pytest.raises(CatalogueError, match=r"example\.com") as caught:
        parse_source("http://ann:secret@example.com/a.md?token=secret")
    assert "secret" not in str(caught.value)


def test_several_sources_in_one_variable() -> None:
    """Parted by colons like PATH, but not at those of addresses."""
    value = "a.md:https://h/x.md:n=git+https://u:p@h:8443/r@main#docs:lists/*.md"
    assert SourceType().split_envvar_value(value) == [
        "a.md",
        "https://h/x.md",
        "n=git+https://u:p@h:8443/r@main#docs",
        "lists/*.md",
    ]


LISTED = """\
format: 1
name: Platform links
sources:
- path: a.md
- name: pages
  path: pages/*.md
- name: kubernetes
  git: https://example.com/kubernetes
  branch: master
  path: docs
  timeout_s: 300
  max_mb: 500
- url: https://example.com/list.md
  private: true
"""


def test_a_file_of_sources(tmp_path: Path) -> None:
    """Each with its name, limits, and paths from the file's folder."""
    listed = read_source_list(LISTED, tmp_path / "sources.yaml")
    assert listed.name == "Platform links"
    assert listed.sources == (
        LocalSource(path=tmp_path / "a.md"),
        LocalSource(path=tmp_path / "pages/*.md", name="pages"),
        GitSource(
            name="kubernetes",
            remote="https://example.com/kubernetes",
            branch="master",
            path="docs",
            timeout_s=300,
            max_bytes=500 * MEGABYTE,
        ),
        WebSource(url="https://example.com/list.md", private=True),
    )


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("sources: a.md", 1, "must be a list"),
        ("sources: []", 1, "at least one source"),
        ("format: 2\nsources:\n- path: a", 1, "format is '2'"),
        ("sources:\n- a.md", 2, "a source is a mapping with path, git or url"),
        ("sources:\n- name: a", 2, "either path, or git"),
        ("sources:\n- git: https://a.b/c\n  url: https://a.b/c", 2, "either path, or git"),
        ("sources:\n- path: a\n  branch: b", 3, "the field 'branch' is not one of name, path"),
        ("sources:\n- url: http://a.b/c", 2, "only https://"),
        ("sources:\n- path: a\n- git: a", 3, "no git remote"),
        ("sources:\n- url: https://a.b/c\n  timeout_s: 1.5", 3, "timeout_s must be a whole number"),
        ("sources:\n- url: https://a.b/c\n  private: maybe", 3, "private must be true or false"),
        ("sources:\n- path: []", 2, "path must be text"),
        ("links: []\nsources:\n- path: a", 1, "the field 'links' is not one of"),
        ("sources: &a\n- path: *a", 1, "anchors are not read"),
    ],
)
def test_wrong_files_of_sources(tmp_path: Path, text: str, line: int, says: str) -> None:
    """One line with the place, and nothing is fetched."""
    path = tmp_path / "sources.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(CatalogueError, match=says) as caught:
        gather([path], tmp_path / "copies")
    assert caught.value.line == line
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_named_sources_are_one_catalogue(tmp_path: Path) -> None:
    """Files, folders and patterns in the order of the file; its name is the catalogue's."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "a.md").write_text("- [a](https://a.org/a)\n", "utf-8")
    (tmp_path / "pages" / "b.md").write_text("- [b](https://a.org/b)\n", "utf-8")
    (tmp_path / "pages" / "c.txt").write_text("- [c](https://a.org/c)\n", "utf-8")
    listed = tmp_path / "sources.yaml"
    listed.write_text("name: All\nsources:\n- path: pages/*\n  name: pages\n- path: a.md\n", "utf-8")
    found = gather([listed], tmp_path / "copies")
    reading = read(found.roots, name=found.name)
    assert [link.url for link in reading.links] == ["https://a.org/b", "https://a.org/c", "https://a.org/a"]
    assert reading.name == "All"
    assert [(source.name, source.state) for source in found.sources] == [("pages", State.LOCAL), ("", State.LOCAL)]


def test_a_file_of_sources_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    """It is a list of what to read, and no part of a catalogue; the reading says so."""
    (tmp_path / "sources.yaml").write_text("format: 1\nsources:\n- path: a.md\n", "utf-8")
    (tmp_path / "a.md").write_text("- [a](https://a.org/a)\n", "utf-8")
    (skip,) = read([tmp_path]).skipped
    assert "a file of sources" in skip.reason


def test_one_name_for_two_sources_is_refused(tmp_path: Path) -> None:
    """Reports tell sources apart by their names."""
    with pytest.raises(CatalogueError, match=r"a\.md and b\.md are both named 'x'"):
        gather([parse_source("x=a.md"), parse_source("x=b.md")], tmp_path)


def test_one_source_from_elsewhere_twice_is_refused(tmp_path: Path) -> None:
    """Also under two names: both would be written to one folder at once. A branch or a path makes another one of it."""
    twice = [parse_source("x=https://a.invalid/l.md"), parse_source("y=https://a.invalid/l.md")]
    with pytest.raises(CatalogueError, match=r"https://a\.invalid/l\.md: is given twice"):
        gather(twice, tmp_path)
    check_names([parse_source("git+https://a.invalid/l#a"), parse_source("git+https://a.invalid/l#b")])


def test_a_name_names_the_catalogue(tmp_path: Path) -> None:
    """When it is the only source."""
    (tmp_path / "a.md").write_text("# Title\n- [a](https://a.org/a)\n", "utf-8")
    assert read(gather([parse_source(f"mine={tmp_path / 'a.md'}")], tmp_path).roots).name == "mine"
    assert read(gather([tmp_path / "a.md"], tmp_path).roots).name == "Title"
