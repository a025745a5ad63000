"""Measures what `signpost enrich` is worth: lists without their descriptions, which are served as pages of this machine.

    python -m tests.bench.bench_pages NAME=LIST:QUESTIONS.jsonl... [--work DIR] [--variants]

Each list is indexed without descriptions, without them but with its pages' texts, and as it is. A page has what real pages
have: the site's name in its title, menus, a banner of cookies, headings that every page of a kind has; and a part of
the pages is gone, asks for a captcha, or says nothing of itself. The table goes to standard output.
"""

import asyncio
import html
import json
import os
import random
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
import trustme

import index.builder.build
import index.builder.write
import index.cli.link_run
from bot.cli.main import run
from index import defaults
from index.builder.build import build
from index.catalogue.http import Addresses
from index.catalogue.link import Link, link_to_row
from index.catalogue.merge import merge
from index.catalogue.publishers import registered
from index.catalogue.read import read
from index.catalogue.urls import host
from index.cli.ask import read_questions
from index.encoder.choice import EncoderChoice
from index.search.fields import link_text
from index.search.searcher import Searcher
from tests.bench.ablation import interval, ndcg
from tests.index.catalogue.checks.world import LOOPBACK, Answer, World, opened

#: Of a hundred pages, how many are not there, ask for a captcha, and have no description.
GONE, CAPTCHA, SILENT = 4, 4, 12
_FURNITURE: Final = ("Installation", "Usage", "Getting started", "Features", "Contributing", "License", "Related posts",
                     "Conclusion", "Table of contents", "Leave a comment", "FAQ", "Roadmap", "Introduction")  # fmt: skip
_REPOSITORY: Final = """<html lang="en"><head><title>GitHub - {name}: {text} · GitHub</title>
<meta property="og:site_name" content="GitHub"><meta name="description" content="{described} - {name}"></head><body>
<h2 class="sr-only">Navigation Menu</h2><nav><h3>Platform</h3></nav><h2>Search code, repositories, users, issues</h2>
<h1>Provide feedback</h1><h2>Saved searches</h2><h1 class="title">{name}</h1><h2>Folders and files</h2>
<h2>Latest commit</h2><article><h1>{title}</h1>{headings}</article><h2>About</h2><h3>Stars</h3><h2>Languages</h2>
<footer><h2>Footer navigation</h2></footer></body></html>"""
_ARTICLE: Final = """<html lang="en"><head><title>{title} | {site}</title><meta property="og:title" content="{title}">
<meta name="description" content="{described}"></head><body><div id="cookie-banner"><h2>We value your privacy</h2></div>
<header><h2>{site}: news, guides, and more</h2></header><main><h1>{title}</h1>{headings}<p>{text}</p></main>
<aside><h3>Subscribe to our newsletter</h3></aside><footer><h3>Company</h3></footer></body></html>"""


def page_of(link: Link, dice: random.Random) -> Answer:
    """Return the page of a link: what its description said is the page's own."""
    fate = dice.randrange(100)
    if fate < GONE:
        return Answer(404, "<title>Page not found</title>")
    if fate < GONE + CAPTCHA:
        return Answer(200, "<title>Just a moment...</title><p>Enable JavaScript and cookies to continue</p>")
    described = "" if fate < GONE + CAPTCHA + SILENT else link.description
    headings = "".join(f"<h2>{one}</h2>" for one in dice.sample(_FURNITURE, dice.randint(2, 6)))
    site = registered(host(link.url)).partition(".")[0].title()
    parts = urlsplit(link.url).path.strip("/").split("/")
    is_repository = host(link.url) == "github.com" and len(parts) == 2
    of = _REPOSITORY if is_repository else _ARTICLE
    name = "/".join(parts)
    described = described or (f"Contribute to {name} development by creating an account on GitHub." if is_repository else
                              f"{site} is the home of guides and tools for everybody.")  # fmt: skip
    values = {"title": link.title, "name": name, "site": site, "described": described,
              "text": described or "Read on."}  # fmt: skip
    return Answer(body=of.format(headings=headings, **{key: html.escape(value) for key, value in values.items()}))


@contextmanager
def served(links: Sequence[Link]) -> Iterator[None]:
    """Serve the pages of links, and lead every connection of this process to them."""
    dice = random.Random(0)
    world = World()
    for link in links:
        parts = urlsplit(link.url)
        world.pages[parts.netloc, f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"] = page_of(
            link, dice
        )
    authority = trustme.CA()
    hosts = sorted({urlsplit(link.url).hostname or "" for link in links})
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*hosts).configure_cert(tls)
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with opened(world, tls=tls):
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    connect, module = asyncio.open_connection, index.cli.link_run

    async def here(_host: str, _port: int) -> tuple[str, ...]:
        return (LOOPBACK,)

    async def connected(address: str, port: int) -> Any:
        return await connect(address, world.tls_port if port == 443 else world.port)

    vars(asyncio)["open_connection"] = connected
    vars(module)["Addresses"] = lambda **_: Addresses(permitted=LOOPBACK.__eq__, resolver=here)
    try:
        with authority.cert_pem.tempfile() as trusted:
            os.environ["SSL_CERT_FILE"] = trusted
            yield
    finally:
        vars(asyncio)["open_connection"] = connect
        vars(module)["Addresses"] = Addresses
        over.set()
        thread.join()


def _half(link: Link, page: str) -> str:
    return link_text(link, page[:150])


def _alone(link: Link, page: str) -> str:
    return link_text(link, "" if link.description else page)


#: Ways to index the pages' texts: what the encoder sees of link and page, and whether words of the page are indexed.
VARIANTS: Final[Mapping[str, tuple[Callable[[Link, str], str], bool]]] = {
    "as built": (link_text, True),
    "for the encoder alone": (link_text, False),
    "as words alone": (lambda link, _: link_text(link), True),
    "half as much for the encoder": (_half, True),
}


def measured(
    catalogue: Path, place: Path, rows: list[dict[str, Any]], variant: str = "as built", *, pages: str | None = None
) -> Any:
    """Build an index and return nDCG@5 of every question."""
    write: Any = index.builder.write
    text, has_words = VARIANTS[variant]
    lexical = write.build_lexical
    write.link_text = text
    if not has_words:
        write.build_lexical = lambda links, kept, pages: lexical(links, kept)
    try:
        build([catalogue], place, encoder=EncoderChoice(adapter=defaults.ADAPTER), vocabularies=[defaults.VOCABULARY],
              force=True, replace=True, pages=pages)  # fmt: skip
    finally:
        write.link_text, write.build_lexical = link_text, lexical
    return ndcg(Searcher.open(place), rows)


def written(path: Path, links: Sequence[Link]) -> Path:
    """Write a catalogue in the native form."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"name": "list", "links": [link_to_row(link) for link in links]}, ensure_ascii=False),
        encoding="utf-8",
    )
    return path


@click.command()
@click.argument("lists", nargs=-1, required=True)
@click.option("--work", type=click.Path(path_type=Path), default=Path(".signpost/pages"))
@click.option(
    "--questions", "most", type=int, default=0, help="Ask only this many of each list's questions, drawn once."
)
@click.option("--variants", is_flag=True, help="Also measure other ways to index the pages' texts.")
def main(lists: tuple[str, ...], work: Path, most: int, *, variants: bool) -> None:
    """Print the table."""
    for one in lists:
        name, _, rest = one.partition("=")
        source, questions = rest.split(":")
        rows = [row for row in read_questions(Path(questions)) if row.get("relevant")]
        rows = random.Random(0).sample(rows, min(most, len(rows))) if most else rows
        links = merge(read([Path(source)]).entries)
        whole = written(work / name / "whole" / "list.json", links)
        bare = written(work / name / "bare" / "list.json", [replace(link, description="") for link in links])
        with served(links):
            run(["enrich", "--delay", "0", "--retries", "0", "--older-than", "0", str(bare)])
        place = work / name / "index"
        click.echo(f"{name}: {len(links)} links, {len(rows)} questions")
        without = measured(bare, place, rows, pages="none")
        told("bare", without, without)
        told("as built", measured(bare, place, rows), without)
        told("original", measured(whole, place, rows), without)
        for variant in list(VARIANTS)[1:] if variants else ():
            told(variant, measured(bare, place, rows, variant), without)


def told(name: str, values: Any, without: Any) -> None:
    """Print a row of the table."""
    click.echo(f"  {name:<30} {interval(values)}  gain {interval(values - without)}")


if __name__ == "__main__":
    main()
