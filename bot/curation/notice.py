"""One message that tells how something goes on: posted at the first word, edited at each further one."""

import math
import time
from collections.abc import Callable

from bot.slack.message import Message
from bot.slack.outbox import Outbox, Place, Posted

#: Slack takes about 50 edits a minute.
EDIT_EVERY_S = 3.0


class Notice:
    """A message in one place."""

    def __init__(self, outbox: Outbox, place: Place, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbox = outbox
        self._place = place
        self._clock = clock
        self._posted: Posted | None = None
        self._shown_at = -math.inf

    async def show(self, message: Message) -> None:
        """Show a message in place of the one before."""
        self._shown_at = self._clock()
        if self._posted is not None and await self._outbox.edit(self._posted, message):
            return
        self._posted = await self._outbox.put_up(self._place, message)

    async def show_in_passing(self, message: Message, *, among: int = 1) -> None:
        """Show a message unless another one was shown a moment ago; `among` notices share what Slack takes."""
        if self._clock() - self._shown_at >= EDIT_EVERY_S * among:
            await self.show(message)

    def __repr__(self) -> str:
        return f"<Notice in {self._place.channel}>"
