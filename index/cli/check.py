"""`signpost check`: finds what a curator should correct in a catalogue."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click

from index.builder.origin import described, own_sources
from index.bundle import IndexFolder
from index.catalogue.link import Finding, Level, Rule
from index.catalogue.lint import lint
from index.catalogue.sources.sources import AnySource
from index.cli.check_links import LinkChecks, check_links, link_options
from index.cli.options import index_option
from index.cli.sources import SourceType, gathered


@click.command("check", short_help="Check a catalogue for duplicates, wrong addresses and the like.")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=SourceType(), envvar="SIGNPOST_CATALOGUE")
@index_option
@click.option(
    "--ignore",
    "ignored",
    metavar="RULE",
    multiple=True,
    type=click.Choice([str(rule) for rule in Rule]),
    help="Leave out the findings of this rule; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as one JSON object, for tools.")
@link_options
@click.pass_context
def check_command(
    context: click.Context,
    /,
    paths: tuple[AnySource, ...],
    index: Path,
    ignored: tuple[str, ...],
    *,
    as_json: bool,
    **link_checks: Any,
) -> None:
    """Check catalogues: files, folders, patterns or addresses, as for `build`.

    By default it is the same catalogue that `build` takes: SIGNPOST_CATALOGUE, or what the index was built of, or else
    the shipped catalogue. With --links it requests every address instead, and says which are dead, moved or suspicious;
    without, it needs no network.

    Each finding is a line `file:line: rule: message`. The exit code is 0 when there is none, 1 when there are some, 2
    when a file could not be read.

    \b
    bad-scheme          the address is not http or https
    broken-address      the address is not closed, or its start is mistyped
    duplicate-url       the address is in the catalogue already
    empty-title         the link has no title
    long-title          the title is too long for an answer
    publisher-mismatch  the address does not fit the publisher that the title names
    same-article        the article is in the catalogue already, under another address
    shared-address      many titles lead to one page, which may have another owner now
    site-root           the address is a site's start page, the title an article's
    unknown-field       the native format has no such field
    unknown-section     the section is not one of those that the file declares
    """  # noqa: D301
    if not paths:
        paths = own_sources(IndexFolder(index))
        click.echo(f"checking {described(paths, index)}", err=True)
    if link_checks.pop("links"):
        context.exit(check_links(paths, LinkChecks(**link_checks), as_json=as_json))
    if link_checks["fix"]:
        raise click.UsageError("--fix writes what --links found; give both")
    with gathered(paths) as catalogue:
        findings = [finding for finding in lint(catalogue.roots) if finding.rule not in ignored]
    levels = Counter(finding.level for finding in findings)
    if as_json:
        click.echo(json.dumps(_summary(findings, levels), ensure_ascii=False))
    else:
        for finding in findings:
            click.echo(str(finding))
        click.echo(f"{levels[Level.ERROR]} errors, {levels[Level.WARNING]} warnings", err=True)
    context.exit(1 if findings else 0)


def _summary(findings: list[Finding], levels: Counter[Level]) -> dict[str, object]:
    return {
        "errors": levels[Level.ERROR],
        "warnings": levels[Level.WARNING],
        "findings": [
            {
                "file": finding.source.path,
                "line": finding.source.line,
                "rule": str(finding.rule),
                "level": str(finding.level),
                "message": finding.message,
            }
            for finding in findings
        ],
    }
