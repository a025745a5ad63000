"""A message that shows progress: posted the first time, then edited."""

import math
import time
from collections.abc import Callable

from bot.slack.message import Message
from bot.slack.outbox import Outbox, Place, Posted

#: Slack takes about 50 edits a minute.
EDIT_EVERY_S = 3.0


class Notice:
    """A message in one place, with new content from time to time."""

    def __init__(self, outbox: Outbox, place: Place, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbox = outbox
        self._place = place
        self._clock = clock
        self._posted: Posted | None = None
        self._shown_at = -math.inf

    async def show(self, message: Message) -> None:
        """Post the message, or put it in the place of the one before."""
        self._shown_at = self._clock()
        if self._posted is not None and await self._outbox.edit(self._posted, message):
            return
        self._posted = await self._outbox.put_up(self._place, message)

    async def show_in_passing(self, message: Message, *, among: int = 1) -> None:
        """Show a message, unless one was shown a moment ago; `among` notices share Slack's limit of edits."""
        if self._clock() - self._shown_at >= EDIT_EVERY_S * among:
            await self.show(message)

    def __repr__(self) -> str:
        return f"<Notice in {self._place.channel}>"
