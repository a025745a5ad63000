"""People of other organisations in shared channels: case 30, with links marked public, and with a refusal."""

import json
from typing import Any

import pytest

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.fake_slack import OTHER_TEAM, FakeSlack
from tests.scenarios.support.requests import Caller, button, click, direct_message, mention, shortcut, urls_shown

POLICY = "network policy recipe"
PUBLIC = "https://example.org/3"
SHARED = "C0SHARED"
SETTINGS = {"SLACK_CHANNELS": json.dumps({"C0DECLARED": {"external": True}})}


def catalogue_urls(post: Any) -> set[str]:
    """Return the catalogue's URLs in a message."""
    return {url for url in urls_shown(post.get("blocks", [])) if "example.org" in url}


def test_case_30_a_mention_in_a_shared_channel_gets_public_links_only(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: whoever asks there, strangers read the answer."""
    caller.event(mention(POLICY, channel=SHARED), is_ext_shared_channel=True)
    (post,) = slack.wait_for_posts()
    assert catalogue_urls(post) == {PUBLIC}
    assert "https://example.org/1" not in post["text"]


def test_case_30_a_stranger_gets_public_links_only(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: by the author's team, in any channel and directly."""
    theirs = {"user_team": OTHER_TEAM, "source_team": OTHER_TEAM, "team": OTHER_TEAM, "user": "U0STRANGER"}
    caller.event(mention(POLICY, **theirs))
    caller.event(direct_message(POLICY, **theirs))
    for post in slack.wait_for_posts(2):
        assert catalogue_urls(post) == {PUBLIC}


def test_case_30_a_channel_that_is_declared_external_counts_as_shared(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: the setting, for a mention; and for a command whose answer could be shared."""
    caller.mention(POLICY, channel="C0DECLARED")
    (post,) = slack.wait_for_posts()
    assert catalogue_urls(post) == {PUBLIC}


def test_case_30_a_strangers_command_gets_public_links_only(caller: Caller) -> None:
    """Case 30: Slack says whose workspace the person is of."""
    reply = caller.command(POLICY, team_id=OTHER_TEAM, user_id="U0STRANGER")
    assert catalogue_urls(reply.json) <= {PUBLIC}


def test_case_30_a_strangers_shortcut_gets_public_links_only(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: the message shortcut is open to guests of the channel too."""
    stranger = {"id": "U0STRANGER", "name": "x", "username": "x", "team_id": OTHER_TEAM}
    caller.interaction(shortcut(slack, "find_links", POLICY, user=stranger))
    (post,) = slack.wait_for_posts()
    assert catalogue_urls(post) <= {PUBLIC}


def test_case_30_nothing_that_is_not_public_is_shared_into_a_shared_channel(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: a private answer of a member there may hold everything, what is shared may not."""
    slack.channels[SHARED] = {"is_ext_shared": True}
    answer = caller.command(POLICY, channel_id=SHARED).json
    assert catalogue_urls(answer) - {PUBLIC}
    caller.interaction(click(slack, button(answer, "share"), shown=answer, channel={"id": SHARED}))
    (shared,) = slack.wait_for_posts()
    assert shared.get("response_type") == "in_channel" or shared.get("channel") == SHARED
    assert catalogue_urls(shared) == {PUBLIC}


@pytest.mark.parametrize("way", ["mention", "command"])
def test_case_30_a_refusal_where_the_settings_say_so(make_bot: MakeBot, slack: FakeSlack, way: str) -> None:
    """Case 30: `SLACK_CONNECT=refuse`: one polite word, no links at all."""
    bot = make_bot(SLACK_CONNECT="refuse")
    if way == "mention":
        bot.caller().event(mention(POLICY, channel=SHARED), is_ext_shared_channel=True)
        post = slack.wait_for_posts()[0]
    else:
        post = bot.caller().command(POLICY, team_id=OTHER_TEAM, user_id="U0STRANGER").json
    assert not catalogue_urls(post)
    assert post["text"]
    bot.stop()
