"""What reaches the index of what was said in Slack: plain text, and the addresses that are not to be offered again."""

import pytest

from bot.app import Dispatch
from index import Turn
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
