"""`signpost log` and `rollback`: the bundles of an index."""

import json
from pathlib import Path

import click

from index.amounts import amount
from index.bundle import IndexFolder, check, hold
from index.cli.options import index_option, json_option
from index.errors import BundleMissingError


@click.command("log", short_help="List the bundles that were made current.")
@index_option
@json_option
def log_command(index: Path, *, as_json: bool) -> None:
    """List the bundles that were made current, newest first, with the time and the confidences of the verdicts.

    Where there are any, also how many links have text of their own pages, see `signpost enrich`.
    """
    folder = IndexFolder(index)
    current = folder.current()
    rows = [
        {
            "version": entry.version,
            "built_at": entry.built_at.isoformat(),
            "links": entry.links,
            "current": entry.version == current,
            "kept": folder.folder(entry.version).is_dir(),
            "threshold": sure,
            "perhaps": perhaps,
            "pages": folder.with_page(entry.version),
        }
        for entry in reversed(folder.history())
        for sure, perhaps in [folder.thresholds(entry.version) or (None, None)]
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        state = "current" if row["current"] else "" if row["kept"] else "gone"
        said = (
            "" if row["threshold"] is None else f"sure from {row['threshold']:.2f}, perhaps from {row['perhaps']:.2f}"
        )
        pages = f"{row['pages']:>7} with page text  " if any(one["pages"] for one in rows) else ""
        noun = "link " if row["links"] == 1 else "links"
        line = f"{row['version']}  {row['built_at']}  {row['links']:>7,} {noun}  {pages}{said:<33}  {state}"
        click.echo(line.rstrip())


@click.command("rollback", short_help="Make an older bundle current again.")
@click.argument("version", required=False)
@index_option
def rollback_command(version: str | None, index: Path) -> None:
    """Make bundle VERSION current again (by default the one before the current); a running bot follows by itself.

    The next build reads the catalogue as it is then: undo the edit too, or that build makes the newer bundle current again.
    """
    folder = IndexFolder(index)
    target = version or folder.previous()
    if target is None:
        current = folder.current()
        raise BundleMissingError(
            f"{folder.path}: there is no bundle before {current}; `signpost log` lists what there is"
        )
    folder.require(target)
    held = hold(folder.folder(target))
    manifest = check(folder.folder(target), target)
    folder.publish(target, manifest.links)
    del held  # only now: a bundle that is current is never removed
    click.echo(f"{target} is current: {amount(manifest.links, 'link')}", err=True)
