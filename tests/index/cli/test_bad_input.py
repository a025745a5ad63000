"""Files that are no catalogue, vocabulary or questions: one line and exit code 2 from every command that takes them."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.index.cli.conftest import Signpost
from tests.support import LINKS, content_of, write_catalogue

LAUGHS = "links:\n- &a [l, l]\n" + "".join(f"- &b{number} [*a, *a, *a, *a]\n" for number in range(40))


def written(content: bytes | str) -> Callable[[Path], object]:
    """Make a file of some content."""
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


def sparse(path: Path) -> None:
    """Make a file of a gigabyte that takes no room."""
    with path.open("wb") as file:
        file.truncate(1 << 30)


BAD: dict[str, Callable[[Path], object]] = {
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "dangling": lambda path: path.symlink_to("nowhere"),
    "loop": lambda path: path.symlink_to(path),
    "missing": lambda path: None,
    "empty": written(""),
    "binary": written(bytes(range(256)) * 40),
    "sparse": sparse,
    "utf-16": written("links: []\n".encode("utf-16")),
    "tabs": written("links:\n\t- url: https://a.org\n"),
    "laughs": written(LAUGHS),
    "deep": written("links: " + "[" * 100_000),
    "deeper": written("entries:\n- forms: " + "{a: " * 20_000),
    "surrogate": written('links:\n- url: https://a.org\n  title: "\\ud800"\n'),
    "no links": written("format: 1\nlinks: []\n"),
}


@pytest.fixture
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a file that is none of what the commands read."""
    path = tmp_path / "bad.yaml"
    BAD[request.param](path)
    return path


@pytest.mark.parametrize("bad", BAD, indirect=True)
def test_one_line_and_nothing_lost(bad: Path, signpost: Signpost, index: Path, tmp_path: Path) -> None:
    """As catalogue, vocabulary or golden questions of a build, to import and to check; the bundles stay as they are."""
    good = write_catalogue(tmp_path / "good.yaml")
    questions = tmp_path / "questions.jsonl"
    questions.write_text(json.dumps({"id": "1", "query": "isolate", "relevant": {LINKS[0].url: 2}}))
    build = ("build", "--index", index)
    before = content_of(index / "bundles"), (index / "current").read_bytes()
    calls: list[tuple[str | Path, ...]] = [
        ("import", bad, "-o", tmp_path / "out.yaml"),
        ("check", bad),
        (*build, "--catalogue", bad),
        ("tune", "--on", bad, questions, "-o", tmp_path / "adapter"),
        (*build, "--catalogue", good, "--vocabulary", bad),
        (*build, "--catalogue", good, "--golden", bad),
    ]
    if not bad.is_file() or bad.stat().st_size:  # a file without questions asks none
        calls += [
            (*build, "--catalogue", good, "--judged", bad),
            ("ask", "--index", index, "--batch", bad),
            ("tune", "--on", good, bad, "-o", tmp_path / "adapter"),
        ]
    for call in calls:
        code, out, err = signpost(*call)
        if call[0] == "check" and code == 1:  # it holds links, so what is wrong with it is what was looked for
            assert (out.count("\n"), bad.name in out) == (1, True)
            continue
        assert (code, out, err.count("\n")) == (2, "", 1), (call, err)
        assert err.startswith("signpost")
        assert bad.name in err
        assert "unexpected" not in err
    assert not (tmp_path / "out.yaml").exists()
    assert (content_of(index / "bundles"), (index / "current").read_bytes()) == before


@pytest.mark.parametrize("question", ["", " \n", "\0", "\ud800", "\N{GLOWING STAR}"])
def test_a_question_without_words_is_one_line(signpost: Signpost, index: Path, question: str) -> None:
    """It says that they are missing."""
    assert "the question is empty; write in a few words" in signpost("ask", "--index", index, "--", question).complaint


def test_a_question_of_100_000_characters_is_answered(signpost: Signpost, index: Path) -> None:
    """It is cut, not refused; so are characters that no text may hold."""
    assert signpost("ask", "--index", index, "--json", "network policy \0 \ud800 " + "dns " * 25_000).code == 0


@pytest.mark.parametrize("command", [("check", "--links"), ("enrich",)])
@pytest.mark.parametrize("name", ["a\nb", "a\r\nX: y", "ümlaut"])
def test_a_user_agent_that_no_request_can_have_is_told_before_any(
    command: tuple[str, ...], name: str, signpost: Signpost, tmp_path: Path
) -> None:
    """Every site would look as if it were away."""
    found = signpost(*command, write_catalogue(tmp_path / "list.yaml"), "--user-agent", name)
    assert (found.code, found.out) == (2, "")
    assert "has more than letters, digits and signs of ASCII on one line" in found.err
