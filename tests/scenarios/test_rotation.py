"""A bot's token that rotates: renewed in time, once, whatever number of processes there are."""

import time
from collections.abc import Iterator

import pytest

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import CLIENT_ID, CLIENT_SECRET, FakeSlack

pytestmark = pytest.mark.slow

FIRST, REFRESH = "xoxe.xoxb-1-fake-first", "xoxe-1-fake-first"
SETTINGS = {
    "SLACK_BOT_TOKEN": FIRST,
    "SLACK_REFRESH_TOKEN": REFRESH,
    "SLACK_CLIENT_ID": CLIENT_ID,
    "SLACK_CLIENT_SECRET": CLIENT_SECRET,
}


@pytest.fixture(autouse=True)
def _rotating(slack: FakeSlack) -> Iterator[None]:
    """Let the app have token rotation, with tokens that live long."""
    slack.rotating, slack.refresh_token, slack.token_lives_s = {FIRST: time.monotonic() + 3_600}, REFRESH, 43_200
    slack.refused_refreshes = 0
    slack.token_outlives_s = 600  # a busy machine may be late with the next one
    yield
    slack.rotating, slack.refresh_token, slack.token_lives_s = {}, "", 43_200


def renewals(slack: FakeSlack) -> int:
    """Return how often the token was renewed."""
    return sum(call.done for call in slack.calls_of("oauth.v2.access"))


def end_all(slack: FakeSlack) -> None:
    """Let every token die at once, as while a machine sleeps."""
    with slack._changed:
        slack.rotating.update(dict.fromkeys(slack.rotating, 0.0))


def answers(bot: BotProcess, slack: FakeSlack) -> bool:
    """Whether a mention is answered."""
    count = len(slack.posts())
    assert bot.caller().mention("network policy recipe").status == 200
    slack.wait_for(lambda: len(slack.posts()) > count)
    return True


def test_a_token_is_renewed_before_it_dies_and_after(make_bot: MakeBot, slack: FakeSlack) -> None:
    """At the first start, halfway through a short life, and when a call is refused, which is then repeated.

    Where Slack renews it no more, health turns red, and the bot lives on. The log holds no token.
    """
    slack.token_lives_s = 4
    bot = make_bot(**SETTINGS)
    assert renewals(slack)
    slack.wait_for(lambda: renewals(slack) >= 3)
    assert answers(bot, slack)
    assert not [call for call in slack.calls if call.error]
    slack.token_lives_s = 43_200
    short_lived = renewals(slack)
    slack.wait_for(lambda: renewals(slack) > short_lived)
    bot.wait_idle()
    count = renewals(slack)
    end_all(slack)
    assert answers(bot, slack)
    assert renewals(slack) == count + 1
    assert slack.refused_refreshes == 0
    assert bot.get("/readyz").status == 200
    slack.refresh_token = "revoked"
    end_all(slack)
    assert bot.caller().mention("network policy recipe").status == 200
    bot.wait_ready(ready=False)
    assert not [word for word in ("xoxe", CLIENT_SECRET) if word in bot.log_text()]
    bot.stop()


def test_processes_do_not_use_a_refresh_token_twice(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Whoever comes second takes what the first one got: at the start, in time, and after a token has died.

    A restart goes on with the newest pair, though the settings still have the first one; a pair that is set anew counts more.
    """
    slack.token_lives_s = 6
    slack.fail("oauth.v2.access", delay_s=0.5, times=2)
    bots = [make_bot(start=False, **SETTINGS).launch() for _ in range(2)]
    for bot in bots:
        bot.wait_until(lambda bot=bot: bot.get("/readyz").status == 200, within_s=90)  # type: ignore[misc]
    slack.wait_for(lambda: renewals(slack) >= 3)
    assert slack.refused_refreshes == 0
    end_all(slack)
    for bot in bots:
        assert answers(bot, slack)
        bot.stop()
    slack.token_lives_s = 43_200
    again = make_bot(**SETTINGS)
    assert answers(again, slack)
    again.stop()
    assert slack.refused_refreshes == 0
    slack.rotating, slack.refresh_token = {f"{FIRST}-anew": time.monotonic() + 3_600}, f"{REFRESH}-anew"
    anew = {"SLACK_BOT_TOKEN": f"{FIRST}-anew", "SLACK_REFRESH_TOKEN": f"{REFRESH}-anew"}
    bot = make_bot(**(SETTINGS | anew))
    assert answers(bot, slack)
    assert slack.refused_refreshes == 0
    bot.stop()


def test_a_pair_that_was_used_up_elsewhere_is_refused_at_the_start(make_bot: MakeBot, slack: FakeSlack) -> None:
    """One line says which settings to look at."""
    slack.refresh_token = "another"
    bot = make_bot(start=False, **SETTINGS).launch()
    assert bot.wait_for_exit() == 2
    assert "invalid_refresh_token" in bot.log_text()
    assert bot.log_text().count("\n") == 1
