"""What people get: how many links and under which question, "nothing here" for its asker alone, and answers in Home."""

import json
import sqlite3
from typing import Any

from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import OTHER_TEAM, FakeSlack, new_ts
from tests.scenarios.support.requests import (
    ASKER,
    CHANNEL,
    Caller,
    button,
    click,
    elements,
    mention,
    menu_of,
    urls_shown,
)
from tests.scenarios.test_curators import CURATOR, CURATORS, as_user
from tests.scenarios.test_home_and_search import POLICY, box_of, in_home, open_home, published
from tests.scenarios.test_verdicts import example_urls

QUIET = "C0QUIET"
SETTINGS = {
    "CURATORS": CURATOR,
    "CURATORS_CHANNEL": CURATORS,
    "STORE_QUESTIONS": "true",
    "SLACK_CHANNELS": json.dumps({QUIET: {"answers": "private"}}),
}
NOTHING = "zanzibarquux manual"


def heading(shown: dict[str, Any]) -> str:
    """Return the words of a message's first block."""
    return "".join(
        run.get("text", f"@{run.get('user_id')}") for part in shown["blocks"][0]["elements"] for run in part["elements"]
    )


def test_three_links_for_a_channel_and_five_for_one_person_under_what_was_asked(
    caller: Caller, slack: FakeSlack
) -> None:
    """Also when the five are shared, by name; the text that notifications show says the question too."""
    caller.mention(POLICY)
    (public,) = slack.wait_for_posts()
    assert len(example_urls(public)) == 3
    caller.mention(POLICY, channel=QUIET)
    private = slack.wait_for_posts(2)[1]
    assert len(example_urls(private)) == 5
    assert private["user"] == ASKER
    alone = caller.command(POLICY).json
    assert example_urls(alone) == example_urls(private)
    for shown in (public, private, alone):
        assert heading(shown) == f"Links for: {POLICY}"
        assert POLICY in shown["text"].splitlines()[0]
    caller.interaction(click(slack, button(alone, "share"), shown=alone))
    shared = slack.wait_for_posts(3)[2]
    assert shared["response_type"] == "in_channel"
    assert heading(shared) == f"@{ASKER} shared these links:\nLinks for: {POLICY}"
    assert POLICY in shared["text"].splitlines()[0]
    assert example_urls(shared) == example_urls(alone)


def test_nothing_for_a_mention_is_told_to_its_asker_alone_with_ways_on(caller: Caller, slack: FakeSlack) -> None:
    """At the top of the channel and in a thread; a section's button and Suggest a link work from there."""
    caller.mention(NOTHING)
    root, ask = new_ts(), new_ts()
    slack.add_message(CHANNEL, root, "good morning")
    slack.add_message(CHANNEL, ask, NOTHING, thread_ts=root)
    slack.wait_for_posts()
    caller.event(mention(NOTHING, ts=ask, thread_ts=root))
    told = slack.wait_for_posts(2)
    for post in told:
        assert (post["channel"], post["user"]) == (CHANNEL, ASKER)
        assert "I have no good link" in post["text"]
    assert [post.get("thread_ts") for post in told] == [None, root]
    assert not slack.calls_of("chat.postMessage")

    near = next(one for one in elements(told[0]) if one["action_id"].startswith("browse_section"))
    caller.interaction(click(slack, near, shown=told[0]))
    section = slack.wait_for_posts(3)[2]
    assert section["response_type"] == "ephemeral"
    assert example_urls(section)
    caller.interaction(click(slack, button(told[0], "suggest a link"), shown=told[0]))
    view = slack.wait_for_call("views.open")[-1].payload["view"]
    assert NOTHING in view["private_metadata"]
    assert view["submit"]["text"] == "Suggest"
    stranger = click(slack, button(told[0], "suggest a link"), shown=told[0], **as_user("U0STRANGER", OTHER_TEAM))
    caller.interaction(stranger)
    assert "only people of the organisation" in slack.wait_for_posts(4)[3]["text"]
    assert len(slack.calls_of("views.open")) == 1


def test_a_verdict_in_home_is_kept_with_its_question(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """The last one counts, and it is that of the answer to what was asked there."""
    view = open_home(caller, slack)
    answered = published(slack, caller, view, box_of(view), value=POLICY)
    for words in ("helpful", "not helpful"):
        published(slack, caller, answered, button(answered, words))
    bot.wait_idle()
    database = sqlite3.connect(bot.folder / "store.sqlite3")
    try:
        kept = database.execute(
            "select answers.question, feedback.helpful from feedback join answers using (answer_id)"
        ).fetchall()
    finally:
        database.close()
    assert kept == [(POLICY, 0)]


def test_a_link_is_reported_from_home(caller: Caller, slack: FakeSlack) -> None:
    """There is no channel to answer in: whoever reports it is thanked directly, and the curators get it."""
    view = open_home(caller, slack)
    answered = published(slack, caller, view, box_of(view), value=POLICY)
    (row,) = [block for block in answered["blocks"] if str(block.get("block_id")).startswith("answer:")]
    asking = menu_of(row, container={"type": "view", "view_id": "V1"}, view=answered)
    del asking["channel"]
    groups = caller.interaction(asking).json["option_groups"]
    assert [group["label"]["text"] for group in groups] == [
        text.split("|")[1].split(">")[0]
        for text in (block["text"]["text"] for block in answered["blocks"] if block["type"] == "section")
        if "example.org" in text
    ]
    (select,) = row["elements"]
    chosen = {"type": "external_select", "selected_option": groups[0]["options"][0]}
    assert caller.interaction(in_home(slack, select, answered, chosen)).status == 200
    (post,) = slack.wait_for_posts(channel=CURATORS)
    assert urls_shown(post["blocks"]) == example_urls(answered)[:1]
    (thanks,) = slack.wait_for_posts(channel=ASKER)
    assert "the curators get it" in thanks["text"]
    assert not slack.calls_of("chat.postEphemeral")
