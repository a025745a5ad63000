"""`signpost log`, `diff` and `rollback`: the bundles of an index."""

import json
from pathlib import Path

import click

from index.bundle import IndexFolder, check
from index.catalogue.link import Link
from index.catalogue.urls import normalise
from index.cli.options import index_option, json_option
from index.errors import BundleMissingError
from index.links import LinkFile


@click.command("log", short_help="List the bundles that were made current.")
@index_option
@json_option
def log_command(index: Path, *, as_json: bool) -> None:
    """List what was made current and when, newest first."""
    folder = IndexFolder(index)
    current = folder.current()
    rows = [
        {
            "version": entry.version,
            "built_at": entry.built_at.isoformat(),
            "links": entry.links,
            "current": entry.version == current,
            "kept": folder.folder(entry.version).is_dir(),
        }
        for entry in reversed(folder.history())
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        state = "current" if row["current"] else "" if row["kept"] else "gone"
        click.echo(f"{row['version']}  {row['built_at']}  {row['links']:>7} links  {state}".rstrip())


@click.command("diff", short_help="Show what changed between two bundles.")
@click.argument("old")
@click.argument("new", required=False)
@index_option
@json_option
def diff_command(old: str, new: str | None, index: Path, *, as_json: bool) -> None:
    """Show the links that were added, removed or changed from bundle OLD to NEW (the current one by default)."""
    folder = IndexFolder(index)
    before, after = _links(folder, old), _links(folder, new or folder.current())
    added = [link.url for key, link in after.items() if key not in before]
    removed = [link.url for key, link in before.items() if key not in after]
    changed = [link.url for key, link in after.items() if key in before and before[key] != link]
    if as_json:
        click.echo(json.dumps({"added": added, "removed": removed, "changed": changed}))
        return
    for sign, urls in (("+", added), ("-", removed), ("~", changed)):
        for url in urls:
            click.echo(f"{sign} {url}")
    click.echo(f"{len(added)} added, {len(removed)} removed, {len(changed)} changed", err=True)


@click.command("rollback", short_help="Make an older bundle current again.")
@click.argument("version", required=False)
@index_option
def rollback_command(version: str | None, index: Path) -> None:
    """Make bundle VERSION current again (by default the one before the current); a running bot follows by itself."""
    folder = IndexFolder(index)
    target = version or _previous(folder)
    manifest = check(folder.folder(target), target)
    folder.publish(target, manifest.links)
    click.echo(f"{target} is current: {manifest.links} links", err=True)


def _previous(folder: IndexFolder) -> str:
    current = folder.current()
    for entry in reversed(folder.history()):
        if entry.version != current and folder.folder(entry.version).is_dir():
            return entry.version
    raise BundleMissingError(f"{folder.path}: there is no bundle before {current}; `signpost log` lists what there is")


def _links(folder: IndexFolder, version: str) -> dict[str, Link]:
    path, _ = folder.open(version)
    return {normalise(link.url): link for link in LinkFile(path)}
