"""A link's details beside a search result, and the preview of a catalogue's link that somebody posts (Work Objects)."""

import logging
from typing import Any

from bot.blocks.work_object import work_object
from bot.errors import SlackSendError
from bot.services import Services
from bot.slack.link_events import DetailsRequested, LinksShared, Scene
from bot.slack.text import safe_url, unescape_slack
from index import Asks, Link, SignpostError

logger = logging.getLogger("signpost.details")

#: Slack's trigger for showing details is good for 3 seconds.
_TELL_TIMEOUT_S = 2.0


async def requested(services: Services, body: dict[str, Any]) -> None:
    """Show what the catalogue says of a link."""
    services.work.start(_present(services, DetailsRequested.of(body)), "a link's details")


async def _present(services: Services, wanted: DetailsRequested) -> None:
    link = await _first_of(services, wanted.urls)
    url = safe_url(link.url) if link else None
    shown: dict[str, Any]
    if link is None or url is None or not await _may_see(services, wanted.scene, link):
        # The same answer for a link that is not there and for one that this person may not see.
        shown = {"error": {"status": "not_found"}}
    else:
        shown = {"metadata": work_object(link, url, wanted.reference)}
    await _tell(services, "entity.presentDetails", {"trigger_id": wanted.trigger_id, **shown})


async def posted(services: Services, body: dict[str, Any]) -> None:
    """Give the catalogue's links in a message a preview."""
    services.work.start(_preview(services, LinksShared.of(body)), "previews of links")


async def _preview(services: Services, message: LinksShared) -> None:
    """Add a preview for each link of the catalogue; everybody in the conversation sees it."""
    entities = []
    for written in dict.fromkeys(message.urls):
        # An address of the catalogue may hold what looks like an entity.
        link = await _first_of(services, (written, unescape_slack(written)))
        url = safe_url(link.url) if link else None
        if link is not None and url is not None and await _may_see(services, message.scene, link):
            entities.append({"app_unfurl_url": written, **work_object(link, url)})
    if entities:
        await _tell(services, "chat.unfurl", {**message.where, "metadata": {"entities": entities}})


async def _may_see(services: Services, scene: Scene, link: Link) -> bool:
    """Return whether a link may be shown there: where strangers are, only a public one, if they get any at all."""
    public = link.is_public and services.settings.slack_connect == "public"
    return public or await only_ours(services, scene)


async def only_ours(services: Services, scene: Scene) -> bool:
    """Return whether nobody of another organisation acts or reads along there."""
    if scene.external or not await services.strangers.is_ours_there(scene):
        return False
    if scene.external is None and scene.channel and not scene.channel.startswith("D"):
        return not await services.strangers.can_read(scene.channel)
    return not services.settings.for_channel(scene.channel).external


async def _first_of(services: Services, urls: tuple[str, ...]) -> Link | None:
    """Return the first link of the catalogue with one of these addresses."""
    try:
        return await services.answering.run(_find, services.answering.asks, urls)
    except (SignpostError, TimeoutError) as error:
        logger.warning("the catalogue could not be looked at for a link's details (%s)", type(error).__name__)
        return None


def _find(asks: Asks, urls: tuple[str, ...]) -> Link | None:
    return next((link for url in urls if safe_url(url) and (link := asks.find(url))), None)


async def _tell(services: Services, method: str, arguments: dict[str, Any]) -> None:
    try:
        await services.api.call(method, arguments, timeout_s=_TELL_TIMEOUT_S)
    except SlackSendError as error:
        logger.warning("a link's details could not be shown: %s", error, extra={"code": error.code})
