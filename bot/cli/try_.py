"""`signpost try`: tries a list out, in the terminal or as a page."""

import sys

import click

import index


@click.command("try", short_help="Try a list out, without an index of your own.")
@click.argument("catalogue", metavar="[LIST]", type=click.Path(), default="")
@click.argument("words", metavar="[QUESTION]...", nargs=-1)
@click.option("--ask", "question", metavar="QUESTION", default="", help="The question, where no LIST stands before it.")
@click.option("--top", metavar="N", type=click.IntRange(1, 100), default=3, show_default=True, help="Number of links.")
@click.option("--page", is_flag=True, help="Then serve a page with a search box, and print its address.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="The page's port.  [default: any free one]")
@click.option("--offline", is_flag=True, help="Read the copy of a list from elsewhere that was tried before.")
@click.option("-v", "--verbose", is_flag=True, help="List each entry that is left out, with its line.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for tools.")
def try_command(
    catalogue: str,
    words: tuple[str, ...],
    question: str,
    top: int,
    *,
    page: bool,
    port: int,
    offline: bool,
    verbose: bool,
    as_json: bool,
) -> int:
    """Try LIST out: a file, a folder, an https address or a git remote; the list that ships with Signpost where none is named.

    It is built into a cache of its own, in XDG_CACHE_HOME or ~/.cache, and no other index is touched. Without a question,
    three are shown that the list can answer, with the answer to the first. The exit code is 1 where nothing in the list
    answers the question.
    """
    if words and question:
        raise click.UsageError("give the question once, behind the list or with --ask")
    if sys.stderr.isatty():
        click.echo("starting …", err=True)
    tried = index.try_list(catalogue, offline=offline, verbose=verbose)
    answered = tried.print(question or " ".join(words), top=top, as_json=as_json)
    if page:
        _serve(tried, port)
        return 0
    return 0 if answered else 1


def _serve(tried: "index.Tried", port: int) -> None:
    """Serve the page of the tried list, with default settings: the environment and its files are not read."""
    from bot.cli.serve import run_until_stopped  # noqa: PLC0415 - most who try a list out want no server
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings.from_environment(
        {
            "SIGNPOST_MODE": "web",
            "SIGNPOST_INDEX": str(tried.index),
            "PORT": str(port),
            "STORE_URL": f"sqlite:///{tried.folder.absolute()}/store.sqlite3",
        }
    )
    run_until_stopped(settings, readable=True)
