"""Once and only once: a delivery is taken up by the first who claims its keys."""

import contextlib
from collections import OrderedDict

from bot.errors import StoreError
from bot.running.metrics import Metrics
from bot.store import Store

#: Keys held in memory, so that twins that arrive together need no store, and a store that fails apologises once.
REMEMBERED = 10_000


class Once:
    """The store's claims, with the newest keys in memory before it."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
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
        new = await self._store.claim(*keys)
        if not new:
            self._metrics.duplicates.inc()
        return new

    async def release(self, *keys: str) -> None:
        """Let the delivery be taken up again: nothing was sent for it."""
        for key in keys:
            self._recent.pop(key, None)
        with contextlib.suppress(StoreError):
            await self._store.release(*keys)
