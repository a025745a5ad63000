"""Bots that share a store in PostgreSQL, and what happens to them when the server does not answer."""

import signal
from collections.abc import Iterator

import pytest

from tests.postgres import PASSWORD, Postgres, rows_of
from tests.scenarios.conftest import MakeBot, check_log
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import mention
from tests.scenarios.test_start_and_health import POLICY, answers_without_its_store

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """Return the address of an empty store; whatever happens to the server, it runs afterwards."""
    yield postgres.fresh()
    if postgres.process is None:
        postgres.start()


def test_no_trouble_of_the_server_stops_an_answer(
    make_bot: MakeBot, slack: FakeSlack, postgres: Postgres, url: str
) -> None:
    """Away at the start, then silent with its connections open, then crashed: it heals by itself, and is told once each."""
    postgres.stop()
    limits = {"CLAIM_TIMEOUT_S": 3.0, "ANSWER_TIMEOUT_S": 6.0, "CONNECT_TIMEOUT_S": 3.0}
    bot = make_bot(start=False, limits=limits, STORE_URL=url).start(path="/healthz")
    answers_without_its_store(bot, slack)
    postgres.start()
    bot.wait_ready()
    with postgres.frozen():
        answers_without_its_store(bot, slack)
    bot.wait_ready()
    postgres.stop(signal.SIGQUIT)
    answers_without_its_store(bot, slack)
    postgres.start()
    bot.wait_ready()
    assert b"example.org" in bot.caller().command(POLICY).body
    bot.wait_until(lambda: rows_of(url, "select count(*) from answers") == [(1,)], what="the answer is kept")
    failures = [line for line in bot.log_lines() if line.get("message") == "store has failed"]
    assert 3 <= len(failures) <= 6
    assert all(line["reference"] for line in failures)
    check_log(bot)
    assert PASSWORD not in bot.log_text()
    bot.stop()


def test_a_bot_ends_in_time_while_the_server_is_silent(make_bot: MakeBot, postgres: Postgres, url: str) -> None:
    """A write that hangs is left; SIGTERM ends the bot as always."""
    limits = {"CLAIM_TIMEOUT_S": 1.5, "DRAIN_WITHIN_S": 2.0, "LEAVE_TIMEOUT_S": 1.0, "CLOSE_WITHIN_S": 1.0}
    bot = make_bot(limits=limits, STORE_URL=url)
    with postgres.frozen():
        assert b"example.org" in bot.caller().command(POLICY).body
        bot.stop()


def test_bots_that_share_a_store_answer_once(make_bot: MakeBot, slack: FakeSlack, url: str) -> None:
    """Whichever gets a delivery, and however often it comes; one that is killed leaves nothing locked."""
    first, second = make_bot(STORE_URL=url), make_bot(STORE_URL=url)
    events = [mention(POLICY) for _ in range(4)]
    for number, event in enumerate(events):
        for bot in (first, second, first):
            assert bot.caller().event(event, event_id=f"Ev0PAIR{number}").status == 200
    slack.wait_for_posts(4)
    unanswered = "select count(*) from unanswered"
    first.wait_until(lambda: rows_of(url, unanswered) == [(0,)], within_s=60.0, what="everything answered")
    first.kill()
    for number, event in enumerate(events):
        assert second.caller().event(event, event_id=f"Ev0PAIR{number}").status == 200
    second.caller().mention(POLICY)
    slack.wait_for_posts(5)
    slack.stays_quiet(count=5)
    second.wait_until(lambda: rows_of(url, unanswered) == [(0,)], within_s=60.0, what="everything answered")
    second.stop()
