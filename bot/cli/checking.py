"""`signpost serve --check`: what the bot would lack if it were started now."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import click

from bot.errors import SettingsError, SlackBusyError, SlackOfflineError, SlackSendError, SlackUnclearError, StoreError
from bot.running.health import Health
from bot.running.metrics import Metrics
from bot.server import hash_key_of, open_token
from bot.settings import McpClient, Mode, Settings
from bot.slack.api import SlackApi, new_session
from bot.slack.manifest import App
from bot.slack.untrusted import dict_of, text_of
from bot.store import Store
from index import Searcher, SignpostError, amount

#: Not every plan knows agents, and the bot answers without them.
_MAY_LACK: Final = frozenset({"assistant:write"})


class State(StrEnum):
    """What came of looking at a part."""

    OK = "ok"
    MISSING = "missing"
    OFF = "off"
    """It is not there, and need not be."""
    UNKNOWN = "unknown"
    """Slack does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One part of the bot, what is with it, and where something is missing what to do."""

    part: str
    state: State
    words: str

    def __str__(self) -> str:
        """Return a line for a person."""
        return f"{self.state:<8} {self.part}: {self.words}"


def _found(part: str, state: State, words: str) -> Finding:
    return Finding(part=part, state=state, words=words)


def print_check(given: Mapping[str, str]) -> int:
    """Print what is there and what is missing, and return the exit code; `given` are the variables of the settings."""
    try:
        settings = Settings.from_environment(given)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(_found("settings", State.MISSING, problem))
        with contextlib.suppress(SettingsError):  # what is wrong with these was said already
            click.echo(index_of(Settings.for_store(given)))
        return 2
    return asyncio.run(_print(settings))


async def _print(settings: Settings) -> int:
    complete = True
    async for finding in look(settings):
        click.echo(finding)
        complete = complete and finding.state is not State.MISSING
    return 0 if complete else 1


async def look(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what is there and what is missing; a SlackSendError when Slack cannot be asked at all."""
    yield index_of(settings)
    async with AsyncExitStack() as stack:
        try:
            store = await Store.open(settings.store_url, hash_key=hash_key_of(settings), store_questions=False)
        except StoreError as error:
            yield _found("store", State.MISSING, str(error))
            return
        stack.push_async_callback(store.close)
        yield _found("store", State.OK, "can be read and written")
        if settings.mode is Mode.WEB:
            return
        session = await stack.enter_async_context(new_session())
        health, metrics = Health(Metrics()), Metrics()
        try:
            token = await open_token(settings, store, session, health, metrics)
            api = SlackApi(session, settings.api_url, token, health=health, metrics=metrics)
            who = await api.call("auth.test")
        except (SlackBusyError, SlackOfflineError, SlackUnclearError):
            raise
        except (SettingsError, SlackSendError) as error:
            words = f"{error}; install the app again and set SLACK_BOT_TOKEN, and see whether it is this app's"
            yield _found("token", State.MISSING, words)
            return
        yield _found("token", State.OK, f"@{who.get('user')} in {who.get('team')}")
        for finding in scopes_of(settings, api.granted):
            yield finding
        yield await _socket(settings, api) if settings.mode is Mode.SOCKET else _address(settings)
        yield _command(settings)
        yield await _curators(settings, api)


def index_of(settings: Settings) -> Finding:
    """Return whether there is an index to answer from."""
    try:
        info = Searcher.open(Path(settings.index)).info
    except SignpostError as error:
        return _found("index", State.MISSING, str(error))
    words = f"{amount(info.link_count, 'link')} of {info.name}, built {info.built_at:%Y-%m-%d %H:%M} UTC"
    return _found("index", State.OK if info.link_count else State.MISSING, words)


def scopes_of(settings: Settings, granted: frozenset[str] | None) -> Iterator[Finding]:
    """Yield what each way in lacks of the scopes that its manifest asks for."""
    if granted is None:
        yield _found("scopes", State.UNKNOWN, "Slack does not say which scopes the token has")
        return
    app = App(
        command=settings.command,
        emoji=bool(settings.suggest_emoji),
        mcp=McpClient.SLACK in settings.mcp,
        follow_ups=any(channel.follow_ups for channel in settings.channels.values()),
    )
    for way in app.ways_in:
        lacking = [(scope, without) for scope, without in way.scopes if scope not in granted]
        for scope, without in lacking:
            state = State.OFF if scope in _MAY_LACK else State.MISSING
            words = f"without the scope {scope}: {without}; `signpost manifest` asks for it, then install the app again"
            yield _found(way.name, state, words)
        if way.scopes and not lacking:
            yield _found(way.name, State.OK, ", ".join(scope for scope, _ in way.scopes))


async def _socket(settings: Settings, api: SlackApi) -> Finding:
    try:
        await api.call("apps.connections.open", token=settings.app_token.get_secret_value())
    except SlackSendError as error:
        words = (
            f"{error}; SLACK_APP_TOKEN needs connections:write, and the app Socket Mode (`signpost manifest --socket`)"
        )
        return _found("socket", State.MISSING, words)
    return _found("socket", State.OK, "Slack takes SLACK_APP_TOKEN")


def _address(settings: Settings) -> Finding:
    words = (
        f"Slack must reach {settings.host}:{settings.port}; press Retry at Event Subscriptions › Request URL to try it"
    )
    return _found("address", State.UNKNOWN, words)


def _command(settings: Settings) -> Finding:
    words = f"type {settings.command} in Slack: whether the app has it, only its manifest says (`signpost manifest`)"
    return _found("command", State.UNKNOWN, words)


async def _curators(settings: Settings, api: SlackApi) -> Finding:
    """Return whether suggestions reach somebody who may decide about them."""
    channel = settings.curators_channel
    if not settings.curators and not channel:
        return _found(
            "curators", State.OFF, "suggested links are kept, and nobody is told; set CURATORS, CURATORS_CHANNEL"
        )
    if not settings.curators or not channel:
        lacking = "CURATORS_CHANNEL" if settings.curators else "CURATORS"
        return _found("curators", State.MISSING, f"{lacking} is not set, so that nobody can decide about suggestions")
    try:
        about = dict_of((await api.call("conversations.info", {"channel": channel})).get("channel"))
    except SlackSendError as error:
        words = f"{channel} of CURATORS_CHANNEL: {error}; invite the bot there, and see whether the id is right"
        return _found("curators", State.MISSING, words)
    name = text_of(about.get("name"))
    if about.get("is_member") is False or about.get("is_archived") is True:
        return _found("curators", State.MISSING, f"the bot is not in #{name} (or that is archived); invite it there")
    return _found("curators", State.OK, f"{len(settings.curators)} of them, in #{name}")
