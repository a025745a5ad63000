"""Something wrong with a link: one click tells the curators, and they mend its title, section and questions in a form."""

import asyncio
import logging
import secrets
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.notes import note
from bot.blocks.report import (
    answered_message,
    closed_message,
    fits,
    mending_form,
    problem_groups,
    report_message,
    reported_message,
)
from bot.blocks.suggestion import apology_view
from bot.curation.mending import changes
from bot.curation.mending import mended as changed
from bot.errors import StoreError
from bot.listeners.clicks import UNHEARD, apologising, is_stranger, open_view, place_of, turned_away, whisper
from bot.listeners.curators import if_curator, is_curator, is_unheard_curator
from bot.listeners.suggest_link import LOOK_UP_TIMEOUT_S
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.buttons import Mended, Reported
from bot.slack.ids import Callback, Field
from bot.slack.outbox import Place, Posted
from bot.slack.payloads import Interaction, MendedLink
from bot.slack.untrusted import dict_of, text_of
from bot.store import Problem, Suggestion
from index import Asks, CatalogueInfo, Link, SignpostError

logger = logging.getLogger("signpost.report")

_LINKS = 10


async def menu(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Fill the menu under an answer: each of its links, and what can be wrong with it."""
    person = Interaction.of(body)
    answer_id = text_of(body.get("block_id")).partition(":")[2]
    groups: list[dict[str, Any]] = []
    try:
        if answer_id and not await is_stranger(services, person):
            async with asyncio.timeout(LOOK_UP_TIMEOUT_S):
                urls = await services.store.shown(answer_id)
                links = await services.answering.run(_links_at, services.answering.asks, urls[:_LINKS])
                groups = problem_groups(answer_id, links)
    except (SignpostError, TimeoutError):
        logger.info("the menu of problems stays empty")
    await (ack(option_groups=groups) if groups else ack(options=[]))


def _links_at(asks: Asks, urls: tuple[str, ...]) -> list[tuple[int, Link]]:
    found = [(place, asks.find(url)) for place, url in enumerate(urls)]
    return [(place, link) for place, link in found if link is not None]


async def report(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Tell the curators what somebody found wrong with a link."""
    click = Interaction.of(body)
    reported = Reported.of(click.value)
    if reported is not None and reported.problem in set(Problem):
        services.work.start(_report(services, click, reported), "a link that something is wrong with")
    await ack()


async def _report(services: Services, click: Interaction, reported: Reported) -> None:
    if await is_stranger(services, click):
        words = "Sorry, only people of the organisation that I belong to may report links."
        whisper(services, click, turned_away(services, click.user, words))
        return
    with apologising(services, click):
        urls = await services.store.shown(reported.answer_id)
        link = await _find(services, urls[reported.place]) if reported.place < len(urls) else None
        if link is None:
            whisper(services, click, note("That link is not in the catalogue any more."))
            return
        found = Suggestion(
            suggestion_id=secrets.token_hex(8),
            url=link.url,
            title=link.title,
            section=link.section_path,
            description="",
            question="",
            team=click.team,
            user=click.user,
            problem=Problem(reported.problem),
        )
        key = f"report:{reported.problem}:{link.url}"
        new = await services.once.claim(key)
        if new:
            await _kept(services, found, key)
        whisper(services, click, reported_message(found, known=not new))
        if not new:
            return
        channel = services.settings.curators_channel
        for place in [channel] if channel else sorted(services.settings.curators):
            if not await services.outbox.post(Place(channel=place), report_message(found)):
                logger.error("a report is kept but did not reach the curators", extra={"channel": place})


async def _kept(services: Services, found: Suggestion, key: str) -> None:
    """Store a report. One that the store does not take is no known one: whoever reports it again is heard."""
    try:
        await services.store.add_suggestion(found)
    except StoreError:
        await services.once.release(key)
        raise


async def _find(services: Services, url: str) -> Link | None:
    try:
        return await services.answering.run(services.answering.asks.find, url)
    except (SignpostError, TimeoutError):
        return None


async def sound(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Leave the link as it is, and say so to the curators and to whoever reported it."""
    await if_curator(services, ack, body, _sound, "decide about links")


async def mend(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form with what the link has now."""
    await if_curator(services, ack, body, _mend, "change links")


async def _sound(services: Services, click: Interaction) -> None:
    found = await services.store.suggestion(click.value)
    if found is None or not await services.store.decide_suggestion(found.suggestion_id, False, click.user):  # noqa: FBT003
        whisper(services, click, note("Somebody has looked after this link already."))
        return
    about = _about(found, click)
    services.work.start(_tell(services, click, found, about, None), "a report that is closed")


async def _mend(services: Services, click: Interaction) -> None:
    found = await services.store.suggestion(click.value)
    if found is None:
        whisper(services, click, note("I do not know this report."))
        return
    services.work.start(_open(services, click, found), "a form to mend a link")


async def _open(services: Services, click: Interaction, found: Suggestion) -> None:
    link, info = await _find(services, found.url), _info(services)
    if link is None:
        whisper(services, click, note("That link is not in the catalogue any more."))
    elif not fits(link):
        whisper(services, click, note("That link has more questions than a form can hold; change it in the catalogue."))
    else:
        await open_view(services, click, mending_form(link, info, _about(found, click)))


def _about(found: Suggestion, click: Interaction) -> Mended:
    """Return which report is closed, and the curators' message about it."""
    return Mended(
        report_id=found.suggestion_id,
        channel=click.channel,
        message_ts=click.message_ts,
        response_url=click.response_url,
    )


def _info(services: Services) -> CatalogueInfo | None:
    try:
        return services.answering.asks.info
    except SignpostError:
        return None


async def submit(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Check and store what a curator changed, so that it is written to the catalogue."""
    person, entered = Interaction.of(body), MendedLink.of(body)
    about = Mended.of(text_of(dict_of(body.get("view")).get("private_metadata")))
    try:
        if not await is_curator(services, person):
            if is_unheard_curator(services, person.user):
                await ack(response_action="errors", errors={Field.MENDED_TITLE.value: UNHEARD})
                return
            await services.store.record_refusal(Callback.MENDING, person.user, person.user_team)
            await ack(response_action="clear")
            return
        found = await services.store.suggestion(about.report_id)
        link = await _find(services, found.url) if found is not None else None
        if found is None or link is None:
            await ack(response_action="errors", errors={Field.MENDED_TITLE.value: "The link is not there any more."})
            return
        mended = changed(link, entered, team=person.team, user=person.user)
        if not mended.title:
            await ack(response_action="errors", errors={Field.MENDED_TITLE.value: "A link needs a title."})
        elif not changes(mended, link):
            await ack(response_action="errors", errors={Field.MENDED_TITLE.value: "Nothing is changed yet."})
        else:
            await _keep(services, person, about, found, mended)
            await ack(response_action="clear")
    except StoreError as error:
        await ack(response_action="update", view=apology_view(log_failure(logger, "a link could not be mended", error)))


async def _keep(services: Services, person: Interaction, about: Mended, found: Suggestion, mended: Suggestion) -> None:
    """Store the change as approved, close the report, and have it written."""
    if not await services.once.claim(*person.keys):
        return
    place = (about.channel, about.message_ts) if services.settings.curates else None
    try:
        await services.store.add_suggestion(mended)
        await services.store.decide_suggestion(mended.suggestion_id, True, person.user, place=place)  # noqa: FBT003
        await services.store.decide_suggestion(found.suggestion_id, True, person.user)  # noqa: FBT003
    except StoreError:
        await services.once.release(*person.keys)
        raise
    services.curation.wake()
    services.work.start(_tell(services, person, found, about, mended), "a link that was mended")


async def _tell(
    services: Services, person: Interaction, found: Suggestion, about: Mended, mended: Suggestion | None
) -> None:
    written = services.settings.curates
    closed = closed_message(found, mended=mended, by=person.user, written=written)
    clicked = place_of(person)
    place = replace(clicked, channel=about.channel or clicked.channel)
    card = Posted(channel=about.channel, ts=about.message_ts)
    await services.outbox.respond(about.response_url, closed, place, replaces=card)
    reporter = Place(channel=found.user, user=found.user)
    if found.user and found.user != person.user:
        await services.outbox.post(reporter, answered_message(found, mended=mended is not None))
