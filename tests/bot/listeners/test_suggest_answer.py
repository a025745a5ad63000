"""The form that says which link answers a question, where the search takes longer than Slack waits."""

import json
import threading
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck
from slack_bolt.response import BoltResponse

from bot.listeners import suggest_answer
from index.catalogue.link import Link
from index.types import Answer, Question
from tests.bot.tiny import CILIUM, TinyAsks, services_of

WHO = {"user": {"id": "U0ASKER", "team_id": "TOURS"}, "team": {"id": "TOURS"}}


class SlowAsks(TinyAsks):
    """Takes its time, until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def ask(self, question: Question) -> Answer:
        """Answer late."""
        assert self.go_on.wait(60)
        return super().ask(question)

    def find(self, url: str) -> Link | None:
        """Find late."""
        assert self.go_on.wait(60)
        return super().find(url)


class Ack(AsyncAck):
    """Keeps what Slack is answered."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []

    async def __call__(self, *_: Any, **given: Any) -> BoltResponse:
        """Answer."""
        self.given.append(given)
        return BoltResponse(status=200)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for a search that is slow on purpose."""
    monkeypatch.setattr(suggest_answer, "LOOK_UP_TIMEOUT_S", 0.05)


async def test_a_slow_search_leaves_the_menu_empty_in_time() -> None:
    """Slack takes no options after three seconds."""
    ack = Ack()
    async with services_of(asks := SlowAsks()) as services:
        await suggest_answer.menu(services, ack, {**WHO, "value": "cilium"})
        asks.go_on.set()
    assert ack.given == [{"options": []}]


async def test_a_slow_search_is_an_apology_in_time() -> None:
    """The form that was sent gets its answer, with what to do."""
    ack = Ack()
    state = {
        "answers_question": {"answers_question": {"value": "what is cilium?"}},
        "answers_address": {"answers_address": {"value": CILIUM.url}},
    }
    async with services_of(asks := SlowAsks()) as services:
        await suggest_answer.submit(services, ack, {**WHO, "view": {"state": {"values": state}}})
        asks.go_on.set()
    assert ack.given[0]["response_action"] == "update"
    assert "try again" in json.dumps(ack.given[0]["view"])
