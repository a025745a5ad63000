"""Sends the weekly message to the curators' channel: the questions that got no answer."""

import asyncio
import contextlib
import logging
from datetime import UTC, datetime, timedelta

from bot.asking.answering import Answering
from bot.blocks.gaps import gaps_message
from bot.errors import StoreError
from bot.settings import Settings
from bot.slack.outbox import Outbox, Place
from bot.store import Store
from bot.store.claims import wall_ms
from bot.store.gaps import GapGroup, grouped, single
from index import SignpostError

logger = logging.getLogger("signpost.weekly")

LOOK_EVERY_S = 30.0
#: Seconds until the next attempt after Slack refused the message.
PAUSE_S = 1_800.0
#: A bot that was down at the set hour sends the message up to a day late; after that it waits for the next week.
LATE = timedelta(hours=24)
WEEK = timedelta(days=7)
#: Most questions that are read for one message.
_READ = 300
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def due(now: datetime, day: str, hour: int) -> datetime | None:
    """Return since when this week's message is due; None when it is not due."""
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    moment = today - timedelta(days=(now.weekday() - _DAYS.index(day)) % len(_DAYS))
    if moment > now:
        moment -= WEEK
    return moment if now - moment < LATE else None


class Weekly:
    """Sends the message once, however many processes there are and however often they start."""

    def __init__(self, settings: Settings, store: Store, answering: Answering, outbox: Outbox) -> None:
        self._settings = settings
        self._store = store
        self._answering = answering
        self._outbox = outbox

    async def follow(self) -> None:
        """Send the message each week, until cancelled; return at once when there is no channel or the day is `off`."""
        if not self._settings.curators_channel or self._settings.gaps_day == "off":
            return
        while True:
            pause_s = LOOK_EVERY_S
            try:
                with contextlib.suppress(StoreError):  # the store reports its health itself
                    pause_s = LOOK_EVERY_S if await self._look() else PAUSE_S
            except Exception:
                logger.exception("the weekly message failed")
            await asyncio.sleep(pause_s)

    async def _look(self) -> bool:
        """Send the message if it is due; false when Slack did not take it."""
        now = datetime.fromtimestamp(wall_ms() / 1_000, UTC)
        moment = due(now, self._settings.gaps_day, self._settings.gaps_hour)
        if moment is None:
            return True
        report = f"gaps:{moment:%Y-%m-%d}"
        if not await self._store.claim_report(report):
            return True
        try:
            groups = await self._groups(now - WEEK)
            doubtful = await self._store.gaps(now - WEEK, _READ, doubtful=True)
        except BaseException:
            await self._store.release_report(report)
            raise
        if not groups:
            logger.info("no question was left without a good answer this week")
            return True
        message = gaps_message(groups, command=self._settings.command, doubtful=len(doubtful))
        sent = await self._outbox.post(Place(channel=self._settings.curators_channel), message)
        if not sent:
            await self._store.release_report(report)
        return sent

    async def _groups(self, since: datetime) -> list[GapGroup]:
        gaps = await self._store.gaps(since, _READ)
        try:
            return await self._answering.run(grouped, gaps, self._answering.asks)
        except (SignpostError, TimeoutError) as error:
            logger.warning("the week's questions are not grouped (%s)", type(error).__name__)
            return single(gaps)
