"""Slow, raising and missing searches beside the rest: cases 7, 9, 36 and 38, from every way in."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import ASKER, CHANNEL, Caller, direct_message, urls_shown

pytestmark = [pytest.mark.slow, pytest.mark.alone]

POLICY = "network policy"
SETTINGS = {"SEARCH_DEADLINE_S": "0.5"}
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
    """Case 36: the command is acknowledged with its answer in under a second."""
    bot.script({"contains": "slowly", "delay_s": 1.5})
    for _ in range(6):
        started = time.monotonic()
        assert caller.mention("slowly network policy").status == 200
        assert time.monotonic() - started < 1.0
    reply = caller.command(POLICY)
    assert reply.seconds < 1.0
    assert urls_shown(reply.json["blocks"])
    assert not slack.posts()
    slack.wait_for_posts(6, within_s=8.0)


def test_case_36_six_slow_commands_hold_up_no_command(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 36: six people wait for their search, the seventh does not wait for them."""
    bot.script({"contains": "slowly", "delay_s": 1.5})
    with ThreadPoolExecutor(6) as pool:
        slow = [pool.submit(caller.command, "slowly network policy") for _ in range(6)]
        time.sleep(0.2)
        reply = caller.command(POLICY)
        assert reply.seconds < 1.0
        assert urls_shown(reply.json["blocks"])
        assert all(future.result().seconds < 1.4 for future in slow)
    slack.wait_for_call("response_url", 6, within_s=8.0)


def test_more_slow_searches_than_threads_are_all_acknowledged(
    bot: BotProcess, caller: Caller, slack: FakeSlack
) -> None:
    """Twenty slow commands: every one is acknowledged in 3 s and answered later."""
    bot.script({"contains": "slowly", "delay_s": 0.7})
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: caller.command("slowly network policy"), range(20)))
    assert all(reply.status == 200 and reply.seconds < 3.0 for reply in replies)
    late = sum(b"example.org" not in reply.body for reply in replies)
    slack.wait_for(lambda: len(slack.calls_of("response_url")) >= late, within_s=10.0)
    assert all(call.done for call in slack.calls_of("response_url"))


def test_slack_taking_five_seconds_holds_up_no_command(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Mentions wait for Slack's API, commands do not."""
    slack.fail("chat.postMessage", delay_s=5.0, times=None)
    for number in range(10):
        assert caller.mention(POLICY, channel=f"C0SLOW{number}").status == 200
    slack.wait_for(lambda: bot.get("/metrics").text.count("signpost_work 10.0"), within_s=4.0, what="10 under way")
    for _ in range(5):
        reply = caller.command(POLICY)
        assert reply.seconds < 2.0
        assert urls_shown(reply.json["blocks"])
    slack.wait_for_posts(10, within_s=10.0)


def test_two_hundred_commands_at_once_are_all_answered(caller: Caller) -> None:
    """None later than Slack waits."""
    with ThreadPoolExecutor(64) as pool:
        replies = list(pool.map(lambda number: caller.command(f"{POLICY} {number}"), range(200)))
    assert {reply.status for reply in replies} == {200}
    assert max(reply.seconds for reply in replies) < 3.0
    assert all(b"example.org" in reply.body for reply in replies)


def test_case_38_a_used_up_response_url_is_noticed_and_the_answer_comes_otherwise(
    bot: BotProcess, caller: Caller, slack: FakeSlack
) -> None:
    """Case 38: 404 `used_url` and `expired_url` lead to a message for the asker alone."""
    bot.script({"contains": "slowly", "delay_s": 1.0})
    for url in (slack.response_url(uses=0), slack.response_url(lives_s=0.0)):
        slack.calls.clear()
        assert caller.command("slowly network policy", response_url=url).status == 200
        (call,) = slack.wait_for_call("chat.postEphemeral", within_s=8.0)
        assert call.payload["user"] == ASKER
        assert call.payload["channel"] == CHANNEL
        assert urls_shown(call.payload["blocks"])
