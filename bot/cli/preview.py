"""`signpost preview`: what people see in Slack, as a page, from the very blocks that the bot sends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiohttp
import click

import index
from bot.asking.index_holder import open_searcher
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.gaps import gaps_message
from bot.blocks.notes import verdict_message
from bot.blocks.report import closed_message, mending_form, report_message
from bot.blocks.suggestion import answers_form, curators_message, decided_message, outcome_message, thanks_view
from bot.curation.messages import rebuilt_message, stuck_message, written_message
from bot.curation.rebuild import Rebuilt
from bot.listeners.command import help_for
from bot.listeners.home import Looked, answered_in_home, home_of, section_of
from bot.listeners.suggest_link import form_for, look_up
from bot.preview.html import Shown, page_html
from bot.running.health import Health
from bot.running.metrics import Metrics
from bot.server import create_services
from bot.services import Services
from bot.settings import Settings, environment
from bot.slack.buttons import Mended
from bot.slack.payloads import Draft, Identity
from bot.store import Gap, Problem, Store, Suggestion
from bot.store.gaps import grouped

_ABOUT = Mended(report_id="preview")
_CHANNEL, _USER = "C0PREVIEW", "U0READER"
_IDENTITY = Identity(user_id="signpost", bot_id="B0", team_id="T0")


async def _answer(services: Services, question: str) -> list[Shown]:
    private = Inquiry(surface=Surface.COMMAND, text=question, channel=_CHANNEL, can_share=True)
    public = Inquiry(surface=Surface.MENTION, text=question, channel=_CHANNEL, public=True)
    alone, all_ = await services.answering.find(private), await services.answering.find(public)
    shown = [Shown.message("An answer for one person", alone.message, private=True)]
    if all_.has_links:
        shared = replace(private, surface=Surface.SHARE, can_share=False, public=True, top_k=len(alone.hits))
        sharing = await services.answering.find(replace(shared, shared_by=_USER))
        shown.append(Shown.message("An answer in a channel", all_.message))
        shown.append(Shown.message("An answer that somebody shared", sharing.message))
    unhelpful = verdict_message(question, helpful=False, can_suggest=True)
    return [*shown, Shown.message("After Not helpful", unhelpful, private=True)]


async def _home(services: Services, question: str) -> list[Shown]:
    start = await home_of(services, _USER, Looked(), strangers=False)
    inquiry = Inquiry(surface=Surface.HOME, text=question, user=_USER)
    found = await home_of(services, _USER, await answered_in_home(services, inquiry), strangers=False)
    return [Shown(caption="Home", view=start), Shown(caption="Home, with an answer", view=found)]


async def _help(services: Services, _: str) -> list[Shown]:
    shown = [Shown.message("Help", await help_for(services, _CHANNEL, strangers=False), private=True)]
    asks = services.answering.asks
    if path := next((path for path, _ in asks.info.sections if path), ()):
        message = await section_of(services, asks, path, strangers=False)
        shown.append(Shown.message("A section", message, private=True))
    return shown


async def _modal(services: Services, question: str) -> list[Shown]:
    known = next(iter(services.answering.asks.ask(index.Question(text=question, top_k=1)).hits), None)
    title = known.link.title if known else question
    alike = await form_for(services, Draft(url="https://example.org/new", title=title, question=question))
    return [
        Shown(caption="Suggest a link", view=await form_for(services, Draft(question=question))),
        Shown(caption="Suggest a link that is much like another", view=alike),
        Shown(caption="Pick a link that answers it", view=answers_form(question)),
        Shown(caption="After a suggestion", view=thanks_view(to_curators=True)),
        *([Shown(caption="Mend a link", view=mending_form(known.link, _info(services), _ABOUT))] if known else []),
    ]


def _info(services: Services) -> index.CatalogueInfo:
    return services.answering.asks.info


async def _curators(services: Services, question: str) -> list[Shown]:
    asks = services.answering.asks
    suggestion = _suggestion(question)
    _, _, neighbours = await look_up(services, Draft(url=suggestion.url, title=suggestion.title))
    gap = Gap(hash="0" * 64, text=question, count=3, last_confidence=0.1, last_asked=datetime.now(UTC))
    built = Rebuilt(version=asks.info.version, links=asks.info.link_count + 1, fresh=True, added=(suggestion.url,))
    written = "commit 1a2b3c4 on main"
    report = _report(services, question)
    closed = partial(closed_message, report, by="U0CURATOR")
    return [
        Shown.message("A suggestion, to the curators", curators_message(suggestion, neighbours)),
        Shown.message("Something wrong with a link, to the curators", report_message(report)),
        Shown.message("Mended", closed(mended=report, written=True)),
        Shown.message("Left as it is", closed(mended=None, written=True)),
        Shown.message("Approved", decided_message(suggestion, approved=True, by="U0CURATOR", written=True)),
        Shown.message("Approved, where nothing is written", decided_message(suggestion, approved=True, by="U0CURATOR")),
        Shown.message("Written", written_message(written, (), builds=True)),
        Shown.message("Rebuilt", rebuilt_message(f"Written: {written}.", built)),
        Shown.message("Not written", stuck_message(suggestion, "/srv/links: has changes that are not committed.")),
        Shown.message("To the person who suggested it", outcome_message(suggestion, approved=True)),
        Shown.message("Every week", gaps_message(grouped([gap], asks), command=services.settings.command, doubtful=2)),
    ]


def _report(services: Services, question: str) -> Suggestion:
    link = services.answering.asks.ask(index.Question(text=question, top_k=1)).hits[0].link
    wrong = replace(_suggestion(question), url=link.url, title=link.title, section=link.section_path)
    return replace(wrong, problem=Problem.OUTDATED)


def _suggestion(question: str) -> Suggestion:
    return Suggestion(
        suggestion_id="preview",
        url="https://example.org/new",
        title="A page that somebody suggests",
        section="",
        description="Explains it step by step.",
        question=question,
        team="T0",
        user=_USER,
    )


_PARTS: dict[str, Callable[[Services, str], Awaitable[list[Shown]]]] = {
    "answer": _answer,
    "home": _home,
    "help": _help,
    "modal": _modal,
    "curators": _curators,
}


@click.command("preview", short_help="Draw what people see in Slack, as a page.")
@click.argument("part", type=click.Choice([*_PARTS, "all"]))
@click.argument("words", metavar="[QUESTION]...", nargs=-1)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The HTML file to write."
)
@click.option("--index", "folder", type=click.Path(path_type=Path), help="The folder that `signpost build` writes to.")
@click.option("--only", metavar="N", type=int, help="Only the Nth picture, without its caption; -1 is the last.")
def preview_command(part: str, words: tuple[str, ...], output: Path, folder: Path | None, only: int | None) -> None:
    """Write a page that shows PART as Slack would: an answer to QUESTION, Home, the help, the forms, what curators get, or all.

    It is drawn from the very blocks that the bot sends, near to what Slack makes of them; each has a link that opens it in
    Slack's Block Kit Builder, which shows it exactly. Without QUESTION the first example of the catalogue is asked.
    Nothing is sent to Slack, and nothing is stored.
    """
    chosen = {
        "SIGNPOST_MODE": "web",
        "CURATORS_CHANNEL": "C0CURATORS",
        **({"SIGNPOST_INDEX": str(folder)} if folder else {}),
    }
    settings = Settings.from_environment(environment() | chosen)
    shown = asyncio.run(_drawn(settings, list(_PARTS) if part == "all" else [part], " ".join(words)))
    if only is not None:
        if not 1 <= abs(only) <= len(shown):
            raise click.UsageError(f"there are {len(shown)} pictures, and no number {only}")
        shown = [shown[only - 1 if only > 0 else only]]
    page = page_html(shown, title=f"Signpost: {part}", bare=only is not None)
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{output}: cannot be written ({error.strerror})") from error


async def _drawn(settings: Settings, parts: list[str], question: str) -> list[Shown]:
    async with _services(settings) as services:
        examples = await services.answering.examples(strangers=False)
        asked = question or next(iter(examples), "what is here?")
        return [shown for part in parts for shown in await _PARTS[part](services, asked)]


@asynccontextmanager
async def _services(settings: Settings) -> AsyncIterator[Services]:
    """Yield the parts of a bot that reaches nobody, with a store in memory."""
    asks = open_searcher(Path(settings.index), None, dead_links=settings.dead_links)
    metrics = Metrics()
    store = await Store.open("sqlite://", hash_key=b"preview", store_questions=True)
    async with aiohttp.ClientSession() as session:
        services = create_services(
            settings, store, lambda: asks, identity=_IDENTITY, session=session, health=Health(metrics), metrics=metrics
        )
        yield services
        services.answering.close()
    await store.close()
