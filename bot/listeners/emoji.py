"""An emoji on a message suggests its link: the person who set it is asked, and nothing at the link's address is fetched.

Off unless `SUGGEST_EMOJI` names an emoji. The bot never sets one itself.
"""

import logging
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.blocks.suggestion import found_message
from bot.errors import SlackSendError
from bot.listeners.clicks import first_time
from bot.listeners.link_details import only_ours
from bot.listeners.suggest_link import look_up, open_form
from bot.services import Services
from bot.slack.buttons import Found
from bot.slack.link_events import Reacted
from bot.slack.outbox import Place
from bot.slack.payloads import Draft, Interaction, Selected
from bot.slack.text import safe_url
from bot.slack.untrusted import dict_of, list_of, text_of

logger = logging.getLogger("signpost.emoji")

_READ_TIMEOUT_S = 5.0


async def reacted(services: Services, body: dict[str, Any]) -> None:
    """Ask the person who set the emoji whether the message's link should be suggested."""
    wanted = services.settings.suggest_emoji
    reaction = Reacted.of(body)
    if wanted and reaction.emoji == wanted and reaction.ts and reaction.scene.user and reaction.scene.channel:
        services.work.start(_ask(services, reaction), "a link behind an emoji")


async def _ask(services: Services, reaction: Reacted) -> None:
    if not await only_ours(services, reaction.scene) or not await services.once.claim(*reaction.keys):
        return
    message = await _message_at(services, reaction)
    if services.identity.wrote(message):
        return
    links = (link for link in Selected.of({"message": message}).links if safe_url(link.url))
    link = next(links, None)
    if link is None:
        return
    _, _, neighbours = await look_up(services, Draft(url=link.url, title=link.label))
    known = any(neighbour.exact for neighbour in neighbours)
    thread_ts = text_of(message.get("thread_ts"))
    # Who marks a thread's first message may not have the thread open.
    thread_ts = thread_ts if thread_ts != reaction.ts else ""
    place = Place(channel=reaction.scene.channel, thread_ts=thread_ts, user=reaction.scene.user)
    await services.outbox.whisper(place, found_message(Found(url=link.url, title=link.label), known=known))


async def _message_at(services: Services, reaction: Reacted) -> dict[str, Any]:
    """Return the message that has the emoji; empty where Slack does not give it."""
    one = {"latest": reaction.ts, "oldest": reaction.ts, "inclusive": True, "limit": 1}
    calls = (
        ("conversations.history", {"channel": reaction.scene.channel, **one}),
        # A reply is not in a channel's history.
        ("conversations.replies", {"channel": reaction.scene.channel, "ts": reaction.ts, **one, "limit": 2}),
    )
    try:
        for method, arguments in calls:
            answer = await services.api.call(method, arguments, timeout_s=_READ_TIMEOUT_S)
            for message in map(dict_of, list_of(answer.get("messages"))):
                if message.get("ts") == reaction.ts:
                    return message
    except SlackSendError as error:
        logger.info("a message with an emoji could not be read: %s", error, extra={"code": error.code})
    return {}


async def suggest(services: Services, ack: AsyncAck, body: dict[str, Any]) -> None:
    """Open the form with the link that was found."""
    click = Interaction.of(body)
    found = Found.of(click.value)
    if await first_time(services, click):
        services.work.start(open_form(services, click, Draft(url=found.url, title=found.title)), "a form")
    await ack()
