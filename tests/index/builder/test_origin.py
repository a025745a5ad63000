"""Which catalogue an index is of: the same one by whatever name, and never another by mistake."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import defaults
from index.builder.origin import described, is_another, origin_of, own_sources, refuse_another
from index.bundle import IndexFolder
from index.catalogue.sources.sources import AnySource, GitSource, LocalSource, WebSource, parse_source
from index.errors import CatalogueError, OtherCatalogueError

VERSION = "0123456789abcdef"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work in a folder with two lists and an index."""
    folder = tmp_path / "project"
    (folder / "lists").mkdir(parents=True)
    (folder / ".signpost" / "index").mkdir(parents=True)
    for name in ("mine.md", "other.md"):
        (folder / "lists" / name).write_text("# List\n\n- [A](https://a.example/x)\n")
    monkeypatch.chdir(folder)
    return folder  # type: ignore[return-value]


def built(*sources: str | AnySource, index: Path | str = ".signpost/index", version: str = VERSION) -> IndexFolder:
    """Give an index folder that remembers to be built of some sources."""
    folder = IndexFolder(Path(index))
    folder.publish(version, 3, origin_of(parsed(*sources), folder.path))
    return folder


def parsed(*sources: str | AnySource) -> list[AnySource]:
    """Return sources as the command line reads them."""
    return [parse_source(source) if isinstance(source, str) else source for source in sources]


def test_a_path_is_the_same_however_it_is_written(project: Path) -> None:
    """Relative, absolute, through a link, with a name, with dots; another file of the folder is not."""
    (project / "link.md").symlink_to("lists/mine.md")
    (project / "folder").symlink_to("lists")
    folder = built("lists/mine.md")
    for same in (f"{project}/lists/mine.md", "./lists/../lists/mine.md", "link.md", "folder/mine.md", "Mine=link.md"):
        assert not is_another(folder, parsed(same)), same
    for other in ("lists/other.md", "lists", "lists/*.md", "mine.md", "missing.md", "https://a.example/mine.md"):
        assert is_another(folder, parsed(other)), other


def test_a_link_may_lead_elsewhere_tomorrow(project: Path) -> None:
    """As `current -> releases/42` does after each release: what was named is what counts."""
    (project / "current.md").symlink_to("lists/mine.md")
    folder = built("current.md")
    (project / "current.md").unlink()
    (project / "current.md").symlink_to("lists/other.md")
    assert not is_another(folder, parsed("current.md"))
    assert own_sources(folder) == (LocalSource(path=project / "current.md"),)


def test_a_folder_that_moves_with_its_index_stays_its_own(project: Path) -> None:
    """A checkout that is renamed; and one that is copied is about its own list, not about the first one's."""
    built("lists/mine.md", "lists/*.md")
    shutil.copytree(project, project.parent / "copy")
    copied = IndexFolder(project.parent / "copy" / ".signpost" / "index")
    own = [LocalSource(path=project.parent / "copy" / "lists" / name) for name in ("mine.md", "*.md")]
    assert list(own_sources(copied)) == own
    assert not is_another(copied, own)
    project.rename(project.parent / "renamed")
    moved = IndexFolder(project.parent / "renamed" / ".signpost" / "index")
    own = [LocalSource(path=project.parent / "renamed" / "lists" / name) for name in ("mine.md", "*.md")]
    assert list(own_sources(moved)) == own


def test_an_index_that_is_moved_alone_finds_its_catalogue(project: Path) -> None:
    """Where it was."""
    built("lists/mine.md")
    (project.parent / "elsewhere").mkdir()
    (project / ".signpost" / "index").rename(project.parent / "elsewhere" / "deep")
    folder = IndexFolder(project.parent / "elsewhere" / "deep")
    assert own_sources(folder) == (LocalSource(path=project / "lists" / "mine.md"),)


def test_several_sources_are_one_catalogue(project: Path) -> None:
    """In any order; one more loses nothing, one less does."""
    folder = built("lists/mine.md", "lists/other.md")
    assert not is_another(folder, parsed("lists/other.md", "lists/mine.md"))
    assert not is_another(folder, parsed("lists/other.md", "lists/mine.md", "git+https://a.example/more"))
    assert is_another(folder, parsed("lists/mine.md"))


def test_a_list_may_move_into_a_file_of_sources(project: Path) -> None:
    """It is still there; the way back would leave the others out. What such a file lists may change."""
    (project / "all.yaml").write_text("sources:\n- path: lists/mine.md\n- url: https://a.example/list.md\n")
    assert not is_another(built("lists/mine.md"), parsed("all.yaml"))
    folder = built("all.yaml")
    assert is_another(folder, parsed("lists/mine.md"))
    (project / "all.yaml").write_text("sources:\n- path: lists/other.md\n")
    assert not is_another(folder, parsed("all.yaml"))


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/list.md",
        "Named=git+https://a.example/lists@main#docs/*.md",
        "git+ssh://git@a.example/lists",
        "git+git@a.example:org/lists.git",
    ],
)
def test_a_source_from_elsewhere_is_built_again(project: Path, text: str) -> None:
    """With name, branch and path; another branch is another catalogue."""
    folder = built(text)
    assert list(own_sources(folder)) == parsed(text)
    assert is_another(folder, parsed("git+https://a.example/lists@other#docs/*.md"))


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/list.md?token=hunter2",
        "https://hunter2@a.example/list.md",
        "git+https://someone:hunter2@a.example/lists@main",
        "git+ssh://git:hunter2@a.example/lists",
    ],
)
def test_no_password_is_kept(project: Path, text: str) -> None:
    """The index knows the catalogue again, and asks for its address."""
    folder = built(text)
    assert "hunter2" not in (project / ".signpost" / "index" / "history.jsonl").read_text()
    assert not is_another(folder, parsed(text))
    with pytest.raises(CatalogueError, match="give it again with --catalogue") as caught:
        own_sources(folder)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(OtherCatalogueError) as refused:
        refuse_another(built("lists/mine.md"), parsed(text))
    assert "hunter2" not in str(refused.value)


def test_a_private_address_stays_private(project: Path) -> None:
    """What a program asked for is asked for again."""
    source = WebSource(url="https://a.example/list.md", private=True)
    assert own_sources(built(source)) == (source,)
    assert own_sources(built(GitSource(remote="file:///a/b"))) == (GitSource(remote="file:///a/b"),)


def test_the_shipped_catalogue_is_where_it_is_now(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade it is in another folder; a copy of it is somebody's own."""
    folder = built(LocalSource(path=defaults.CATALOGUE))
    assert str(defaults.CATALOGUE) not in (folder.path / "history.jsonl").read_text()
    assert described(own_sources(folder), folder.path) == "the shipped catalogue"
    monkeypatch.setattr(defaults, "CATALOGUE", project / "lists")
    assert own_sources(folder) == (LocalSource(path=project / "lists"),)
    assert not is_another(folder, parsed("lists"))


def test_where_there_is_no_index_the_shipped_catalogue_is_built(tmp_path: Path) -> None:
    """A first day."""
    assert own_sources(IndexFolder(tmp_path / "none")) == (LocalSource(path=defaults.CATALOGUE),)
    assert not is_another(IndexFolder(tmp_path / "none"), parsed("any.md"))


def test_the_current_bundle_says_whose_the_index_is(project: Path) -> None:
    """A bundle that was rolled back to brings its catalogue back; a lost pointer loses nothing."""
    built("lists/mine.md", version="a" * 16)
    folder = built("lists/other.md", version="b" * 16)
    assert own_sources(folder) == (LocalSource(path=project / "lists" / "other.md"),)
    folder.publish("a" * 16, 3)  # as `signpost rollback` does
    assert own_sources(folder) == (LocalSource(path=project / "lists" / "mine.md"),)
    folder.pointer.unlink()
    assert is_another(folder, parsed("lists/other.md")) != is_another(folder, parsed("lists/mine.md"))


def test_an_older_index_is_remembered_from_the_next_build_on(project: Path) -> None:
    """Any catalogue is taken once; when the bundle was built does not change, nor how many builds are listed."""
    folder = IndexFolder(project / ".signpost" / "index")
    row = {"version": VERSION, "built_at": "2026-01-01T00:00:00+00:00", "links": 3}
    (folder.path / "history.jsonl").write_text(json.dumps(row) + "\n")
    (folder.path / "current").write_text(f"{VERSION}\n")
    assert not is_another(folder, parsed("lists/mine.md"))
    before = folder.history()
    for _ in range(2):
        built("lists/mine.md", index=folder.path)
        assert [(entry.version, entry.built_at) for entry in folder.history()] == [
            (entry.version, entry.built_at) for entry in before
        ]
    assert (folder.path / "history.jsonl").read_text().count("\n") == 2
    assert is_another(folder, parsed("lists/other.md"))


def test_the_refusal_is_one_line_that_says_what_to_type(project: Path) -> None:
    """Both catalogues and both ways on; many sources are counted."""
    folder = built("lists/mine.md")
    with pytest.raises(OtherCatalogueError) as caught:
        refuse_another(folder, parsed("https://a.example/1", "https://a.example/2", "lists/other.md", "lists"))
    message = str(caught.value)
    assert f"of {project}/lists/mine.md, and not of https://a.example/1 and https://a.example/2 and " in message
    assert message.count("\n") == 0
    assert "and 1 more" in message
    assert "--replace" in message
    assert "--index DIR" in message
