"""What a process leaves behind when it dies, and what another one does with it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.asking.answering import Reply
from bot.asking.inquiry import Inquiry
from bot.errors import SlackBusyError, SlackSendError
from bot.listeners import unanswered
from bot.listeners.functions import called, carry_out_step
from bot.listeners.mentions import mention
from bot.listeners.unanswered import GIVEN_UP, SUSPECTED, _appears_in_s, take_over
from bot.services import Services
from bot.slack.api import POST_TIMEOUT_S
from bot.slack.payloads import FunctionCall
from bot.store import Unanswered
from tests.bot.tiny import RecordingApi, services_of

EVENT = {"type": "app_mention", "channel": "C0ONE", "user": "U0ASKER", "text": "<@UBOT> cilium", "ts": "1.0"}
BODY = json.dumps({"type": "event_callback", "event_id": "Ev1", "team_id": "TOURS", "event": EVENT})


@pytest.fixture
async def services(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """Return a bot's parts, which look often."""
    monkeypatch.setattr(unanswered, "LOOK_S", 0.01)
    async with services_of() as parts:
        yield parts


async def left_behind(services: Services, tries: int, payload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a mention as so many processes do that took it up and died, some time ago."""
    with monkeypatch.context() as before:
        before.setattr("bot.store.unanswered.HOLD_MS", -1_000)
        assert await services.store.claim("event:Ev1", "message:C0ONE:1.0", payload=payload)
        for _ in range(tries):
            services.store._held.clear()
            assert await services.store.take_over(tries=range(100))
    services.store._held.clear()


async def look(services: Services, slack: RecordingApi, posts: int) -> None:
    """Let the process look until so many answers were posted, and a little longer."""
    looking = asyncio.create_task(take_over(services))
    async with asyncio.timeout(60):
        while len(slack.of("chat.postMessage")) < posts:  # noqa: ASYNC110 - the stand-in has no event for it
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    looking.cancel()
    await asyncio.wait({looking})
    await services.work.drain(60.0)


@pytest.mark.parametrize(
    ("tries", "lived_s", "payload", "posts", "left"),
    [
        (0, 30.0, BODY, 1, 0),
        (SUSPECTED - 1, 30.0, BODY, 1, 0),
        (SUSPECTED, 30.0, BODY, 0, 1),
        (SUSPECTED, 0.0, BODY, 1, 0),
        (GIVEN_UP - 1, 0.0, BODY, 1, 0),
        (GIVEN_UP, 0.0, BODY, 0, 0),
        (0, 30.0, "no event", 0, 0),
    ],
)
async def test_what_processes_die_with_waits_and_is_given_up_in_the_end(  # noqa: PLR0917 - a table's columns
    tries: int,
    lived_s: float,
    payload: str,
    posts: int,
    left: int,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may be what they die of; what is no event ends nobody."""
    await left_behind(services, tries, payload, monkeypatch)
    slack = RecordingApi()
    monkeypatch.setattr(services.api, "call", slack.call, raising=False)
    monkeypatch.setattr(unanswered, "LIVED_S", lived_s)
    await look(services, slack, posts)
    assert len(slack.of("chat.postMessage")) == posts
    services.store._held.clear()
    assert len(await services.store.take_over(tries=range(100))) == left


async def test_what_was_answered_before_the_end_is_not_answered_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread tells; an answer to another question in it does not count."""
    sign = {"type": "section", "block_id": "message:1.0:abc", "text": {"type": "mrkdwn", "text": "x"}}
    ours = {"user": "UBOT", "bot_id": "BBOT", "ts": "3.0", "thread_ts": "1.0"}
    for block_id, posts in (("message:1.0:abc", 0), ("message:2.0:abc", 1)):
        await left_behind(services, 0, BODY, monkeypatch)
        slack = RecordingApi()
        slack.answers["conversations.replies"] = {"messages": [{**ours, "blocks": [{**sign, "block_id": block_id}]}]}
        monkeypatch.setattr(services.api, "call", slack.call, raising=False)
        await look(services, slack, posts)
        assert len(slack.of("chat.postMessage")) == posts
        await services.once.release("event:Ev1", "message:C0ONE:1.0")


@pytest.mark.parametrize(("appears", "posts"), [(True, 0), (False, 1)])
async def test_what_was_on_its_way_at_the_end_has_time_to_appear(
    services: Services, monkeypatch: pytest.MonkeyPatch, *, appears: bool, posts: int
) -> None:
    """A process that died while it sent its answer has perhaps sent it; Slack may take a while to show it."""
    await left_behind(services, 0, BODY, monkeypatch)
    assert await services.once.begins("message:C0ONE:1.0")
    slack = RecordingApi()
    slack.answers["conversations.replies"] = {"messages": []}
    ours = {"type": "section", "block_id": "message:1.0:abc", "text": {"type": "mrkdwn", "text": "x"}}
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        if appears:
            shown = {"user": "UBOT", "bot_id": "BBOT", "ts": "3.0", "thread_ts": "1.0", "blocks": [ours]}
            slack.answers["conversations.replies"] = {"messages": [shown]}

    monkeypatch.setattr(services.api, "call", slack.call, raising=False)
    monkeypatch.setattr(services.outbox, "_sleep", sleep)
    monkeypatch.setattr(unanswered, "_appears_in_s", lambda _: POST_TIMEOUT_S)
    await look(services, slack, posts)
    assert waited == [POST_TIMEOUT_S]
    assert len(slack.of("chat.postMessage")) == posts


@pytest.mark.parametrize(
    ("held_for_s", "appears_in_s"),
    [(None, 30.0), (25.0, 30.0), (-5.0, 0.0), (-2.0, 3.0), (-1e6, 0.0), (1e6, 30.0)],
)
def test_an_answer_has_as_long_to_appear_as_is_left_since_the_process_died(
    held_for_s: float | None, appears_in_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been held by nobody for long is on no way any more: many are answered one after the other then."""
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    until = 0 if held_for_s is None else int((time.time() + held_for_s) * 1_000)
    kept = Unanswered(key_hash=b"", payload="", tries=0, acknowledged_at_ms=0, held_until_ms=until)
    assert _appears_in_s(kept) == pytest.approx(appears_in_s)


async def test_to_take_a_mention_over_is_not_to_begin_its_answer(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise whoever takes over from a process that died before it had found the answer waits for nothing."""
    await left_behind(services, 0, BODY, monkeypatch)
    found = asyncio.Event()

    async def find(_: Inquiry) -> Reply:
        found.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    monkeypatch.setattr(services.answering, "find", find)
    monkeypatch.setattr(services.api, "call", RecordingApi().call, raising=False)
    looking = asyncio.create_task(take_over(services))
    async with asyncio.timeout(60):
        await found.wait()
    looking.cancel()
    await asyncio.wait({looking})
    await services.work.drain(0.1)
    assert not await services.once.has_begun("message:C0ONE:1.0")


@pytest.mark.parametrize(
    "error",
    [
        SlackSendError("no", code="missing_scope", method="conversations.replies"),
        SlackBusyError("busy", method="conversations.replies", retry_after_s=60.0),
    ],
)
async def test_what_was_not_begun_at_the_end_waits_for_nothing(
    error: SlackSendError, services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody can have seen an answer to it, so it is given at once, also where nobody can look; and nothing is doubtful."""
    await left_behind(services, 0, BODY, monkeypatch)
    slack = RecordingApi()
    slack.fail("conversations.replies", error)
    monkeypatch.setattr(services.api, "call", slack.call, raising=False)
    await look(services, slack, 1)
    assert len(slack.of("chat.postMessage")) == 1
    assert "perhaps for the second time" not in caplog.text


async def test_a_process_that_was_stopped_leaves_what_another_one_took_over(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on where it was; only one of the two answers."""
    slack = RecordingApi()
    monkeypatch.setattr(services.api, "call", slack.call, raising=False)
    found = services.answering.find

    async def find(inquiry: Inquiry) -> Reply:
        reply = await found(inquiry)
        assert await services.once.begins("message:C0ONE:1.0")  # what the other one does meanwhile
        return reply

    monkeypatch.setattr(services.answering, "find", find)
    await mention(services, json.loads(BODY))
    await services.work.drain(60.0)
    assert not slack.of("chat.postMessage")
    assert not services.store._held


def step(callback_id: str, **inputs: str) -> dict[str, Any]:
    """Return the event of a step of a workflow."""
    called = {"type": "function_executed", "function": {"callback_id": callback_id}, "inputs": inputs}
    called |= {"function_execution_id": "Fx1", "bot_access_token": "xwfp-1"}
    return {"type": "event_callback", "event_id": "Ev1", "team_id": "TOURS", "event": called}


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another task does."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the stand-in has no event for it
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("tries", "lived_s", "ended_by"),
    [
        (0, 30.0, "functions.completeSuccess"),
        (SUSPECTED, 0.0, "functions.completeSuccess"),
        (GIVEN_UP, 0.0, "functions.completeError"),
    ],
)
async def test_a_step_that_a_process_died_with_is_ended_by_another(
    tries: int, lived_s: float, ended_by: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the token that came with it: completed, or failed when it is what processes die of. The workflow goes on or ends."""
    await left_behind(services, tries, json.dumps(step("find_links", question="cilium")), monkeypatch)
    slack = RecordingApi()
    monkeypatch.setattr(services.api, "call", slack.call, raising=False)
    monkeypatch.setattr(unanswered, "LIVED_S", lived_s)
    looking = asyncio.create_task(take_over(services))
    await until(lambda: bool(slack.of(ended_by)))
    looking.cancel()
    await asyncio.wait({looking})
    await services.work.drain(60.0)
    ended = [(name, given["function_execution_id"]) for name, given in slack.calls if name.startswith("functions.")]
    assert ended == [(ended_by, "Fx1")]
    assert not slack.of("chat.postMessage")


async def test_a_step_is_kept_until_slack_knows_that_it_has_ended(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Slack is busy it is taken up again, where Slack wants no more of it, it is forgotten; a search is never kept."""
    slack = RecordingApi()
    monkeypatch.setattr(services.api, "call", slack.call, raising=False)
    monkeypatch.setattr("bot.store.unanswered.HOLD_MS", -1_000)
    busy = SlackBusyError("busy", method="functions.completeSuccess", retry_after_s=1.0)
    slack.fail("functions.completeSuccess", busy, busy)
    await called(services, step("find_links", question="cilium"))
    await until(lambda: len(slack.of("functions.completeSuccess")) == 2)
    await services.work.drain(60.0)
    looking = asyncio.create_task(take_over(services))
    await until(lambda: len(slack.of("functions.completeSuccess")) == 3)
    looking.cancel()
    await asyncio.wait({looking})
    await services.work.drain(60.0)
    assert await services.store.take_over(tries=range(100)) == []
    gone = SlackSendError("gone", code="function_execution_not_found")
    slack.fail("functions.completeSuccess", gone, gone)
    for callback_id, execution in (("find_links", "Fx2"), ("search", "Fx3")):
        body = step(callback_id, question="cilium", query="cilium")
        body["event"]["function_execution_id"] = execution
        await called(services, body)
        await services.work.drain(60.0)
    services.store._held.clear()
    assert await services.store.take_over(tries=range(100)) == []


async def test_a_link_that_a_step_suggests_twice_is_one_suggestion(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may die after it kept the suggestion and before Slack knew that the step had ended."""
    slack = RecordingApi()
    monkeypatch.setattr(services.api, "call", slack.call, raising=False)
    suggested = step("suggest_link", address="https://new.example.org/", title="A guide", user="U0ASKER")
    for _ in range(2):
        await carry_out_step(services, FunctionCall.of(suggested))
    outputs = [given["outputs"]["suggested"] for given in slack.of("functions.completeSuccess")]
    assert outputs == [True, True]
    assert len(await services.store.waiting(10)) == 1
