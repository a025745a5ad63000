"""Which people are of another organisation, which channels such people can read, and `Restraint`.

When Slack does not say, a person counts as one of another organisation, and a channel as shared with one.
"""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from bot.errors import SlackSendError
from bot.settings import Settings
from bot.slack.api import SlackApi
from bot.slack.payloads import Identity, Spoken
from bot.slack.untrusted import dict_of, list_of, text_of

logger = logging.getLogger("signpost.strangers")

#: What is known of a channel is used for this long, since a channel can be shared or unshared at any time.
LIFE_S = 600.0
#: Seconds between two questions to Slack for the organisation's workspaces, which an unknown workspace causes.
ASK_AGAIN_S = 10.0
_CHANNELS = 10_000
_TIMEOUT_S = 1.5
#: Most public messages "nothing found" in a channel within `WINDOW_S`; after that only the asker sees them.
MOST_IN_PUBLIC = 3
WINDOW_S = 600.0
_CHANNELS_TOLD = 1_000
#: Short, because a form must be open 3 seconds after its click.
_WORKSPACES_TIMEOUT_S = 1.0
_WORKSPACES_A_PAGE = 1_000
_MAX_PAGES = 20


class Strangers:
    """Knows shared channels and the organisation's workspaces, from the settings, from events and from Slack."""

    def __init__(
        self, api: SlackApi, settings: Settings, identity: Identity, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = api
        self._settings = settings
        self._identity = identity
        self._clock = clock
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()
        self._sisters: set[str] = set()
        self._asking = asyncio.Lock()
        self._asked_at = -ASK_AGAIN_S

    async def is_ours(self, team: str, enterprise: str = "") -> bool:
        """Return whether a person of this workspace or organisation belongs to the organisation that installed the bot.

        `enterprise` is the person's organisation. A click does not name it, so workspaces that other payloads proved to be
        ours are remembered for clicks.
        """
        if self._identity.is_ours(team, enterprise):
            if team:
                self._sisters.add(team)
            return True
        if team and team not in self._sisters and self._identity.is_org_wide:
            async with self._asking:
                if self._clock() - self._asked_at >= ASK_AGAIN_S:
                    await self._ask_for_workspaces()
                    self._asked_at = self._clock()
        return team in self._sisters

    async def _ask_for_workspaces(self) -> None:
        cursor = ""
        try:
            for _ in range(_MAX_PAGES):
                answer = await self._api.call(
                    "auth.teams.list", {"limit": _WORKSPACES_A_PAGE, "cursor": cursor}, timeout_s=_WORKSPACES_TIMEOUT_S
                )
                ids = (text_of(dict_of(workspace).get("id")) for workspace in list_of(answer.get("teams")))
                self._sisters.update(filter(None, ids))
                cursor = text_of(dict_of(answer.get("response_metadata")).get("next_cursor"))
                if not cursor:
                    return
        except SlackSendError as error:
            logger.warning("Slack does not tell the organisation's workspaces: %s", error, extra={"code": error.code})

    async def take_part(self, spoken: Spoken) -> bool:
        """Return whether a person of another organisation wrote this message or can read the answer."""
        if spoken.external:
            self.remember(spoken.channel)
        if spoken.external or not await self.is_ours(spoken.author_team, spoken.enterprise):
            return True
        if spoken.external is None and not spoken.is_direct:
            return await self.can_read(spoken.channel)
        return self._settings.for_channel(spoken.channel).external

    def remember(self, channel: str, *, external: bool = True) -> None:
        """Keep what an event said about a channel."""
        self._known[channel] = (external, self._clock())
        self._known.move_to_end(channel)
        while len(self._known) > _CHANNELS:
            self._known.popitem(last=False)

    async def can_read(self, channel: str) -> bool:
        """Return whether strangers can read the channel; true when Slack does not say, or not in time."""
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
            return True
        about = dict_of(answer.get("channel"))
        external = about.get("is_ext_shared") is not False or about.get("is_pending_ext_shared") is True
        self.remember(channel, external=external)
        return external


class Restraint:
    """Keeps the bot from being a nuisance: counts the public messages "nothing found" of each channel."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said: OrderedDict[str, deque[float]] = OrderedDict()

    def may_say_nothing(self, channel: str) -> bool:
        """Return whether one more such message may be public, and count it if so."""
        now = self._clock()
        said = self._said.setdefault(channel, deque())
        self._said.move_to_end(channel)
        while len(self._said) > _CHANNELS_TOLD:
            self._said.popitem(last=False)
        while said and now - said[0] > WINDOW_S:
            said.popleft()
        if len(said) >= MOST_IN_PUBLIC:
            return False
        said.append(now)
        return True
