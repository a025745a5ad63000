"""Handles each delivery once: only the first call that claims its keys gets it."""

import contextlib
from collections import OrderedDict

from bot.errors import StoreError
from bot.running.metrics import Metrics
from bot.store import Store

#: Keys kept in memory. Two copies of a delivery that arrive together are told apart without the store; and when the
#: store fails, the person gets one apology and not two.
REMEMBERED = 10_000


class Once:
    """Claims keys in memory first, then in the store."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._recent: OrderedDict[str, None] = OrderedDict()

    async def claim(self, *keys: str) -> bool:
        """Return whether this delivery is new; StoreError when the store cannot say."""
        if any(key in self._recent for key in keys):
            self._metrics.duplicates.inc()
            return False
        for key in keys:
            self._recent[key] = None
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        new = await self._store.claim(*keys)
        if not new:
            self._metrics.duplicates.inc()
        return new

    async def release(self, *keys: str) -> None:
        """Give the keys back after a delivery for which nothing could be sent, so that a retry is handled."""
        for key in keys:
            self._recent.pop(key, None)
        with contextlib.suppress(StoreError):
            await self._store.release(*keys)
