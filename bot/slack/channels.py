"""Which people are of another organisation, and which channels such people can read.

When Slack does not say, a person counts as one of another organisation, and a channel as shared with one.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol, TypeVar

from bot.errors import SlackBusyError, SlackOfflineError, SlackSendError, SlackUnclearError
from bot.settings import Settings
from bot.slack.api import SlackApi
from bot.slack.payloads import Identity, Profile, Spoken
from bot.slack.untrusted import dict_of, list_of, text_of

logger = logging.getLogger("signpost.strangers")

_T = TypeVar("_T")

#: What is known of a channel is used for this long, since a channel can be shared or unshared at any time.
LIFE_S = 600.0
#: Seconds between two questions to Slack for the organisation's workspaces, which an unknown workspace causes.
ASK_AGAIN_S = 10.0
#: What stands for the profile of somebody about whom the bot may not ask, since an admin left out the scope.
_UNASKED = Profile(teams=frozenset(), enterprise="")
#: What stands for the profile of somebody about whom Slack was asked and gave no answer.
_UNHEARD = Profile(teams=frozenset(), enterprise="")
#: Most channels, and most people, of whom something is remembered.
_REMEMBERED = 10_000
#: Short, because a form must be open 3 seconds after its click.
_TIMEOUT_S = 1.5
_WORKSPACES_A_PAGE = 1_000
_MAX_PAGES = 20


class Acted(Protocol):
    """An event that says who did something and where, but not of which workspace that person is."""

    @property
    def user(self) -> str:
        """The person."""

    @property
    def team(self) -> str:
        """The workspace that the event comes from."""

    @property
    def enterprise(self) -> str:
        """The organisation that the event comes from."""


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
        self._people: OrderedDict[str, tuple[Profile | None, float]] = OrderedDict()
        self._sisters: set[str] = set()
        self._asking = asyncio.Lock()
        self._asked_at = -ASK_AGAIN_S

    async def is_ours(self, team: str, enterprise: str = "", user: str = "") -> bool:
        """Return whether a person of this workspace or organisation belongs to the organisation that installed the bot.

        `enterprise` is the person's organisation. A click does not name it; then Slack is asked about the `user`.
        """
        return await self._belongs(team, enterprise, user) is True

    async def is_ours_there(self, event: Acted) -> bool:
        """Return the same of somebody who did something: the event names the workspace where that was, not the person's.

        Slack has to know the person. Where the bot may not ask, for want of the scope `users:read`, the place counts.
        """
        if not await self.is_ours(event.team, event.enterprise, event.user):
            return False
        if not event.user:
            return True
        profile = await self._profile(event.user)
        return profile is _UNASKED or (profile is not None and self._is_of_ours(profile))

    def is_unheard(self, user: str) -> bool:
        """Return whether Slack was asked about a person a moment ago and gave no answer, so that nobody knows who it is."""
        profile, since = self._people.get(user, (None, 0.0))
        return profile is _UNHEARD and self._clock() - since < ASK_AGAIN_S

    async def _belongs(self, team: str, enterprise: str, user: str) -> bool | None:
        """Return whether a person is ours; None when nobody says it."""
        if self._identity.is_ours(team, enterprise):
            if team:
                self._sisters.add(team)
            return True
        if not team or not self._identity.enterprise_id:
            return None
        if team not in self._sisters and self._identity.is_org_wide:
            async with self._asking:
                if self._clock() - self._asked_at >= ASK_AGAIN_S:
                    await self._ask_for_workspaces()
                    self._asked_at = self._clock()
        if team in self._sisters:
            return True
        ours = await self._is_colleague(user, team) if user else None
        if ours:
            self._sisters.add(team)
        return ours

    async def _is_colleague(self, user: str, team: str) -> bool | None:
        """Return what Slack says of a person; None when it says nothing, or speaks of another workspace than `team`."""
        profile = await self._profile(user)
        if profile is None or not profile.teams:
            return None
        if self._is_of_ours(profile):
            return True if team in profile.teams else None
        return False

    async def _profile(self, user: str) -> Profile | None:
        """Return a person's workspaces and organisation; None when Slack does not say."""
        profile, since = self._people.get(user, (None, -LIFE_S))
        if self._clock() - since >= (LIFE_S if profile and profile.teams else ASK_AGAIN_S):
            profile = await self._ask_about(user)
            _keep(self._people, user, (profile, self._clock()))
        return profile

    def _is_of_ours(self, profile: Profile) -> bool:
        ours = (self._sisters | {self._identity.team_id}) - {""}
        return self._identity.is_ours("", profile.enterprise) or bool(ours & profile.teams)

    async def _ask_about(self, user: str) -> Profile | None:
        try:
            return Profile.of(await self._api.call("users.info", {"user": user}, timeout_s=_TIMEOUT_S))
        except SlackSendError as error:
            logger.info("Slack does not tell about a person: %s", error, extra={"code": error.code})
            if isinstance(error, SlackBusyError | SlackUnclearError | SlackOfflineError):
                return _UNHEARD
            return _UNASKED if error.code == "missing_scope" else None

    async def _ask_for_workspaces(self) -> None:
        cursor = ""
        try:
            for _ in range(_MAX_PAGES):
                answer = await self._api.call(
                    "auth.teams.list", {"limit": _WORKSPACES_A_PAGE, "cursor": cursor}, timeout_s=_TIMEOUT_S
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
            return True
        ours = await self._belongs(spoken.author_team, spoken.author_enterprise, spoken.user)
        if not (self._identity.is_ours("", spoken.enterprise) if ours is None else ours):
            return True
        if spoken.external is None and not spoken.is_direct:
            return await self.can_read(spoken.channel)
        return self._settings.for_channel(spoken.channel).external

    def remember(self, channel: str, *, external: bool = True) -> None:
        """Keep what an event said about a channel."""
        _keep(self._known, channel, (external, self._clock()))

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


def _keep(known: OrderedDict[str, _T], name: str, value: _T) -> None:
    """Remember a value, and forget the oldest when there are too many."""
    known[name] = value
    known.move_to_end(name)
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
