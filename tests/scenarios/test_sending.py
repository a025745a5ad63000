"""Slack's answers to what the bot sends: cases 31 to 33."""

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import ASKER, Caller, urls_shown

pytestmark = pytest.mark.slow

POLICY = "network policy"
#: More attempts than this at one message are no longer bounded.
MOST_ATTEMPTS = 6
HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


def test_case_31_a_429_delays_its_message(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 31: the message waits as long as Slack says."""
    slack.fail("chat.postMessage", channel="C0LIMITED", status=429, headers={"Retry-After": "2"})
    caller.mention(POLICY, channel="C0LIMITED")
    slack.wait_for_posts(channel="C0LIMITED")
    first, second = slack.calls_of("chat.postMessage", channel="C0LIMITED")
    assert second.at - first.at >= 2.0
    slack.stays_quiet(count=1, channel="C0LIMITED")


def test_case_31_a_long_retry_after_pins_nothing(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 31: many wait, the rest goes on, no call is made too early; nor is the end held up (case 40)."""
    bot = make_bot(limits={"DRAIN_WITHIN_S": 1.0})
    caller = bot.caller()
    slack.fail("chat.postMessage", channel="C0LONG", status=429, headers={"Retry-After": "250"}, times=None)
    for _ in range(30):
        assert caller.mention(POLICY, channel="C0LONG").status == 200
    slack.wait_for_call("chat.postMessage")
    for number in range(10):
        caller.mention(POLICY, channel=f"C0FREE{number}")
    slack.wait_for_posts(10)
    assert b"example.org" in caller.command(POLICY).body
    bot.script({"contains": "slowly", "held": True})
    caller.mention(f"slowly {POLICY}", channel="C0HANGS")
    bot.stop()
    assert len(slack.calls_of("chat.postMessage", channel="C0LONG")) == 1


TROUBLES: dict[str, dict[str, Any]] = {
    "C0A500": {"status": 500},
    "C0B502": {"status": 502, "body": HTML},
    "C0CRESET": {"reset": True},
    "C0DRESETDONE": {"reset": True, "done": True},
    "C0ETRUNCATED": {"status": 200, "body": '{"ok": true, "chan', "done": True},
    "C0FLATE": {"delay_s": 13.0, "done": True},
    "C0GINTERNAL": {"error": "internal_error"},
    "C0H503": {"status": 503, "body": "Service Unavailable"},
    "C0IEMPTY": {"status": 200, "body": "", "done": True},
}


def test_case_32_trouble_once_ends_in_one_message(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 32: 500, a 502 page, a reset, a late answer, half an answer: retried; what Slack has is not sent twice."""
    for channel, fault in TROUBLES.items():
        slack.fail("chat.postMessage", channel=channel, **fault)
        caller.mention(POLICY, channel=channel)
    for channel in TROUBLES:
        slack.wait_for_posts(channel=channel)
    bot.wait_idle()
    slack.stays_quiet(count=len(TROUBLES), for_s=0.1)
    for channel in TROUBLES:
        assert len(slack.calls_of("chat.postMessage", channel=channel)) <= 2
    assert "Traceback" not in bot.log_text()


def test_case_32_trouble_that_stays_is_given_up(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 32: a bounded number of attempts, one error in the log, and the bot goes on."""
    slack.fail("chat.postMessage", channel="C0DOWN", status=500, times=None)
    caller.mention(POLICY, channel="C0DOWN")
    bot.wait_until(lambda: any("could not be sent" in line["message"] for line in bot.log_lines()), what="given up")
    attempts = slack.calls_of("chat.postMessage")
    assert 2 <= len(attempts) <= MOST_ATTEMPTS
    gaps = [later.at - earlier.at for earlier, later in pairwise(attempts)]
    assert all(gap >= 0.5 * 2**number for number, gap in enumerate(gaps)), "each pause is longer than the one before"
    slack.faults.clear()
    caller.mention(POLICY, channel="C0UP")
    slack.wait_for_posts(channel="C0UP")


def test_what_was_given_up_is_answered_when_slack_delivers_again(
    bot: BotProcess, caller: Caller, slack: FakeSlack
) -> None:
    """A message that never went out does not count as handled."""
    slack.fail("chat.postMessage", error="channel_not_found", times=2)
    event = {"type": "app_mention", "user": ASKER, "text": f"<@U0SIGNPOST> {POLICY}", "ts": "1700000001.000200"}
    event |= {"channel": "C0AGAIN", "event_ts": event["ts"]}
    caller.event(event, event_id="Ev0GIVENUP")
    slack.wait_for_call("chat.postMessage", 2)

    def answered() -> bool:
        caller.event(event, event_id="Ev0GIVENUP")
        return bool(slack.posts())

    bot.wait_until(answered, what="an answer")
    slack.stays_quiet(count=1)


@pytest.mark.parametrize("code", ["not_in_channel", "is_archived", "restricted_action", "channel_not_found"])
def test_case_33_a_channel_that_refuses_leads_to_the_asker(
    bot: BotProcess, caller: Caller, slack: FakeSlack, code: str
) -> None:
    """Case 33: the asker gets the links directly, once; the channel is not tried again and again."""
    slack.fail("chat.postMessage", channel="C0CLOSED", error=code, times=None)
    slack.fail("chat.postEphemeral", channel="C0CLOSED", error=code, times=None)
    caller.mention(POLICY, channel="C0CLOSED")
    (post,) = slack.wait_for_posts()
    assert post["channel"] in {ASKER, "D0ASKER"}
    assert [url for url in urls_shown(post["blocks"]) if "example.org" in url]
    slack.stays_quiet(count=1)
    assert len(slack.calls_of("chat.postMessage", channel="C0CLOSED")) <= 2


def test_case_33_nobody_can_be_told(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 33: the direct message is refused too: given up, no loop."""
    slack.fail("*", error="restricted_action", times=None)
    caller.mention(POLICY)
    bot.wait_until(lambda: any("could not be sent" in line["message"] for line in bot.log_lines()), what="given up")
    bot.wait_idle()
    assert len(slack.calls_of("chat.postMessage")) <= 4


def test_case_33_a_message_that_is_too_long_is_sent_shorter(caller: Caller, slack: FakeSlack) -> None:
    """Case 33: `msg_too_long` leads to a smaller message, with links."""
    slack.fail("chat.postMessage", error="msg_too_long")
    caller.mention(POLICY)
    (post,) = slack.wait_for_posts()
    refused = slack.calls_of("chat.postMessage")[0].payload
    assert len(json.dumps(post)) < len(json.dumps(refused))
    assert "example.org" in post["text"]
    slack.stays_quiet(count=1)


@pytest.mark.parametrize("code", ["invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"])
def test_case_33_refused_blocks_are_sent_once_more_as_plain_sections(
    caller: Caller, slack: FakeSlack, code: str
) -> None:
    """Case 33: exactly once more, without anything but sections, with the same links."""
    slack.fail("chat.postMessage", error=code)
    caller.mention(POLICY)
    (post,) = slack.wait_for_posts()
    assert {block["type"] for block in post.get("blocks", [])} <= {"section"}
    assert "example.org" in post["text"]
    refused = slack.calls_of("chat.postMessage")[0].payload
    shown = {url for url in urls_shown(refused["blocks"]) if "example.org" in url}
    assert shown
    assert all(url in post["text"] for url in shown)
    assert len(slack.calls_of("chat.postMessage")) == 2


def test_case_33_blocks_that_are_always_refused_are_given_up(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 33: no form is taken: an end is found."""
    slack.fail("chat.postMessage", error="invalid_blocks", times=None)
    caller.mention(POLICY)
    bot.wait_until(lambda: any("could not be sent" in line["message"] for line in bot.log_lines()), what="given up")
    assert len(slack.calls_of("chat.postMessage")) <= MOST_ATTEMPTS


def test_an_unknown_refusal_is_no_crash(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Codes that Slack invents tomorrow."""
    slack.fail("chat.postMessage", channel="C0ODD", error="some_new_error", times=None)
    caller.mention(POLICY, channel="C0ODD")
    slack.wait_for_call("chat.postMessage")
    caller.mention(POLICY, channel="C0FINE")
    slack.wait_for_posts(channel="C0FINE")


def test_slack_errors_are_counted(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """By method and code, for Prometheus."""
    slack.fail("chat.postMessage", channel="C0COUNT", error="is_archived", times=None)
    caller.mention(POLICY, channel="C0COUNT")
    slack.wait_for_posts()
    text = bot.get("/metrics").text
    assert 'signpost_slack_errors_total{code="is_archived",method="chat.postMessage"}' in text
