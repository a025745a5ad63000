"""Sending: bounded retries, one lane a channel, fallbacks, and no second post where the first is known."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.blocks.notes import apology_message
from bot.errors import SlackBusyError, SlackOfflineError, SlackSendError, SlackTokenError, SlackUnclearError
from bot.running.logs import Reference
from bot.slack.api import POST_TIMEOUT_S
from bot.slack.message import Message
from bot.slack.outbox import (
    FIRST_PAUSE_S,
    LOOK_BACK,
    MAX_ATTEMPTS,
    MAX_SKEW_S,
    MAX_WAIT_S,
    Outbox,
    Place,
    Posted,
    Silent,
)
from tests.bot.tiny import IDENTITY, RecordingApi

PLACE = Place(channel="C0ONE", thread_ts="1700000000.000001", user="U0ASKER")
MESSAGE = apology_message(Reference("0123abcd"))
BUSY = SlackBusyError("busy", method="chat.postMessage", retry_after_s=30.0)
UNCLEAR = SlackUnclearError("unclear", code="http_500", method="chat.postMessage")


class Clock:
    """Sleeps at once, and remembers for how long; time goes on while it sleeps, and at no other moment."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.now = 1_000.0

    async def sleep(self, seconds: float) -> None:
        """Remember."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


class Conversation(RecordingApi):
    """A Slack that keeps what is posted, gives a conversation page by page, and takes a message a second in each channel."""

    def __init__(self, clock: Clock, *, page: int = 200, pace_s: float = 0.0) -> None:
        super().__init__()
        self.kept: list[dict[str, Any]] = []
        self.lost = 0
        """Of how many posts the answer is lost."""
        self.refused = 0
        self._clock, self._page, self._pace_s = clock, page, pace_s
        self._free_at: dict[str, float] = {}

    async def call(self, method: str, arguments: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
        """Take a call."""
        answer = await super().call(method, arguments, **rest)
        given = arguments or {}
        if method == "chat.postMessage":
            return answer | self._post(given)
        if method in {"conversations.replies", "conversations.history"}:
            return answer | self._read(given, newest_first=method == "conversations.history")
        return answer

    def _post(self, given: dict[str, Any]) -> dict[str, Any]:
        channel = given["channel"]
        if self._clock.now < self._free_at.get(channel, 0.0):
            self.refused += 1
            raise SlackBusyError("busy", method="chat.postMessage", retry_after_s=1.0)
        self._free_at[channel] = self._clock.now + self._pace_s
        message = {"user": IDENTITY.user_id, **given, "ts": f"{self._clock.now:.6f}"}
        self.kept.append(message)
        if self.lost:
            self.lost -= 1
            raise UNCLEAR
        return {"channel": channel, "ts": message["ts"]}

    def _read(self, given: dict[str, Any], *, newest_first: bool) -> dict[str, Any]:
        found = [one for one in self.kept if float(one["ts"]) > float(given.get("oldest", 0))]
        found.sort(key=lambda one: float(one["ts"]), reverse=newest_first)
        start = int(given.get("cursor") or 0)
        end = start + min(self._page, given["limit"])
        more = end < len(found)
        metadata = {"next_cursor": str(end)} if more else {}
        return {"messages": found[start:end], "has_more": more, "response_metadata": metadata}


class Held(RecordingApi):
    """A Slack that answers a call when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.answering = asyncio.Semaphore(0)

    async def call(self, method: str, arguments: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
        """Take a call, and wait."""
        answer = await super().call(method, arguments, **rest)
        await self.answering.acquire()
        return answer


async def everything_else() -> None:
    """Let all other tasks come as far as they can without what they wait for."""
    for _ in range(20):
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
    return outbox_of(api, clock)


def outbox_of(api: RecordingApi, clock: Clock) -> Outbox:
    """Return an outbox with a clock of its own."""
    return Outbox(api, IDENTITY, sleep=clock.sleep, clock=clock)  # type: ignore[arg-type]


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


async def test_a_message_at_the_top_of_a_channel_names_no_thread(outbox: Outbox, api: RecordingApi) -> None:
    """An empty name is none."""
    assert await outbox.post(replace(PLACE, thread_ts=""), MESSAGE)
    assert await outbox.whisper(replace(PLACE, thread_ts=""), MESSAGE)
    assert all("thread_ts" not in call for _, call in api.calls)


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

    outbox = Outbox(api, IDENTITY, sleep=sleep, clock=lambda: 0.0)  # type: ignore[arg-type]
    api.fail("chat.postMessage", BUSY)
    first = asyncio.create_task(outbox.post(PLACE, Message(text="first")))
    await asyncio.sleep(0)
    second = asyncio.create_task(outbox.post(PLACE, Message(text="second")))
    other = Place(channel="C0TWO")
    assert await asyncio.wait_for(outbox.post(other, Message(text="other")), 60)
    assert [call["text"] for call in api.of("chat.postMessage")] == ["first", "other"]
    release.set()
    assert await first
    assert await second
    assert [call["text"] for call in api.of("chat.postMessage")][2:] == ["first", "second"]


@pytest.mark.parametrize("error", [UNCLEAR, SlackOfflineError("off", code="offline", method="x")])
async def test_trouble_that_stays_is_given_up(outbox: Outbox, api: RecordingApi, error: SlackSendError) -> None:
    """After a bounded number of attempts, without an exception."""
    api.fail("chat.postMessage", *[error] * 50)
    assert not await outbox.post(PLACE, MESSAGE)
    assert len(api.of("chat.postMessage")) == MAX_ATTEMPTS


async def test_a_wait_is_no_attempt(outbox: Outbox, api: RecordingApi, clock: Clock) -> None:
    """However often Slack asks for it, the message arrives."""
    api.fail("chat.postMessage", *[SlackBusyError("busy", method="x", retry_after_s=1.0)] * 50)
    assert await outbox.post(PLACE, MESSAGE)
    assert clock.slept == [1.0] * 50


async def test_whoever_would_wait_too_long_is_told_directly(outbox: Outbox, api: RecordingApi, clock: Clock) -> None:
    """With the reason; and nothing is lost in silence where that is refused as well."""
    api.fail("chat.postMessage", *[BUSY] * 11)
    assert await outbox.post(PLACE, MESSAGE)
    assert sum(clock.slept) == MAX_WAIT_S
    channels = [call["channel"] for call in api.of("chat.postMessage")]
    assert channels == ["C0ONE"] * 11 + ["U0ASKER"]
    assert "no more messages" in api.of("chat.postMessage")[-1]["text"]


async def test_three_hundred_answers_in_a_channel_all_arrive_once(clock: Clock) -> None:
    """At Slack's pace, without running into its limit more than at the start; another channel does not wait."""
    slack = Conversation(clock, pace_s=1.0)
    outbox = outbox_of(slack, clock)
    started = clock.now
    sent = [outbox.post(PLACE, Message(text=f"answer {number}")) for number in range(300)]
    assert all(await asyncio.gather(*sent, outbox.post(Place(channel="C0TWO"), MESSAGE)))
    texts = [one["text"] for one in slack.kept if one["channel"] == "C0ONE"]
    assert texts == [f"answer {number}" for number in range(300)]
    (other,) = [float(one["ts"]) for one in slack.kept if one["channel"] == "C0TWO"]
    assert other <= started + 2
    assert slack.refused <= 3
    assert clock.now - started < 310


@pytest.mark.parametrize("place", [PLACE, Place(channel="C0ONE"), replace(PLACE, asked_ts="900.000000")], ids=str)
@pytest.mark.parametrize("page", [200, 15])
async def test_what_has_arrived_is_not_sent_again(
    clock: Clock, place: Place, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was lost, the message was not: it is found behind all that was said before, on any page."""
    monkeypatch.setattr("bot.slack.outbox.time", SimpleNamespace(time=clock))
    slack = Conversation(clock, page=page)
    slack.kept += [{"ts": f"{number}.000000", "text": "before"} for number in range(500)]
    slack.kept += [{"ts": f"{950 + number}.000000", "text": "just before"} for number in range(40)]
    slack.lost = 1
    assert await outbox_of(slack, clock).post(place, MESSAGE)
    assert len(slack.of("chat.postMessage")) == 1
    looks = slack.of("conversations.replies") + slack.of("conversations.history")
    assert len(looks) <= 1 + 40 // page
    assert all(float(look["oldest"]) >= clock.now - MAX_SKEW_S for look in looks)


async def test_a_message_without_blocks_is_found_by_its_text(clock: Clock) -> None:
    """Slack had refused the blocks before."""
    slack = Conversation(clock)
    slack.fail("chat.postMessage", refusal("msg_too_long"))
    slack.lost = 1
    assert await outbox_of(slack, clock).post(replace(PLACE, asked_ts="900.000000"), MESSAGE)
    assert len(slack.kept) == 1


async def test_a_message_that_is_edited_later_is_found_too(clock: Clock) -> None:
    """Its answer was lost, so Slack is asked where it is."""
    slack = Conversation(clock)
    slack.lost = 1
    posted = await outbox_of(slack, clock).put_up(replace(PLACE, asked_ts="900.000000"), MESSAGE)
    assert posted == Posted(channel="C0ONE", ts="1000.000000")


async def test_what_has_not_arrived_is_sent_again(outbox: Outbox, api: RecordingApi) -> None:
    """Slack answered 500 and the thread does not have it."""
    api.fail("chat.postMessage", UNCLEAR)
    api.answers["conversations.replies"] = {"messages": [{"text": "another"}]}
    assert await outbox.post(PLACE, MESSAGE)
    assert len(api.of("chat.postMessage")) == 2


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("broke_after_s", "posts"), [(2.0, 1), (10.0, 1), (0.1, 2)])
async def test_what_slack_is_slow_to_take_is_not_sent_again(broke_after_s: float, posts: int, clock: Clock) -> None:
    """It appears 20 s after it was sent, long after the connection broke. What broke at once is sent again at once."""

    class Slow(Conversation):
        async def call(self, method: str, arguments: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
            first = method == "chat.postMessage" and not self.of(method)
            answer = await super().call(method, arguments, **rest)
            if first:
                assert rest["timeout_s"] == POST_TIMEOUT_S
                self.kept[0]["shown_at"] = clock.now + 20.0
                clock.now += broke_after_s
                raise SlackUnclearError("unclear", code="connection", method=method)
            return answer

        def _read(self, given: dict[str, Any], *, newest_first: bool) -> dict[str, Any]:
            answer = super()._read(given, newest_first=newest_first)
            answer["messages"] = [one for one in answer["messages"] if one.get("shown_at", 0.0) <= clock.now]
            return answer

    slack = Slow(clock)
    assert await outbox_of(slack, clock).post(replace(PLACE, asked_ts="1.0"), MESSAGE)
    assert len(slack.of("chat.postMessage")) == posts


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


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("not_in_channel", "I am not in that channel"),
        ("is_archived", "That channel is archived"),
        ("restricted_action", "I may not write there"),
        ("restricted_action_read_only_channel", "I may not write there"),
        ("restricted_action_thread_locked", "I may not write there"),
        ("channel_not_found", "I could not write there"),
    ],
)
async def test_a_closed_channel_sends_the_answer_to_the_asker(
    outbox: Outbox, api: RecordingApi, code: str, why: str
) -> None:
    """Once, with a word why."""
    api.fail("chat.postMessage", refusal(code))
    assert await outbox.post(PLACE, MESSAGE)
    assert [call["channel"] for call in api.of("chat.postMessage")] == ["C0ONE", "U0ASKER"]
    assert "thread_ts" not in api.of("chat.postMessage")[1]
    assert api.of("chat.postMessage")[1]["text"].startswith(why)


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


async def test_one_message_at_a_time_is_under_way_to_a_channel(clock: Clock) -> None:
    """Also to one that more come for while others wait: they keep their order."""
    slack = Held()
    outbox = outbox_of(slack, clock)
    first, second = (asyncio.create_task(outbox.post(PLACE, Message(text=text))) for text in ("first", "second"))
    await everything_else()
    slack.answering.release()
    assert await first
    await everything_else()
    third = asyncio.create_task(outbox.post(PLACE, Message(text="third")))
    await everything_else()
    assert [call["text"] for call in slack.of("chat.postMessage")] == ["first", "second"]
    slack.answering.release()
    assert await second
    slack.answering.release()
    assert await third
    assert [call["text"] for call in slack.of("chat.postMessage")] == ["first", "second", "third"]
    assert outbox._lanes == {}


async def test_whoever_is_told_directly_is_told_in_turn(api: RecordingApi) -> None:
    """A person's own messages wait for each other, also those that a channel did not take."""
    release = asyncio.Event()

    async def sleep(_: float) -> None:
        await release.wait()

    outbox = Outbox(api, IDENTITY, sleep=sleep, clock=lambda: 0.0)  # type: ignore[arg-type]
    api.fail("chat.postMessage", BUSY, refusal("not_in_channel"))
    direct = asyncio.create_task(outbox.post(Place(channel="U0ASKER"), MESSAGE))
    await everything_else()
    refused = asyncio.create_task(outbox.post(PLACE, MESSAGE))
    await everything_else()
    assert [call["channel"] for call in api.of("chat.postMessage")] == ["U0ASKER", "C0ONE"]
    release.set()
    assert await direct
    assert await refused
    assert [call["channel"] for call in api.of("chat.postMessage")][2:] == ["U0ASKER", "U0ASKER"]


async def test_lanes_are_forgotten(outbox: Outbox) -> None:
    """A bot in a thousand channels keeps nothing of them."""
    for number in range(50):
        await outbox.post(Place(channel=f"C{number}"), MESSAGE)
    assert outbox._lanes == {}


POSTED = Posted(channel="C0ONE", ts="1700000000.000009")
URL = "https://hooks.slack.test/1"
CARD = Posted(channel="C0CURATORS", ts="1700000000.000009")
#: A message at the top of a channel that nobody has replied to.
TOP = replace(PLACE, opens_thread=True)
ASKED = replace(PLACE, asked_ts="1700000000.000001")


def sent(message: Message) -> dict[str, Any]:
    """Return what Slack is given of a message, without its mark."""
    return message.payload() | {"blocks": [dict(block) for block in message.blocks]}


def unmarked(call: dict[str, Any]) -> dict[str, Any]:
    """Return what a call gave of its message."""
    kept = {name: value for name, value in call.items() if name in {"text", "unfurl_links", "unfurl_media"}}
    blocks = [{name: value for name, value in block.items() if name != "block_id"} for block in call["blocks"]]
    return kept | {"blocks": blocks}


async def test_an_edit_replaces_the_message(
    outbox: Outbox, api: RecordingApi, caplog: pytest.LogCaptureFixture
) -> None:
    """In its channel, in the lane of its channel; what Slack refuses is logged with its code and a reference."""
    assert await outbox.edit(POSTED, MESSAGE)
    assert api.calls == [("chat.update", {"channel": "C0ONE", "ts": POSTED.ts, **MESSAGE.payload()})]
    assert api.timeouts == [POST_TIMEOUT_S]
    api.fail("chat.update", refusal("message_not_found"))
    assert not await outbox.edit(POSTED, MESSAGE)
    (record,) = caplog.records
    assert record.getMessage() == "a message could not be sent: message_not_found"
    assert record.__dict__["code"] == "message_not_found"
    assert record.__dict__["reference"]


@pytest.mark.parametrize("codes", [["msg_too_long"], ["invalid_blocks"] * 2], ids=str)
async def test_an_edit_without_blocks_takes_the_old_ones_away(
    outbox: Outbox, api: RecordingApi, codes: list[str]
) -> None:
    """Slack keeps those that a message has and shows them, unless it is given others, or none."""
    api.fail("chat.update", *map(refusal, codes))
    assert await outbox.edit(POSTED, MESSAGE)
    last = api.of("chat.update")[-1]
    assert (last["text"], last["blocks"]) == (MESSAGE.short().text, [])


async def test_edits_wait_for_what_is_posted_before(api: RecordingApi) -> None:
    """They share the lane of the channel."""
    release = asyncio.Event()

    async def sleep(_: float) -> None:
        await release.wait()

    outbox = Outbox(api, IDENTITY, sleep=sleep, clock=lambda: 0.0)  # type: ignore[arg-type]
    api.fail("chat.postMessage", BUSY)
    posting = asyncio.create_task(outbox.post(PLACE, MESSAGE))
    putting = asyncio.create_task(outbox.put_up(PLACE, MESSAGE))
    await asyncio.sleep(0)
    whispering = asyncio.create_task(outbox.whisper(PLACE, MESSAGE))
    editing = asyncio.create_task(outbox.edit(POSTED, MESSAGE))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [method for method, _ in api.calls] == ["chat.postMessage"]
    release.set()
    await asyncio.gather(posting, putting, whispering, editing)
    methods = [method for method, _ in api.calls]
    assert methods == ["chat.postMessage"] * 3 + ["chat.postEphemeral", "chat.update"]


@pytest.mark.parametrize(
    ("answer", "posted"),
    [
        ({"channel": "C1", "ts": "1.1"}, Posted(channel="C1", ts="1.1")),
        ({"channel": "C1", "ts": None}, None),
        ({"channel": None, "ts": "1.1"}, None),
        ({}, None),
    ],
)
async def test_what_is_put_up_can_be_edited_where_slack_says_where_it_is(
    outbox: Outbox, api: RecordingApi, answer: dict[str, Any], posted: Posted | None
) -> None:
    """Otherwise not."""
    api.answers["chat.postMessage"] = answer
    assert await outbox.put_up(PLACE, MESSAGE) == posted


async def test_what_cannot_be_put_up_is_logged(
    outbox: Outbox, api: RecordingApi, caplog: pytest.LogCaptureFixture
) -> None:
    """With its code."""
    api.fail("chat.postMessage", refusal("is_archived"))
    assert await outbox.put_up(PLACE, MESSAGE) is None
    assert [record.__dict__["code"] for record in caplog.records] == ["is_archived"]


@pytest.mark.parametrize(("place", "thread"), [(PLACE, {"thread_ts": PLACE.thread_ts}), (TOP, {})])
async def test_a_whisper_is_for_its_person(
    outbox: Outbox, api: RecordingApi, place: Place, thread: dict[str, str]
) -> None:
    """In the thread where there is one already; where the channel takes none, the person is told directly."""
    assert await outbox.whisper(place, MESSAGE)
    given = {"channel": "C0ONE", "user": "U0ASKER", **thread, **MESSAGE.payload()}
    assert api.calls == [("chat.postEphemeral", given)]
    api.fail("chat.postEphemeral", refusal("user_not_in_channel"))
    assert await outbox.whisper(place, MESSAGE)
    (direct,) = api.of("chat.postMessage")
    assert direct == {"channel": "U0ASKER", **MESSAGE.elsewhere("user_not_in_channel").payload()}


async def test_who_is_told_directly_is_logged(
    outbox: Outbox, api: RecordingApi, caplog: pytest.LogCaptureFixture
) -> None:
    """With what Slack said; and when that fails too, with a reference."""
    api.fail("chat.postMessage", refusal("is_archived"), refusal("cannot_dm_bot"))
    with caplog.at_level("INFO", logger="signpost.outbox"):
        assert not await outbox.post(PLACE, MESSAGE)
    told, failed = caplog.records
    assert told.getMessage() == "is_archived; told the asker directly"
    assert told.__dict__["code"] == "is_archived"
    assert failed.getMessage() == "a message could not be sent: cannot_dm_bot"
    assert failed.__dict__["code"] == "cannot_dm_bot"


async def test_a_response_goes_to_its_address(outbox: Outbox, api: RecordingApi) -> None:
    """As it is, for the person alone; in its thread; as a replacement where that is asked for. Nobody is called besides."""
    assert await outbox.respond(URL, MESSAGE, PLACE)
    assert await outbox.respond(URL, MESSAGE, replace(PLACE, thread_ts=""), replaces=CARD)
    thread = {"thread_ts": PLACE.thread_ts}
    private = {"response_type": "ephemeral", **MESSAGE.payload()}
    assert api.calls == [
        ("response_url", {"response_url": URL, "replace_original": False, **private, **thread}),
        ("response_url", {"response_url": URL, "replace_original": True, **private}),
    ]


async def test_what_replaces_a_message_does_so_without_its_address(outbox: Outbox, api: RecordingApi) -> None:
    """It is used up where a form was open for long; others still see the message, with its buttons."""
    api.fail("response_url", *[refusal("expired_url")] * 3)
    assert await outbox.respond(URL, MESSAGE, PLACE, replaces=CARD)
    assert await outbox.respond("", MESSAGE, PLACE, replaces=CARD)
    assert [method for method, _ in api.calls] == ["response_url", "chat.update", "chat.update"]
    (edited, _) = api.of("chat.update")
    assert (edited["channel"], edited["ts"]) == (CARD.channel, CARD.ts)
    assert edited["blocks"] == MESSAGE.payload()["blocks"]
    api.fail("chat.update", refusal("message_not_found"))
    assert await outbox.respond(URL, MESSAGE, PLACE, replaces=CARD)
    assert await outbox.respond(URL, MESSAGE, PLACE, replaces=Posted(channel="", ts=""))
    assert len(api.of("chat.postEphemeral")) == 2


async def test_a_public_response_can_be_found_again(outbox: Outbox, api: RecordingApi) -> None:
    """It has a mark; where its answer is lost it is looked for, and not sent twice."""
    assert await outbox.respond(URL, MESSAGE, PLACE, public=True)
    (given,) = api.of("response_url")
    assert given["response_type"] == "in_channel"
    assert given["blocks"][0]["block_id"].startswith("message:")
    assert unmarked(given) == sent(MESSAGE)
    api.fail("response_url", UNCLEAR)
    assert await outbox.respond(URL, MESSAGE, PLACE, public=True)
    assert api.of("conversations.replies")


async def test_a_used_up_address_is_logged_and_gone_around(
    outbox: Outbox, api: RecordingApi, caplog: pytest.LogCaptureFixture
) -> None:
    """By a message that only the person sees, or by a public one; where nobody is named, by none."""
    api.fail("response_url", *[refusal("used_url")] * 3)
    assert await outbox.respond(URL, MESSAGE, PLACE)
    assert [method for method, _ in api.calls] == ["response_url", "chat.postEphemeral"]
    assert api.calls[1][1]["user"] == "U0ASKER"
    assert unmarked(api.calls[1][1]) == sent(MESSAGE)
    record = caplog.records[0]
    assert record.getMessage() == "a response URL did not take an answer: used_url"
    assert record.__dict__["code"] == "used_url"
    assert await outbox.respond(URL, MESSAGE, PLACE, public=True)
    assert unmarked(api.of("chat.postMessage")[0]) == sent(MESSAGE)
    assert api.of("chat.postMessage")[0]["channel"] == "C0ONE"
    assert not await outbox.respond(URL, MESSAGE, replace(PLACE, user=""))


async def test_a_private_response_is_looked_for_nowhere(outbox: Outbox, api: RecordingApi) -> None:
    """No conversation has it, so one of which nothing is known is sent again."""
    api.fail("response_url", UNCLEAR)
    assert await outbox.respond(URL, MESSAGE, PLACE)
    assert [method for method, _ in api.calls] == ["response_url", "response_url"]


@pytest.mark.parametrize(("code", "calls"), [("http_500", 2), ("http_200", 1)])
async def test_an_edit_is_repeated_unless_slack_began_to_take_it(
    outbox: Outbox, api: RecordingApi, code: str, calls: int
) -> None:
    """It can be looked for nowhere; the first part of an answer says that it was carried out."""
    api.fail("chat.update", SlackUnclearError("unclear", code=code, method="chat.update"))
    assert await outbox.edit(POSTED, MESSAGE)
    assert [method for method, _ in api.calls] == ["chat.update"] * calls


async def test_without_an_address_the_person_is_told_at_once(outbox: Outbox, api: RecordingApi) -> None:
    """No address is called."""
    assert await outbox.respond("", MESSAGE, PLACE)
    assert [method for method, _ in api.calls] == ["chat.postEphemeral"]


async def test_pauses_double(outbox: Outbox, api: RecordingApi, clock: Clock) -> None:
    """From the first on, while trouble stays."""
    api.fail("chat.update", *[SlackOfflineError("off", code="offline", method="chat.update")] * MAX_ATTEMPTS)
    assert not await outbox.edit(POSTED, MESSAGE)
    assert clock.slept == [FIRST_PAUSE_S * 2**attempt for attempt in range(MAX_ATTEMPTS - 1)]


async def test_a_channel_that_is_free_is_not_waited_for(clock: Clock) -> None:
    """Only one that Slack asked to wait for, and only while somebody is in its lane; also where the clock has just begun."""
    clock.now = 0.0
    slack = Held()
    outbox = outbox_of(slack, clock)
    sending = [asyncio.create_task(outbox.post(PLACE, MESSAGE)) for _ in range(3)]
    await everything_else()
    for _ in sending:
        slack.answering.release()
    assert await asyncio.gather(*sending) == [True, True, True]
    assert clock.slept == []


def written(sign: str = "message:1700000000.000001:x", **other: Any) -> dict[str, Any]:
    """Return a message of the conversation, the bot's own with a sign unless it is said otherwise."""
    return {"user": IDENTITY.user_id, "text": "Here", "blocks": [{"block_id": "a"}, {"block_id": sign}]} | other


@pytest.mark.parametrize(
    ("messages", "answered"),
    [
        ([written()], True),
        ([written("message:1700000000.000002:x")], False),
        ([written(user="U0ASKER")], False),
        ([written(blocks=[])], True),
        ([written(blocks=[], user="U0ASKER")], False),
        ([None, written(blocks=None)], True),
        ([], False),
        (None, None),
    ],
)
async def test_what_was_answered_is_found(
    outbox: Outbox, api: RecordingApi, messages: list[Any] | None, *, answered: bool | None
) -> None:
    """By the sign of its question, or by a message of ours without blocks; nobody else's counts."""
    api.answers["conversations.replies"] = {"messages": messages}
    assert await outbox.has_answered(ASKED) is answered
    where = {"channel": "C0ONE", "limit": LOOK_BACK, "oldest": ASKED.asked_ts, "ts": PLACE.thread_ts}
    assert api.calls == [("conversations.replies", where)]


async def test_what_cannot_be_read_says_nothing(outbox: Outbox, api: RecordingApi) -> None:
    """Neither that it was answered nor that it was not."""
    api.fail("conversations.replies", refusal("not_in_channel"))
    assert await outbox.has_answered(ASKED) is None
    api.answers["conversations.history"] = {"messages": [written()]}
    assert await outbox.has_answered(replace(ASKED, thread_ts=""))
    where = {"channel": "C0ONE", "limit": LOOK_BACK, "oldest": ASKED.asked_ts}
    assert api.calls[1] == ("conversations.history", where)


async def test_looking_for_an_answer_waits_for_slack(outbox: Outbox, api: RecordingApi, clock: Clock) -> None:
    """After a start many are looked for, more than Slack allows in a minute; not for ever, since an answer is due."""
    api.answers["conversations.replies"] = {"messages": []}
    api.fail("conversations.replies", BUSY, BUSY)
    assert await outbox.has_answered(ASKED) is False
    assert clock.slept == [30.0, 30.0]
    api.fail("conversations.replies", *[BUSY] * 11)
    assert await outbox.has_answered(ASKED) is None
    assert sum(clock.slept) == 60.0 + MAX_WAIT_S


async def test_an_answer_on_its_way_has_time_to_appear(api: RecordingApi, clock: Clock) -> None:
    """A process may have died while it sent one. What is there is not waited for, nor what nobody can look for."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        api.answers["conversations.replies"] = {"messages": [written()]}

    outbox = Outbox(api, IDENTITY, sleep=sleep, clock=clock)  # type: ignore[arg-type]
    api.answers["conversations.replies"] = {"messages": []}
    assert await outbox.has_answered(ASKED) is False
    assert slept == []
    assert await outbox.has_answered(ASKED, appears_in_s=20.0) is True
    assert slept == [20.0]
    assert await outbox.has_answered(ASKED, appears_in_s=20.0) is True
    api.fail("conversations.replies", refusal("not_in_channel"))
    assert await outbox.has_answered(ASKED, appears_in_s=20.0) is None
    assert slept == [20.0]
    where = {"channel": "C0ONE", "limit": LOOK_BACK, "oldest": ASKED.asked_ts, "ts": PLACE.thread_ts}
    assert api.calls == [("conversations.replies", where)] * 5


async def test_the_second_look_for_an_answer_waits_no_longer_than_the_first(api: RecordingApi, clock: Clock) -> None:
    """Slack may want the bot to wait before it looks again."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        if not slept:
            api.fail("conversations.replies", BUSY)
        slept.append(seconds)

    outbox = Outbox(api, IDENTITY, sleep=sleep, clock=clock)  # type: ignore[arg-type]
    api.answers["conversations.replies"] = {"messages": []}
    assert await outbox.has_answered(ASKED, appears_in_s=20.0, max_wait_s=29.0) is None
    assert slept == [20.0]


async def test_without_slack_nothing_is_sent(api: RecordingApi) -> None:
    """Curators see on their page what they would be told; what is nowhere cannot be edited later."""
    silent = Silent(api, IDENTITY)  # type: ignore[arg-type]
    assert await silent.post(PLACE, MESSAGE) is True
    assert await silent.put_up(PLACE, MESSAGE) is None
    assert await silent.edit(POSTED, MESSAGE) is True
    assert api.calls == []


async def test_somebody_elses_copy_of_a_text_is_not_ours(outbox: Outbox, api: RecordingApi) -> None:
    """A message without blocks is known by its author and its text; one with blocks by its mark alone."""
    short = MESSAGE.short().text
    copies = [
        {"user": "U0ASKER", "text": short},
        {"user": IDENTITY.user_id, "text": "something else"},
        {"user": IDENTITY.user_id, "text": short, "blocks": [{"block_id": "another"}]},
    ]
    api.answers["conversations.replies"] = {"messages": copies}
    api.fail("chat.postMessage", UNCLEAR)
    assert await outbox.post(PLACE, MESSAGE)
    assert len(api.of("chat.postMessage")) == 2
