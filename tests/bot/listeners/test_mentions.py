"""What reaches the index of what was said in Slack: plain text, and the addresses that are not to be offered again."""

import asyncio
from typing import Any

import pytest

from bot.app import Dispatch
from index import Answer, Question, Turn
from tests.bot.tiny import RecordingApi, TinyAsks, services_of

THREAD = [
    {
        "ts": "1.0",
        "user": "U1",
        "text": "<@U2|ann> our <https://wiki.example/dns?a=1&amp;b=2|resolver notes> &lt;old&gt;",
    },
    {
        "ts": "2.0",
        "user": "U2",
        "text": "<!here> <https://dns.example/> in <#C1|general>, <mailto:a@b.example|a@b.example>",
    },
    {"ts": "2.5", "user": "UBOT", "bot_id": "BBOT", "text": "<https://ours.example/|our answer>"},
    {
        "ts": "3.0",
        "user": "U3",
        "text": "",
        "attachments": [{"is_share": True, "author_id": "U4", "text": "use <https://x.example|this>"}],
    },
]


async def test_the_index_is_asked_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of Slack's markup; each address of the thread; what the bot wrote is marked, by its ids."""
    asks, slack = TinyAsks(), RecordingApi()
    slack.answers["conversations.replies"] = {"messages": THREAD}
    event = {
        "type": "app_mention",
        "channel": "C0ONE",
        "user": "U0ASKER",
        "text": "<@UBOT> any <https://k8s.example|docs> &amp; links on <#C2|this>?",
        "ts": "9.0",
        "thread_ts": "1.0",
        "team": "TOURS",
    }
    body = {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": "TOURS",
        "is_ext_shared_channel": False,
        "event": event,
    }
    async with services_of(asks) as services:
        monkeypatch.setattr(services.api, "call", slack.call)
        await Dispatch(services)(body, {})
        await services.work.drain(2.0)
    (question,) = asks.asked
    assert question.text == "any docs & links on #this ?"
    assert question.thread == (
        Turn("@ann our resolver notes <old>", links=frozenset({"https://wiki.example/dns?a=1&b=2"})),
        Turn("https://dns.example/ in #general , a@b.example", links=frozenset({"https://dns.example/"})),
        Turn("our answer", ours=True, links=frozenset({"https://ours.example/"})),
        Turn("use this"),
        Turn("", links=frozenset({"https://x.example"})),
    )
    assert question.exclude_urls == {"https://k8s.example"}


MENTION = {
    "type": "event_callback",
    "event_id": "Ev2",
    "team_id": "TOURS",
    "is_ext_shared_channel": False,
    "event": {
        "type": "app_mention",
        "channel": "C0ONE",
        "user": "U0ASKER",
        "text": "<@UBOT> cilium",
        "ts": "9.0",
        "team": "TOURS",
    },
}


class NotingAsks(TinyAsks):
    """Notes in an event of a loop that it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.get_running_loop()
        self.was_asked = asyncio.Event()

    def ask(self, question: Question) -> Answer:
        """Note it, and answer."""
        self.loop.call_soon_threadsafe(self.was_asked.set)
        return super().ask(question)


@pytest.mark.parametrize("new", [True, False])
async def test_the_search_does_not_wait_for_the_store(monkeypatch: pytest.MonkeyPatch, *, new: bool) -> None:
    """Which may take its time to say whether a message is new; nothing is acknowledged and said before that."""
    asks, slack, told = NotingAsks(), RecordingApi(), asyncio.Event()

    async def claim(*_: str, **__: str) -> bool:
        await asks.was_asked.wait()
        await told.wait()
        return new

    async with services_of(asks) as services:
        monkeypatch.setattr(services.api, "call", slack.call)
        monkeypatch.setattr(services.store, "claim", claim)
        acknowledging = asyncio.create_task(Dispatch(services)(MENTION, {}))
        async with asyncio.timeout(60):
            await asks.was_asked.wait()
        for _ in range(100):
            await asyncio.sleep(0)
        assert not acknowledging.done()
        assert not slack.of("chat.postMessage")
        told.set()
        await acknowledging
        await services.work.drain(10.0)
    assert len(slack.of("chat.postMessage")) == new


async def test_an_answer_is_recorded_and_its_message_forgotten_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the store is given at the same moment it does in one transaction."""
    slack, noted = RecordingApi(), []
    async with services_of() as services:
        write = services.store._writer.write

        async def noting(batch: Any, value: Any) -> Any:
            noted.append(f"{batch.__name__} begins")
            result = await write(batch, value)
            noted.append(f"{batch.__name__} ends")
            return result

        monkeypatch.setattr(services.api, "call", slack.call)
        monkeypatch.setattr(services.store._writer, "write", noting)
        await Dispatch(services)(MENTION, {})
        await services.work.drain(10.0)
    assert noted[:-4] == ["apply begins", "apply ends"] * 2
    assert sorted(noted[-4:-2]) == ["insert_answers begins", "settle begins"]
