"""Builds the index from the bot itself: at the start, and then at each interval of SIGNPOST_REFRESH."""

import asyncio
import logging

from bot.curation.rebuild import Rebuilt, rebuild
from bot.running.health import Health, Part
from bot.running.metrics import Metrics
from bot.settings import Settings

logger = logging.getLogger("signpost.refresh")


class Refresh:
    """Builds the index at intervals, in a separate process; the old index answers until the new one is ready.

    A build can fail: the list cannot be fetched, or the edit looks like an accident. Then the index stays as it is, and the
    failure is logged and counted; the next interval tries again.
    """

    def __init__(self, settings: Settings, health: Health, metrics: Metrics) -> None:
        self._settings = settings
        self._health = health
        self._metrics = metrics

    async def follow(self) -> None:
        """Build now and after every interval, until cancelled; return at once when no interval is set."""
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
            logger.warning("the index could not be built: %s", " ".join(built.problem))
        elif built.fresh:
            logger.info("the index was built", extra={"version": built.version, "links": built.links})
