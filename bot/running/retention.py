"""Deletes what the settings say is kept long enough."""

import asyncio
import contextlib
import logging
from typing import Final

from bot.errors import StoreError
from bot.settings import Settings
from bot.store import Store
from bot.store.claims import wall_ms

logger = logging.getLogger("signpost.retention")

EVERY_S: Final = 3_600.0
#: Between two transactions, so that those who ask get in between.
PAUSE_S: Final = 0.1
_DAY_MS: Final = 86_400_000


class Retention:
    """Prunes the store at the start and every hour; what has 0 days is kept for ever."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store = store
        days = {
            "answers": settings.answers_days,
            "clicks": settings.clicks_days,
            "feedback": settings.feedback_days,
            "refusals": settings.refusals_days,
        }
        self._days = {name: number for name, number in days.items() if number}

    async def follow(self) -> None:
        """Prune, until cancelled."""
        while self._days:
            with contextlib.suppress(StoreError):  # it reports its health itself, and the next hour is soon enough
                if gone := await self.prune():
                    logger.info("what was kept long enough was deleted", extra=gone)
            await asyncio.sleep(EVERY_S)

    async def prune(self) -> dict[str, int]:
        """Delete everything that is too old, a part at a time; return how many rows went, by table."""
        now = wall_ms()
        oldest = {name: now - days * _DAY_MS for name, days in self._days.items()}
        gone: dict[str, int] = {}
        while any((part := await self._store.prune(oldest)).values()):
            for name, number in part.items():
                gone[name] = gone.get(name, 0) + number
            await asyncio.sleep(PAUSE_S)
        return {name: number for name, number in gone.items() if number}
