"""Publishing App Home for one person."""

import logging
from collections.abc import Sequence

from bot.blocks.home import home_view
from bot.errors import SlackSendError
from bot.logs import new_reference
from bot.message import Block
from bot.services import Services
from index.catalogue.link import Link
from index.errors import BundleError
from index.types import Asks, CatalogueInfo

logger = logging.getLogger("signpost.home")

_NEWEST = 5


async def publish_home(
    services: Services, user: str, result: Sequence[Block] = (), *, asks: Asks | None = None
) -> None:
    """Show a person's Home, with `result` under the search box, and the bundle that gave the result."""
    info: CatalogueInfo | None = None
    newest: tuple[Link, ...] = ()
    problem = ""
    try:
        info, newest = await services.answering.run(_look, asks or services.answering.asks)
    except (BundleError, TimeoutError):
        reference = new_reference()
        logger.exception("App Home has no catalogue to show", extra={"reference": reference})
        problem = f"Sorry, the catalogue cannot be read right now. Reference: `{reference}`."
    view = home_view(info, newest, result=result, problem=problem)
    try:
        await services.api.call("views.publish", {"user_id": user, "view": view})
    except SlackSendError as error:
        logger.warning("App Home could not be shown: %s", error, extra={"code": error.code})


def _look(asks: Asks) -> tuple[CatalogueInfo, tuple[Link, ...]]:
    return asks.info, asks.newest(limit=_NEWEST)
