"""Building the catalogue's index by the bot itself: at its start, and then again and again."""

import asyncio
import logging

from bot.curation.rebuild import Rebuilt, rebuild
from bot.running.health import Health, Part
from bot.running.metrics import Metrics
from bot.settings import Settings

logger = logging.getLogger("signpost.refresh")


class Refresh:
    """Builds as often as SIGNPOST_REFRESH says, in a process of its own; the index before answers until the new one is there.

    A build that fails, such as one of a list that cannot be fetched or looks like an accident, changes nothing: it is
    logged and counted, and tried again at the next turn.
    """

    def __init__(self, settings: Settings, health: Health, metrics: Metrics) -> None:
        self._settings = settings
        self._health = health
        self._metrics = metrics

    async def follow(self) -> None:
        """Build now and after every interval, until cancelled; nothing at all where there is no interval."""
        every_s = self._settings.refresh_s
        while every_s:
            if not self._health.is_well(Part.INDEX):
                logger.info("building the index")
            self._tell(await rebuild(self._settings, lambda *_: None))
            await asyncio.sleep(every_s)

    def _tell(self, built: Rebuilt) -> None:
        outcome = "failed" if built.problem else "changed" if built.fresh else "unchanged"
        self._metrics.refreshes.labels(outcome).inc()
        if built.problem:
            logger.warning("the index could not be built anew: %s", " ".join(built.problem))
        elif built.fresh:
            logger.info("the index was built anew", extra={"version": built.version, "links": built.links})
