"""`signpost ask`: one question, or a file of them."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from index.catalogue.link import DeadLinks
from index.cli.options import index_option, json_option
from index.cli.printing import tell
from index.errors import UsageError
from index.files import read_text
from index.judge.evaluate import DEPTH, answer_row
from index.search.searcher import Searcher
from index.types import Answer, Hit, Question, Turn, Verdict

DEFAULT_TOP = 5
_FURTHER_SHOWN = 4
_NAME_CHARS = 100
#: The exit code when nothing in the catalogue answers the question.
FOUND_NOTHING = 1


@click.command("ask", short_help="Ask the index, in the terminal.")
@click.argument("words", metavar="[QUESTION]...", nargs=-1)
@click.option(
    "--batch",
    metavar="FILE.jsonl",
    type=click.Path(path_type=Path),
    help="Rows with id, query and thread (see docs/quality.md).",
)
@click.option("--top", metavar="N", type=click.IntRange(1, 100), help="Number of links.  [default: 5; 10 with --batch]")
@click.option(
    "--dead-links",
    type=click.Choice([str(choice) for choice in DeadLinks]),
    default=str(DeadLinks.LAST),
    envvar="DEAD_LINKS",
    show_default=True,
    show_envvar=True,
    help="Put dead links last, or leave them out.",
)
@index_option
@json_option
def ask_command(
    words: tuple[str, ...], batch: Path | None, top: int | None, dead_links: str, index: Path, *, as_json: bool
) -> int:
    """Answer QUESTION with links, or every row of a file; `-` reads the question from standard input.

    QUESTION needs no quotes, unless it has characters that the shell interprets, such as ? or '. It may contain filters:
    section:cilium, stars:2, host:github.com, tag:video. The exit code is 1 when nothing in the catalogue answers the
    question, not even perhaps; with --batch it never is.
    """
    if bool(words) == (batch is not None):
        raise click.UsageError("give one question, such as: signpost ask how do I isolate namespaces")
    if batch is not None:
        rows = list(read_questions(batch))
        searcher = Searcher.open(index, dead_links=DeadLinks(dead_links))
        for row in rows:
            click.echo(as_line(answer_row(searcher, row, top or DEPTH)))
        return 0
    question = _from_stdin() if words == ("-",) else " ".join(words)
    searcher = Searcher.open(index, dead_links=DeadLinks(dead_links))
    answer = searcher.ask(Question(text=question, top_k=top or DEFAULT_TOP))
    if as_json:
        click.echo(as_line(answer.as_row()))
    else:
        print_answer(answer, sys.stdout, catalogue=searcher.info.name)
    return FOUND_NOTHING if answer.verdict is Verdict.NOTHING else 0


def _from_stdin() -> str:
    if sys.stdin is None:
        raise UsageError("the question is to come from standard input, which is closed")
    if sys.stdin.isatty():
        click.echo("Type the question, then Enter and Ctrl-D.", err=True)
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def as_line(row: dict[str, Any]) -> str:
    """Return a row as one line of JSON; if it has unprintable characters, such as line separators, they are escaped."""
    line = json.dumps(row, ensure_ascii=False)
    return line if line.isprintable() else json.dumps(row)


def read_questions(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file of questions; UsageError names file and line of the first wrong row."""
    return (row for _, row in numbered_questions(path))


def numbered_questions(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and row of each question of a file."""
    try:
        # Split at line feeds only: a JSON string may contain the other separators of `splitlines` unescaped.
        lines = read_text(path).split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{path}: cannot read the questions ({reason})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}:{number}: not JSON ({error}); one object a line is expected") from error
        thread = row.get("thread") or [] if isinstance(row, dict) else None
        if not isinstance(thread, list) or not isinstance(row.get("query"), str):
            raise UsageError(f'{path}:{number}: expected {{"id", "query", "thread"?: [messages]}}, got {line:.80}')
        try:
            list(map(Turn.of, thread))
        except ValueError as error:
            message = (
                f'{path}:{number}: expected in "thread" texts, or {{"text", "bot": true}} for answers of ours, '
                f"got {json.dumps(error.args[0]):.80}"
            )
            raise UsageError(message) from error
        yield number, {**row, "thread": thread, "id": row.get("id", str(number))}


def print_answer(answer: Answer, out: TextIO, *, catalogue: str) -> None:
    """Print an answer for a person, with the name of the catalogue."""
    if answer.corrected:
        tell(f"Searched for: {answer.asked}\n", file=out)
    if answer.verdict is Verdict.NOTHING:
        click.echo("Nothing in the catalogue answers this.", file=out)
    hits = answer.offered or answer.misses
    if hits and (lead := answer.verdict.lead(len(hits))):
        click.echo(f"{lead}\n", file=out)
    for number, hit in enumerate(hits, start=1):
        _print_hit(number, hit, out)
    built = answer.built_at.strftime("%Y-%m-%d %H:%M UTC")
    named = f"{_one_line(catalogue, _NAME_CHARS)}, version" if catalogue.strip() else "Version"
    tell(f"{named} {answer.version}, built {built}; confidence {answer.confidence:.0%}", file=out)


def _print_hit(number: int, hit: Hit, out: TextIO) -> None:
    link = hit.link
    stars = " " + "★" * link.stars if link.stars else ""
    tell(f"{number}. {link.title}{stars}", bold=True, file=out)
    tell(f"   {link.url}", file=out)
    if link.mark:
        tell(f"   {link.mark}", bold=True, file=out)
    place = " · ".join(part for part in (link.publisher, link.section_path) if part)
    if place:
        tell(f"   {place}", file=out)
    if link.description:
        tell(f"   {_one_line(link.description)}", file=out)
    for further in link.further[:_FURTHER_SHOWN]:
        tell(f"   {further.kind}: {further.url}", file=out)
    tell(f"   why: {hit.why}\n", dim=True, file=out)


def _one_line(text: str, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + " …"
