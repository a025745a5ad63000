"""A function that Slack calls is ended, also where Slack is busy; and never later than Slack waits for it."""

import asyncio
from typing import Any

import pytest

from bot.errors import SlackBusyError, SlackSendError, SlackUnclearError
from bot.listeners import functions
from bot.listeners.functions import called
from bot.services import Services
from tests.bot.tiny import IDENTITY, RecordingApi, services_of

SUCCESS = "functions.completeSuccess"


def event(callback: str = "search") -> dict[str, Any]:
    """Return a call of a function."""
    inputs = {"query": "cilium", "question": "cilium", "user_context": {"id": "U1"}}
    function = {"callback_id": callback}
    return {
        "team_id": IDENTITY.team_id,
        "event": {"function": function, "inputs": inputs, "function_execution_id": "Fx1", "bot_access_token": "xwfp-1"},
    }


def busy(seconds: float) -> SlackSendError:
    """Return that Slack wants to be left alone."""
    return SlackBusyError("busy", method=SUCCESS, retry_after_s=seconds)


class Slept:
    """A clock that moves when somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pauses: list[float] = []
        self._sleep = asyncio.sleep
        monkeypatch.setattr(asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        """Sleep for no time."""
        self.pauses.append(seconds)
        await self._sleep(0)


async def told(
    services: Services, slack: RecordingApi, monkeypatch: pytest.MonkeyPatch, *errors: SlackSendError
) -> int:
    """Return how often Slack was told of a search."""
    monkeypatch.setattr(services.api, "call", slack.call)
    slack.fail(SUCCESS, *errors)
    await called(services, event())
    return len(slack.of(SUCCESS))


async def test_slack_is_told_again_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it fails or asks to wait; a search that is not completed shows nothing."""
    slept = Slept(monkeypatch)
    async with services_of() as services:
        unclear = SlackUnclearError("500", code="http_500", method=SUCCESS)
        assert await told(services, RecordingApi(), monkeypatch, unclear, busy(1.0)) == 3
    assert slept.pauses == [functions.FIRST_PAUSE_S, 1.0]


@pytest.mark.usefixtures("hurried")
async def test_slack_is_not_told_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten seconds Slack has given up, and what it refuses for good is not said again."""
    slept = Slept(monkeypatch)
    async with services_of() as services:
        assert await told(services, RecordingApi(), monkeypatch, busy(30.0)) == 1
    async with services_of() as services:
        refused = SlackSendError("ended", code="invalid_state", method=SUCCESS)
        assert await told(services, RecordingApi(), monkeypatch, refused) == 1
    assert not slept.pauses
    assert functions.TELL_WITHIN_S + 1.5 < 10


@pytest.mark.parametrize("callback", ["search", "find_links"])
async def test_a_result_that_slack_does_not_take_fails_the_call(callback: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workflow waits for ever for a step that is neither completed nor failed, such as one of an older manifest."""
    slack = RecordingApi()
    slack.fail(SUCCESS, SlackSendError("no", code="parameter_validation_failed", method=SUCCESS))
    async with services_of() as services:
        monkeypatch.setattr(services.api, "call", slack.call)
        await called(services, event(callback))
        await services.work.drain(5.0)
    (failed,) = slack.of("functions.completeError")
    assert failed["function_execution_id"] == "Fx1"
    assert "parameter_validation_failed" in failed["error"]
