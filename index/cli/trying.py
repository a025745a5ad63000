"""Tries a list: builds it into its own folder of a cache, finds questions that it can answer, and asks it."""

import hashlib
import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from index import defaults
from index.amounts import amount
from index.builder.build import BuildReport, build
from index.catalogue.sources.sources import AnySource, LocalSource, parse_source
from index.cli.ask import as_line, print_answer
from index.cli.printing import tell
from index.cli.progress import interruptible, progress_bar, tell_step
from index.cli.sources import tell_skipped
from index.encoder.choice import EncoderChoice
from index.errors import CatalogueError, UsageError
from index.search.samples import samples
from index.search.searcher import Searcher
from index.types import Answer, Question

SHIPPED: Final = "the shipped list"
LINKS_SHOWN: Final = 3
#: Git remotes without `git+`: `….git`, ssh addresses, and pages of repositories on well-known hosts.
_GIT: Final = re.compile(
    r"\w[\w.-]*@[\w.-]+:\S+|ssh://\S+|file://\S+|https://\S+\.git"
    r"|https://(?:www\.)?(?:github\.com|gitlab\.com|codeberg\.org|bitbucket\.org)/[\w.-]+/[\w.-]+/?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A list that can be asked."""

    given: str
    """The list as named on the command line; empty for the shipped one."""
    folder: Path
    """The folder with its index and copies."""
    searcher: Searcher
    questions: tuple[str, ...]
    """Questions that it answers."""

    @property
    def index(self) -> Path:
        """The folder of its index."""
        return _index(self.folder)

    def ask(self, question: str, top: int) -> Answer:
        """Ask it."""
        return self.searcher.ask(Question(text=question, top_k=top))

    def as_row(self, answer: Answer | None) -> dict[str, Any]:
        """Return the list, and an answer if any, as plain data for programs."""
        info = self.searcher.info
        row = {"catalogue": info.name, "links": info.link_count, "index": str(self.index)}
        return {**row, "questions": self.questions, "answer": None if answer is None else answer.as_row()}

    def print(self, question: str, *, top: int = LINKS_SHOWN, as_json: bool = False) -> bool:
        """Print the answer to a question; without one, questions to try and the answer to the first of them.

        Return whether something was offered for the question.
        """
        asked = question or next(iter(self.questions), "")
        answer = self.ask(asked, top) if asked else None
        if as_json:
            click.echo(as_line(self.as_row(answer)))
        else:
            if not question:
                self._introduce(asked)
            if answer is not None:
                print_answer(answer, sys.stdout, catalogue=self.searcher.info.name)
            self._offer()
        return answer is None or bool(answer.offered) or not question

    def _introduce(self, asked: str) -> None:
        info = self.searcher.info
        sections = sum(bool(path) for path, _ in info.sections)
        rooms = f" in {amount(sections, 'section')}" if sections else ""
        tell(f"{info.name}: {amount(info.link_count, 'link')}{rooms}\n")
        if not self.questions:
            click.echo("None of the questions that were made of it is answered; ask one of your own.")
            return
        click.echo("It answers, for instance:")
        for text in self.questions:
            tell(f"  {self.command(text)}")
        tell(f"\n“{asked}”\n")

    def _offer(self) -> None:
        """Print on stderr what to do next."""
        keep = f"signpost build --catalogue {shlex.quote(self.given)}" if self.given else "signpost build"
        click.echo(f"\nAs a page:  {self.command()} --page", err=True)
        click.echo(f"To keep it: {keep}", err=True)

    def command(self, question: str = "") -> str:
        """Return the command that asks it a question."""
        ask = ["--ask", question] if question and not self.given else [question] if question else []
        return shlex.join(["signpost", "try", *([self.given] if self.given else []), *ask])


def try_list(text: str, *, offline: bool = False, verbose: bool = False) -> Tried:
    """Build a list (for an empty text, the shipped one) into a cache, and find questions that it answers.

    Every list has its own folder there; no other index is touched. SignpostError as for a build.
    """
    given = f"git+{text}" if _GIT.fullmatch(text) else text
    source: AnySource = parse_source(given) if given else LocalSource(path=defaults.CATALOGUE)
    _check(source, text)
    folder = _cache() / _name(source)
    with interruptible(lambda: "what was encoded is kept, and the same command goes on from there"):
        with progress_bar("Reading") as reading, progress_bar("Encoding") as progress:
            done = build(
                [source],
                _index(folder),
                encoder=EncoderChoice(adapter=defaults.ADAPTER),
                vocabularies=[defaults.VOCABULARY],
                force=True,  # nobody relies on the old index, so no change of the list is an accident
                refresh=not offline,
                progress=progress,
                reading=reading,
                step=tell_step,
            )
        _tell(done, verbose=verbose)
        tell_step("looking for questions that it answers")
        searcher = Searcher.open(_index(folder))
        return Tried(given=given, folder=folder, searcher=searcher, questions=samples(searcher))


def _tell(done: BuildReport, *, verbose: bool) -> None:
    for source in done.sources:
        if source.problem:
            click.echo(f"{source.problem}; its copy of {source.fetched_at} is tried", err=True)
    if done.skipped:
        tell_skipped("of its entries, ", done.skipped, verbose=verbose)


def _check(source: AnySource, text: str) -> None:
    """Refuse text that is no list, such as the first word of a question, and say how to ask one. UsageError."""
    if (
        isinstance(source, LocalSource)
        and not os.path.lexists(source.path)
        and not any(sign in text for sign in "*?[/.")
    ):
        raise UsageError(
            f"{text!r:.80} is no file, folder or address of a list; for a question to the shipped list: "
            "signpost try --ask QUESTION"
        )


def _cache() -> Path:
    """Return the folder for lists that are tried."""
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        return (chosen if chosen.is_absolute() else Path.home() / ".cache") / "signpost" / "try"
    except RuntimeError as error:
        raise CatalogueError("there is no home to keep it in; name a folder in XDG_CACHE_HOME") from error


def _name(source: AnySource) -> str:
    """Return the name of a list's folder: a readable part, and a hash of the list's address."""
    if isinstance(source, LocalSource):
        path = Path(os.path.abspath(source.path))  # noqa: PTH100 - symbolic links are kept: they may point elsewhere later
        if path == defaults.CATALOGUE:
            return "shipped"
        key, last = hashlib.sha256(os.fsencode(path)).hexdigest()[:16], path.name
    else:
        key, last = source.key, source.address.rstrip("/").rpartition("/")[2]
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', last)[:40].strip('.-') or 'list'}-{key}"


def _index(folder: Path) -> Path:
    return folder / "index"


__all__ = ["Tried", "try_list"]
