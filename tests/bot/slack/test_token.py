"""A token that rotates: never renewed twice, and never lost while the store fails."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.errors import SettingsError, SlackSendError, SlackUnclearError, StoreError
from bot.running.health import Health
from bot.running.metrics import Metrics
from bot.settings import Settings
from bot.slack.token import RotatingToken
from bot.store import Store
from tests.bot.tiny import ENVIRONMENT

SETTINGS = Settings.from_environment(
    {
        **ENVIRONMENT,
        "SLACK_BOT_TOKEN": "xoxe.xoxb-1-first",
        "SLACK_REFRESH_TOKEN": "xoxe-1-first",
        "SLACK_CLIENT_ID": "1.2",
        "SLACK_CLIENT_SECRET": "secret",
    }
)


class Slack:
    """Renews the newest pair, and refuses any other."""

    def __init__(self, lives_s: object = 43_200) -> None:
        self.refresh, self.lives_s, self.renewed = "xoxe-1-first", lives_s, 0
        self.numbers = count(1)
        self.error: SlackSendError | None = None

    async def exchange(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer `oauth.v2.access`."""
        await asyncio.sleep(0.01)
        if self.error is not None:
            raise self.error
        if arguments["refresh_token"] != self.refresh:
            raise SlackSendError("refused", code="invalid_refresh_token")
        number = next(self.numbers)
        self.renewed, self.refresh = self.renewed + 1, f"xoxe-1-{number}"
        return {"access_token": f"xoxe.xoxb-1-{number}", "refresh_token": self.refresh, "expires_in": self.lives_s}


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Open a store."""
    opened = await Store.open(f"sqlite:///{tmp_path}/store.sqlite3", hash_key=b"k", store_questions=False)
    yield opened
    await opened.close()


def token_of(store: Store, slack: Slack) -> RotatingToken:
    """Return a token of its own, as another process has it."""
    return RotatingToken(SETTINGS, store, slack.exchange, Health(Metrics()))


async def test_many_refused_calls_renew_it_once(store: Store) -> None:
    """All mentions of a moment find it dead, in two processes."""
    slack = Slack()
    tokens = [token_of(store, slack), token_of(store, slack)]
    for token in tokens:
        await token.begin()
    assert slack.renewed == 1
    dead = tokens[0].value
    assert all(await asyncio.gather(*(token.renew(dead) for token in tokens for _ in range(20))))
    assert slack.renewed == 2
    assert tokens[0].value == tokens[1].value != dead


@pytest.mark.parametrize("lives_s", [None, 0, -1, "12h", True])
async def test_a_life_that_slack_does_not_say_is_the_usual_one(store: Store, lives_s: object) -> None:
    """It would be renewed each second otherwise."""
    token = token_of(store, Slack(lives_s))
    await token.begin()
    following = asyncio.create_task(token.follow())
    await asyncio.sleep(0)
    assert "due in 3" in repr(token)
    following.cancel()


async def test_a_renewed_pair_outlives_a_store_that_fails(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store's pair is used up: it is not taken up again, and the new one is kept when the store is well."""
    slack = Slack()
    token = token_of(store, slack)
    await token.begin()

    async def fail(*_: object) -> None:
        raise StoreError("full")

    with monkeypatch.context() as broken:
        broken.setattr(store, "keep_token", fail)
        assert await token.renew(token.value)
    newest = token.value
    monkeypatch.setattr("bot.slack.token.LOOK_S", 0.01)
    following = asyncio.create_task(token.follow())
    async with asyncio.timeout(60):
        while (kept := await store.token(token._seed)) is None or kept.access != newest:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    following.cancel()
    assert token.value == newest
    another = token_of(store, slack)
    await another.begin()
    assert (another.value, slack.renewed) == (newest, 2)


async def test_a_renewal_that_failed_can_be_tried_at_once(store: Store) -> None:
    """The lease is given back; a pair that Slack refuses at the start is a setting's fault."""
    slack = Slack()
    slack.error = SlackUnclearError("timeout", code="timeout")
    with pytest.raises(SlackUnclearError):
        await token_of(store, slack).begin()
    slack.error = None
    await token_of(store, slack).begin()
    slack.refresh = "another"
    token = token_of(store, slack)
    await token.begin()
    assert not await token.renew(token.value)


async def test_a_first_pair_that_is_refused_is_a_settings_fault(store: Store) -> None:
    """One line names the settings."""
    slack = Slack()
    slack.refresh = "used up"
    with pytest.raises(SettingsError, match="SLACK_REFRESH_TOKEN, SLACK_CLIENT_ID or SLACK_CLIENT_SECRET is refused"):
        await token_of(store, slack).begin()
