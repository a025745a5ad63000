"""Handles each delivery once: only the first call that claims its keys gets it."""

import contextlib
from collections import OrderedDict

from bot.errors import StoreError
from bot.running.metrics import Metrics
from bot.store import Store

#: Keys kept in memory. Two copies of a delivery that arrive together are told apart without the store; and while the
#: store fails, nobody is answered twice.
REMEMBERED = 10_000


class Once:
    """Claims keys in memory first, then in the store."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._recent: OrderedDict[str, None] = OrderedDict()

    async def claim(self, *keys: str, payload: str = "", user: str = "") -> bool:
        """Return whether this delivery is new. With a `payload`, it is answered also if the process dies before.

        When the store cannot say, the answer is that of the memory: better one answer twice, after a restart, than none.
        """
        if any(key in self._recent for key in keys):
            self._metrics.duplicates.inc()
            return False
        for key in keys:
            self._recent[key] = None
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
        new = True
        with contextlib.suppress(StoreError):  # the store reports its health itself
            new = await self._store.claim(*keys, payload=payload, user=user)
        if not new:
            self._metrics.duplicates.inc()
        return new

    async def begins(self, key: str) -> bool:
        """Return whether nobody has begun to answer the payload that was kept under a key; from now on, somebody has."""
        with contextlib.suppress(StoreError):
            return await self._store.claim(_begun(key))
        return True

    async def has_begun(self, key: str) -> bool:
        """Return whether somebody has begun to answer that payload; true when the store cannot say."""
        with contextlib.suppress(StoreError):
            return await self._store.is_claimed(_begun(key))
        return True

    async def settle(self, key: str) -> None:
        """Forget the payload that was kept under a key: it was answered, or never can be."""
        with contextlib.suppress(StoreError):
            await self._store.settle(key)

    def let_go(self, key: str) -> None:
        """Leave the payload that was kept under a key to whoever looks next, after a while."""
        self._store.let_go(key)

    async def release(self, *keys: str) -> None:
        """Give the keys back after a delivery for which nothing could be sent, so that a retry is handled."""
        for key in keys:
            self._recent.pop(key, None)
        with contextlib.suppress(StoreError):
            await self._store.release(*map(_begun, keys[-1:]), *keys)


def _begun(key: str) -> str:
    """Return the key by which a process claims the right to send the answer to what is kept under another one."""
    return f"begun:{key}"
