"""Keeping out of the way: how often a channel is told in public that there is nothing."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

#: So many times within the window in public; after that only the asker is told.
MOST_IN_PUBLIC = 3
WINDOW_S = 600.0
_CHANNELS = 1_000


class Restraint:
    """Counts, for each channel, what it was told without an answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: OrderedDict[str, deque[float]] = OrderedDict()

    def may_say_nothing(self, channel: str) -> bool:
        """Return whether the channel may be told once more, and count it when it may."""
        now = self._clock()
        said = self._said.setdefault(channel, deque())
        self._said.move_to_end(channel)
        while len(self._said) > _CHANNELS:
            self._said.popitem(last=False)
        while said and now - said[0] > WINDOW_S:
            said.popleft()
        if len(said) >= MOST_IN_PUBLIC:
            return False
        said.append(now)
        return True
