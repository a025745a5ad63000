"""The sources that commands take: files, folders, patterns, addresses of lists and of git remotes."""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem

from index.catalogue.link import Skip
from index.catalogue.sources.copies import Gathered, gather
from index.catalogue.sources.sources import AnySource, parse_source
from index.catalogue.urls import without_passwords
from index.cli.printing import tell
from index.errors import CatalogueError

#: The start of an address, whose colons separate no sources: `://`, `name:password@`, host, `:8443`.
_START_OF_ADDRESS: Final = re.compile(r"://(?:[^/\s@]*@)?[^/:\s]*(?::\d+(?=[/#@:]|$))?")


class SourceType(click.ParamType[AnySource]):
    """One source of a catalogue, as `parse_source` reads it; in the environment, several are separated by colons."""

    name = "source"

    def convert(
        self,
        value: str | AnySource,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> AnySource:
        """Return the source; click.BadParameter when the text is no source."""
        if not isinstance(value, str):
            return value
        try:
            return parse_source(value)
        except CatalogueError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Let the shell complete the names of files."""
        return [CompletionItem(incomplete, type="file")]

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Split the value of a variable at its colons, but not inside an address."""
        whole = _START_OF_ADDRESS.sub(lambda found: found[0].replace(":", "\0"), rv)
        return [part.replace("\0", ":") for part in whole.split(":") if part]


@contextmanager
def gathered(sources: Sequence[AnySource | Path]) -> Iterator[Gathered]:
    """Yield all sources on this disk; remote ones are fetched into a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="signpost-") as folder:
        yield gather(sources, Path(folder))


language_option = click.option(
    "--language",
    metavar="CODE",
    default="",
    help="Which translation to read where a list has several: de, zh-cn.  [default: the list's own, else English]",
)
verbose_option = click.option("-v", "--verbose", is_flag=True, help="List each entry that is left out, with its line.")


def tell_skipped(before: str, skipped: Sequence[Skip], *, verbose: bool) -> None:
    """Print on stderr, after the text `before`, how many entries were left out, and how many for each reason.

    With `verbose`, also each of them with file and line.
    """
    for skip in skipped if verbose else ():
        tell(without_passwords(f"{skip.source}: skipped {skip.text}: {skip.reason}"), err=True)
    hint = " (-v lists them)" if skipped and not verbose else ""
    click.echo(f"{before}{len(skipped):,} skipped{hint}", err=True)
    for reason, count in Counter(skip.reason for skip in skipped).most_common():
        tell(f"{count:6,} {reason}", err=True)
