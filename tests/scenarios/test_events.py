"""Mentions and direct messages: cases 21 to 29."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import BOT_ID, BOT_USER, OTHER_TEAM, TEAM, FakeSlack, new_ts
from tests.scenarios.support.requests import (
    ASKER,
    CHANNEL,
    Caller,
    button,
    click,
    direct_message,
    event_envelope,
    mention,
    message,
    shortcut,
    unique,
    urls_shown,
)

POLICY = "how do I isolate namespaces with a network policy?"
THREADS = "C0THREADS"
SETTINGS = {
    "SLACK_CHANNELS": json.dumps(
        {
            THREADS: {"follow_ups": True},
            "C0PRIVATE": {"answers": "private", "links": 2},
            "C0INGRESS": {"sections": ["Ingress"], "follow_ups": True},
        }
    )
}


def retry(number: int, reason: str = "http_timeout") -> dict[str, Any]:
    """Return how Slack marks a retry."""
    return {"extra": {"x-slack-retry-num": str(number), "x-slack-retry-reason": reason}}


def example_urls(post: Any) -> list[str]:
    """Return the catalogue's URLs in a message's blocks."""
    return [url for url in urls_shown(post.get("blocks", [])) if "example.org" in url]


def test_case_21_retries_after_success_bring_one_reply(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 21: each is acknowledged, one is answered; a retry ends at its claim, and not where an answer is begun."""
    already = len(bot.log_text())
    envelope = event_envelope(mention(POLICY))
    assert caller.post_json(envelope).status == 200
    slack.wait_for_posts()
    for number in (1, 2, 3):
        assert caller.post_json(envelope, **retry(number)).status == 200
    slack.stays_quiet(count=1)
    bot.wait_idle()
    assert "left to another process" not in bot.log_text()[already:]


def test_case_21_retries_that_overlap_bring_one_reply(caller: Caller, slack: FakeSlack) -> None:
    """Case 21: also when all four arrive at the same moment."""
    envelope = event_envelope(mention(POLICY))
    with ThreadPoolExecutor(4) as pool:
        replies = pool.map(lambda number: caller.post_json(envelope, **(retry(number) if number else {})), range(4))
        assert [reply.status for reply in replies] == [200] * 4
    slack.wait_for_posts()
    slack.stays_quiet(count=1)


def test_case_22_a_retry_whose_first_delivery_never_came_is_answered(caller: Caller, slack: FakeSlack) -> None:
    """Case 22: only the third retry arrives."""
    assert caller.mention(POLICY, how=retry(3)).status == 200
    (post,) = slack.wait_for_posts()
    assert example_urls(post)


@pytest.mark.parametrize("message_first", [False, True])
def test_case_23_a_mention_and_its_message_twin_bring_one_reply(
    caller: Caller, slack: FakeSlack, *, message_first: bool
) -> None:
    """Case 23: two events, two ids, one message."""
    ts = new_ts()
    twins = [mention(POLICY, ts=ts), message(f"<@{BOT_USER}> {POLICY}", ts=ts)]
    for event in reversed(twins) if message_first else twins:
        assert caller.event(event).status == 200
    slack.wait_for_posts()
    slack.stays_quiet(count=1)


@pytest.mark.parametrize("message_first", [False, True])
def test_case_23_twins_that_name_different_workspaces_bring_one_reply(
    caller: Caller, slack: FakeSlack, *, message_first: bool
) -> None:
    """Case 23: in a shared channel the mention names the other organisation's workspace, its message ours."""
    ts = new_ts()
    twins = [
        (mention(POLICY, ts=ts, channel="C0TWINS"), {"team_id": OTHER_TEAM}),
        (message(f"<@{BOT_USER}> {POLICY}", ts=ts, channel="C0TWINS"), {}),
    ]
    for event, envelope in reversed(twins) if message_first else twins:
        assert caller.event(event, is_ext_shared_channel=True, **envelope).status == 200
    slack.wait_for_posts()
    slack.stays_quiet(count=1)


def test_case_23_twins_in_a_direct_message_bring_one_reply(caller: Caller, slack: FakeSlack) -> None:
    """Case 23: a mention of the bot in its own conversation."""
    ts = new_ts()
    with ThreadPoolExecutor(2) as pool:
        sent = pool.map(
            caller.event,
            [
                direct_message(f"<@{BOT_USER}> {POLICY}", ts=ts),
                mention(POLICY, ts=ts, channel="D0ASKER", channel_type="im"),
            ],
        )
        assert [reply.status for reply in sent] == [200, 200]
    slack.wait_for_posts()
    slack.stays_quiet(count=1)


def edit(after_s: float = 1.0) -> dict[str, Any]:
    """Return how Slack marks an edited message that was written `after_s` before."""
    return {"user": ASKER, "ts": f"{float(new_ts()) + after_s:.6f}"}


@pytest.mark.parametrize("told", [True, False])
def test_case_24_an_edited_mention_is_quiet(caller: Caller, slack: FakeSlack, *, told: bool) -> None:
    """Case 24: a new event id, the same ts; as a mention, and as the message event; whether the thread can be read or not."""
    original = mention(POLICY)
    if not told:
        slack.fail("conversations.replies", error="missing_scope", times=None)
    assert caller.event(original).status == 200
    slack.wait_for_posts()
    assert caller.event({**original, "text": f"<@{BOT_USER}> ingress certificates", "edited": edit()}).status == 200
    versions = [{**message(f"<@{BOT_USER}> {text}", ts=original["ts"]), "edited": edit()} for text in ("a", POLICY)]
    assert caller.event(changed(*versions)).status == 200
    slack.stays_quiet(count=1)


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the message event of an edit."""
    event = message("", subtype="message_changed", hidden=True, message=after, previous_message=before)
    return {name: value for name, value in event.items() if name not in {"user", "text", "team", "client_msg_id"}}


@pytest.mark.parametrize(
    "ways", [("mention",), ("message",), ("mention", "message"), ("message", "mention", "mention")]
)
def test_case_24_an_edit_that_adds_the_mention_is_answered_once(
    caller: Caller, slack: FakeSlack, ways: tuple[str, ...]
) -> None:
    """Case 24: in whatever events Slack tells of it, and however often it is edited then."""
    ts = new_ts()
    before = message(POLICY, ts=ts)
    slack.add_message(CHANNEL, ts, POLICY)
    after = {**message(f"<@{BOT_USER}> {POLICY}", ts=ts), "edited": edit()}
    events = {"mention": {**mention(POLICY, ts=ts), "edited": edit()}, "message": changed(before, after)}
    for way in ways:
        assert caller.event(events[way]).status == 200
    (post,) = slack.wait_for_posts()
    assert post["thread_ts"] == ts
    assert example_urls(post)
    slack.stays_quiet(count=1, for_s=0.3)


@pytest.mark.parametrize(
    ("days", "answered", "told", "quiet"),
    [
        (0, True, True, True),
        (2, True, True, True),
        (2, False, True, False),
        (0, False, False, False),
        (2, False, False, True),
    ],
)
def test_case_24_an_edit_of_a_mention_whose_claim_is_gone(
    caller: Caller, slack: FakeSlack, *, days: int, answered: bool, told: bool, quiet: bool
) -> None:
    """Case 24: an answer in the thread tells that it was answered; what nothing tells of, and is old, stays quiet."""
    ts = f"{float(new_ts()) - days * 86_400 - 60:.6f}"
    slack.add_message(CHANNEL, ts, f"<@{BOT_USER}> {POLICY}")
    if answered:
        slack.add_message(CHANNEL, new_ts(), "an answer", thread_ts=ts, user=BOT_USER, bot_id=BOT_ID)
    if not told:
        slack.fail("conversations.replies", error="missing_scope", times=None)
    caller.mention(POLICY, ts=ts, edited=edit())
    if quiet:
        slack.stays_quiet(for_s=0.3)
    else:
        slack.wait_for_posts()


def test_a_quoted_mention_is_no_question(caller: Caller, slack: FakeSlack) -> None:
    """Whoever quotes somebody's question does not ask it again, in whichever event it comes."""
    for text in (
        f"&gt; <@{BOT_USER}> {POLICY}",
        f"&gt; <@{BOT_USER}> {POLICY}\nI know that one",
        f"&gt;&gt;&gt; <@{BOT_USER}> x",
    ):
        assert caller.event({**mention(""), "text": text}).status == 200
        assert caller.event(message(text)).status == 200
        assert caller.event(message(text, channel=THREADS, thread_ts=new_ts())).status == 200
    slack.stays_quiet(for_s=0.3)
    caller.event({**mention(""), "text": f"&gt; rotate the certificates of our ingress\n<@{BOT_USER}> any links?"})
    (post,) = slack.wait_for_posts()
    assert "https://example.org/20" in example_urls(post)


@pytest.mark.parametrize("text", ["Help!", "what can you do?", "Hi there!", "thanks!", "great, thank you", ":pray:"])
def test_people_are_polite_and_so_is_the_bot(caller: Caller, slack: FakeSlack, text: str) -> None:
    """A greeting gets the help, thanks get thanks; neither is searched for, on any way in."""
    caller.mention(text)
    caller.event(direct_message(text))
    posts = [*slack.wait_for_posts(2), caller.command(text).json]
    polite = "You are welcome" if "than" in text or "pray" in text else "Ask me for links"
    assert all(polite in post["text"] for post in posts)


@pytest.mark.parametrize(
    "fields",
    [
        {"user": BOT_USER, "bot_id": BOT_ID},
        {"user": BOT_USER},
        {"bot_id": "B0OTHER"},
        {"bot_id": "B0OTHER", "subtype": "bot_message", "user": None},
        {"bot_profile": {"id": "B0OTHER", "name": "other"}},
        {"user": "USLACKBOT"},
        {"user": None},
    ],
    ids=["own", "own-user", "other-bot", "bot-message", "bot-profile", "slackbot", "nobody"],
)
def test_case_25_bots_are_not_answered(caller: Caller, slack: FakeSlack, fields: dict[str, Any]) -> None:
    """Case 25: neither the bot itself nor others, as a mention, in a channel or directly: no loop."""
    for event in (mention(POLICY, **fields), message(POLICY, **fields), direct_message(POLICY, **fields)):
        assert caller.event(event).status == 200
    slack.stays_quiet(for_s=0.3)


def test_case_26_a_mention_at_the_top_starts_a_thread_on_it(caller: Caller, slack: FakeSlack) -> None:
    """Case 26: the answer hangs on the message that asked, in its channel."""
    event = mention(POLICY)
    caller.event(event)
    (post,) = slack.wait_for_posts()
    assert (post["channel"], post["thread_ts"]) == (CHANNEL, event["ts"])
    assert not post.get("reply_broadcast")
    assert example_urls(post)
    assert all(url in post["text"] for url in example_urls(post))


def test_case_26_a_mention_in_a_thread_is_answered_in_that_thread(caller: Caller, slack: FakeSlack) -> None:
    """Case 26: the thread's ts is kept as the text that it is."""
    root, ts = "1700000000.000100", new_ts()
    slack.add_message(CHANNEL, root, "good morning")
    caller.mention(POLICY, thread_ts=root, ts=ts)
    (post,) = slack.wait_for_posts()
    assert post["thread_ts"] == root
    (read,) = slack.calls_of("conversations.replies")
    assert (read.payload["channel"], read.payload["ts"]) == (CHANNEL, root)


def test_links_of_the_thread_are_not_offered_again(caller: Caller, slack: FakeSlack) -> None:
    """Neither those that people posted nor those that the bot did."""
    root = new_ts()
    slack.add_message(CHANNEL, root, "see <https://example.org/1> and <https://example.org/2|this>")
    caller.mention("network policy", thread_ts=root)
    (first,) = slack.wait_for_posts()
    shown = example_urls(first)
    assert shown
    assert not {"https://example.org/1", "https://example.org/2"} & set(shown)
    caller.mention("network policy", thread_ts=root)
    second = slack.wait_for_posts(2)[1]
    assert not set(shown) & set(example_urls(second))


def test_a_thread_that_cannot_be_read_does_not_stop_the_answer(caller: Caller, slack: FakeSlack) -> None:
    """`conversations.replies` may be refused or limited: the mention alone is answered then."""
    for fault in ({"error": "missing_scope"}, {"status": 429, "headers": {"Retry-After": "60"}}, {"status": 500}):
        slack.forget()
        slack.fail("conversations.replies", times=None, **fault)
        caller.mention(POLICY, thread_ts=new_ts())
        (post,) = slack.wait_for_posts()
        assert example_urls(post)


def test_case_27_a_direct_message_is_answered_in_its_thread(caller: Caller, slack: FakeSlack) -> None:
    """Case 27: each message to an app begins a thread, and the answer belongs into it."""
    event = direct_message(POLICY)
    caller.event(event)
    (post,) = slack.wait_for_posts()
    assert (post["channel"], post["thread_ts"]) == ("D0ASKER", event["ts"])
    assert example_urls(post)


def test_the_next_question_of_a_direct_thread_is_understood(caller: Caller, slack: FakeSlack) -> None:
    """What was asked before says what is meant, and what was shown is not shown again."""
    root = direct_message("network policy")
    slack.add_message("D0ASKER", root["ts"], root["text"])
    caller.event(root)
    (first,) = slack.wait_for_posts()
    caller.event(direct_message("any links?", thread_ts=root["ts"]))
    second = slack.wait_for_posts(2)[1]
    assert second["thread_ts"] == root["ts"]
    assert example_urls(second)
    assert not set(example_urls(first)) & set(example_urls(second))


@pytest.mark.parametrize(
    "event",
    [
        {"subtype": "message_changed", "message": {"text": POLICY, "user": ASKER, "ts": "1.2"}, "hidden": True},
        {"subtype": "message_deleted", "deleted_ts": "1.2", "previous_message": {"text": POLICY, "user": ASKER}},
        {"subtype": "channel_join", "text": f"<@{ASKER}> has joined the channel"},
        {"subtype": "channel_topic", "topic": "x"},
        {"subtype": "me_message"},
        {"subtype": "reminder_add"},
    ],
    ids=lambda event: str(event["subtype"]),
)
def test_case_27_what_slack_itself_says_is_quiet(caller: Caller, slack: FakeSlack, event: dict[str, Any]) -> None:
    """Case 27: changed, deleted, joined and the like, directly and in channels."""
    assert caller.event(direct_message(POLICY, **event)).status == 200
    assert caller.event(message(POLICY, **event)).status == 200
    slack.stays_quiet(for_s=0.3)


def test_a_message_in_a_channel_without_a_mention_is_quiet(caller: Caller, slack: FakeSlack) -> None:
    """Talk is not for the bot."""
    assert caller.event(message(POLICY)).status == 200
    assert caller.event(message(POLICY, thread_ts=new_ts())).status == 200
    slack.stays_quiet(for_s=0.3)


def test_case_28_a_mention_alone_gets_help(caller: Caller, slack: FakeSlack) -> None:
    """Case 28: and so does one with blanks or other people's mentions only."""
    for number, text in enumerate(("", "   ", "<@U0OTHER>", "help"), start=1):
        assert caller.mention(text).status == 200
        post = slack.wait_for_posts(number)[number - 1]
        assert not example_urls(post)
        assert post["text"].startswith("Ask me for links")


def test_case_28_a_mention_alone_in_a_thread_takes_the_threads_topic(caller: Caller, slack: FakeSlack) -> None:
    """Case 28: and "any links?" does so too."""
    for text in ("", "any links?"):
        slack.forget()
        root = new_ts()
        slack.add_message(CHANNEL, root, "we must rotate the certificates of our ingress")
        caller.mention(text, thread_ts=root)
        (post,) = slack.wait_for_posts()
        assert "https://example.org/20" in example_urls(post)


SAYS_INGRESS = "rotate the certificates of the ingress"
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "user", "user_id": "U0OTHER"},
                {"type": "text", "text": " rotate the "},
                {"type": "link", "url": "https://example.net/runbook", "text": "certificates"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "of the ingress"}]},
            ],
        },
    ],
}
FORWARD = {"is_share": True, "is_msg_unfurl": True, "author_id": "U0AUTHOR", "fallback": "[a moment ago] somebody: …"}


@pytest.mark.parametrize(
    "alert",
    [
        {"text": SAYS_INGRESS},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": f"*FIRING* {SAYS_INGRESS}"}}]},
        {"blocks": [{"type": "section", "fields": [{"type": "mrkdwn", "text": SAYS_INGRESS}]}]},
        {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": SAYS_INGRESS}}]},
        {"blocks": [{"type": "divider"}, {"type": "context", "elements": [{"type": "mrkdwn", "text": SAYS_INGRESS}]}]},
        {"blocks": [RICH]},
        {"blocks": [{"type": "divider"}], "attachments": [{"title": SAYS_INGRESS}]},
        {"attachments": [{"pretext": "rotate the certificates", "text": "of the ingress", "fallback": "an alert"}]},
        {"attachments": [{"fields": [{"title": "ingress", "value": "rotate the certificates", "short": True}]}]},
        {"attachments": [{"fallback": SAYS_INGRESS}]},
        {"attachments": [{"fallback": "[no preview available]", "blocks": [RICH]}]},
        {"attachments": [{**FORWARD, "message_blocks": [{"team": TEAM, "message": {"blocks": [RICH]}}]}]},
        {"text": "have you seen this?", "attachments": [{**FORWARD, "text": SAYS_INGRESS}]},
    ],
    ids=lambda alert: json.dumps(alert)[:60],
)
@pytest.mark.parametrize(
    "by", [{"bot_id": "B0ALERTS", "subtype": "bot_message", "user": None}, {}], ids=["bot", "person"]
)
def test_what_a_thread_is_about_is_read_wherever_it_stands(
    caller: Caller, slack: FakeSlack, alert: dict[str, Any], by: dict[str, Any]
) -> None:
    """The text, else the blocks, else the attachments, of alerts and workflows as of people; what they forward, too."""
    root = new_ts()
    slack.add_message(CHANNEL, root, **{"text": "", **alert, **by})
    caller.mention("any links?", thread_ts=root)
    (post,) = slack.wait_for_posts()
    assert "https://example.org/20" in example_urls(post)


@pytest.mark.parametrize(
    "below",
    [
        {"attachments": [{"title": SAYS_INGRESS}]},
        {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": f"FIRING {SAYS_INGRESS}"}}]},
        {
            "blocks": [
                {
                    "type": "table",
                    "rows": [[{"type": "raw_text", "text": "todo"}, {"type": "raw_text", "text": SAYS_INGRESS}]],
                }
            ]
        },
    ],
    ids=str,
)
def test_an_alert_says_more_than_its_notification(caller: Caller, slack: FakeSlack, below: dict[str, Any]) -> None:
    """What stands below a text such as "new alert" is read too, also by the shortcut."""
    root, alert = new_ts(), {"bot_id": "B0ALERTS", "subtype": "bot_message", "text": "New alert", **below}
    slack.add_message(CHANNEL, root, **alert, user=None)
    caller.mention("any links?", thread_ts=root)
    caller.interaction(shortcut(slack, "find_links", "", message={**alert, "ts": root}))
    for post in slack.wait_for_posts(2):
        assert "https://example.org/20" in example_urls(post)


def test_what_is_forwarded_with_a_mention_is_what_it_asks_about(caller: Caller, slack: FakeSlack) -> None:
    """With a word or without, in a channel and directly."""
    for number, text in enumerate(("", "any links?"), start=1):
        forwarded = [{**FORWARD, "text": SAYS_INGRESS}]
        caller.mention(text, attachments=forwarded)
        assert "https://example.org/20" in example_urls(slack.wait_for_posts(number, channel=CHANNEL)[-1])
        caller.event(direct_message(text, attachments=forwarded))
        assert "https://example.org/20" in example_urls(slack.wait_for_posts(number, channel="D0ASKER")[-1])


def test_our_own_answers_are_never_the_question(caller: Caller, slack: FakeSlack) -> None:
    """Neither in the thread, nor forwarded into it; what Slack itself says is none either."""
    root = new_ts()
    own = {"user": BOT_USER, "bot_id": BOT_ID}
    slack.add_message(CHANNEL, root, "we have to " + SAYS_INGRESS)
    slack.add_message(CHANNEL, new_ts(), "network policy recipe", thread_ts=root, **own)
    slack.add_message(CHANNEL, new_ts(), "", thread_ts=root, **own, attachments=[{"text": "network policy recipe"}])
    shared = [{**FORWARD, "author_id": BOT_USER, "text": "network policy recipe"}]
    slack.add_message(CHANNEL, new_ts(), "", thread_ts=root, attachments=shared)
    slack.add_message(CHANNEL, new_ts(), "network policy recipe", thread_ts=root, subtype="channel_topic")
    slack.add_message(CHANNEL, new_ts(), "network policy recipe", thread_ts=root, user="USLACKBOT")
    caller.mention("any links?", thread_ts=root)
    (post,) = slack.wait_for_posts()
    assert set(example_urls(post)) == {"https://example.org/20"}


def evenly(number: int) -> int:
    """Return when a message of a steady thread comes, in seconds."""
    return number * 60


@pytest.mark.parametrize(
    ("count", "when", "calls"),
    [
        (150, evenly, 1),
        (201, evenly, 3),
        (1_500, evenly, 8),
        (5_000, evenly, 12),
        (1_500, lambda number: number, 8),
        (1_500, lambda number: number if number < 700 else 10_000_000 + number, 12),
        (1_500, lambda number: number * number, 8),
    ],
    ids=["one page", "little more", "even", "very long", "long ago", "two bursts", "slower"],
)
def test_the_end_of_a_long_thread_is_read(
    caller: Caller, slack: FakeSlack, count: int, when: Callable[[int], int], calls: int
) -> None:
    """What was said last before the mention counts, and it takes few calls to get there."""
    times = [f"{1_600_000_000 + when(number)}.000000" for number in range(count)]
    said = ["a network policy recipe"] * (count - 6) + ["well, well"] * 5 + [SAYS_INGRESS]
    for ts, text in zip(times, said, strict=True):
        slack.add_message(CHANNEL, ts, text, thread_ts=times[0])
    mentioned_at = new_ts()
    slack.add_message(CHANNEL, new_ts(), "said meanwhile: a network policy recipe", thread_ts=times[0])
    caller.mention("any links?", thread_ts=times[0], ts=mentioned_at)
    (post,) = slack.wait_for_posts()
    assert set(example_urls(post)) == {"https://example.org/20"}
    assert len(slack.calls_of("conversations.replies")) <= calls


def test_the_start_of_a_thread_is_used_where_slack_gives_no_more(caller: Caller, slack: FakeSlack) -> None:
    """Apps that are sold outside Slack's marketplace get one small page a minute."""
    slack.replies_at_most = 15
    root = new_ts()
    slack.add_message(CHANNEL, root, SAYS_INGRESS)
    for _ in range(30):
        slack.add_message(CHANNEL, new_ts(), SAYS_INGRESS, thread_ts=root)
    slack.fail("conversations.replies", delay_s=0.0, times=1)
    slack.fail("conversations.replies", status=429, headers={"Retry-After": "60"}, times=None)
    caller.mention("any links?", thread_ts=root)
    (post,) = slack.wait_for_posts()
    assert "https://example.org/20" in example_urls(post)


def test_case_28_several_mentions_in_one_message(caller: Caller, slack: FakeSlack) -> None:
    """Case 28: the bot twice and other people: one answer, which mentions nobody."""
    caller.mention(f"<@U0OTHER> <@{BOT_USER}|signpost> {POLICY} <@{BOT_USER}>")
    (post,) = slack.wait_for_posts()
    assert example_urls(post)
    assert "U0OTHER" not in json.dumps(post)


def test_case_28_an_attachment_alone_gets_help(caller: Caller, slack: FakeSlack) -> None:
    """Case 28: a file or a shared message with nothing but the mention."""
    caller.mention("", subtype="file_share", files=[{"id": "F1", "name": "x.png"}])
    caller.mention("", attachments=[{"text": "shared message", "from_url": "https://example.slack.com/x"}])
    told = sorted(post["text"].splitlines()[0][:30] for post in slack.wait_for_posts(2))
    assert told == ["Ask me for links, and I answer", "I have no good link for that i"]
    caller.event(direct_message("", subtype="file_share", files=[{"id": "F1"}]))
    slack.wait_for_posts(3)


@pytest.mark.parametrize(
    "envelope",
    [
        {"event": None},
        {"event": []},
        {"event": "text"},
        {"event": {}},
        {"event": {"type": None}},
        {"event": {"type": "app_mention"}},
        {"event": {"type": "app_mention", "user": ASKER}},
        {"event": {"type": "app_mention", "user": ASKER, "text": None, "ts": None, "channel": None}},
        {"event": {"type": "app_mention", "user": {"id": "U1"}, "text": ["x"], "ts": 1.5, "channel": {}}},
        {"event": {"type": "message", "channel_type": "im"}},
        {"event": {"type": "message", "message": None, "subtype": "message_changed"}},
        {"event": {"type": "no_such_event"}},
        {"event": {"type": "app_home_opened"}},
        {"event": {"type": "app_home_opened", "tab": "messages", "user": None, "channel": None}},
        {"event": {"type": "function_executed"}},
        {"event": {"type": "app_mention", "user": 5, "text": 5, "ts": 5, "channel": 5}},
        {"event": {"type": "message", "user": True, "channel": 1.5, "channel_type": "im"}},
        {"event": mention(POLICY, channel="C0ODD"), "authorizations": ["x"]},
        {"event": mention(POLICY, channel="C0ODD"), "authorizations": {"team_id": TEAM}},
        {"event": mention(POLICY, channel="C0ODD"), "authorizations": 3},
        {"event": mention(POLICY, channel=None), "event_id": None, "team_id": None, "authorizations": None},
    ],
    ids=lambda envelope: json.dumps(envelope["event"])[:50],
)
def test_case_29_odd_events_are_taken_with_200(
    bot: BotProcess, caller: Caller, slack: FakeSlack, envelope: dict[str, Any]
) -> None:
    """Case 29: Slack must not count a failure, nothing is said, no trace is left."""
    assert caller.post_json(event_envelope(None, **envelope)).status == 200
    slack.stays_quiet(for_s=0.1)
    assert "Traceback" not in bot.log_text()


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "app_rate_limited", "team_id": TEAM, "minute_rate_limited": 1518467820, "api_app_id": "A0"},
        {"type": "no_such_type"},
        {"type": None},
        {"type": ["event_callback"]},
        {"x": 1},
        {"type": "event_callback"},
        {"type": "block_actions"},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [None]},
        {"type": "block_actions", "actions": [{"action_id": 3}], "user": None, "team": None},
        {"type": "block_actions", "actions": [{"action_id": "share"}], "user": 5, "team": 7, "channel": True},
        {"type": "view_submission"},
        {"type": "view_submission", "view": None},
        {"type": "view_submission", "view": {"callback_id": "suggestion_form"}},
        {"type": "view_submission", "view": {"callback_id": "suggestion_form", "state": None, "private_metadata": 3}},
        {"type": "message_action", "callback_id": "find_links"},
        {"type": "message_action", "callback_id": "suggest_link", "message": None, "user": None},
        {"type": "message_action"},
        {"type": "shortcut", "callback_id": None},
        {"command": "/links"},
        {"command": "/links", "text": None, "team_id": 3, "user_id": [], "response_url": {}},
    ],
    ids=lambda payload: json.dumps(payload)[:60],
)
def test_case_29_odd_payloads_are_taken_with_200(
    bot: BotProcess, caller: Caller, slack: FakeSlack, payload: dict[str, Any]
) -> None:
    """Case 29: of every kind, as JSON and as a form; logged, never a trace."""
    before = len(bot.log_text())
    assert caller.post_json(payload).status == 200
    assert caller.interaction(payload).status == 200
    assert "Traceback" not in bot.log_text()[before:]


def test_case_29_what_is_passed_over_is_logged(bot: BotProcess, caller: Caller) -> None:
    """Case 29: by its type, without its content."""
    kind = unique("odd_event_").lower()
    assert caller.event({"type": kind, "text": "zanzibarquux"}).status == 200
    bot.wait_until(lambda: kind in bot.log_text(), what="the type in the log")
    assert "zanzibarquux" not in bot.log_text()


# Follow-ups, channels of their own, restraint


def thread_with_an_answer(caller: Caller, slack: FakeSlack, channel: str, text: str = "network policy") -> str:
    """Ask in a new thread, wait for the answer, and return the thread's ts."""
    root = new_ts()
    slack.add_message(channel, root, f"<@{BOT_USER}> {text}")
    caller.mention(text, ts=root, channel=channel)
    slack.wait_for_posts(channel=channel)
    return root


def test_a_follow_up_is_answered_where_the_channel_wants_it(caller: Caller, slack: FakeSlack) -> None:
    """A plain question, in a thread where the bot was asked and has answered, with confidence."""
    root = thread_with_an_answer(caller, slack, THREADS)
    caller.event(message("how do I rotate ingress certificates explained?", channel=THREADS, thread_ts=root))
    post = slack.wait_for_posts(2)[1]
    assert post["thread_ts"] == root
    assert "https://example.org/20" in example_urls(post)


def test_a_follow_up_stays_in_the_channels_sections(caller: Caller, slack: FakeSlack) -> None:
    """Whatever else of the catalogue would fit it better."""
    root = thread_with_an_answer(caller, slack, "C0INGRESS", "query fragments")
    text = "how do I rotate ingress certificates explained in the network policy recipe, part 4?"
    caller.event(message(text, channel="C0INGRESS", thread_ts=root))
    post = slack.wait_for_posts(2)[1]
    assert "https://example.org/20" in example_urls(post)
    assert "recipe" not in json.dumps(post["blocks"]).replace(text, "")


@pytest.mark.parametrize(
    "text",
    ["thanks a lot", "zzz qqqq?", "I rotate ingress certificates", "<@U0OTHER> how do I rotate certificates?", ""],
)
def test_what_is_no_question_to_the_bot_is_quiet(caller: Caller, slack: FakeSlack, text: str) -> None:
    """No question, no confidence, or asked of somebody else."""
    root = thread_with_an_answer(caller, slack, THREADS)
    caller.event(message(text, channel=THREADS, thread_ts=root))
    slack.stays_quiet(for_s=0.4, count=1)


def test_follow_ups_are_off_unless_a_channel_turns_them_on(caller: Caller, slack: FakeSlack) -> None:
    """By default talk in a thread is left alone; so is a thread where the bot was never asked."""
    root = thread_with_an_answer(caller, slack, CHANNEL)
    caller.event(message("how do I rotate ingress certificates?", channel=CHANNEL, thread_ts=root))
    other = new_ts()
    slack.add_message(THREADS, other, "good morning")
    caller.event(message("how do I rotate ingress certificates?", channel=THREADS, thread_ts=other))
    slack.stays_quiet(for_s=0.4, count=1)


def test_a_channel_may_want_private_answers_and_fewer_links(caller: Caller, slack: FakeSlack) -> None:
    """The setting of the channel counts."""
    caller.mention("network policy", channel="C0PRIVATE")
    (post,) = slack.wait_for_posts()
    (call,) = slack.calls_of("chat.postEphemeral")
    assert call.payload["user"] == ASKER
    assert len(set(example_urls(post))) == 2


@pytest.mark.parametrize("text", ["network policy", "", "zzz qqqq"])
def test_a_private_answer_is_shown_wherever_the_mention_stands(caller: Caller, slack: FakeSlack, text: str) -> None:
    """At the top of a channel outside any thread, since none is active yet; in a thread within it; help too."""
    caller.mention(text, channel="C0PRIVATE")
    (top,) = slack.wait_for_posts(channel="C0PRIVATE")
    assert "thread_ts" not in top
    root, ts = new_ts(), new_ts()
    slack.add_message("C0PRIVATE", root, "good morning")
    slack.add_message("C0PRIVATE", ts, text, thread_ts=root)
    caller.mention(text, channel="C0PRIVATE", thread_ts=root, ts=ts)
    assert slack.wait_for_posts(2, channel="C0PRIVATE")[1]["thread_ts"] == root
    assert not slack.calls_of("chat.postMessage")


def test_a_channel_may_have_its_own_sections(caller: Caller, slack: FakeSlack) -> None:
    """Only links of those sections, also for a command there."""
    caller.mention("certificates network policy", channel="C0INGRESS")
    (post,) = slack.wait_for_posts()
    assert set(example_urls(post)) == {"https://example.org/20"}
    answer = caller.command("certificates network policy", channel_id="C0INGRESS").json
    assert set(example_urls(answer)) == {"https://example.org/20"}


def test_show_more_of_a_public_answer_is_for_whoever_clicked(caller: Caller, slack: FakeSlack) -> None:
    """The channel is not filled with every further page."""
    caller.mention("network policy recipe")
    (first,) = slack.wait_for_posts()
    payload = click(slack, button(first, "more"), shown=first, user={"id": "U0READER", "team_id": TEAM})
    payload["container"]["is_ephemeral"] = False
    assert caller.interaction(payload).status == 200
    second = slack.wait_for_posts(2)[1]
    assert second.get("response_type") == "ephemeral"
    assert second.get("replace_original") in {None, False}
    assert not set(example_urls(first)) & set(example_urls(second))


def test_off_topic_mentions_do_not_flood_a_channel(caller: Caller, slack: FakeSlack) -> None:
    """After a few public "nothing here" only the asker is told."""
    for number in range(8):
        caller.mention(f"zzz qqqq {number}", channel="C0BUSY")
    slack.wait_for_posts(8)
    assert len(slack.posts("C0BUSY", "chat.postMessage")) <= 4


def test_mention_text_is_decoded_before_it_is_searched(caller: Caller, slack: FakeSlack) -> None:
    """Slack sends entities and `<url|label>`; the catalogue is asked for what the person wrote."""
    caller.mention("rotate &lt;certificates&gt; &amp; <https://kubernetes.io/x|ingress>")
    (post,) = slack.wait_for_posts()
    assert "https://example.org/20" in example_urls(post)
    assert "&amp;lt;" not in json.dumps(post)
