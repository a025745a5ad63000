"""Puts tables into a page of the documentation, between `<!-- table NAME -->` and `<!-- end of NAME -->`."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

page_option = click.option(
    "--write", "page", metavar="PAGE.md", type=click.Path(path_type=Path), help="Put the tables into a page too."
)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def put(page: Path, name: str, content: str) -> None:
    """Replace what stands between the marks of a table; UsageError when the page has no such marks."""
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- table {name} -->\n", f"<!-- end of {name} -->"
    found = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not found.search(text):
        raise click.UsageError(f"{page}: has no marks for the table {name!r}: {begin.strip()} … {end}")
    page.write_text(found.sub(lambda _: f"{begin}\n{content}\n{end}", text, count=1), encoding="utf-8")
