"""Slow, raising and missing searches beside the rest: cases 7, 9, 36 and 38, from every way in."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import ASKER, CHANNEL, Caller, direct_message, urls_shown

pytestmark = pytest.mark.slow

POLICY = "network policy"
REFERENCE = re.compile(r"\b[0-9a-f]{8}\b")


def test_case_07_a_missing_index_gives_an_apology_and_the_process_stays(
    bot: BotProcess, caller: Caller, slack: FakeSlack
) -> None:
    """Case 7: the bundle is gone under a running bot; command, mention and direct message get an apology each."""
    bot.script({"contains": "", "raises": "BundleMissingError"})
    reply = caller.command(POLICY)
    assert reply.status == 200
    assert REFERENCE.search(reply.json["text"])
    caller.mention(POLICY)
    caller.event(direct_message(POLICY))
    for post in slack.wait_for_posts(2):
        assert REFERENCE.search(post["text"])
        assert not [url for url in urls_shown(post["blocks"]) if "example.org" in url]
    bot.script()
    assert urls_shown(caller.command(POLICY).json["blocks"])


def test_case_09_a_raising_search_turns_health_red_and_back(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 9: red while it lasts, alive all the time, green after the next good answer."""
    bot.script({"contains": "", "raises": "RuntimeError"})
    caller.mention(POLICY)
    (post,) = slack.wait_for_posts()
    reference = REFERENCE.search(post["text"])
    assert reference
    assert any(line.get("reference") == reference[0] and "trace" in line for line in bot.log_lines())
    bot.wait_ready(ready=False)
    assert bot.get("/healthz").status == 200
    bot.script()
    caller.mention(POLICY)
    slack.wait_for_posts(2)
    bot.wait_ready()


def test_case_36_six_slow_mentions_hold_up_no_command(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 36: while they are searched for, the command is acknowledged with its answer."""
    bot.script({"contains": "slowly", "held": True})
    for _ in range(6):
        assert caller.mention("slowly network policy").status == 200
    assert b"example.org" in caller.command(POLICY).body
    assert not slack.posts()
    bot.script()
    slack.wait_for_posts(6)


def test_case_36_six_slow_commands_hold_up_no_command(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 36: six people wait for their search, the seventh does not wait for them."""
    bot = make_bot(SEARCH_DEADLINE_S="0.5")
    caller = bot.caller()
    bot.script({"contains": "slowly", "held": True})
    with ThreadPoolExecutor(6) as pool:
        slow = list(pool.map(lambda _: caller.command("slowly network policy"), range(6)))
    assert not any(b"example.org" in reply.body for reply in slow)
    quick = b"example.org" in caller.command(POLICY).body
    late = 0 if quick else len(slack.wait_for_call("response_url"))
    assert not slack.calls_of("response_url")[1:]
    bot.script()
    slack.wait_for_call("response_url", late + 6)


def test_more_slow_searches_than_threads_are_all_acknowledged(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Twenty slow commands: every one is acknowledged while nothing is found, and answered later."""
    bot = make_bot(SEARCH_DEADLINE_S="0.5")
    bot.script({"contains": "slowly", "held": True})
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: bot.caller().command("slowly network policy"), range(20)))
    assert {reply.status for reply in replies} == {200}
    bot.script()
    slack.wait_for_call("response_url", 20)
    assert all(call.done for call in slack.calls_of("response_url"))


def test_a_slack_that_takes_its_time_holds_up_no_command(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Mentions wait for Slack's API, commands do not."""
    slack.fail("chat.postMessage", held=True, times=None)
    for number in range(10):
        assert caller.mention(POLICY, channel=f"C0SLOW{number}").status == 200
    slack.wait_for(lambda: bot.get("/metrics").text.count("signpost_work 10.0"), what="10 under way")
    assert all(b"example.org" in caller.command(POLICY).body for _ in range(5))
    slack.faults.clear()
    slack.wait_for_posts(10)
    bot.wait_idle()


def test_two_hundred_commands_at_once_are_all_answered(make_bot: MakeBot) -> None:
    """Each in its acknowledgement."""
    caller = make_bot().caller(timeout_s=120.0)
    with ThreadPoolExecutor(64) as pool:
        replies = list(pool.map(lambda number: caller.command(f"{POLICY} {number}"), range(200)))
    assert {reply.status for reply in replies} == {200}
    assert all(b"example.org" in reply.body for reply in replies)


@pytest.mark.alone
def test_forty_commands_at_once_are_answered_while_slack_waits(caller: Caller) -> None:
    """Slack waits for 3 seconds."""
    with ThreadPoolExecutor(40) as pool:
        replies = list(pool.map(lambda number: caller.command(f"{POLICY} {number}"), range(40)))
    assert max(reply.seconds for reply in replies) < 3.0


def test_case_38_a_used_up_response_url_is_noticed_and_the_answer_comes_otherwise(
    make_bot: MakeBot, slack: FakeSlack
) -> None:
    """Case 38: 404 `used_url` and `expired_url` lead to a message for the asker alone."""
    bot = make_bot(SEARCH_DEADLINE_S="0.5")
    for url in (slack.response_url(uses=0), slack.response_url(lives_s=0.0)):
        slack.calls.clear()
        bot.script({"contains": "slowly", "held": True})
        assert bot.caller().command("slowly network policy", response_url=url).status == 200
        bot.script()
        (call,) = slack.wait_for_call("chat.postEphemeral")
        assert call.payload["user"] == ASKER
        assert call.payload["channel"] == CHANNEL
        assert urls_shown(call.payload["blocks"])
