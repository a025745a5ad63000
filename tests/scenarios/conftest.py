"""One fake Slack and one bot for each module; each test starts with both as they were."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.scenarios.support.bot_process import BotProcess, environment
from tests.scenarios.support.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.scenarios.support.requests import SIGNING_SECRET, Caller

MakeBot = Callable[..., BotProcess]


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    """Serve a fake Slack."""
    with FakeSlack() as server:
        yield server


@pytest.fixture(autouse=True)
def _fresh(slack: FakeSlack) -> Iterator[None]:
    """Give each test a Slack without past or faults, and fail it for a payload that Slack would refuse."""
    slack.forget()
    yield
    assert slack.violations == []


def _make(slack: FakeSlack, folder: Path, settings: dict[str, str], options: dict[str, Any]) -> BotProcess:
    return BotProcess(slack=slack, folder=folder, environment=environment(slack, folder, **settings), **options)


def check_log(bot: BotProcess) -> None:
    """Every line is JSON, and none holds a secret."""
    bot.log_lines()
    text = bot.log_text()
    for secret in (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET, "secretpart"):
        assert secret not in text


@pytest.fixture(scope="module")
def shared_bot(
    slack: FakeSlack, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[BotProcess]:
    """Run one bot for the module, with the module's `SETTINGS`, `ARGUMENTS`, `LIMITS` and `INSTALLATION` where it has them."""
    slack.forget()
    slack.workspace.installation = getattr(request.module, "INSTALLATION", {})
    settings = getattr(request.module, "SETTINGS", {})
    given: tuple[tuple[str, Any], ...] = (("ARGUMENTS", ()), ("FILES", 0), ("LIMITS", {}))
    options = {name.lower(): getattr(request.module, name, default) for name, default in given}
    bot = _make(slack, tmp_path_factory.mktemp("bot"), settings, options)
    try:
        bot.start()
        yield bot
        bot.stop()
    finally:
        bot.kill()
    check_log(bot)


@pytest.fixture
def bot(shared_bot: BotProcess, slack: FakeSlack) -> Iterator[BotProcess]:
    """Give the module's bot, idle and with nothing scripted; it must outlive the test."""
    shared_bot.script()
    shared_bot.wait_idle()
    slack.forget()
    yield shared_bot
    assert shared_bot.process is not None
    assert shared_bot.process.poll() is None, shared_bot.log_text()[-3_000:]


@pytest.fixture
def caller(bot: BotProcess) -> Caller:
    """Call the module's bot as Slack does."""
    return bot.caller()


@pytest.fixture
def make_bot(slack: FakeSlack, tmp_path: Path) -> Iterator[MakeBot]:
    """Make bots of one's own; `make_bot(start=False, …)` only prepares. Same folder: same store and index."""
    made: list[BotProcess] = []

    def making(
        *,
        start: bool = True,
        arguments: tuple[str, ...] = (),
        scripted: bool = True,
        limits: Mapping[str, float] = MappingProxyType({}),
        **settings: str,
    ) -> BotProcess:
        options = {"arguments": arguments, "scripted": scripted, "limits": limits}
        bot = _make(slack, tmp_path, settings, options)
        made.append(bot)
        return bot.start() if start else bot

    yield making
    for bot in made:
        bot.kill()
