"""`signpost check`: finds what a curator should correct in a catalogue."""

from collections import Counter
from pathlib import Path
from typing import Any

import click

from index.amounts import amount
from index.builder.origin import described, own_sources
from index.bundle import IndexFolder
from index.catalogue.link import Level, Rule
from index.catalogue.lint import lint
from index.catalogue.sources.sources import AnySource
from index.cli.findings import PRINTERS
from index.cli.link_options import LinkChecks, link_options
from index.cli.options import index_option
from index.cli.printing import tell
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
@click.option("--strict", is_flag=True, help="End with 1 for warnings and hints too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(PRINTERS)),
    default="text",
    show_default=True,
    help="Lines for people; JSON or SARIF for tools; annotations of a pull request for a workflow of GitHub.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@link_options
@click.pass_context
def check_command(
    context: click.Context,
    /,
    paths: tuple[AnySource, ...],
    index: Path,
    ignored: tuple[str, ...],
    *,
    strict: bool,
    form: str,
    as_json: bool,
    **link_checks: Any,
) -> None:
    """Check catalogues: files, folders, patterns or addresses, as for `build`.

    By default it is the same catalogue that `build` takes: SIGNPOST_CATALOGUE, or what the index was built of, or else
    the shipped catalogue. With --links it requests every address instead, and says which are dead, moved or suspicious;
    without, it needs no network.

    Each finding is a line `file:line: level: rule: message`; the level is error, warning or hint. The exit code is 0
    when there is no error, 1 when there is one (with --strict: any finding), 2 when nothing could be checked.

    \b
    bad-scheme          the address is not http or https
    broken-address      the address is missing, unclosed or mistyped at its start
    duplicate-url       the address is in the catalogue already
    empty-title         the link has no title
    long-title          the title is too long for an answer
    publisher-mismatch  the address is not of the publisher that the title names
    same-article        the article is there already, under another address
    shared-address      many titles lead to one page, perhaps of another owner now
    similar-name        the tag or section is probably another one, misspelt
    site-root           the address is a site's start page, the title an article's
    unknown-field       the native format has no such field
    unknown-section     the section is not one of those that the file declares
    unreadable          the file, or an entry of it, is not valid
    user-in-address     a user or a password stands before the host
    wrong-value         the field's value is not of its kind
    """  # noqa: D301
    if not paths:
        paths = own_sources(IndexFolder(index))
        click.echo(f"checking {described(paths, index)}", err=True)
    form = "json" if as_json else form
    if link_checks.pop("links"):
        if form not in {"text", "json"}:
            raise click.UsageError(f"--links prints no {form}; text or json")
        from index.cli.check_links import check_links  # noqa: PLC0415 - an HTTP client is loaded only to use it

        context.exit(check_links(paths, LinkChecks(**link_checks), as_json=form == "json"))
    if link_checks["fix"]:
        raise click.UsageError("--fix writes what --links found; give both")
    if link_checks["explain"]:
        raise click.UsageError("--explain shows what --links found; give both")
    with gathered(paths) as catalogue:
        findings = [finding for finding in lint(catalogue.roots) if finding.rule not in ignored]
    printed = PRINTERS[form](findings)
    if printed:
        tell(printed)
    levels = Counter(finding.level for finding in findings)
    if form == "text":
        click.echo(", ".join(amount(levels[level], level) for level in Level), err=True)
    context.exit(1 if levels[Level.ERROR] or (strict and findings) else 0)
