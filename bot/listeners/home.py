"""App Home, with its search box and its menu of sections; and the suggested prompts of the Messages tab."""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.home import home_view, section_blocks
from bot.blocks.notes import refusal_message
from bot.errors import SlackSendError
from bot.listeners.clicks import first_time, is_stranger
from bot.listeners.command import prompts_for
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.message import Block
from bot.slack.payloads import HomeOpened, Interaction
from bot.slack.text import clamp, section_label
from bot.slack.untrusted import dict_of, list_of, text_of
from index import Asks, BundleError, CatalogueInfo, Link, SignpostError

logger = logging.getLogger("signpost.home")

_TITLE_CHARS = 75
_NEWEST = 5
_LINKS = 10


async def opened(services: Services, body: dict[str, Any]) -> None:
    """Show Home, or offer prompts in the Messages tab."""
    where = HomeOpened.of(body)
    if where.tab == "messages" and where.channel:
        services.work.start(_offer_prompts(services, where), "suggested prompts")
    elif where.tab == "home" and where.user:
        services.work.start(_show(services, where), "App Home")


async def _show(services: Services, where: HomeOpened) -> None:
    strangers = not await services.strangers.is_ours(where.team, where.enterprise)
    await _publish(services, where.user, strangers=strangers)


async def _offer_prompts(services: Services, where: HomeOpened) -> None:
    strangers = not await services.strangers.is_ours(where.team, where.enterprise)
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
        services.work.start(_search(services, click), "a search in App Home")
    await ack()


async def _search(services: Services, click: Interaction) -> None:
    strangers = await is_stranger(services, click)
    if not click.value.strip():
        await _publish(services, click.user, strangers=strangers)
        return
    inquiry = Inquiry(
        surface=Surface.HOME,
        text=click.value,
        team=click.team,
        user=click.user,
        strangers=strangers,
    )
    asks = None
    with contextlib.suppress(BundleError):
        asks = services.answering.asks
    reply = await services.answering.answer(inquiry, asks)
    await _publish(services, click.user, reply.message.blocks, strangers=strangers, asks=asks)


async def browse(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Show the links of the section that was chosen in the menu."""
    click = Interaction.of(body)
    chosen = dict_of(dict_of(list_of(body.get("actions"))[0]).get("selected_option"))
    label = text_of(dict_of(chosen.get("text")).get("text"))
    if label and await first_time(services, click):
        services.work.start(_browse(services, click, label), "browsing in App Home")
    await ack()


async def _browse(services: Services, click: Interaction, label: str) -> None:
    strangers = await is_stranger(services, click)
    try:
        asks = services.answering.asks
        links = await services.answering.run(_links_of, asks, label)
    except (SignpostError, TimeoutError):
        await _publish(services, click.user, strangers=strangers)
        return
    if strangers:
        links = tuple(link for link in links if link.is_public)
    await _publish(services, click.user, section_blocks(label, links), strangers=strangers, asks=asks)


def _links_of(asks: Asks, label: str) -> tuple[Link, ...]:
    """Return links of the section that the menu shows as `label`; other sections of the same name are left out."""
    path = next((path for path, _ in asks.info.sections if section_label(path) == label), ())
    if not path:
        return ()
    links = asks.browse(path[-1], limit=_LINKS * 5)
    return tuple(link for link in links if any(one[: len(path)] == path for one in link.sections))[:_LINKS]


async def _publish(
    services: Services, user: str, result: Sequence[Block] = (), *, strangers: bool, asks: Asks | None = None
) -> None:
    """Show a person's Home with `result` under the search box; `asks` is the bundle that gave the result."""
    view = await _view(services, result, strangers=strangers, asks=asks)
    try:
        await services.api.call("views.publish", {"user_id": user, "view": view})
    except SlackSendError as error:
        logger.warning("App Home could not be shown: %s", error, extra={"code": error.code})


async def _view(services: Services, result: Sequence[Block], *, strangers: bool, asks: Asks | None) -> dict[str, Any]:
    if strangers and services.settings.slack_connect == "refuse":
        return {"type": "home", "blocks": list(refusal_message().blocks)}
    try:
        info, newest = await services.answering.run(_look, asks or services.answering.asks, strangers=strangers)
    except (BundleError, TimeoutError) as error:
        reference = log_failure(logger, "App Home has no catalogue to show", error)
        problem = f"Sorry, the catalogue cannot be read right now. Reference: `{reference}`."
        return home_view(None, (), result=result, problem=problem)
    return home_view(info, newest, result=result)


def _look(asks: Asks, *, strangers: bool) -> tuple[CatalogueInfo, tuple[Link, ...]]:
    """Return the catalogue and its newest links; for strangers without the names of sections."""
    info = replace(asks.info, sections=()) if strangers else asks.info
    return info, asks.newest(limit=_NEWEST, public_only=strangers)
