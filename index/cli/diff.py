"""`signpost diff`: shows what changed between two bundles, for a terminal, for a pull request and for tools."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from index import defaults
from index.builder.diff import BundleDiff, ChangedLink, MovedAnswer, Quality, diff_bundles
from index.bundle import IndexFolder
from index.catalogue.link import Link
from index.cli.options import golden_option, index_option, json_option
from index.cli.printing import tell
from index.judge.golden import chosen

#: A report names at most this many links of one kind: a pull request's comment has a limit, and so have readers.
MOST_NAMED: Final = 50
#: The metrics that a report shows, in this order.
FIGURES: Final = ("ndcg@10", "ndcg@5", "hit@3", "p@1", "answered", "doubtful", "false_answers", "false_doubts")
#: Changes of a link up to this length, about three lines, are shown in full; of longer ones, only the fields' names.
MOST_CHARS: Final = 300
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~@&])")
_NOTHING: Final = "nothing"


@click.command("diff", short_help="Show what changed between two bundles.")
@click.argument("old")
@click.argument("new", required=False)
@golden_option
@click.option("--markdown", is_flag=True, help="Print Markdown, for a pull request.")
@index_option
@json_option
@click.pass_context
def diff_command(
    context: click.Context,
    old: str,
    new: str | None,
    golden: str | None,
    index: Path,
    *,
    markdown: bool,
    as_json: bool,
) -> None:
    """Show what changed from bundle OLD to NEW (the current one by default): links, and answers to golden questions.

    + added, - removed, ~ changed, ? an answer that moved, ! a golden question that is lost. The exit code is 1 when one
    is lost.
    """
    for name in filter(None, (old, new)):
        IndexFolder(index).require(name)
    asked = chosen(golden, (defaults.CATALOGUE,))
    found = diff_bundles(index, old, new, golden=asked)
    if as_json:
        click.echo(json.dumps(as_row(found), ensure_ascii=False))
    elif markdown:
        tell(as_markdown(found), nl=False)
    else:
        for line in lines(found):
            tell(line)
        click.echo(summary(found), err=True)
    context.exit(1 if found.lost else 0)


def summary(diff: BundleDiff) -> str:
    """Return the counts in one line."""
    links = diff.links
    parts = [f"{len(links.added)} added", f"{len(links.removed)} removed", f"{len(links.changed)} changed"]
    if diff.asked:
        parts.append(f"{len(diff.moved)} of {diff.asked} golden answers moved, {len(diff.lost)} lost")
    return ", ".join(parts)


def as_row(diff: BundleDiff) -> dict[str, Any]:
    """Return a diff as plain data."""
    row: dict[str, Any] = {
        "old": diff.old,
        "new": diff.new,
        "added": [link.url for link in diff.links.added],
        "removed": [link.url for link in diff.links.removed],
        "changed": [change.after.url for change in diff.links.changed],
        "changes": {change.after.url: _fields(change) for change in diff.links.changed},
        "asked": diff.asked,
        "moved": [asdict(one) for one in diff.moved],
    }
    if diff.quality is not None:
        row["quality"] = {"before": dict(diff.quality.before), "after": dict(diff.quality.after)}
    return row


def lines(diff: BundleDiff) -> Iterator[str]:
    """Yield the lines of a diff: `+` added, `-` removed, `~` changed, `?` an answer that moved, `!` one that is lost."""
    for sign, links in (("+", diff.links.added), ("-", diff.links.removed)):
        yield from (f"{sign} {link.url}" for link in links)
    for change in diff.links.changed:
        yield f"~ {change.after.url} ({', '.join(change.fields)})"
    yield from answers(diff)
    if diff.quality is not None:
        yield from (f"= {name} {before:.3f} -> {after:.3f}" for name, before, after in _figures(diff.quality))


def answers(diff: BundleDiff) -> Iterator[str]:
    """Yield only the lines about answers that moved."""
    for one in diff.moved:
        yield f"{'!' if one.lost else '?'} {_one_line(one.question)}"
        yield f"    before: {' '.join(one.before) or _NOTHING}"
        yield f"    after:  {' '.join(one.after) or _NOTHING}"
        if one.lost:
            yield f"    wanted: {' '.join(one.wanted)}"


def as_markdown(diff: BundleDiff, against: Sequence[str] = ()) -> str:
    """Return a diff as a comment on a pull request; `against` holds the build's objections."""
    parts = [f"### Catalogue: {summary(diff)}"]
    if against:
        parts.append("**What speaks against it:**\n\n" + "\n".join(f"- {_escaped(reason)}" for reason in against))
    parts += _list("Added", [_link(link) for link in diff.links.added])
    parts += _list("Removed", [_link(link) for link in diff.links.removed])
    parts += _list("Changed", [_change(change) for change in diff.links.changed])
    if diff.moved:
        parts.append("\n".join(_moved(diff.moved)))
    elif diff.asked:
        parts.append(f"None of {diff.asked} golden answers moved.")
    if diff.quality is not None:
        rows = [f"| {name} | {before:.3f} | {after:.3f} |" for name, before, after in _figures(diff.quality)]
        parts.append("\n".join(["| judged questions | before | after |", "|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _fields(change: ChangedLink) -> dict[str, list[str]]:
    return {name: [_value(getattr(link, name)) for link in (change.before, change.after)] for name in change.fields}


def _value(value: Any) -> str:
    return " > ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def _figures(quality: Quality) -> Iterator[tuple[str, float, float]]:
    for name in FIGURES:
        if name in quality.before and name in quality.after:
            yield name, quality.before[name], quality.after[name]


def _list(heading: str, lines: Sequence[str]) -> list[str]:
    """Return a heading with its lines, folded when there are many; nothing without lines."""
    if not lines:
        return []
    named = "\n".join(lines[:MOST_NAMED])
    if len(lines) > MOST_NAMED:
        named += f"\n- … and {len(lines) - MOST_NAMED:,} more"
    return [f"<details open><summary>{heading}: {len(lines):,}</summary>\n\n{named}\n\n</details>"]


def _link(link: Link) -> str:
    place = f" · {_escaped(link.section_path)}" if link.section else ""
    return f"- [{_escaped(link.title)}]({_address(link.url)}){place}"


def _change(change: ChangedLink) -> str:
    names = ", ".join(change.fields)
    values = "; ".join(f"{name}: {_short(was)} → {_short(now)}" for name, (was, now) in _fields(change).items())
    return f"{_link(change.after)}: {values if len(values) < MOST_CHARS else names}"


def _moved(moved: Sequence[MovedAnswer]) -> Iterator[str]:
    yield "| question | before | after | |"
    yield "|---|---|---|---|"
    for one in moved:
        state = f"**lost**: {_addresses(one.wanted)} must come first" if one.lost else "moved"
        yield f"| {_escaped(one.question)} | {_addresses(one.before)} | {_addresses(one.after)} | {state} |"


def _addresses(urls: Iterable[str]) -> str:
    return "<br>".join(f"<{_address(url)}>" for url in urls) or _NOTHING


def _short(text: str, limit: int = 80) -> str:
    line = _one_line(text)
    return f"“{_escaped(line if len(line) <= limit else line[: limit - 1] + '…')}”" if line else _NOTHING


def _address(url: str) -> str:
    """Return an address with those characters escaped that would end it in Markdown or end a table's cell."""
    return re.sub(r"[()<>|\\\s`]", lambda found: f"%{ord(found[0]):02X}", url)


def _escaped(text: str) -> str:
    """Return text that Markdown shows as written, on one line: no markup, no mention of a person."""
    return _MARKDOWN.sub(r"\\\1", _one_line(text)).replace("\\@", "@\N{ZERO WIDTH NON-JOINER}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
