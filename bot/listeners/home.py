"""App Home, with its search box, examples and sections; and the suggested prompts of the Messages tab."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.answering import Reply
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.home import Home, home_view, section_message
from bot.blocks.notes import MAX_EXAMPLES, note, refusal_message, verdict_message
from bot.blocks.parts import section_key
from bot.errors import SlackBusyError, SlackOfflineError, SlackSendError, SlackUnclearError, StoreError
from bot.listeners.clicks import UNHEARD, first_time, is_stranger, place_of, turned_away
from bot.listeners.command import prompts_for
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.buttons import Asked, Feedback
from bot.slack.message import Block, Message
from bot.slack.payloads import HomeOpened, Interaction
from bot.slack.text import clamp, section_label
from bot.slack.untrusted import dict_of, text_of
from index import Asks, BundleError, CatalogueInfo, Link, Question, SignpostError, section_names

logger = logging.getLogger("signpost.home")

_TITLE_CHARS = 75
_NEWEST = 5
_LINKS = 10
_OWN = 5
#: Before Home is sent again; and how long at most Slack may ask to wait, since nobody looks at an old Home for longer.
_PAUSES_S = (0.5, 1.0, 2.0)
_PATIENCE_S = 10.0


async def opened(services: Services, body: dict[str, Any]) -> None:
    """Show Home, or offer prompts in the Messages tab."""
    where = HomeOpened.of(body)
    if where.tab == "messages" and where.channel:
        services.work.start(_offer_prompts(services, where), "suggested prompts")
    elif where.tab == "home" and where.user:
        services.work.start(_show(services, where), "App Home")


@contextmanager
def _turn(services: Services, user: str) -> Iterator[object]:
    """Be what is to be shown in a person's Home next, until something else is asked for."""
    turn = services.homes[user] = object()
    try:
        yield turn
    finally:
        if services.homes.get(user) is turn:
            del services.homes[user]


async def _show(services: Services, where: HomeOpened) -> None:
    with _turn(services, where.user) as turn:
        strangers = not await services.strangers.is_ours_there(where)
        await _publish(services, where.user, Looked(), turn, strangers=strangers)


async def _offer_prompts(services: Services, where: HomeOpened) -> None:
    strangers = not await services.strangers.is_ours_there(where)
    prompts = await prompts_for(services.answering, services.settings, strangers=strangers)
    if not prompts or (strangers and services.settings.slack_connect == "refuse"):
        return
    offered = [{"title": clamp(prompt, _TITLE_CHARS), "message": prompt} for prompt in prompts]
    try:
        await services.api.call(
            "assistant.threads.setSuggestedPrompts", {"channel_id": where.channel, "prompts": offered}
        )
    except SlackSendError as error:
        logger.info("prompts could not be offered: %s", error, extra={"code": error.code})


async def search(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Answer what was typed into the search box."""
    click = Interaction.of(body)
    if await first_time(services, click):
        services.work.start(ask_in_home(services, click, click.value), "a search in App Home")
    await ack()


async def clear(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Show Home without a question and its answer."""
    click = Interaction.of(body)
    if await first_time(services, click):
        services.work.start(ask_in_home(services, click, ""), "App Home")
    await ack()


async def ask_in_home(services: Services, click: Interaction, question: str) -> None:
    """Show the answer to a question in Home; for an empty question, Home as it is when it is opened."""
    with _turn(services, click.user) as turn:
        strangers = await is_stranger(services, click)
        looked = Looked()
        if question.strip():
            looked = await answered_in_home(services, _inquiry(click, question, strangers=strangers))
        await _publish(services, click.user, looked, turn, strangers=strangers)


async def answered_in_home(services: Services, inquiry: Inquiry) -> "Looked":
    """Return a question's answer, from the bundle that is served now."""
    asks = _served(services)
    reply = await services.answering.answer(inquiry, asks)
    return Looked(asks=asks, asked=_asked(inquiry.text, reply), result=reply.message.blocks)


async def show_thanks(services: Services, click: Interaction, body: dict[str, Any], given: Feedback) -> None:
    """Show the same answer again, with thanks in place of the two buttons of the verdict that was given on it."""
    asked = Asked.of(text_of(dict_of(body.get("view")).get("private_metadata")))
    if not asked.question or asked.answer_id != given.answer_id:
        return
    with _turn(services, click.user) as turn:
        strangers = await is_stranger(services, click)
        asks = _served(services)
        inquiry = replace(_inquiry(click, asked.question, strangers=strangers), answer_id=asked.answer_id)
        reply = await services.answering.find(inquiry, asks)
        thanks = verdict_message(given.question, helpful=given.helpful, can_suggest=not strangers)
        blocks: list[Block] = []
        for block in reply.message.blocks:
            blocks += thanks.blocks if block.get("block_id") == f"feedback:{asked.answer_id}" else [block]
        looked = Looked(asks=asks, asked=_asked(asked.question, reply), result=blocks)
        await _publish(services, click.user, looked, turn, strangers=strangers)


def _inquiry(click: Interaction, question: str, *, strangers: bool) -> Inquiry:
    return Inquiry(surface=Surface.HOME, text=question, team=click.team, user=click.user, strangers=strangers)


def _asked(question: str, reply: Reply) -> Asked:
    return Asked(question=question, answer_id=reply.answer_id)


def _served(services: Services) -> Asks | None:
    """Return the bundle that is served now, so that one view is of one bundle; None when there is none."""
    with contextlib.suppress(BundleError):
        return services.answering.asks
    return None


async def browse(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Show the links of the section that was chosen, in Home or to the person who clicked in a message."""
    click = Interaction.of(body)
    if click.value and await first_time(services, click):
        services.work.start(_browse(services, click), "browsing a section")
    await ack()


async def _browse(services: Services, click: Interaction) -> None:
    strangers = await is_stranger(services, click)
    asks = _served(services)
    message = note("That section is not in the catalogue any more.")
    with contextlib.suppress(SignpostError, TimeoutError):
        if asks is not None and (path := _section_at(asks, click.value)):
            message = await section_of(services, asks, path, strangers=strangers)
    if not click.response_url:
        with _turn(services, click.user) as turn:
            looked = Looked(asks=asks, result=message.blocks)
            await _publish(services, click.user, looked, turn, strangers=strangers)
        return
    if strangers and services.settings.slack_connect == "refuse":
        message = turned_away(services, click.user, refusal_message().text)
    await services.outbox.respond(click.response_url, message, place_of(click))


def _section_at(asks: Asks, key: str) -> tuple[str, ...]:
    """Return the section with this key; empty where the catalogue has it no more."""
    return next((path for path, _ in asks.info.sections if section_key(section_label(path)) == key), ())


async def section_of(services: Services, asks: Asks, path: tuple[str, ...], *, strangers: bool) -> Message:
    """Return the best links of this section, and of no other of the same heading."""
    name = section_names(one for one, _ in asks.info.sections)[path]
    wanted = f'section:"{name.replace(chr(34), " ")}"'
    question = Question(text=wanted, top_k=_LINKS, public_only=strangers)
    answer = await services.answering.run(asks.ask, question)
    narrowed = f"{services.settings.command} {wanted} your words" if answer.more else ""
    return section_message(section_label(path), [hit.link for hit in answer.hits], narrowed=narrowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a person looked for in Home, and found."""

    asks: Asks | None = None
    """The bundle that gave the result."""
    asked: Asked | None = None
    result: Sequence[Block] = ()


async def _publish(services: Services, user: str, looked: Looked, turn: object, *, strangers: bool) -> None:
    """Show a person's Home, with what was found under the search box, unless something else was asked for meanwhile.

    It is sent again where Slack fails or asks to wait for a moment.
    """
    view = await home_of(services, user, looked, strangers=strangers)
    for pause_s in (*_PAUSES_S, None):
        if services.homes.get(user) is not turn:
            return
        try:
            await services.api.call("views.publish", {"user_id": user, "view": view})
        except SlackSendError as error:
            again = isinstance(error, SlackUnclearError | SlackOfflineError | SlackBusyError)
            wanted_s = error.retry_after_s if isinstance(error, SlackBusyError) else 0.0
            if not again or pause_s is None or wanted_s > _PATIENCE_S:
                logger.warning("App Home could not be shown: %s", error, extra={"code": error.code})
                return
            await asyncio.sleep(max(pause_s, wanted_s))
        else:
            return


async def home_of(services: Services, user: str, looked: Looked, *, strangers: bool) -> dict[str, Any]:
    """Return a person's Home as Slack gets it."""
    if strangers and services.settings.slack_connect == "refuse":
        return {"type": "home", "blocks": list(turned_away(services, user, refusal_message().text).blocks)}
    unheard = strangers and services.strangers.is_unheard(user)
    problem = f"{UNHEARD} Until then only public links are shown." if unheard else ""
    home = Home(asked=looked.asked, result=looked.result, problem=problem, turn=secrets.token_hex(4))
    try:
        info, newest = await services.answering.run(_look, looked.asks or services.answering.asks, strangers=strangers)
    except (BundleError, TimeoutError) as error:
        reference = log_failure(logger, "App Home has no catalogue to show", error)
        problem = f"Sorry, the catalogue cannot be read right now. Reference: `{reference}`."
        return home_view(replace(home, problem=problem))
    examples = () if looked.result else await prompts_for(services.answering, services.settings, strangers=strangers)
    own = None
    with contextlib.suppress(StoreError):
        own = await services.store.own(user, _OWN)
    return home_view(replace(home, info=info, newest=newest, examples=examples[:MAX_EXAMPLES], own=own))


def _look(asks: Asks, *, strangers: bool) -> tuple[CatalogueInfo, tuple[Link, ...]]:
    """Return the catalogue and its newest links; for strangers without the names of sections."""
    info = replace(asks.info, sections=()) if strangers else asks.info
    return info, asks.newest(limit=_NEWEST, public_only=strangers)
