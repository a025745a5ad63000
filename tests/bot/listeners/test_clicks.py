"""Clicks: what the person is told where Slack does not say that a form is open, and once only."""

from typing import Any

import pytest

from bot.app import Dispatch
from bot.errors import SlackOfflineError, SlackSendError, SlackUnclearError
from bot.listeners.clicks import open_view
from bot.slack.payloads import Interaction
from tests.bot.tiny import RecordingApi, TinyAsks, services_of

CLICK = {
    "type": "block_actions",
    "user": {"id": "U0ASKER", "team_id": "TOURS"},
    "channel": {"id": "C0ONE"},
    "trigger_id": "1.2.abc",
    "actions": [{"action_id": "a"}],
}
LOST = SlackUnclearError("lost", code="connection", method="views.open")


def refusal(code: str) -> SlackSendError:
    """Return what Slack says for good."""
    return SlackSendError(code, code=code, method="views.open")


@pytest.mark.parametrize(
    ("failures", "calls", "told"),
    [
        ([], 1, ""),
        ([LOST], 2, ""),
        ([LOST, refusal("exchanged_trigger_id")], 2, ""),
        ([LOST, refusal("expired_trigger_id")], 2, "If you do not see it"),
        ([LOST, LOST], 2, "If you do not see it"),
        ([refusal("expired_trigger_id")], 1, "did not open the form"),
        ([refusal("exchanged_trigger_id")], 1, ""),
        ([SlackOfflineError("off", code="offline")], 1, "did not open the form"),
    ],
    ids=str,
)
async def test_a_form_whose_answer_was_lost_is_not_told_as_closed(
    monkeypatch: pytest.MonkeyPatch, failures: list[SlackSendError], calls: int, told: str
) -> None:
    """A click opens one form, so a second attempt finds out what became of the first."""
    slack = RecordingApi()
    slack.fail("views.open", *failures)
    async with services_of(TinyAsks()) as services:
        monkeypatch.setattr(services.api, "call", slack.call)
        monkeypatch.setattr(services.outbox, "_api", slack)
        view: dict[str, Any] = {"type": "modal"}
        await open_view(services, Interaction.of(CLICK), view)
        await services.work.drain(2.0)
    assert len(slack.of("views.open")) == calls
    texts = [call["text"] for call in slack.of("chat.postEphemeral")]
    assert [told in text for text in texts] == [True] * bool(told)


async def test_a_verdict_that_is_delivered_twice_is_thanked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And counted once; another click on the same button is a verdict again."""
    slack = RecordingApi()
    press = {"type": "button", "action_id": "feedback:y", "block_id": "b", "value": "y 0123"}
    async with services_of(TinyAsks()) as services:
        monkeypatch.setattr(services.outbox, "_api", slack)
        dispatch = Dispatch(services)
        for trigger, thanked in (("1.2.a", 1), ("1.2.a", 1), ("1.2.b", 2)):
            body = {**CLICK, "actions": [press], "trigger_id": trigger, "response_url": "https://hooks.example/1"}
            assert (await dispatch(body, {}))[0] == 200
            await services.work.drain(2.0)
            assert len(slack.of("response_url")) == thanked
            assert services.metrics.feedback.labels("helpful")._value.get() == thanked
