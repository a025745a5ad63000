"""The `signpost` command: a click group whose commands are imported only when one of them runs."""

import codecs
import errno
import importlib
import io
import logging
import os
import secrets
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem

from bot.project import kept
from bot.slack.text import one_line
from index import SignpostError

EXIT_COULD_NOT_RUN = 2
EXIT_INTERRUPTED = 130
#: As shells tell of a program that writes to one that has gone.
EXIT_NO_READER = 141
#: There is no room where something is written, be it a file or standard output: no fault of the program.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
#: The file of traces is replaced when it is larger.
MOST_TRACES_BYTES = 1_000_000


class LazyCommand(NamedTuple):
    """The module of a command, and its line in `signpost --help`, which must not import it."""

    module: str
    """It defines `NAME_command`."""
    summary: str


#: Every command, in the order of use: try a list, get a catalogue, build it, ask it, keep it good, serve it.
COMMANDS: dict[str, LazyCommand] = {
    "try": LazyCommand("bot.cli.try_", "Try a list out, without an index of your own."),
    "import": LazyCommand("index.cli.import_", "Read links from other formats into a native catalogue."),
    "export": LazyCommand("index.cli.export", "Write the catalogue as Markdown, bookmarks, CSV and the like."),
    "build": LazyCommand("index.cli.build", "Build the index from the catalogue and make it current."),
    "ask": LazyCommand("index.cli.ask", "Ask the catalogue in the terminal, or a file of questions."),
    "eval": LazyCommand("index.cli.eval_", "Measure the answers against judged questions."),
    "check": LazyCommand("index.cli.check", "Check the catalogue, and with --links where its links lead."),
    "enrich": LazyCommand("index.cli.enrich", "Fetch the links' pages and keep what they say, for the index."),
    "draft-questions": LazyCommand("index.cli.draft_questions", "Propose questions for links, for curators to accept."),
    "schema": LazyCommand("index.cli.schema", "Print the JSON Schema of a catalogue, for editors."),
    "log": LazyCommand("index.cli.log", "List the bundles that were built."),
    "diff": LazyCommand("index.cli.diff", "Show what changed between two bundles."),
    "rollback": LazyCommand("index.cli.log", "Make an older bundle current again."),
    "news": LazyCommand("index.cli.news", "Print what is new, moved and retired, also as a feed."),
    "tune": LazyCommand("index.cli.tune", "Fit the encoder to a catalogue: a small adapter."),
    "fit": LazyCommand("index.cli.fit", "Fit the ranking and the confidence to judged questions."),
    "vocabulary": LazyCommand("index.cli.vocabulary", "Print abbreviations that a catalogue spells out."),
    "serve": LazyCommand("bot.cli.serve", "Run the bot: Slack over HTTP or Socket Mode, or the page."),
    "manifest": LazyCommand("bot.cli.manifest", "Print the Slack app's manifest, or the address that makes the app."),
    "preview": LazyCommand("bot.cli.preview", "Draw answers, Home, help and forms as Slack would show them."),
    "gaps": LazyCommand("bot.cli.gaps", "List what people asked that the catalogue could not answer."),
    "mcp": LazyCommand("bot.cli.mcp", "Serve the catalogue's tools to an assistant (MCP)."),
    "api-key": LazyCommand("bot.cli.api_key", "Make a key for the API and for assistants."),
    "forget": LazyCommand("bot.cli.keeping", "Erase a person from the store."),
    "backup": LazyCommand("bot.cli.keeping", "Copy the store while the bot runs."),
    "completion": LazyCommand("bot.cli.completion", "Print the script that completes commands in a shell."),
}


#: What `signpost` alone prints.
FIRST_STEPS = """\
Signpost answers a question with the best links of a list that you curate.

First steps, where LIST is a file, a folder, an https address or a git remote:

  signpost try LIST                 shows what it can answer, in a minute
  signpost build --catalogue LIST   makes an index of it, in the folder .signpost
  signpost ask how do I …           asks it; no quotes needed
  signpost serve --mode web         a page with a search box
  signpost serve --mode socket      the bot in Slack

All commands: signpost --help; one of them: signpost COMMAND --help"""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is run."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one command that is run."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(importlib.import_module(place.module), f"{cmd_name.replace('-', '_')}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the named command; for an unknown name raise an error that suggests similar ones."""
        if ctx.resilient_parsing:  # a shell completes what is being typed
            return super().resolve_command(ctx, args)
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS)
            meant = f"did you mean {' or '.join(near)}? " if near else ""
            raise click.UsageError(f"there is no command {args[0]!r:.80}; {meant}`signpost --help` lists them")
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and command is not None and not set(ctx.help_option_names) & set(rest):
            ctx.default_map = {name: _kept_for(command)}
        return name, command, rest

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete names from the table, so that none of the commands is imported; and the options of all."""
        names = [
            CompletionItem(name, help=place.summary) for name, place in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, so that `--help` imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(package_name="signpost-bot", prog_name="signpost")
@click.option("--debug", is_flag=True, help="Print the trace of an unexpected error instead of writing it to a file.")
@click.pass_context
def signpost(context: click.Context, *, debug: bool) -> None:  # noqa: ARG001 - `run` reads it, where errors end
    """Answer questions with the best links of a curated catalogue."""
    if context.invoked_subcommand is None:
        click.echo(FIRST_STEPS)


def _kept_for(command: click.Command) -> dict[str, object]:
    """Return the defaults of a command's parameters from .env and the project's settings; the environment wins over them."""
    by_variable = {parameter.envvar: parameter for parameter in command.params if isinstance(parameter.envvar, str)}
    if not by_variable:
        return {}
    return {
        str(parameter.name): parameter.type.split_envvar_value(value)
        if isinstance(value, str) and (parameter.nargs != 1 or parameter.multiple)
        else value
        for variable, value in kept().items()
        if (parameter := by_variable.get(variable)) is not None
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with 0, 1 (found problems), 2 (could not run), 75 (busy) or 130 (interrupted)."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error becomes one line on stderr.

    A command reports found problems by returning 1 or by `ctx.exit(1)`.
    """
    logging.getLogger("index").addHandler(_Traces())
    # As Python does for stderr: where a terminal's letters are not Unicode, a star is written as its code and ends nothing.
    if isinstance(sys.stdout, io.TextIOWrapper) and codecs.lookup(sys.stdout.encoding).name != "utf-8":
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        result = signpost.main(args=list(arguments), prog_name="signpost", standalone_mode=False, color=_colour())
    except (click.exceptions.Abort, KeyboardInterrupt) as error:
        if isinstance(error.__cause__, EOFError):  # click takes the end of any file for the end of what is typed
            return _unexpected(error.__cause__, debug="--debug" in _group_options(arguments))
        # An interrupted command may say in the exception how it left things; click wraps that exception.
        _complain(f"interrupted{'; ' if (state := _state(error)) else ''}{state}")
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        _complain(error.format_message())
        return EXIT_COULD_NOT_RUN
    except SignpostError as error:
        _complain(str(error))
        return error.exit_code
    except (
        SystemExit
    ):  # click's end when whoever read the output has gone, which is none of the problems that 1 stands for
        return EXIT_NO_READER
    except OSError as error:
        if error.errno not in NO_ROOM:
            return _unexpected(error, debug="--debug" in _group_options(arguments))
        place = f"{error.filename}: " if error.filename else ""
        _complain(f"{place}cannot be written ({error.strerror}); make room where it goes, then run it again")
        return EXIT_COULD_NOT_RUN
    except Exception as error:  # noqa: BLE001 - the outermost edge: a person gets a line, the trace goes to a file
        return _unexpected(error, debug="--debug" in _group_options(arguments))
    return result if isinstance(result, int) else 0


def _colour() -> bool | None:
    """Return False where no colour and no bold text is wanted (https://no-color.org); None where the terminal decides."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _state(error: BaseException) -> str:
    """Return the interrupted command's own words about how it left things; empty if there are none."""
    interrupt = error if isinstance(error, KeyboardInterrupt) else error.__cause__
    return str(interrupt or "")


class _Traces(logging.Handler):
    """Writes traces to the file of traces, unless the program has set up logging."""

    def emit(self, record: logging.LogRecord) -> None:
        """Append the record with its trace."""
        if record.exc_info and not logging.getLogger().handlers:
            _write_trace(getattr(record, "reference", "none"), self.format(record))


def _group_options(arguments: Sequence[str]) -> list[str]:
    """Return the options before the command's name."""
    return list(takewhile(lambda argument: argument.startswith("-"), arguments))


def _unexpected(error: Exception, *, debug: bool) -> int:
    reference = secrets.token_hex(4)
    trace = "".join(traceback.format_exception(error))
    if debug:
        sys.stderr.write(trace)
        _complain(f"unexpected {type(error).__name__} (reference {reference})")
        return EXIT_COULD_NOT_RUN
    place = _write_trace(reference, trace)
    where = f"the trace is in {place}" if place else "run again with --debug for the trace"
    _complain(f"unexpected {type(error).__name__} (reference {reference}); {where}")
    return EXIT_COULD_NOT_RUN


def _complain(message: str) -> None:
    sys.stderr.write(f"signpost: {one_line(message)}\n")


def _write_trace(reference: str, trace: str) -> Path | None:
    """Append the trace to the first file that can be written, and return its path; None when none can.

    Nobody else may read it. A file that has grown to `MOST_TRACES_BYTES` is kept once as the old one.
    """
    state_home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    for folder in (Path(state_home) / "signpost", Path(tempfile.gettempdir()) / f"signpost-{os.getuid()}"):
        path = folder / "signpost-errors.log"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if folder.stat().st_uid != os.getuid():  # somebody else's folder in a place where all may write
                continue
            if path.exists() and path.stat().st_size > MOST_TRACES_BYTES:
                path.replace(path.with_suffix(".log.1"))
            with open(path, "a", encoding="utf-8", opener=_private) as log:
                log.write(f"--- {datetime.now(UTC).isoformat()} reference {reference}\n{trace}\n")
        except OSError:
            continue
        return path
    return None


def _private(name: str, flags: int) -> int:
    """Open a file that is nobody else's, and no link to another file."""
    descriptor = os.open(name, flags | os.O_NOFOLLOW, 0o600)
    os.fchmod(descriptor, 0o600)
    return descriptor


if __name__ == "__main__":
    main()
