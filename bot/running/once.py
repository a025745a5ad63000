"""Once and only once: a delivery is taken up by the first who claims its keys."""

import asyncio
from collections import OrderedDict

from bot.errors import StoreError
from bot.running.health import Health, Part
from bot.running.metrics import Metrics
from bot.store import Store

#: A store that does not say yes or no by then counts as locked.
CLAIM_TIMEOUT_S = 1.5
#: Keys held in memory, so that twins that arrive together need no store, and a store that fails apologises once.
REMEMBERED = 10_000


class Once:
    """The store's claims, with the newest keys in memory before it."""

    def __init__(self, store: Store, health: Health, metrics: Metrics) -> None:
        self._store = store
        self._health = health
        self._metrics = metrics
        self._recent: OrderedDict[str, None] = OrderedDict()

    async def claim(self, *keys: str) -> bool:
        """Return whether this delivery is new; StoreError when nobody can tell."""
        if any(key in self._recent for key in keys):
            self._metrics.duplicates.inc()
            return False
        for key in keys:
            self._recent[key] = None
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        try:
            async with asyncio.timeout(CLAIM_TIMEOUT_S):
                new = await self._store.claim(*keys)
        except TimeoutError as error:
            self._health.ill(Part.STORE, "no answer in time")
            raise StoreError(f"the store gave no answer within {CLAIM_TIMEOUT_S} s") from error
        except StoreError as error:
            self._health.ill(Part.STORE, str(error))
            raise
        if not new:
            self._metrics.duplicates.inc()
        return new

    async def release(self, *keys: str) -> None:
        """Let the delivery be taken up again: nothing was sent for it."""
        for key in keys:
            self._recent.pop(key, None)
        try:
            await self._store.release(*keys)
        except StoreError as error:
            self._health.ill(Part.STORE, str(error))
