"""Relative links of a git repository are addresses of its web pages."""

import subprocess
from pathlib import Path

import pytest

from index.catalogue.forges import WebFile, WebPages, raw_file
from index.catalogue.link import Reason
from index.catalogue.read import Root, read
from index.catalogue.sources.copies import gather
from index.catalogue.sources.sources import GitSource

GITHUB = "https://github.com/o/r/{}/main/"


@pytest.mark.parametrize(
    ("remote", "forge", "file", "folder"),
    [
        ("https://github.com/o/r.git", "", GITHUB.format("blob") + "a.pdf", GITHUB.format("tree") + "b"),
        ("git@github.com:o/r.git", "", GITHUB.format("blob") + "a.pdf", GITHUB.format("tree") + "b"),
        ("ssh://git@github.com:22/o/r", "", GITHUB.format("blob") + "a.pdf", GITHUB.format("tree") + "b"),
        ("https://u:secret@github.com/o/r/", "", GITHUB.format("blob") + "a.pdf", GITHUB.format("tree") + "b"),
        (
            "https://gitlab.corp.example:8443/g/sub/r.git", "",
            "https://gitlab.corp.example:8443/g/sub/r/-/blob/main/a.pdf",
            "https://gitlab.corp.example:8443/g/sub/r/-/tree/main/b",
        ),
        (
            "https://code.corp.example/g/r", "gitlab",
            "https://code.corp.example/g/r/-/blob/main/a.pdf", "https://code.corp.example/g/r/-/tree/main/b",
        ),
        (
            "https://codeberg.org/o/r", "",
            "https://codeberg.org/o/r/src/branch/main/a.pdf", "https://codeberg.org/o/r/src/branch/main/b",
        ),
        (
            "git@bitbucket.org:o/r.git", "",
            "https://bitbucket.org/o/r/src/main/a.pdf", "https://bitbucket.org/o/r/src/main/b",
        ),
        (
            "https://git.sr.ht/~o/r", "",
            "https://git.sr.ht/~o/r/tree/main/item/a.pdf", "https://git.sr.ht/~o/r/tree/main/item/b",
        ),
    ],
)  # fmt: skip
def test_forges(remote: str, forge: str, file: str, folder: str) -> None:
    """Each has its own addresses, by which its host's name or a setting tells; a password is in none."""
    pages = WebPages.of(remote, "main", forge)
    assert pages is not None
    assert (pages.page("a.pdf"), pages.page("b/")) == (file, folder)


@pytest.mark.parametrize("remote", ["https://git.example.com/o/r", "file:///srv/r", "/srv/r", "../r", ""])
def test_no_forge(remote: str) -> None:
    """A host that nobody knows has no pages that can be named."""
    assert WebPages.of(remote, "main") is None


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("foo.pdf", "blob/main/papers/foo.pdf"),
        ("./foo.pdf", "blob/main/papers/foo.pdf"),
        ("../top.pdf", "blob/main/top.pdf"),
        ("/top.pdf", "blob/main/top.pdf"),
        ("dir/", "tree/main/papers/dir"),
        ("./dir", "tree/main/papers/dir"),
        ("..", "tree/main/"),
        ("a b/c.pdf", "blob/main/papers/a%20b/c.pdf"),
        ("a%20b.pdf", "blob/main/papers/a%20b.pdf"),
        ("grün.png", "blob/main/papers/gr%C3%BCn.png"),
        ("guide.md#part", "blob/main/papers/guide.md#part"),
        ("x.pdf?raw=true", "blob/main/papers/x.pdf"),
        ("Makefile.am", "blob/main/papers/Makefile.am"),
        ("../../other/x.pdf", ""),
        ("../../../../etc/passwd", ""),
        ("../LICENSE", ""),
        ("../CODE-OF-CONDUCT.md", ""),
    ],
)
def test_where_a_relative_link_leads(link: str, address: str) -> None:
    """From the file's own folder, or from the top; nothing outside the repository."""
    pages = WebPages.of("https://github.com/o/r", "main")
    assert pages is not None
    found = WebFile(pages=pages, path="papers/README.md").address_of(link)
    assert found == (f"https://github.com/o/r/{address}" if address else "")


def test_the_text_of_a_file_on_github() -> None:
    """A list that is fetched from there has the same links."""
    for address in (
        "https://raw.githubusercontent.com/o/r/main/docs/a.md",
        "https://raw.githubusercontent.com/o/r/refs/heads/main/docs/a.md",
    ):
        file = raw_file(address)
        assert file is not None
        assert file.address_of("x.pdf") == "https://github.com/o/r/blob/main/docs/x.pdf"
    assert raw_file("https://example.com/o/r/main/docs/a.md") is None


LAYOUTS = {
    "list.md": "## Papers\n- [Foo](computer/foo.pdf) - about foo\n- [More](./dir/) - a folder\n- [Out](../../x.pdf) - out\n"
    "- [Own](#papers)\n- [Other](docs/other.md) - read itself\n- [Site](example.com/x)\n- [![badge](a.png)](b.png) Shown\n",
    "list.rst": "Papers\n======\n\n* `Foo <computer/foo.pdf>`_ - about foo\n* `More <./dir/>`_ - a folder\n",
    "list.adoc": "== Papers\n\n* link:computer/foo.pdf[Foo] - about foo\n* link:dir/[More] - a folder\n",
    "list.org": "* Papers\n- [[file:computer/foo.pdf][Foo]] - about foo\n- [[./dir/][More]] - a folder\n",
    "list.html": "<h2>Papers</h2><ul><li><a href=computer/foo.pdf>Foo</a> - about foo<li><a href=dir/>More</a> - a folder</ul>",
}


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_checkout_whose_origin_is_on_a_forge(name: str, tmp_path: Path) -> None:
    """Without git, by its settings: the branch that the checked out one follows."""
    git(tmp_path, "init", "--quiet", "--initial-branch=mine")
    git(tmp_path, "remote", "add", "origin", "https://me:secret@github.com/o/r.git")
    git(tmp_path, "config", "branch.mine.remote", "origin")
    git(tmp_path, "config", "branch.mine.merge", "refs/heads/trunk")
    (tmp_path / "docs").mkdir()
    (tmp_path / name).write_text(LAYOUTS[name])
    (tmp_path / "docs" / "other.md").write_text("- [x](https://a.example/x)\n")
    reading = read([tmp_path / name, tmp_path / "docs" / "other.md"])
    urls = [link.url for link in reading.links]
    assert urls[:2] == [
        "https://github.com/o/r/blob/trunk/computer/foo.pdf",
        "https://github.com/o/r/tree/trunk/dir",
    ]
    assert "secret" not in str(reading)
    if name == "list.md":
        assert urls[2:] == ["https://a.example/x"]
        assert [skip.reason for skip in reading.skipped] == [
            Reason.OTHER_PAGE, Reason.SAME_PAGE, Reason.NO_SCHEME, Reason.PICTURE, Reason.OTHER_PAGE,
        ]  # fmt: skip


def test_a_remote_on_a_forge(tmp_path: Path) -> None:
    """The remote's own branch is asked for, and kept with the copy; a file elsewhere has no pages."""
    repository = tmp_path / "r"
    repository.mkdir()
    git(repository, "init", "--quiet", "--initial-branch=trunk")
    (repository / "list.md").write_text("- [x](https://a.example/x)\n" + LAYOUTS["list.md"])
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=x")
    source = GitSource(remote=f"file://{repository}", forge="gitlab")
    for _ in range(2):
        (found,) = gather([source], tmp_path / "copies").sources
        assert found.root.pages is None  # of a repository on this disk
    pages = WebPages.of("https://gitlab.com/g/r", "trunk")
    root = Root(path=found.root.path, folder=found.root.folder, address="git", pages=pages)
    assert [link.url for link in read([root]).links] == [
        "https://a.example/x",
        "https://gitlab.com/g/r/-/blob/trunk/computer/foo.pdf",
        "https://gitlab.com/g/r/-/tree/trunk/dir",
        "https://gitlab.com/g/r/-/blob/trunk/docs/other.md",
    ]
    (copy,) = (tmp_path / "copies").glob("*/copy.json")
    assert '"branch": "trunk"' in copy.read_text()
