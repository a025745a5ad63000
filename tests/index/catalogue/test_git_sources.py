"""Lists in git remotes: real repositories, over file and https, fetched by the real git."""

import base64
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index.catalogue.read import read
from index.catalogue.sources.copies import Refreshed, State, gather
from index.catalogue.sources.sources import GitSource
from index.errors import CatalogueError
from tests.index.catalogue.https_server import ListServer, dripping, status

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


class Repository:
    """A repository that somebody pushes lists to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    @property
    def url(self) -> str:
        """Its address on this disk."""
        return f"file://{self.path}"

    def git(self, *arguments: str, given: str = "") -> str:
        """Run git in it."""
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            env=ENVIRONMENT, input=given, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        """Commit files, with `__` for a slash and a dot between name and ending."""
        for name, content in files.items():
            path = self.path / (name.replace("__", "/").replace("_", ".") if "_" in name else name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=x")
        return self.git("rev-parse", "HEAD")


def links(*names: str) -> str:
    """Return a list of links."""
    return "".join(f"- [{name}](https://a.org/{name})\n" for name in names)


@pytest.fixture(name="repository")
def _repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "lists")
    repository.commit(a_md=links("a1", "a2"), docs__b_md=links("b"), docs__deep__c_md=links("c"), logo_png="x")
    return repository


@pytest.fixture(name="source")
def _source(repository: Repository) -> GitSource:
    return GitSource(remote=repository.url, timeout_s=120)


def refresh(source: GitSource, tmp_path: Path, *, offline: bool = False) -> Refreshed:
    """Refresh one source."""
    (found,) = gather([source], tmp_path / "copies", refresh=not offline).sources
    return found


def names(found: Refreshed) -> list[str]:
    """Return the titles that are read from a source."""
    return [link.title for link in read([found.root]).links]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", ["a1", "a2", "b", "c"]),
        ("docs", ["b", "c"]),
        ("docs/b.md", ["b"]),
        ("docs/*.md", ["b"]),
        ("**/*.md", ["a1", "a2", "b", "c"]),
        ("*", ["a1", "a2", "b", "c"]),
    ],
)
def test_files_folders_and_patterns(source: GitSource, tmp_path: Path, path: str, expected: list[str]) -> None:
    """Of the remote's own branch, read as they are on this disk."""
    assert sorted(names(refresh(replace(source, path=path), tmp_path))) == expected


def test_a_commit_is_fetched_once(repository: Repository, source: GitSource, tmp_path: Path) -> None:
    """Later ones are when they are there; a file that was removed is gone."""
    assert refresh(source, tmp_path).state is State.FETCHED
    assert refresh(source, tmp_path).state is State.UNCHANGED
    repository.commit(a_md=links("a1", "a3"))
    found = refresh(source, tmp_path)
    assert (found.state, names(found)) == (State.FETCHED, ["a1", "a3", "b", "c"])
    (repository.path / "a.md").unlink()
    repository.commit()
    assert names(refresh(source, tmp_path)) == ["b", "c"]


def test_a_commit_that_changes_no_list_does_not_touch_the_copy(
    repository: Repository, source: GitSource, tmp_path: Path
) -> None:
    """Its files are not even written again: a kill in between leaves the last good copy."""
    before = refresh(source, tmp_path).root.path.stat().st_ino
    repository.commit(logo_png="y")
    found = refresh(source, tmp_path)
    assert (found.state, found.root.path.stat().st_ino) == (State.UNCHANGED, before)


def test_history_may_be_rewritten(repository: Repository, source: GitSource, tmp_path: Path) -> None:
    """What a branch leads to now is what counts."""
    refresh(source, tmp_path)
    repository.git("commit", "--quiet", "--amend", "--message=y")
    (repository.path / "a.md").write_text(links("other", "a1"), "utf-8")
    repository.git("commit", "--quiet", "--all", "--amend", "--message=y")
    assert names(refresh(source, tmp_path))[0] == "other"


def test_branches_and_tags(repository: Repository, source: GitSource, tmp_path: Path) -> None:
    """By their names; a branch before a tag of its name."""
    repository.git("tag", "--annotate", "v1", "--message=v1")
    repository.git("switch", "--quiet", "--create", "topic/new")
    repository.commit(a_md=links("new"))
    repository.git("switch", "--quiet", "main")
    assert names(refresh(replace(source, branch="v1", path="a.md"), tmp_path)) == ["a1", "a2"]
    assert names(refresh(replace(source, branch="topic/new", path="a.md"), tmp_path)) == ["new"]


def test_messages_name_remote_and_file(repository: Repository, source: GitSource, tmp_path: Path) -> None:
    """And the line in it, not the copy's path."""
    repository.commit(docs__b_md=links("b") + "- [Mail](mailto:a@b.c)\n")
    reading = read([refresh(source, tmp_path).root])
    assert str(reading.skipped[0].source) == f"{repository.url}#docs/b.md:2"
    assert reading.name == "lists"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"branch": "gone"}, "has no branch or tag 'gone'"),
        ({"remote": "file:///no/such/repository"}, "there is no such repository"),
        ({"path": "none/*.md"}, "#none/*.md: no file matches this pattern"),
        ({"path": "none.md"}, "#none.md: there is no such file or folder"),
        ({"path": "logo.png"}, "#logo.png: is none of the formats"),
        ({"remote": "https://no-such-name.invalid/x"}, "Could not resolve host"),
        ({"remote": "git://localhost/x"}, "transport 'git' not allowed"),
        ({"remote": "ext::touch /tmp/never"}, "transport 'ext' not allowed"),
    ],
)
def test_remotes_that_fail(source: GitSource, tmp_path: Path, change: dict[str, str], says: str) -> None:
    """One line; programs and plain text are refused by git too, were such a remote to get there."""
    with pytest.raises(CatalogueError) as caught:
        refresh(replace(source, **change), tmp_path)  # type: ignore[arg-type]
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a_md": links("a1"), "docs__b_md": "none", "docs__deep__c_md": "none"}, "has 1 link, its last good copy 4"),
        ({"a_md": "none", "docs__b_md": "none", "docs__deep__c_md": "none"}, "no link was found"),
        ({"a_yaml": "links:\n\t- url: x"}, "#a.yaml:2: YAML forbids tabs"),
    ],
)
def test_a_remote_that_fails_keeps_its_last_good_copy(
    repository: Repository, source: GitSource, tmp_path: Path, files: dict[str, str], says: str
) -> None:
    """Without its links, with lists that are none, or gone: the report says so, and what was read before is read."""
    before = names(refresh(source, tmp_path))
    repository.commit(**files)
    found = refresh(source, tmp_path)
    assert (found.state, names(found)) == (State.KEPT, before)
    assert says in found.problem
    repository.path.rename(tmp_path / "moved")
    found = refresh(source, tmp_path)
    assert (found.state, names(found)) == (State.KEPT, before)
    assert f"{repository.url}: cannot be fetched" in found.problem
    assert names(refresh(source, tmp_path, offline=True)) == before


def test_a_clone_that_broke_is_made_anew(repository: Repository, source: GitSource, tmp_path: Path) -> None:
    """Whatever a killed git has left in it."""
    refresh(source, tmp_path)
    (clone,) = (tmp_path / "copies").glob("*/clone.git")
    repository.commit(a_md=links("a1", "new"))
    (clone / "shallow.lock").touch()
    assert "new" in names(refresh(source, tmp_path))
    repository.commit(a_md=links("a1", "newer"))
    for path in clone.rglob("*"):
        if path.is_file():
            path.write_bytes(b"broken")
    assert "newer" in names(refresh(source, tmp_path))


def test_nothing_of_a_tree_leaves_its_folder(repository: Repository, source: GitSource, tmp_path: Path) -> None:
    """Symbolic links, submodules and paths upwards are left out; hooks and filters are not run."""
    blob = repository.git("hash-object", "-w", "--stdin", given=links("evil"))
    target = repository.git("hash-object", "-w", "--stdin", given="/etc/passwd")
    inner = repository.git("mktree", given=f"100644 blob {blob}\tup.md")
    head = repository.git("rev-parse", "HEAD")
    rows = (
        f"120000 blob {target}\tlink.md\n160000 commit {head}\tsub\n040000 tree {inner}\t..\n100644 blob {blob}\tok.md"
    )
    tree = repository.git("mktree", given=rows)
    commit = repository.git("commit-tree", tree, given="x")
    repository.git("update-ref", "refs/heads/evil", commit)
    found = refresh(replace(source, branch="evil"), tmp_path)
    assert [path.name for path in found.root.path.rglob("*")] == ["ok.md"]
    assert list(tmp_path.rglob("up.md")) == []


@pytest.fixture(name="server")
def _server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListServer]:
    with ListServer.running(tmp_path) as server:
        monkeypatch.setenv("GIT_SSL_CAINFO", str(server.authority))
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
        yield server


def test_a_repository_over_https(server: ListServer, source: GitSource, tmp_path: Path) -> None:
    """Only its newest commit comes; then only new ones."""
    repository = Repository(server.repositories / "lists")
    repository.commit(a_md=links("old"))
    repository.commit(a_md=links("a"))
    source = replace(source, remote=server.url("/git/lists/.git"), branch="main")
    found = refresh(source, tmp_path)
    assert names(found) == ["a"]
    (clone,) = (tmp_path / "copies").glob("*/clone.git")
    count = subprocess.run(
        ["git", f"--git-dir={clone}", "rev-list", "--count", "--all"], capture_output=True, check=True
    )
    assert count.stdout == b"1\n"
    asked = len(server.asked)
    assert refresh(source, tmp_path).state is State.UNCHANGED
    assert len(server.asked) - asked <= 2
    repository.commit(a_md=links("a", "b"))
    assert names(refresh(source, tmp_path)) == ["a", "b"]


def test_a_server_that_wants_a_login_or_never_ends(
    server: ListServer, source: GitSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked for a password, and nobody waits."""
    server.answers["/locked/info/refs"] = status(401, WWW_Authenticate='Basic realm="x"')
    server.answers["/slow/info/refs"] = dripping(b"HTTP/1.1 200 OK\r\nX: ")
    with pytest.raises(CatalogueError, match=r"terminal prompts disabled\); it wants a login"):
        refresh(replace(source, remote=server.url("/locked")), tmp_path)
    started = time.monotonic()
    with pytest.raises(CatalogueError, match=r"did not come within 0\.5 s"):
        refresh(replace(source, remote=server.url("/slow"), timeout_s=0.5), tmp_path)
    assert time.monotonic() - started < 200
    monkeypatch.delenv("GIT_SSL_CAINFO")
    with pytest.raises(CatalogueError, match="certificate"):
        refresh(replace(source, remote=server.url("/git/lists/.git")), tmp_path)


def test_a_repository_that_is_too_large_is_not_kept(repository: Repository, source: GitSource, tmp_path: Path) -> None:
    """Its lists may be small, but it is fetched whole."""
    (repository.path / "video.bin").write_bytes(os.urandom(300_000))
    repository.commit()
    with pytest.raises(CatalogueError, match="its newest commit has more than 40,000 bytes"):
        refresh(replace(source, max_bytes=10_000), tmp_path)
    assert list((tmp_path / "copies").rglob("*.pack")) == []
    repository.git("rm", "--quiet", "video.bin")
    repository.commit(long_md=links("a") + "a " * 200_000)
    with pytest.raises(CatalogueError, match="its lists have more than 110,000 bytes"):
        refresh(replace(source, max_bytes=110_000), tmp_path)


def test_a_tree_of_billions_of_files_is_not_listed(repository: Repository, source: GitSource, tmp_path: Path) -> None:
    """Ten small objects name each other; git would print for hours."""
    blob = repository.git("hash-object", "-w", "--stdin", given=links("a"))
    tree = repository.git("mktree", given="\n".join(f"100644 blob {blob}\t{n}.md" for n in range(10)))
    for _ in range(9):
        tree = repository.git("mktree", given="\n".join(f"040000 tree {tree}\t{n}" for n in range(10)))
    repository.git("update-ref", "refs/heads/bomb", repository.git("commit-tree", tree, given="x"))
    with pytest.raises(CatalogueError, match="too many files or branches"):
        refresh(replace(source, branch="bomb", max_bytes=1_000_000), tmp_path)


def test_without_git(source: GitSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only who names a git remote needs the program."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CatalogueError, match="the program git cannot be run"):
        refresh(source, tmp_path)


def test_a_private_remote_by_token(
    server: ListServer, source: GitSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is in no argument of a process, message, copy or clone, and follows no redirect."""
    secret = "s3cr3t-of-the-lists"
    seen: list[list[str]] = []
    coded = base64.b64encode(f"x-access-token:{secret}".encode()).decode()
    monkeypatch.setenv("LISTS_TOKEN", secret)
    monkeypatch.setenv("GIT_TRACE_CURL", str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    popen = subprocess.Popen

    def watched(args: list[str], **more: Any) -> "subprocess.Popen[bytes]":
        seen.append(args)
        return popen(args, **more)

    monkeypatch.setattr(subprocess, "Popen", watched)
    Repository(server.repositories / "lists").commit(a_md=links("a"))
    server.login = f"Basic {coded}"
    private = replace(source, remote=server.url("/git/lists/.git"), branch="", token="$LISTS_TOKEN")
    assert names(refresh(private, tmp_path)) == ["a"]
    problems = []
    for wrong, value in ((private, "wrong-" + secret), (replace(private, token=""), secret)):
        monkeypatch.setenv("LISTS_TOKEN", value)
        problems.append(refresh(wrong, tmp_path).problem)
    assert all("it wants a login: name a `token`" in problem for problem in problems)
    monkeypatch.setenv("LISTS_TOKEN", secret)
    with ListServer.running(tmp_path / "other") as other:
        for path in ("/git/moved/.git/info/refs", "/moved/info/refs"):
            server.answers[path] = status(302, Location=other.url("/git/lists/.git/info/refs?service=git-upload-pack"))
        with pytest.raises(CatalogueError) as failed:
            refresh(replace(private, remote=server.url("/moved")), tmp_path)
        assert other.asked == []
    monkeypatch.delenv("LISTS_TOKEN")
    with pytest.raises(CatalogueError, match="needs LISTS_TOKEN in the environment"):
        refresh(replace(private, name="b", path="*.md"), tmp_path)
    said = f"{failed.value} {problems} {seen}"
    assert secret not in said
    assert coded not in said
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(one.encode() in content for one in (secret, coded) for content in kept)
    assert not (tmp_path / "trace").exists()


def test_a_private_remote_by_key(source: GitSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ssh is given the key of the file of sources, and no other; a missing one is named."""
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit 255\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}:{os.environ['PATH']}")
    private = replace(source, remote="git@git.example:lists.git", branch="", key_file=tmp_path / "a key")
    with pytest.raises(CatalogueError, match=r"there is no file .*a key with its key"):
        refresh(private, tmp_path)
    (tmp_path / "a key").touch()
    with pytest.raises(CatalogueError, match="cannot be fetched"):
        refresh(private, tmp_path)
    assert f"-oIdentitiesOnly=yes -i {tmp_path}/a key" in (tmp_path / "asked").read_text()
