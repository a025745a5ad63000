"""`signpost try`: a list is built into a cache of its own, and asked."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.index.cli.conftest import Signpost
from tests.support import ISOLATE, LINKS, ROOT, content_of, extra, write_catalogue

pytestmark = pytest.mark.slow

#: Nothing in any of the lists here.
SOURDOUGH = "how do I make sourdough bread rise"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of the lists that are tried, away from a person's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "signpost" / "try"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Give a list."""
    return write_catalogue(tmp_path / "mine.yaml")


def test_a_list_shows_what_it_can_answer(signpost: Signpost, cache: Path, mine: Path) -> None:
    """Three questions, each as a line to type, with the answer to the first; then what may be done next."""
    tried = signpost("try", "mine.yaml")
    assert tried.code == 0
    assert tried.out.startswith("Tiny: 8 links in 5 sections\n\nIt answers, for instance:\n")
    lines = [line.strip() for line in tried.out.splitlines() if line.startswith("  signpost try ")]
    assert len(lines) == 3
    for line in lines:
        program, *arguments = shlex.split(line)
        asked = signpost(*arguments)
        assert (program, asked.code) == ("signpost", 0)
        assert asked.out.startswith("1. ")
    first = shlex.split(lines[0])[-1]
    assert f"\n“{first}”\n\n1. " in tried.out
    assert "\nAs a page:  signpost try mine.yaml --page\n" in tried.err
    assert tried.err.endswith("To keep it: signpost build --catalogue mine.yaml\n")


def test_the_question_that_is_given_is_asked(signpost: Signpost, cache: Path, mine: Path) -> None:
    """Without quotes, or by the option; the exit code is that of `ask`."""
    asked = signpost("try", "mine.yaml", "how", "do", "I", "isolate", "namespaces", "--top", "2")
    assert asked.code == 0
    assert asked.out.startswith(f"1. {ISOLATE.title}")
    assert "\n2. " in asked.out
    assert "\n3. " not in asked.out
    assert signpost("try", "mine.yaml", "--top", "2", "--ask", "how do I isolate namespaces") == asked
    nothing = signpost("try", "mine.yaml", SOURDOUGH)
    assert nothing.code == 1
    assert nothing.out.startswith("Nothing in the catalogue answers this.\n")
    assert "once" in signpost("try", "mine.yaml", "a", "--ask", "b").complaint


def test_a_program_reads_it(signpost: Signpost, cache: Path, mine: Path) -> None:
    """One object: the list, the questions and the answer."""
    row = json.loads(signpost("try", "mine.yaml", "--json", "isolate namespaces").out)
    assert (row["catalogue"], row["links"], len(row["questions"])) == ("Tiny", 8, 3)
    assert row["answer"]["results"][0]["url"] == ISOLATE.url
    assert Path(row["index"]).parent.parent == cache


def test_no_other_index_is_touched(
    signpost: Signpost, cache: Path, mine: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the one that the settings name nor that of another list; nothing is written where one works."""
    before, folder = content_of(index), mine.parent
    monkeypatch.setenv("SIGNPOST_INDEX", str(index))
    (folder / "signpost.toml").write_text('index = "index"\ncatalogue = "other.yaml"\n')
    other = write_catalogue(folder / "other.yaml", [extra(number) for number in range(4)])
    there = {path.name for path in folder.iterdir()}
    assert signpost("try", mine).code == signpost("try", other).code == 0
    assert content_of(index) == before
    assert {path.name for path in folder.iterdir()} - there == {"cache"}
    assert sorted(re.sub("-[0-9a-f]{16}$", "", path.name) for path in cache.iterdir()) == ["mine.yaml", "other.yaml"]


def test_a_list_may_change_in_any_way(signpost: Signpost, cache: Path, mine: Path, tmp_path: Path) -> None:
    """Nobody relies on what is tried: what would be taken for an accident elsewhere is tried as it is."""
    assert signpost("try", mine).code == 0
    write_catalogue(mine, LINKS[:1])
    assert signpost("try", mine).out.startswith("Tiny: 1 link in 1 section\n")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    write_catalogue(folder / "mine.yaml", LINKS[:3])
    assert signpost("try", folder / "mine.yaml").out.startswith("Tiny: 3 links")
    assert len(list(cache.iterdir())) == 2


def test_the_shipped_list_is_tried_where_none_is_named(signpost: Signpost, cache: Path) -> None:
    """Its lines to type name no list either."""
    tried = signpost("try")
    assert tried.code == 0
    assert [path.name for path in cache.iterdir()] == ["shipped"]
    assert re.search(r"^  signpost try --ask '", tried.out, flags=re.MULTILINE)
    assert tried.err.endswith("As a page:  signpost try --page\nTo keep it: signpost build\n")
    assert signpost("try", "--ask", SOURDOUGH).code == 1


def test_a_git_remote_is_one_without_saying_so(signpost: Signpost, cache: Path, tmp_path: Path) -> None:
    """All lists of it; with what to type to keep it."""
    remote = tmp_path / "lists.git"
    subprocess.run(["git", "init", "--quiet", str(remote)], check=True)
    write_catalogue(remote / "links.yaml")
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(remote), "add", "."], check=True)
    subprocess.run(["git", "-C", str(remote), *identity, "commit", "--quiet", "-m", "links"], check=True)
    tried = signpost("try", f"file://{remote}", "isolate namespaces")
    assert tried.code == 0
    assert f"To keep it: signpost build --catalogue git+file://{remote}\n" in tried.err
    (remote / ".git").rename(remote / "gone")
    again = signpost("try", f"file://{remote}", "isolate namespaces")
    assert again.code == 0
    assert "its copy of 20" in again.err
    assert signpost("try", "--offline", f"file://{remote}", "isolate namespaces").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "how",
            "'how' is no file, folder or address of a list; for a question to the shipped list: signpost try --ask",
        ),
        ("missing.md", "missing.md: there is no such file"),
        ("lists/", "lists: there is no such file"),
        ("http://example.com/list.md", "only https:// is fetched"),
        ("https://127.0.0.1:1/list.md", "127.0.0.1"),
    ],
)
def test_what_is_no_list_is_said(signpost: Signpost, cache: Path, text: str, said: str) -> None:
    """In one line."""
    assert said in signpost("try", text).complaint


@pytest.mark.parametrize("value", ["", "relative/cache"])
def test_the_cache_is_in_the_home(
    signpost: Signpost, mine: Path, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless another place is named; one that is relative counts as none."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert signpost("try", mine, "isolate").code == 0
    assert (tmp_path / "home" / ".cache" / "signpost" / "try").is_dir()


def test_the_page_is_served_and_its_address_printed(cache: Path, mine: Path, tmp_path: Path) -> None:
    """In lines for people, also into a pipe; Ctrl-C ends it. The settings of a bot have no part in it."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "XDG_CACHE_HOME")},
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
        "SIGNPOST_MODE": "http",
        "STORE_URL": "sqlite:////nowhere/store.sqlite3",
        "PORT": "wrong",
    }
    command = [sys.executable, "-m", "bot.cli", "try", "mine.yaml", "isolate namespaces", "--page"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        give_up = time.monotonic() + 120
        while time.monotonic() < give_up and (not lines or "open http" not in lines[-1]):
            lines.append(process.stdout.readline())
            assert lines[-1], lines
        assert lines[0] == f"1. {ISOLATE.title} ★★\n"
        address = re.search(r"^\d\d:\d\d:\d\d open (http://127\.0\.0\.1:\d+/) in a browser; Ctrl-C ends$", lines[-1])
        assert address is not None
        with urllib.request.urlopen(f"{address[1]}?q=isolate+namespaces", timeout=20) as page:
            assert ISOLATE.url in page.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"cache", "mine.yaml"}
