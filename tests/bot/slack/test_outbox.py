"""Sending: bounded retries, one lane a channel, fallbacks, and no second post where the first is known."""

import asyncio
from typing import Any

import pytest

from bot.blocks.notes import apology_message
from bot.errors import SlackBusyError, SlackOfflineError, SlackSendError, SlackTokenError, SlackUnclearError
from bot.running.logs import Reference
from bot.slack.message import Message
from bot.slack.outbox import MAX_ATTEMPTS, Outbox, Place
from tests.bot.tiny import IDENTITY, RecordingApi

PLACE = Place(channel="C0ONE", thread_ts="1700000000.000001", user="U0ASKER")
MESSAGE = apology_message(Reference("0123abcd"))
BUSY = SlackBusyError("busy", method="chat.postMessage", retry_after_s=30.0)
UNCLEAR = SlackUnclearError("unclear", code="http_500", method="chat.postMessage")


class Clock:
    """Sleeps at once, and remembers for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Remember."""
        self.slept.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def api() -> RecordingApi:
    """Stand in for Slack."""
    return RecordingApi()


@pytest.fixture
def clock() -> Clock:
    """Stand in for time."""
    return Clock()


@pytest.fixture
def outbox(api: RecordingApi, clock: Clock) -> Outbox:
    """Return an outbox that reaches nobody."""
    return Outbox(api, IDENTITY, sleep=clock.sleep)  # type: ignore[arg-type]


def refusal(code: str) -> SlackSendError:
    """Return what Slack says for good."""
    return SlackSendError(code, code=code, method="chat.postMessage")


async def test_a_message_is_posted_once(outbox: Outbox, api: RecordingApi) -> None:
    """Into its thread, without previews."""
    assert await outbox.post(PLACE, MESSAGE)
    (call,) = api.of("chat.postMessage")
    assert call["channel"] == "C0ONE"
    assert call["thread_ts"] == PLACE.thread_ts
    assert call["unfurl_links"] is False


async def test_slacks_wait_is_honoured(outbox: Outbox, api: RecordingApi, clock: Clock) -> None:
    """Not a second less."""
    api.fail("chat.postMessage", BUSY)
    assert await outbox.post(PLACE, MESSAGE)
    assert clock.slept == [30.0]
    assert len(api.of("chat.postMessage")) == 2


async def test_a_channel_that_waits_holds_up_only_itself(api: RecordingApi) -> None:
    """And keeps its order."""
    release = asyncio.Event()

    async def sleep(_: float) -> None:
        await release.wait()

    outbox = Outbox(api, IDENTITY, sleep=sleep)  # type: ignore[arg-type]
    api.fail("chat.postMessage", BUSY)
    first = asyncio.create_task(outbox.post(PLACE, Message(text="first")))
    await asyncio.sleep(0)
    second = asyncio.create_task(outbox.post(PLACE, Message(text="second")))
    other = Place(channel="C0TWO")
    assert await asyncio.wait_for(outbox.post(other, Message(text="other")), 1)
    assert [call["text"] for call in api.of("chat.postMessage")] == ["first", "other"]
    release.set()
    assert await first
    assert await second
    assert [call["text"] for call in api.of("chat.postMessage")][2:] == ["first", "second"]


@pytest.mark.parametrize("error", [UNCLEAR, BUSY, SlackOfflineError("off", code="offline", method="x")])
async def test_trouble_that_stays_is_given_up(outbox: Outbox, api: RecordingApi, error: SlackSendError) -> None:
    """After a bounded number of attempts, without an exception."""
    api.fail("chat.postMessage", *[error] * 50)
    assert not await outbox.post(PLACE, MESSAGE)
    assert len(api.of("chat.postMessage")) == MAX_ATTEMPTS


async def test_what_has_arrived_is_not_sent_again(outbox: Outbox, api: RecordingApi) -> None:
    """The answer was lost, the message was not: it is seen in the thread."""
    api.fail("chat.postMessage", UNCLEAR)
    posted: list[dict[str, Any]] = []
    call = api.call

    async def remember(method: str, arguments: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
        if method == "chat.postMessage":
            posted.append(arguments or {})
        if method == "conversations.replies":
            api.answers[method] = {"messages": [{"blocks": posted[0]["blocks"]}]}
        return await call(method, arguments, **rest)

    api.call = remember  # type: ignore[method-assign]
    assert await outbox.post(PLACE, MESSAGE)
    assert len(posted) == 1


async def test_what_has_not_arrived_is_sent_again(outbox: Outbox, api: RecordingApi) -> None:
    """Slack answered 500 and the thread does not have it."""
    api.fail("chat.postMessage", UNCLEAR)
    api.answers["conversations.replies"] = {"messages": [{"text": "another"}]}
    assert await outbox.post(PLACE, MESSAGE)
    assert len(api.of("chat.postMessage")) == 2


async def test_half_an_answer_of_200_counts_as_done(outbox: Outbox, api: RecordingApi) -> None:
    """Where the conversation cannot be looked at, the likelier is taken."""
    api.fail("chat.postMessage", SlackUnclearError("half", code="http_200", method="chat.postMessage"))
    api.fail("conversations.replies", refusal("missing_scope"))
    assert await outbox.post(PLACE, MESSAGE)
    assert len(api.of("chat.postMessage")) == 1


async def test_refused_blocks_are_sent_as_plain_sections_once(outbox: Outbox, api: RecordingApi) -> None:
    """No loop: then as text, then not at all."""
    api.fail("chat.postMessage", refusal("invalid_blocks"))
    assert await outbox.post(PLACE, MESSAGE)
    first, second = api.of("chat.postMessage")
    assert {block["type"] for block in second["blocks"]} == {"section"}
    assert first["text"] == second["text"]


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_blocks_too_long", "msg_too_long"])
async def test_a_form_that_is_always_refused_ends(outbox: Outbox, api: RecordingApi, code: str) -> None:
    """Within the bound."""
    api.fail("chat.postMessage", *[refusal(code)] * 50)
    assert not await outbox.post(PLACE, MESSAGE)
    assert len(api.of("chat.postMessage")) <= MAX_ATTEMPTS + 3


@pytest.mark.parametrize("code", ["not_in_channel", "is_archived", "restricted_action", "channel_not_found"])
async def test_a_closed_channel_sends_the_answer_to_the_asker(outbox: Outbox, api: RecordingApi, code: str) -> None:
    """Once, with a word why."""
    api.fail("chat.postMessage", refusal(code))
    assert await outbox.post(PLACE, MESSAGE)
    assert [call["channel"] for call in api.of("chat.postMessage")] == ["C0ONE", "U0ASKER"]
    assert "thread_ts" not in api.of("chat.postMessage")[1]


async def test_a_closed_direct_conversation_ends(outbox: Outbox, api: RecordingApi) -> None:
    """There is nowhere else to go."""
    api.fail("chat.postMessage", *[refusal("is_archived")] * 9)
    assert not await outbox.post(Place(channel="D0ONE", user="U0ASKER"), MESSAGE)
    assert not await outbox.post(PLACE, MESSAGE)
    assert len(api.of("chat.postMessage")) == 3


async def test_a_refused_token_is_not_tried_again(outbox: Outbox, api: RecordingApi) -> None:
    """Nothing works until it is replaced."""
    api.fail("chat.postMessage", *[SlackTokenError("no", code="token_revoked")] * 9)
    assert not await outbox.post(PLACE, MESSAGE)
    assert len(api.of("chat.postMessage")) == 1


async def test_a_used_up_response_url_is_noticed(outbox: Outbox, api: RecordingApi) -> None:
    """The asker gets the answer by other means, and alone."""
    api.fail("response_url", refusal("used_url"))
    assert await outbox.respond("https://hooks.slack.com/x", MESSAGE, PLACE)
    assert len(api.of("response_url")) == 1
    (call,) = api.of("chat.postEphemeral")
    assert call["user"] == "U0ASKER"


async def test_lanes_are_forgotten(outbox: Outbox) -> None:
    """A bot in a thousand channels keeps nothing of them."""
    for number in range(50):
        await outbox.post(Place(channel=f"C{number}"), MESSAGE)
    assert outbox._lanes == {}
