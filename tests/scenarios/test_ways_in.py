"""More ways in: steps of workflows, an emoji on a message, a link's details and its preview."""

import json
import time
from html import escape
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.fake_slack import BOT_ID, BOT_USER, OTHER_TEAM, FakeSlack, new_ts
from tests.scenarios.support.requests import (
    ASKER,
    CHANNEL,
    Caller,
    button,
    click,
    function_executed,
    unique,
    urls_shown,
)

CURATORS_CHANNEL = "C0CURATORS"
SETTINGS = {"SUGGEST_EMOJI": ":bookmark:", "CURATORS": "U0CURATOR", "CURATORS_CHANNEL": CURATORS_CHANNEL}
POLICY = "network policy recipe"
PUBLIC, INTERNAL = "https://example.org/3", "https://example.org/1"


# Steps of workflows


def completed(caller: Caller, slack: FakeSlack, callback_id: str, inputs: dict[str, Any], **envelope: Any) -> Any:
    """Let a workflow run a step, and return the outputs."""
    count = len(slack.calls_of("functions.completeSuccess"))
    reply = caller.event(function_executed(slack, callback_id, inputs), **envelope)
    assert reply.status == 200
    return slack.wait_for_call("functions.completeSuccess", count + 1)[-1].payload["outputs"]


def test_the_step_find_links_gives_what_a_workflow_can_post(caller: Caller, slack: FakeSlack) -> None:
    """Text, the same with links, whether there are any, and the first address; whatever is asked, it is completed."""
    outputs = completed(caller, slack, "find_links", {"question": POLICY})
    assert outputs["found"] is True
    first = outputs["first_address"]
    assert first.startswith("https://example.org/")
    assert outputs["text"].splitlines()[0].endswith(first)
    assert urls_shown(outputs["rich_text"])[0] == first
    for question in ("zzz qqqq", "", None, 3, "<!here> & <@U1>", "section:none x", "hostile"):
        outputs = completed(caller, slack, "find_links", {"question": question})
        assert outputs["text"]
        assert "<" not in outputs["text"]
        assert outputs["found"] is (question == "hostile")
        assert bool(outputs["first_address"]) is outputs["found"]
    assert not slack.executions


def test_the_step_find_links_says_where_it_is_not_sure(caller: Caller, slack: FakeSlack) -> None:
    """As every other way in."""
    outputs = completed(caller, slack, "find_links", {"question": f"maybe {POLICY}"})
    assert outputs["found"] is True
    assert outputs["text"].startswith("Not sure")
    assert "Not sure" in json.dumps(outputs["rich_text"])


def test_a_step_for_a_shared_channel_finds_public_links_only(caller: Caller, slack: FakeSlack) -> None:
    """What the workflow posts there is read by another organisation; so it is where the workflow is another's."""
    slack.channels["C0SHARED"] = {"is_ext_shared": True}
    shared = completed(caller, slack, "find_links", {"question": POLICY, "channel": "C0SHARED"})
    theirs = completed(caller, slack, "find_links", {"question": POLICY}, team_id=OTHER_TEAM)
    for outputs in (shared, theirs):
        assert urls_shown(outputs["rich_text"]) == [PUBLIC]
        assert outputs["text"].count("https://") == 1
    ours = completed(caller, slack, "find_links", {"question": POLICY, "channel": CHANNEL})
    assert len(urls_shown(ours["rich_text"])) > 1


def test_a_slow_step_is_acknowledged_at_once_and_ended(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Slack delivers an event again that is not acknowledged within 3 seconds; a step that fails is told."""
    bot = make_bot(limits={"TIMEOUT_S": 1.0})
    caller = bot.caller()
    bot.script({"contains": "slowly", "held": True}, {"contains": "raise", "raises": "RuntimeError"})
    event = function_executed(slack, "find_links", {"question": "slowly network"})
    assert caller.event(event).status == 200
    assert caller.event(event).status == 200
    caller.event(function_executed(slack, "find_links", {"question": "raise network"}))
    slack.wait_for(lambda: not slack.executions)
    assert len(slack.calls_of("functions.completeError")) == 2


def test_the_step_suggest_a_link_reaches_the_curators(caller: Caller, slack: FakeSlack) -> None:
    """With who suggested it, where the workflow says so; what cannot be suggested is said."""
    inputs = {"address": "https://new.example.org/a", "title": "A new guide", "user": ASKER}
    outputs = completed(caller, slack, "suggest_link", inputs)
    assert outputs["suggested"] is True
    (message,) = slack.wait_for_posts(1, channel=CURATORS_CHANNEL)
    assert "https://new.example.org/a" in urls_shown(message["blocks"])
    assert ASKER in json.dumps(message["blocks"])
    nameless = {"address": "https://new.example.org/b", "title": "Another one"}
    assert completed(caller, slack, "suggest_link", nameless)["suggested"] is True
    slack.wait_for_posts(2, channel=CURATORS_CHANNEL)
    for refused in (
        {"address": INTERNAL, "title": "There already"},
        {"address": "javascript:alert(1)", "title": "x"},
        {"address": "https://new.example.org/c", "title": ""},
        {"address": None, "title": 3},
    ):
        outputs = completed(caller, slack, "suggest_link", refused)
        assert outputs["suggested"] is False
        assert outputs["text"]
    assert not completed(caller, slack, "suggest_link", inputs, team_id=OTHER_TEAM)["suggested"]
    slack.stays_quiet(count=2, channel=CURATORS_CHANNEL)


def test_an_approved_link_of_a_workflow_without_a_sender_tells_nobody(caller: Caller, slack: FakeSlack) -> None:
    """There is nobody to tell."""
    completed(caller, slack, "suggest_link", {"address": "https://new.example.org/d", "title": "Fourth"})
    (message,) = slack.wait_for_posts(1, channel=CURATORS_CHANNEL)
    approve = button(message, "Approve")
    user = {"id": "U0CURATOR", "team_id": slack.workspace.workspaces[0]}
    assert caller.interaction(click(slack, approve, shown=message, user=user)).status == 200
    slack.wait_for_call("response_url")
    slack.stays_quiet(count=2)


# An emoji


def reaction(channel: str, ts: str, name: str = "bookmark", **fields: Any) -> dict[str, Any]:
    """Return a `reaction_added` event."""
    item = {"type": "message", "channel": channel, "ts": ts}
    event = {"type": "reaction_added", "user": ASKER, "reaction": name, "item_user": "U0AUTHOR", "item": item}
    return {**event, "event_ts": new_ts(), **fields}


LINKED = "Look at <https://new.example.org/guide|a new guide>, and <https://new.example.org/other>"


def asked(slack: FakeSlack, channel: str = CHANNEL) -> list[dict[str, Any]]:
    """Return the questions that somebody was asked in private."""
    return [call.payload for call in slack.calls_of("chat.postEphemeral", channel=channel) if call.done and call.shown]


def test_an_emoji_asks_whoever_set_it_and_a_click_opens_the_form(caller: Caller, slack: FakeSlack) -> None:
    """Once for a message and a person; the form has the link; nothing is fetched from it, and no emoji is set."""
    ts = new_ts()
    slack.add_message(CHANNEL, ts, LINKED)
    for name in ("bookmark", "bookmark", "bookmark::skin-tone-3"):
        assert caller.event(reaction(CHANNEL, ts, name)).status == 200
    slack.wait_for(lambda: asked(slack))
    (question,) = asked(slack)
    assert question["user"] == ASKER
    assert "thread_ts" not in question
    suggest = button(question, "Suggest it")
    assert caller.interaction(click(slack, suggest)).status == 200
    (opened,) = slack.wait_for_call("views.open")
    shown = json.dumps(opened.payload["view"])
    assert "https://new.example.org/guide" in shown
    assert "a new guide" in shown
    assert caller.event(reaction(CHANNEL, ts, user="U0ANOTHER")).status == 200
    slack.wait_for(lambda: len(asked(slack)) == 2)
    time.sleep(0.3)
    assert len(asked(slack)) == 2
    assert not [call for call in slack.calls if call.method.startswith("reactions.")]


def test_an_emoji_on_a_reply_is_answered_in_its_thread(caller: Caller, slack: FakeSlack) -> None:
    """A reply is not in the channel's history, and its thread is where it is looked at."""
    root, ts = new_ts(), new_ts()
    slack.add_message(CHANNEL, root, "first")
    slack.add_message(CHANNEL, ts, LINKED, thread_ts=root)
    caller.event(reaction(CHANNEL, ts))
    slack.wait_for(lambda: asked(slack))
    assert asked(slack)[0]["thread_ts"] == root


def test_an_emoji_on_a_known_link_says_that_it_is_known(caller: Caller, slack: FakeSlack) -> None:
    """No form for what the catalogue has."""
    ts = new_ts()
    slack.add_message(CHANNEL, ts, f"see <{INTERNAL}>")
    caller.event(reaction(CHANNEL, ts))
    slack.wait_for(lambda: asked(slack))
    assert "already" in asked(slack)[0]["text"]
    assert "Suggest it" not in json.dumps(asked(slack)[0])


@pytest.mark.parametrize(
    "what", ["another emoji", "no link", "our own message", "a file", "a shared channel", "a stranger", "unreadable"]
)
def test_an_emoji_is_left_alone(caller: Caller, slack: FakeSlack, what: str) -> None:
    """Nobody asked the bot for anything."""
    ts, channel = new_ts(), f"C0{unique('Q')}"
    mine = {"user": BOT_USER, "bot_id": BOT_ID} if what == "our own message" else {}
    if what != "unreadable":
        slack.add_message(channel, ts, "no link here" if what == "no link" else LINKED, **mine)
    event = reaction(channel, ts, "thumbsup" if what == "another emoji" else "bookmark")
    if what == "a file":
        event["item"] = {"type": "file", "file": "F1"}
    envelopes: dict[str, dict[str, Any]] = {
        "a shared channel": {"is_ext_shared_channel": True},
        "a stranger": {"team_id": OTHER_TEAM},
    }
    assert caller.event(event, **envelopes.get(what, {})).status == 200
    time.sleep(0.3)
    assert not asked(slack, channel)


def test_without_the_setting_no_emoji_is_heard(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Off by default, also where the app is subscribed."""
    bot = make_bot()
    ts = new_ts()
    slack.add_message(CHANNEL, ts, LINKED)
    assert bot.caller().event(reaction(CHANNEL, ts)).status == 200
    bot.wait_idle()
    assert not slack.calls_of("conversations.history")
    bot.stop()


# Work Objects


def details(slack: FakeSlack, url: str, **fields: Any) -> dict[str, Any]:
    """Return an `entity_details_requested` event."""
    event = {
        "type": "entity_details_requested",
        "user": ASKER,
        "external_ref": {"id": url},
        "entity_url": url,
        "link": {"url": url, "domain": "example.org"},
        "trigger_id": slack.details_trigger(url),
        "user_locale": "en-US",
        "event_ts": new_ts(),
    }
    return {**event, **fields}


def presented(caller: Caller, slack: FakeSlack, event: dict[str, Any], **envelope: Any) -> dict[str, Any]:
    """Ask for a link's details and return what is shown."""
    count = len(slack.calls_of("entity.presentDetails"))
    assert caller.event(event, **envelope).status == 200
    call = slack.wait_for_call("entity.presentDetails", count + 1)[-1]
    assert call.done, call.error
    return call.payload


def test_a_result_shows_its_details(caller: Caller, slack: FakeSlack) -> None:
    """Description, health, and the questions that it answers; the reference is that of the search results."""
    caller.event(
        function_executed(
            slack, "search", {"query": "ingress certificates", "user_context": {"id": ASKER, "secret": "s"}}
        )
    )
    result = slack.calls_of("functions.completeSuccess")[-1].payload["outputs"]["search_results"][0]
    event = details(slack, result["link"], external_ref={**result["external_ref"], "type": "link"})
    shown = presented(caller, slack, event)["metadata"]
    assert shown["external_ref"] == event["external_ref"]
    fields = {field["key"]: field["value"] for field in shown["entity_payload"]["custom_fields"]}
    assert fields["description"] == "Rotate certificates"
    assert fields["health"] == "leads where it should"
    assert fields["section"] == "Ingress"
    assert fields["questions"] == [{"value": "how are certificates rotated?"}]


def test_a_link_is_known_by_its_address_where_slack_sends_no_reference(caller: Caller, slack: FakeSlack) -> None:
    """Some searches do not keep it."""
    event = details(slack, INTERNAL)
    del event["external_ref"]
    assert presented(caller, slack, event)["metadata"]["url"] == INTERNAL


@pytest.mark.parametrize("channel", ["", "C0SHARED"])
def test_details_of_an_internal_link_are_not_for_strangers(caller: Caller, slack: FakeSlack, channel: str) -> None:
    """Neither for another organisation's people nor in a channel that it reads; the same is said of unknown links."""
    slack.channels["C0SHARED"] = {"is_ext_shared": True}
    where = {"channel": channel, "message_ts": new_ts()} if channel else {}
    envelope = {"is_ext_shared_channel": None} if channel else {"team_id": OTHER_TEAM}
    for url, expected in ((INTERNAL, None), ("https://unknown.example.org/", None), (PUBLIC, PUBLIC)):
        shown = presented(caller, slack, details(slack, url, **where), **envelope)
        assert shown.get("metadata", {}).get("url") == expected
        assert expected or shown["error"] == {"status": "not_found"}


def shared(urls: list[str], **fields: Any) -> dict[str, Any]:
    """Return a `link_shared` event, whose addresses have entities: python-slack-events-api, issue 49."""
    event = {
        "type": "link_shared",
        "channel": CHANNEL,
        "is_bot_user_member": True,
        "user": ASKER,
        "message_ts": new_ts(),
        "unfurl_id": unique("C1.2.3."),
        "source": "conversations_history",
        "links": [{"domain": "example.org", "url": escape(url, quote=False)} for url in urls],
        "event_ts": new_ts(),
    }
    return {**event, **fields}


def test_a_posted_link_of_the_catalogue_gets_a_preview(caller: Caller, slack: FakeSlack) -> None:
    """Each with the address as Slack has it; links that the catalogue does not have get none."""
    written = f"{INTERNAL}?utm_source=x&utm_medium=y"
    slack.workspace.scopes |= {"links:read", "links:write"}
    slack.channels["C0SHARED"] = {"is_ext_shared": True}
    caller.event(shared(["https://unknown.example.org/"]))
    caller.event(shared([INTERNAL], channel="C0SHARED"), is_ext_shared_channel=True)
    caller.event(shared([INTERNAL, PUBLIC], channel="COMPOSER", source="composer"))
    (composed,) = slack.wait_for_call("chat.unfurl")
    assert [one["url"] for one in composed.payload["metadata"]["entities"]] == [PUBLIC]
    caller.event(shared([written, "https://unknown.example.org/", PUBLIC]))
    calls = slack.wait_for_call("chat.unfurl", 2)
    assert all(call.done for call in calls)
    assert [one["app_unfurl_url"] for one in calls[-1].payload["metadata"]["entities"]] == [
        escape(written),
        PUBLIC,
    ]


def test_no_code_sets_an_emoji() -> None:
    """An emoji of the bot's would tell everybody that it reads along."""
    source = "".join(path.read_text() for path in (Path(__file__).parents[2] / "bot").rglob("*.py"))
    assert "reactions.add" not in source
