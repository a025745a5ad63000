"""`signpost log`, `diff` and `rollback`: the bundles of an index."""

import json
from pathlib import Path

import click

from index import defaults
from index.builder.diff import diff
from index.bundle import Hold, IndexFolder, check
from index.cli import render_diff
from index.cli.options import golden_of, golden_option, index_option, json_option
from index.errors import BundleMissingError, SignpostError
from index.search.score import SCORE_FILE, ScoreModel


@click.command("log", short_help="List the bundles that were made current.")
@index_option
@json_option
def log_command(index: Path, *, as_json: bool) -> None:
    """List what was made current and when, newest first, and from which confidence on each has an answer."""
    folder = IndexFolder(index)
    current = folder.current()
    rows = [
        {
            "version": entry.version,
            "built_at": entry.built_at.isoformat(),
            "links": entry.links,
            "current": entry.version == current,
            "kept": folder.folder(entry.version).is_dir(),
            "threshold": _threshold(folder, entry.version),
        }
        for entry in reversed(folder.history())
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        state = "current" if row["current"] else "" if row["kept"] else "gone"
        threshold = "" if row["threshold"] is None else f"answers from {row['threshold']:.2f}"
        click.echo(f"{row['version']}  {row['built_at']}  {row['links']:>7} links  {threshold:<17}  {state}".rstrip())


def _threshold(folder: IndexFolder, version: str) -> float | None:
    """Return the lowest confidence that a bundle answers with; None where it is gone or damaged."""
    try:
        return ScoreModel.read(folder.folder(version) / SCORE_FILE).threshold
    except (UnicodeDecodeError, SignpostError):
        return None


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

    + added, - removed, ~ changed; ? an answer that moved, ! a golden question that is lost: then the exit code is 1.
    """
    for name in filter(None, (old, new)):
        _check_there(IndexFolder(index), name)
    asked = golden_of(golden, (defaults.CATALOGUE,))
    found = diff(index, old, new, golden=asked)
    if as_json:
        click.echo(json.dumps(render_diff.as_json(found), ensure_ascii=False))
    elif markdown:
        click.echo(render_diff.markdown(found), nl=False)
    else:
        for line in render_diff.plain(found):
            click.echo(line)
        click.echo(render_diff.summary(found), err=True)
    context.exit(1 if found.lost else 0)


@click.command("rollback", short_help="Make an older bundle current again.")
@click.argument("version", required=False)
@index_option
def rollback_command(version: str | None, index: Path) -> None:
    """Make bundle VERSION current again (by default the one before the current); a running bot follows by itself.

    The next build reads the catalogue as it is then: take back the edit too, or the newer bundle is current again.
    """
    folder = IndexFolder(index)
    target = version or folder.previous()
    if target is None:
        current = folder.current()
        raise BundleMissingError(
            f"{folder.path}: there is no bundle before {current}; `signpost log` lists what there is"
        )
    _check_there(folder, target)
    hold = Hold(folder.folder(target))
    manifest = check(folder.folder(target), target)
    folder.publish(target, manifest.links)
    hold.release()
    click.echo(f"{target} is current: {manifest.links} links", err=True)


def _check_there(folder: IndexFolder, name: str) -> None:
    """Refuse what names no bundle of this index. BundleMissingError."""
    if not name.isalnum() or not folder.folder(name).is_dir():
        raise BundleMissingError(f"{folder.path}: there is no bundle {name!r:.80}; `signpost log` lists what there is")
