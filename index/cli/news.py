"""`signpost news`: what is new, moved and retired, for a terminal, a newsletter or a reader of feeds."""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import click

from index.cli.options import index_option
from index.cli.printing import tell
from index.feeds import Feed, as_atom, as_json, as_markdown, as_text
from index.search.searcher import Searcher

#: More is for nobody to read.
MOST: Final = 500
_SPAN: Final = re.compile(r"(\d{1,4})([hdw])")
_HOURS: Final = {"h": 1, "d": 24, "w": 24 * 7}


class Since(click.ParamType[datetime]):
    """A span before now, such as 7d, or a day, such as 2026-05-31."""

    name = "since"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment, in UTC."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        if found := _SPAN.fullmatch(text.strip().lower()):
            return datetime.now(UTC) - timedelta(hours=int(found[1]) * _HOURS[found[2]])
        try:
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        except ValueError:
            self.fail(
                f"{text!r:.40} is neither a span, such as 24h, 7d or 2w, nor a day, such as 2026-05-31", param, ctx
            )


@click.command("news", short_help="Print what is new, moved and retired.")
@click.option("--since", type=Since(), default="7d", show_default=True, help="A span, such as 24h, 7d or 2w, or a day.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "atom", "json"]),
    default="text",
    show_default=True,
    help="`atom` and `json` are feeds.",
)
@click.option("--public", is_flag=True, help="Only of links with the tag `public`.")
@index_option
def news_command(since: datetime, form: str, index: Path, *, public: bool) -> None:
    """Print what is new, moved and retired in the catalogue, latest first.

    A build writes down what changed since the one before it; links that were there from the beginning count as new on the day
    that the catalogue says they were added.
    """
    searcher = Searcher(index)
    news = searcher.news(since=since, limit=MOST, public_only=public)
    feed = Feed(name=searcher.info.name, news=news, updated=searcher.info.built_at)
    match form:
        case "markdown":
            tell(as_markdown(feed), nl=False)
        case "atom":
            click.echo(as_atom(feed), nl=False)
        case "json":
            click.echo(as_json(feed), nl=False)
        case _:
            for line in as_text(news):
                tell(line)
            if not news:
                click.echo(f"nothing is new since {since:%Y-%m-%d %H:%M} UTC", err=True)
