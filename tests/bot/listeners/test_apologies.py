"""Whatever a person is told a reference of stands in the log with it."""

import json
import logging
import re
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.app import Dispatch
from bot.errors import StoreError
from bot.running.health import Part
from bot.services import Services
from bot.store import Store, Suggestion, batches
from bot.store.claims import Claims
from index import Answer, CatalogueInfo, Link, Question
from tests.bot.tiny import CILIUM, RecordingApi, TinyAsks, services_of

WHO = {"user": {"id": "U0ASKER", "team_id": "TOURS"}, "team": {"id": "TOURS"}, "trigger_id": "1.2"}
COMMAND = {
    "command": "/links",
    "team_id": "TOURS",
    "user_id": "U0ASKER",
    "channel_id": "C0ONE",
    "trigger_id": "1.2",
    "response_url": "https://hooks.example/1",
}
LINK_FORM = {
    "suggestion_url": {"suggestion_url": {"value": "https://new.example/"}},
    "suggestion_title": {"suggestion_title": {"value": "New"}},
}
ANSWER_FORM = {
    "answers_question": {"answers_question": {"value": "what is cilium?"}},
    "answers_address": {"answers_address": {"value": CILIUM.url}},
}
REFERENCE = re.compile(r"`([0-9a-f]{8})`")


class BrokenAsks(TinyAsks):
    """Fails at everything."""

    @property
    def info(self) -> CatalogueInfo:
        """Fail."""
        raise TimeoutError

    def ask(self, question: Question) -> Answer:
        """Fail."""
        raise MemoryError

    def find(self, url: str) -> Link | None:
        """Fail."""
        raise TimeoutError


def full(*_: object) -> None:
    """Stand in for a write on a full disk."""
    raise sqlite3.OperationalError("database or disk is full")


def form(callback_id: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return a form that was sent."""
    view = {"type": "modal", "callback_id": callback_id, "state": {"values": values}}
    return {**WHO, "type": "view_submission", "view": view}


def click(action_id: str, value: str) -> dict[str, Any]:
    """Return a click on a button."""
    return {
        **WHO,
        "type": "block_actions",
        "actions": [{"type": "button", "action_id": action_id, "block_id": "b", "value": value}],
        "channel": {"id": "C0ONE"},
        "response_url": "https://hooks.example/1",
    }


def mention() -> dict[str, Any]:
    """Return a mention in a channel."""
    event = {"type": "app_mention", "channel": "C0ONE", "user": "U0ASKER", "text": "<@UBOT> cilium", "ts": "1.0"}
    return {"type": "event_callback", "event_id": "Ev1", "team_id": "TOURS", "event": event}


def home() -> dict[str, Any]:
    """Return that somebody opened App Home."""
    event = {"type": "app_home_opened", "tab": "home", "user": "U0ASKER", "channel": "D0ONE"}
    return {"type": "event_callback", "event_id": "Ev1", "team_id": "TOURS", "event": event}


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    """Return a bot's parts."""
    async with services_of() as parts:
        yield parts


async def told(services: Services, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the references in what Slack gets of a payload, in the answer and in calls."""
    slack = RecordingApi()
    monkeypatch.setattr(services.api, "call", slack.call, raising=False)
    monkeypatch.setattr(services.api, "respond", slack.respond, raising=False)
    status, _, content = await Dispatch(services)(body, {})
    assert status == 200
    await services.work.drain(2.0)
    return set(REFERENCE.findall(content.decode() + json.dumps(slack.calls)))


def logged(caplog: pytest.LogCaptureFixture) -> set[str]:
    """Return the references in the log."""
    return {getattr(record, "reference", "") for record in caplog.records} - {""}


@pytest.mark.parametrize(
    "body",
    [
        {**COMMAND, "text": "rebuild"},
        click("feedback:y", "y 0123"),
        form("suggestion_form", LINK_FORM),
        form("answers_form", ANSWER_FORM),
    ],
    ids=["rebuild", "feedback", "suggestion", "answer"],
)
async def test_what_cannot_be_kept_is_an_apology_that_can_be_looked_up(
    body: dict[str, Any], services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One apology, its reference in the log, and red health."""
    monkeypatch.setattr(Claims, "apply", full)
    monkeypatch.setattr(batches, "put_feedback", full)
    caplog.set_level(logging.INFO)
    references = await told(services, body, monkeypatch)
    assert len(references) == 1
    assert references <= logged(caplog)
    assert not services.health.is_well(Part.STORE)


@pytest.mark.parametrize(
    "body",
    [{**COMMAND, "text": "cilium"}, mention(), click("show_more", '{"q":"cilium"}')],
    ids=["command", "mention", "more"],
)
async def test_a_store_that_fails_stops_no_answer(
    body: dict[str, Any], services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer and no apology, and red health."""
    monkeypatch.setattr(Claims, "apply", full)
    assert await told(services, body, monkeypatch) == set()
    assert {record.name for record in caplog.records if hasattr(record, "reference")} <= {"signpost.health"}
    assert not services.health.is_well(Part.STORE)


@pytest.mark.parametrize(
    "body",
    [{**COMMAND, "text": "cilium"}, mention(), home(), form("answers_form", ANSWER_FORM)],
    ids=["command", "mention", "home", "answer"],
)
async def test_an_index_that_fails_is_an_apology_that_can_be_looked_up(
    body: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The same where it is not the store."""
    async with services_of(BrokenAsks()) as services:
        references = await told(services, body, monkeypatch)
    assert len(references) == 1
    assert references <= logged(caplog)


@pytest.mark.parametrize(
    "body",
    [form("suggestion_form", LINK_FORM), form("answers_form", ANSWER_FORM)],
    ids=["suggestion", "answer"],
)
async def test_a_form_that_fails_is_not_closed_as_if_it_were_taken(
    body: dict[str, Any], services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the fault: an apology takes its place."""

    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(type(services.strangers), "is_ours", broken)
    content = (await Dispatch(services)(body, {}))[2]
    answer = json.loads(content)
    assert answer["response_action"] == "update"
    assert set(REFERENCE.findall(json.dumps(answer["view"]))) == logged(caplog) != set()


async def test_a_form_that_could_not_be_kept_may_be_sent_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the same form, which stays open where the apology was lost; a third time it is the same suggestion."""
    keep, failures = type(services.store).add_suggestion, [StoreError("full")]

    async def failing(store: Store, suggestion: Suggestion) -> None:
        if failures:
            raise failures.pop()
        await keep(store, suggestion)

    monkeypatch.setattr(type(services.store), "add_suggestion", failing)
    body = form("suggestion_form", LINK_FORM)
    views = []
    for trigger in ("1.a", "1.b", "1.c"):
        sent = {**body, "trigger_id": trigger, "view": {**body["view"], "id": "V1"}}
        views.append((await Dispatch(services)(sent, {}))[2].decode())
    assert ["Thank you" in view for view in views] == [False, True, True]
    assert len(await services.store.waiting(5)) == 1
