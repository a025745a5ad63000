"""The options of commands that request every link; nothing here needs the network or a client for it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from index.catalogue.checks.evidence import DEAD_AFTER

#: A run is not believed when of the owners whose sites were fine this share, and this many, turn at once.
TURNED_SHARE: Final = 0.3
TURNED_COUNT: Final = 5
#: What a header may hold; no client sends a request with anything else in one.
_HEADER: Final = re.compile(r"[ -~]*")
_F = TypeVar("_F", bound=Callable[..., Any])


def _header(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _HEADER.fullmatch(value):
        raise click.BadParameter(f"{value!r:.80} has more than letters, digits and signs of ASCII on one line")
    return value


def _patterns(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    try:
        return tuple(re.compile(value) for value in values)
    except re.error as error:
        raise click.BadParameter(f"{error.pattern!r} is no regular expression ({error})") from error


_REQUEST_OPTIONS: Final = (
    click.option(
        "--exclude",
        metavar="REGEX",
        multiple=True,
        callback=_patterns,
        help="Leave out the addresses in which it is found; may be given several times.",
    ),
    click.option(
        "--concurrency",
        metavar="N",
        type=click.IntRange(1, 500),
        default=64,
        show_default=True,
        help="Requests at a time.",
    ),
    click.option(
        "--per-host",
        metavar="N",
        type=click.IntRange(1, 500),
        default=2,
        show_default=True,
        help="Requests at a time to one host.",
    ),
    click.option(
        "--delay",
        metavar="SECONDS",
        type=click.FloatRange(0, 60),
        default=0.25,
        show_default=True,
        help="Between two requests to one host; more where its robots.txt says so.",
    ),
    click.option(
        "--timeout",
        metavar="SECONDS",
        type=click.FloatRange(0.1, 300),
        default=20.0,
        show_default=True,
        help="For one request.",
    ),
    click.option(
        "--retries",
        metavar="N",
        type=click.IntRange(0, 10),
        default=2,
        show_default=True,
        help="Number of retries after no answer, 429 or a server error.",
    ),
    click.option("--allow-private", is_flag=True, help="Also request hosts of private networks and this machine."),
    click.option("--user-agent", metavar="TEXT", callback=_header, help="The User-Agent that sites see in their logs."),
)
_CHECK_OPTIONS: Final = (
    click.option("--links", is_flag=True, help="Request every address, and say what became of it."),
    click.option("--fix", is_flag=True, help="With --links: write moved addresses back into the YAML."),
    click.option("--again", is_flag=True, help="Also check links that were checked recently."),
    click.option(
        "--max-age",
        metavar="DAYS",
        type=click.FloatRange(0),
        default=6.0,
        show_default=True,
        help="A check younger than this is not repeated.",
    ),
    click.option(
        "--dead-after",
        metavar="DAYS",
        type=click.IntRange(1),
        default=DEAD_AFTER,
        show_default=True,
        help="On how many different days a link must fail before it is called dead.",
    ),
    click.option(
        "--inside",
        metavar="SUFFIX",
        multiple=True,
        envvar="SIGNPOST_INSIDE",
        help="Ends of the names of hosts inside, such as corp.example.com: nothing bad is believed of them; may be given "
        "several times.",
    ),
    click.option(
        "--turned-share",
        metavar="SHARE",
        type=click.FloatRange(0, 1),
        default=TURNED_SHARE,
        show_default=True,
        envvar="SIGNPOST_TURNED_SHARE",
        help="Judge nothing when of the owners whose sites were fine this share turns bad at once.",
    ),
    click.option(
        "--turned-count",
        metavar="N",
        type=click.IntRange(1),
        default=TURNED_COUNT,
        show_default=True,
        envvar="SIGNPOST_TURNED_COUNT",
        help="So many of them at least.",
    ),
    *_REQUEST_OPTIONS,
    click.option(
        "--explain",
        metavar="URL",
        help="With --links: request nothing, but show what was seen of a link on each day, and what would change its standing.",
    ),
    click.option("-v", "--verbose", is_flag=True, help="With --links: also list the links of which nothing is known."),
)


def link_options(command: _F) -> _F:
    """Add the options of the live checks to a command."""
    return _with(_CHECK_OPTIONS, command)


def request_options(command: _F) -> _F:
    """Add the options of a run over links to a command."""
    return _with(_REQUEST_OPTIONS, command)


def _with(options: Sequence[Callable[[_F], _F]], command: _F) -> _F:
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """How links are requested; times in seconds."""

    exclude: tuple[re.Pattern[str], ...]
    concurrency: int
    per_host: int
    delay: float
    timeout: float
    retries: int
    allow_private: bool
    user_agent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChecks(Requests):
    """The options of the live checks; ages in days."""

    fix: bool
    again: bool
    max_age: float
    dead_after: int
    inside: tuple[str, ...]
    turned_share: float
    turned_count: int
    explain: str | None
    verbose: bool
