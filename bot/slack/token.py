"""The bot's token: one that stays, or one that rotates.

A rotating token (`xoxe.xoxb-…`) dies after 12 hours. It is renewed with a refresh token, which is good once: Slack answers
with the next pair. The newest pair is in the store, and of all processes with one store, one at a time renews it.
https://docs.slack.dev/authentication/using-token-rotation
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

from bot.errors import SettingsError, SlackSendError, SlackTokenError, StoreError
from bot.running.health import Health, Part
from bot.settings import Settings
from bot.slack.untrusted import int_of, text_of
from bot.store import Store, TokenPair
from bot.store.claims import wall_ms

logger = logging.getLogger("signpost.token")

METHOD: Final = "oauth.v2.access"
#: A token is renewed when this much of its life is left, and no later than halfway through it.
MARGIN_MS: Final = 2 * 3_600_000
#: So long one process may take to renew it, before another one tries.
LEASE_MS: Final = 30_000
#: How often the store is looked at for a pair that another process got.
LOOK_S: Final = 30.0
_ROTATES: Final = "xoxe."
_USUAL_LIFE_S: Final = 43_200
#: A call that Slack refused waits this long for another process that renews the token.
_WAIT_TIMEOUT_S: Final = 5.0
_STEP_S: Final = 0.1

Exchange = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Token(Protocol):
    """What the calls are made with."""

    @property
    def value(self) -> str:
        """The token that is good now."""

    async def renew(self, refused: str) -> bool:
        """Return whether there is another token than the one that Slack refused."""

    async def follow(self) -> None:
        """Keep it good, until cancelled."""


class FixedToken:
    """A token that stays."""

    def __init__(self, value: str) -> None:
        self.value = value

    async def renew(self, refused: str) -> bool:  # noqa: ARG002 - there is no other
        """Return false."""
        return False

    async def follow(self) -> None:
        """Do nothing."""


class RotatingToken:
    """A token that is renewed before it dies; `begin` must come first."""

    def __init__(self, settings: Settings, store: Store, exchange: Exchange, health: Health) -> None:
        self._client = {
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.get_secret_value(),
        }
        first = TokenPair(
            access=settings.bot_token.get_secret_value(), refresh=settings.refresh_token.get_secret_value()
        )
        self._pair = self._first = first
        # A pair that somebody sets anew counts more than what came of the pair before.
        self._seed = hashlib.sha256(f"{first.access} {first.refresh}".encode()).hexdigest()
        self._store = store
        self._exchange = exchange
        self._health = health
        self._renewing = asyncio.Lock()

    @property
    def value(self) -> str:
        """The token that is good now."""
        return self._pair.access

    async def begin(self) -> None:
        """Take the newest pair from the store, or get the first one; SettingsError when Slack refuses that."""
        await self._take_up()
        if self._due_in_ms() > 0:
            return
        try:
            if not await self._exchange_or_wait(self.value):
                raise SettingsError(("SLACK_BOT_TOKEN: another process renews it and does not come to an end",))
        except SlackSendError as error:
            if self._pair.expires_at_ms > wall_ms():
                return  # it is good for a while, and `follow` tries again
            if isinstance(error, SlackTokenError) or error.code.startswith(("invalid_", "bad_")):
                message = (
                    f"SLACK_REFRESH_TOKEN, SLACK_CLIENT_ID or SLACK_CLIENT_SECRET is refused by Slack: {error.code}"
                )
                raise SettingsError((message,)) from error
            raise

    async def follow(self) -> None:
        """Renew the token in time, and take up what another process got; until cancelled."""
        while True:
            await asyncio.sleep(min(LOOK_S, max(self._due_in_ms() / 1_000, 1.0)))
            with contextlib.suppress(StoreError):  # the store reports its health itself
                await self._take_up()
                if self._due_in_ms() <= 0:
                    await self._try_to_renew(self.value)

    async def renew(self, refused: str) -> bool:
        """Return whether there is another token than the one that Slack refused; get one if not."""
        if self.value != refused:
            return True
        with contextlib.suppress(StoreError):
            await self._take_up()
            await self._try_to_renew(refused)
        return self.value != refused

    async def _try_to_renew(self, before: str) -> None:
        try:
            await self._exchange_or_wait(before)
        except SlackSendError as error:
            logger.error("the token could not be renewed: %s", error, extra={"code": error.code})  # noqa: TRY400 - no fault
            if self._pair.expires_at_ms <= wall_ms():
                words = f"Slack does not renew the token ({error.code}); install the app again, and set the new tokens"
                self._health.ill(Part.TOKEN, words)

    async def _exchange_or_wait(self, before: str) -> bool:
        """Get another token than `before`, or wait for whoever does; false when that takes too long."""
        async with self._renewing:
            for _ in range(int(_WAIT_TIMEOUT_S / _STEP_S)):
                if self.value != before:
                    return True
                leased = await self._store.lease_token(self._seed, self._first, for_ms=LEASE_MS)
                if leased is not None:
                    if leased.access != before and leased.expires_at_ms > wall_ms():
                        self._pair = leased  # it was renewed between the look and the lease
                        await self._keep()
                    else:
                        await self._renew_leased(leased)
                    return True
                await asyncio.sleep(_STEP_S)
                await self._take_up()
            return False

    async def _renew_leased(self, leased: TokenPair) -> None:
        try:
            answer = await self._exchange(
                {**self._client, "grant_type": "refresh_token", "refresh_token": leased.refresh}
            )
        except BaseException:
            await self._store.release_token(self._seed, leased)
            raise
        now = wall_ms()
        lives_s = int_of(answer.get("expires_in"), at_most=_USUAL_LIFE_S) or _USUAL_LIFE_S
        self._pair = TokenPair(
            access=text_of(answer.get("access_token")),
            refresh=text_of(answer.get("refresh_token")),
            obtained_at_ms=now,
            expires_at_ms=now + lives_s * 1_000,
        )
        await self._keep()
        logger.info("the token was renewed", extra={"lives_s": lives_s})

    async def _keep(self) -> None:
        """Keep the pair; where the store fails, `_take_up` tries again, since the one in the store is used up."""
        try:
            await self._store.keep_token(self._seed, self._pair)
        except StoreError as error:
            logger.error("the renewed token is not in the store yet: %s", error)  # noqa: TRY400 - no fault of the program

    async def _take_up(self) -> None:
        """Take the newest pair from the store, if it has one that came of the settings' pair; never an older one."""
        stored = await self._store.token(self._seed)
        known_ms = 0 if stored is None else stored.obtained_at_ms
        if stored is not None and known_ms >= self._pair.obtained_at_ms:
            self._pair = stored
        elif known_ms < self._pair.obtained_at_ms:
            await self._keep()

    def _due_in_ms(self) -> int:
        """Return in how many milliseconds it should be renewed; 0 or less for now, and where its end is not known."""
        life = self._pair.expires_at_ms - self._pair.obtained_at_ms
        return self._pair.expires_at_ms - min(MARGIN_MS, life // 2) - wall_ms()

    def __repr__(self) -> str:
        return f"<RotatingToken due in {self._due_in_ms() // 1_000} s>"


def rotates(settings: Settings) -> bool:
    """Whether the bot's token is one that dies and is renewed."""
    return settings.bot_token.get_secret_value().startswith(_ROTATES)
