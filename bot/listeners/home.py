"""Publishing App Home for one person."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.blocks.home import home_view
from bot.blocks.notes import refusal_message
from bot.errors import SlackSendError
from bot.listeners.help import newest_links
from bot.running.logs import new_reference
from bot.services import Services
from bot.slack.message import Block
from index.catalogue.link import Link
from index.errors import BundleError
from index.types import Asks, CatalogueInfo

logger = logging.getLogger("signpost.home")

_NEWEST = 5


async def publish_home(
    services: Services, user: str, result: Sequence[Block] = (), *, strangers: bool, asks: Asks | None = None
) -> None:
    """Show a person's Home, with `result` under the search box, and the bundle that gave the result."""
    if strangers and services.settings.slack_connect == "refuse":
        await _publish(services, user, {"type": "home", "blocks": list(refusal_message().blocks)})
        return
    info: CatalogueInfo | None = None
    newest: tuple[Link, ...] = ()
    problem = ""
    try:
        info, newest = await services.answering.run(_look, asks or services.answering.asks, strangers=strangers)
    except (BundleError, TimeoutError):
        reference = new_reference()
        logger.exception("App Home has no catalogue to show", extra={"reference": reference})
        problem = f"Sorry, the catalogue cannot be read right now. Reference: `{reference}`."
    await _publish(services, user, home_view(info, newest, result=result, problem=problem))


async def _publish(services: Services, user: str, view: dict[str, Any]) -> None:
    try:
        await services.api.call("views.publish", {"user_id": user, "view": view})
    except SlackSendError as error:
        logger.warning("App Home could not be shown: %s", error, extra={"code": error.code})


def _look(asks: Asks, *, strangers: bool) -> tuple[CatalogueInfo, tuple[Link, ...]]:
    """Return what Home shows; to strangers the names of the sections are not told."""
    info = replace(asks.info, sections=()) if strangers else asks.info
    return info, newest_links(asks, _NEWEST, strangers=strangers)
