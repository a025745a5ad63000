"""App Home: its search box, and its menu of sections."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.home import section_blocks
from bot.listeners.clicks import first_time, is_stranger
from bot.listeners.handler import Handler
from bot.listeners.home import publish_home
from bot.sections import section_label
from bot.services import Services
from bot.slack.payloads import Interaction, dict_of, list_of, text_of
from index.catalogue.link import Link
from index.errors import SignpostError
from index.types import Asks

_LINKS = 10


def home_search_action(services: Services) -> Handler:
    """Return the handler of the search box."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        if await first_time(services, click):
            services.work.start(_search(services, click), "a search in App Home")
        await ack()

    return handle


async def _search(services: Services, click: Interaction) -> None:
    strangers = await is_stranger(services, click)
    if not click.value.strip():
        await publish_home(services, click.user, strangers=strangers)
        return
    inquiry = Inquiry(
        surface=Surface.HOME,
        text=click.value,
        team=click.team,
        user=click.user,
        strangers=strangers,
    )
    asks = services.answering.asks
    reply = await services.answering.answer(inquiry, asks)
    await publish_home(services, click.user, reply.message.blocks, strangers=strangers, asks=asks)


def home_section_action(services: Services) -> Handler:
    """Return the handler of the menu."""

    async def handle(ack: AsyncAck, body: dict[str, Any]) -> None:
        click = Interaction.of(body)
        chosen = dict_of(dict_of(list_of(body.get("actions"))[0]).get("selected_option"))
        label = text_of(dict_of(chosen.get("text")).get("text"))
        if label and await first_time(services, click):
            services.work.start(_browse(services, click, label), "browsing in App Home")
        await ack()

    return handle


async def _browse(services: Services, click: Interaction, label: str) -> None:
    asks, strangers = services.answering.asks, await is_stranger(services, click)
    try:
        links = await services.answering.run(_links_of, asks, label)
    except (SignpostError, TimeoutError):
        await publish_home(services, click.user, strangers=strangers)
        return
    if strangers:
        links = tuple(link for link in links if link.is_public)
    await publish_home(services, click.user, section_blocks(label, links), strangers=strangers, asks=asks)


def _links_of(asks: Asks, label: str) -> tuple[Link, ...]:
    """Return the links of the section that the menu showed as `label`; of that path only, not of its namesakes."""
    path = next((path for path, _ in asks.info.sections if section_label(path) == label), ())
    if not path:
        return ()
    links = asks.browse(path[-1], limit=_LINKS * 5)
    return tuple(link for link in links if link.section[: len(path)] == path)[:_LINKS]
