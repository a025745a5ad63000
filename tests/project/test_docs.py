"""What the documentation names exists, and what people can meet is documented."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

import bot.errors
import index.errors
from bot.cli.main import COMMANDS, signpost
from tests.support import ROOT

PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
EVERYTHING = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
CALL = re.compile(r"(?:^|[`\s/])signpost +(?:--debug +)?([a-z][a-z-]*)([^`\n#]*)")

MAKE = re.compile(r"^(?:[A-Z_]+=\S+ )*make ([a-z-]+)")


def tokens(page: Path) -> Iterator[Token]:
    """Yield the tokens of a page, those inside paragraphs included."""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def code(page: Path) -> Iterator[str]:
    """Yield the page's code, in blocks and within lines."""
    for token in tokens(page):
        if token.type == "code_inline" or (token.type == "fence" and token.info in {"", "sh"}):
            yield from (line.strip() for line in token.content.splitlines())


def calls() -> list[tuple[str, str, str]]:
    """Return page, command and the rest of the line of each call of `signpost` in the documentation."""
    return [
        (str(page.relative_to(ROOT)), match[1], match[2])
        for page in PAGES
        for line in code(page)
        for match in CALL.finditer(line)
        if not line.startswith("docker")
    ]


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are called in links, as GitHub makes it of them."""
    found = tokens(page)
    headings = [next(found).content for token in found if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def test_commands_in_the_documentation_exist() -> None:
    """Whoever copies a line from a page gets what the page says."""
    assert calls()
    assert [(page, command) for page, command, _ in calls() if command not in COMMANDS] == []


def test_options_in_the_documentation_exist() -> None:
    """An option that was renamed is renamed in the pages as well."""
    wrong = []
    for page, name, rest in calls():
        if name not in COMMANDS or " -" not in rest:
            continue
        command = signpost.get_command(click.Context(signpost), name)
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        own = rest.partition(" -- ")[0]  # behind two dashes stand the options of another program
        wrong += [(page, name, word) for word in re.findall(r"(?<!\S)--?[a-z][a-z-]*", own) if word not in known]
    assert wrong == []


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_documented(command: str) -> None:
    """Every command of `signpost --help` stands on some page."""
    assert re.search(rf"signpost {command}\b", EVERYTHING)


def test_links_within_the_documentation_lead_somewhere() -> None:
    """Files and headings that pages lead to are there."""
    broken = []
    for page in PAGES:
        for token in tokens(page):
            target = str(token.attrs.get("href") or token.attrs.get("src") or "")
            if not target or re.match("[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = page.parent / name if name else page
            if not file.exists() or (anchor and anchor not in anchors(file)):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_picture_is_shown() -> None:
    """Those that nobody sees are not made."""
    shown = {Path(str(token.attrs["src"])).name for page in PAGES for token in tokens(page) if token.type == "image"}
    assert {file.name for file in (ROOT / "docs" / "pictures").iterdir()} <= shown


def test_words_of_the_makefile_in_the_documentation_exist() -> None:
    """`make something` on a page is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {word for page in PAGES for line in code(page) for word in MAKE.findall(line)}
    assert {"demo", "test"} <= named <= targets


def test_every_room_stands_in_the_architecture() -> None:
    """The picture has the folders of both halves, and the modules beside them."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    picture = set(re.findall(r"\w+", page.partition("```text")[2].partition("```")[0]))
    found = [path for half in ("bot", "index") for path in (ROOT / half).iterdir() if not path.name.startswith("__")]
    rooms = {path.stem for path in found if path.suffix == ".py" or list(path.glob("*.py"))}
    assert rooms - picture == set()


def test_ci_runs_what_people_run() -> None:
    """There is no check that only a server knows."""
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "exec make test"


@pytest.mark.parametrize("module", [index.errors, bot.errors])
def test_every_error_is_documented(module: object) -> None:
    """Each error class has its row in docs/errors.md."""
    rows = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert classes
    assert [one.__name__ for one in classes if f"| `{one.__name__}` |" not in rows] == []


def test_every_file_of_an_index_is_documented(small_index: Path) -> None:
    """docs/storage.md names whatever a build leaves behind."""
    page = (ROOT / "docs" / "storage.md").read_text(encoding="utf-8")
    files = {path.name for path in small_index.rglob("*") if path.is_file()}
    assert "manifest.json" in files
    unnamed = {name for name in files if name not in page}
    known = {"vectors-KEY.sqlite3", "questions-KEY.sqlite3", "places-KEY.json"}
    assert {re.sub("-[0-9a-f]{16}", "-KEY", name) for name in unnamed} <= known
    assert "vectors-KEY.sqlite3" in page
    assert "questions-KEY.sqlite3" in page
    assert "places-NAME.json" in page


def test_every_threat_names_a_test_that_is_there() -> None:
    """Each row of the threat model has its defence and its tests, by path."""
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    _, *parts = re.split(
        r"^\| threat \| defence \| test \| left to the operator \|\n\|[-|]+\n", page, flags=re.MULTILINE
    )
    rows = [line.strip("|").split(" | ") for part in parts for line in part.partition("\n\n")[0].splitlines()]
    assert len(rows) > 20
    for threat, defence, tests, _ in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)`", tests)
        assert threat.strip()
        assert defence.strip()
        assert named, threat
        assert [path for path in named if not (ROOT / path).is_file()] == []
