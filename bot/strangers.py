"""Which channels people of other organisations can read."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from bot.errors import SlackSendError
from bot.incoming import dict_of
from bot.settings import Settings
from bot.slack_api import SlackApi

logger = logging.getLogger("signpost.strangers")

#: A channel can be shared, or no longer be, at any time.
LIFE_S = 600.0
_CHANNELS = 10_000
_TIMEOUT_S = 3.0


class Strangers:
    """Knows external channels from the settings, from events, and from asking Slack."""

    def __init__(self, api: SlackApi, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._settings = settings
        self._clock = clock
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()

    def remember(self, channel: str, *, external: bool = True) -> None:
        """Keep what an event said about a channel."""
        self._known[channel] = (external, self._clock())
        self._known.move_to_end(channel)
        while len(self._known) > _CHANNELS:
            self._known.popitem(last=False)

    async def can_read(self, channel: str) -> bool:
        """Return whether strangers can read the channel; false where Slack does not tell the bot."""
        if self._settings.for_channel(channel).external:
            return True
        if channel in self._known:
            external, since = self._known[channel]
            if self._clock() - since < LIFE_S:
                return external
        try:
            answer = await self._api.call("conversations.info", {"channel": channel}, timeout_s=_TIMEOUT_S)
        except SlackSendError as error:
            logger.info("Slack does not tell about a channel: %s", error, extra={"code": error.code})
            return False
        about = dict_of(answer.get("channel"))
        external = about.get("is_ext_shared") is True or about.get("is_pending_ext_shared") is True
        self.remember(channel, external=external)
        return external
