"""`signpost draft-questions`: proposes questions for links, and writes the accepted ones into the catalogue."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from index.amounts import amount
from index.builder.origin import described, own_sources
from index.bundle import IndexFolder
from index.catalogue.formats.edit import add_questions as add_to_catalogue
from index.catalogue.formats.which import SUFFIXES, Format
from index.catalogue.link import Entry, Link, Status
from index.catalogue.merge import merge
from index.catalogue.pages.page_file import read_pages
from index.catalogue.questions import NONE, QUESTIONS_FILE, add_questions, chosen, with_questions
from index.catalogue.read import read
from index.catalogue.record_files import folder_of
from index.catalogue.sources.sources import AnySource
from index.catalogue.urls import normalise
from index.cli.options import index_option, json_option, questions_option
from index.cli.printing import tell
from index.cli.progress import interruptible, progress_bar
from index.cli.reading import write_output
from index.cli.sources import SourceType, gathered
from index.drafting.drafting import Failure, Pages, Spending, by_model, by_rules
from index.drafting.drafts import DRAFT_FILE, Draft, DraftFile, Mark, read_drafts, take_out
from index.drafting.model import Command, Endpoint, Model, NoModelError, prompt_for
from index.errors import CatalogueError, UsageError

#: Links for which a model is asked, and characters that go to it and come back, unless more are allowed.
LIMIT: Final = 100
BUDGET: Final = 500_000
_SHOWN: Final = 5


@click.command("draft-questions", short_help="Propose questions for links, for curators to accept.")
@click.argument("paths", metavar="[SOURCE]...", nargs=-1, type=SourceType(), envvar="SIGNPOST_CATALOGUE")
@index_option
@questions_option
@click.option(
    "--draft",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file of proposals.  [default: questions-draft.yaml beside the catalogue]",
)
@click.option("--accept", is_flag=True, help="Write the questions marked `accept` into the catalogue.")
@click.option("--accept-all", is_flag=True, help="The same, and those that rules made and nobody dropped.")
@click.option(
    "--limit", metavar="N", type=click.IntRange(1), help="Links to draft for.  [default: all; 100 with a model]"
)
@click.option(
    "--with", "command", metavar="COMMAND", help="Ask this program, which reads a prompt and writes an answer."
)
@click.option("--endpoint", metavar="URL", help="Ask this address, as OpenAI's clients do: …/v1.")
@click.option("--model", metavar="NAME", help="The model to name at --endpoint.")
@click.option(
    "--key-variable", metavar="NAME", default="OPENAI_API_KEY", show_default=True, help="Holds the key of --endpoint."
)
@click.option(
    "--budget", metavar="CHARS", type=click.IntRange(1), default=BUDGET, show_default=True, help="To and from a model."
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 3_600),
    default=60.0,
    show_default=True,
    help="For one answer of a model.",
)
@click.option("--yes", is_flag=True, help="Do not ask before anything is sent.")
@json_option
def draft_questions_command(
    paths: tuple[AnySource, ...],
    index: Path,
    *,
    questions: str | None,
    draft: Path | None,
    limit: int | None,
    command: str | None,
    endpoint: str | None,
    model: str | None,
    key_variable: str,
    budget: int,
    timeout: float,
    accept: bool,
    accept_all: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Propose questions for each link that has none, into a file for a curator to accept, change or drop line by line.

    \b
    signpost draft-questions links.yaml             proposes, by rules alone
    signpost draft-questions links.yaml --accept    writes what was accepted

    Nothing leaves this machine, unless --with or --endpoint names a language model; then it is said what would be sent,
    and asked. What a model wrote is in no index until a curator accepts it line by line.
    Links that are in the file already are passed over: the same command goes on where it stopped, and what was dropped
    stays dropped. Accepted questions of a list that is not native YAML go to questions.yaml beside it, which `build`
    reads. The exit code is 1 if a model failed for some links, or an accepted question has no link any more.
    """  # noqa: D301
    if not paths:
        paths = own_sources(IndexFolder(index))
        click.echo(f"drafting for {described(paths, index)}", err=True)
    chosen_model = _model(command, endpoint, model, os.environ.get(key_variable, ""), timeout)
    if (accept or accept_all) and chosen_model is not None:
        raise click.UsageError("--accept writes what is in the file; draft with a model first, and look at it")
    catalogue = _Catalogue.read(paths, questions)
    file = draft or catalogue.folder / DRAFT_FILE
    if accept or accept_all:
        done = _accept(catalogue, file, all_by_rules=accept_all)
    elif chosen_model is None:
        done = _draft_by_rules(catalogue, file, limit)
    else:
        done = _draft_by_model(catalogue, file, chosen_model, limit or LIMIT, Spending(budget=budget), yes=yes)
    if as_json:
        click.echo(json.dumps({"file": str(file), **done.row}, ensure_ascii=False))
    for line in done.lines:
        tell(line, err=True)
    return 1 if done.has_problems else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What a run did: for programs, for people, and for the exit code."""

    row: Mapping[str, Any]
    lines: Sequence[str]
    has_problems: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Catalogue:
    """A catalogue with the questions that it has, and where new ones go."""

    name: str
    entries: tuple[Entry, ...]
    links: tuple[Link, ...]
    option: str | None
    pages: Pages
    """What the links' pages say of themselves, where that is known."""

    @classmethod
    def read(cls, paths: Sequence[AnySource], option: str | None) -> "_Catalogue":
        """Read it. CatalogueError."""
        with gathered(paths) as found:
            reading = read(found.roots, name=found.name)
        links, _ = with_questions(merge(reading.entries), chosen(option, reading.entries))
        return cls(
            name=reading.name,
            entries=reading.entries,
            links=links,
            option=option,
            pages=read_pages(reading.entries).of_links(),
        )

    @property
    def folder(self) -> Path:
        """The folder of its first file; the working folder's own for a list that is not on this disk."""
        return folder_of(self.entries[0].source.path)

    def without_questions(self, drafted: Iterable[str]) -> list[Link]:
        """Return the links that lack questions and proposals."""
        known = {normalise(url) for url in drafted}
        return [
            link
            for link in self.links
            if not link.questions and link.status is not Status.RETIRED and normalise(link.url) not in known
        ]

    def home_of(self, url: str) -> Path | None:
        """Return the file for a link's questions: its own where that is native YAML; None for a link that is not there."""
        entry = next((entry for entry in self.entries if normalise(entry.link.url) == normalise(url)), None)
        if entry is None:
            return None
        file = Path(entry.source.path)
        if SUFFIXES.get(file.suffix.lower()) is Format.NATIVE and file.is_file() and _is_native(file):
            return file
        if self.option and self.option != NONE:
            return Path(self.option)
        return folder_of(entry.source.path) / QUESTIONS_FILE


def _is_native(file: Path) -> bool:
    """Whether a YAML file is a catalogue of ours, and no folder of entries of another program."""
    return any(line.startswith(("links:", '"links":')) for line in file.read_text("utf-8", "replace").splitlines())


def _model(command: str | None, endpoint: str | None, model: str | None, key: str, timeout_s: float) -> Model | None:
    """Return the model that the options name, if any."""
    if command and endpoint:
        raise click.UsageError("give --with or --endpoint, and not both")
    if bool(endpoint) != bool(model):
        raise click.UsageError("--endpoint needs --model, and the other way round")
    if command:
        return Command.of(command, timeout_s=timeout_s)
    return Endpoint(url=endpoint, model=model, key=key, timeout_s=timeout_s) if endpoint and model else None


def _known(file: Path) -> tuple[Draft, ...]:
    return read_drafts(file) if file.exists() and file.stat().st_size else ()


def _draft_by_rules(catalogue: _Catalogue, file: Path, limit: int | None) -> _Done:
    wanted = catalogue.without_questions(draft.url for draft in _known(file))
    drafts = list(by_rules(catalogue.links, name=catalogue.name, wanted=wanted, pages=catalogue.pages))
    left = len(wanted) - len(drafts)
    drafts = drafts[:limit]
    if drafts:
        with DraftFile(file) as out:
            for draft in drafts:
                out.add(draft)
    count = sum(len(draft.proposals) for draft in drafts)
    told = f"{file}: {amount(count, 'question')} for {amount(len(drafts), 'link')}"
    return _Done(
        row={"links": len(drafts), "questions": count, "without": left},
        lines=[
            f"{told}; rules found none for {amount(left, 'other')}",
            *([f"look at them, then: signpost draft-questions … --accept; {_HOW}"] if drafts else []),
        ],
    )


_HOW: Final = "`accept` before a line accepts it"


def _draft_by_model(
    catalogue: _Catalogue, file: Path, model: Model, limit: int, spending: Spending, *, yes: bool
) -> _Done:
    wanted = [link for link in catalogue.without_questions(draft.url for draft in _known(file)) if not link.private]
    asked = wanted[:limit]
    if not asked:
        return _Done(
            row={"links": 0, "questions": 0, "failed": 0, "left": 0}, lines=["every link has questions or proposals"]
        )
    size = sum(len(prompt_for(link, catalogue.pages(link.url))) for link in asked)
    _confirm(len(asked), min(size, spending.budget), model, yes=yes)
    made, failures, count = 0, [], 0
    trouble = ""
    with (
        interruptible(
            lambda: f"{amount(made, 'link has', 'links have')} proposals in {file}; the same command goes on from there"
        ),
        progress_bar("Drafting") as progress,
        DraftFile(file) as out,
    ):
        try:
            for done, result in enumerate(by_model(asked, model, spending, pages=catalogue.pages), start=1):
                if isinstance(result, Failure):
                    failures.append(result)
                else:
                    out.add(result)
                    made += 1
                    count += len(result.proposals)
                progress(done, len(asked))
        except NoModelError as error:
            trouble = str(error)
    if trouble and not made:
        raise UsageError(trouble)
    left = len(wanted) - made
    lines = [f"{failure.url}: {failure.reason}" for failure in failures[:_SHOWN]]
    lines += [f"and {len(failures) - _SHOWN} more without questions"] if len(failures) > _SHOWN else []
    lines += [trouble] if trouble else []
    lines.append(
        f"{file}: {amount(count, 'question')} for {amount(made, 'link')}; "
        f"{amount(spending.spent, 'character')} sent and received"
    )
    if left:
        lines.append(
            f"{amount(left, 'link is', 'links are')} left: the same command goes on with them (--limit, --budget)"
        )
    return _Done(
        row={"links": made, "questions": count, "failed": len(failures), "left": left, "characters": spending.spent},
        lines=lines,
        has_problems=bool(failures or trouble),
    )


def _confirm(links: int, size: int, model: Model, *, yes: bool) -> None:
    """Say what leaves this machine, and go on only if a person agrees; `size` is in characters."""
    click.echo(
        f"title, section, description and page headings of {amount(links, 'link')}, and a prompt with each (docs/curators.md), "
        f"about {size:,} characters in all, go to {model.place}; no address of a link, nothing of private links, and "
        "nothing else",
        err=True,
    )
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was sent: nobody is there to agree; add --yes")
    click.confirm("Send it?", abort=True, err=True)


def _accept(catalogue: _Catalogue, file: Path, *, all_by_rules: bool) -> _Done:
    if not file.is_file():
        raise CatalogueError("there is no such file; `signpost draft-questions` without --accept writes it", path=file)
    drafts = read_drafts(file)
    by_home: dict[Path, dict[str, list[str]]] = {}
    lost: list[Draft] = []
    for draft in drafts:
        accepted = draft.accepted(all_by_rules=all_by_rules)
        home = catalogue.home_of(draft.url) if accepted else None
        if home is not None:
            by_home.setdefault(home, {}).setdefault(draft.url, []).extend(accepted)
        elif accepted:
            lost.append(draft)
    written = {home: _write(home, questions) for home, questions in by_home.items()}
    if by_home:
        take_out(file, [url for questions in by_home.values() for url in questions], all_by_rules=all_by_rules)
    waiting = sum(
        one.mark is Mark.MODEL or (one.mark is Mark.RULES and not all_by_rules)
        for draft in drafts
        for one in draft.proposals
    )
    lines = [f"{home}: {amount(count, 'question')} added" for home, count in written.items()]
    lines += [f"{file}:{draft.line}: {draft.url} is not in the catalogue; its questions stay there" for draft in lost]
    lines += (
        [f"{file}: {amount(waiting, 'question waits', 'questions wait')} for a decision: {_HOW}"] if waiting else []
    )
    lines += ["no question is marked `accept`; nothing was changed"] if not written and not lost else []
    return _Done(
        row={"added": {str(home): count for home, count in written.items()}, "waiting": waiting, "lost": len(lost)},
        lines=lines,
        has_problems=bool(lost),
    )


def _write(home: Path, questions: Mapping[str, Sequence[str]]) -> int:
    """Add accepted questions to a catalogue or to the file beside it; return how many were new."""
    if home.name == QUESTIONS_FILE or not _is_native(home):
        return add_questions(home, questions)
    text, added = add_to_catalogue(home.read_bytes().decode(), questions, str(home))
    if added:
        write_output(home, text.encode())
    return added
