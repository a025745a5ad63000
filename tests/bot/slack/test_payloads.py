"""What Slack sends becomes values, whatever it is made of."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.link_events import DetailsRequested
from bot.slack.payloads import Command, Draft, FunctionCall, HomeOpened, Interaction, MendedLink, Selected, Spoken
from bot.slack.untrusted import int_of, json_of
from tests.bot.tiny import IDENTITY

KEYS = st.sampled_from(
    [
        "event",
        "user",
        "team",
        "channel",
        "actions",
        "view",
        "state",
        "values",
        "message",
        "container",
        "id",
        "text",
        "type",
        "attachments",
        "blocks",
        "inputs",
        "function",
        "suggestion_url",
        "private_metadata",
        "selected_option",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, JSON, max_size=8))
def test_no_payload_is_too_odd_to_be_read(body: dict[str, Any]) -> None:
    """Missing fields and wrong types are empty."""
    for value in (Command, FunctionCall, HomeOpened, Interaction, MendedLink, Selected, Spoken, Draft):
        value.of(body)


def test_a_chosen_message_says_what_it_shows() -> None:
    """A forwarded one, with the word that was put to it; an alert by its attachment; buttons say nothing."""
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "a &amp; b"}},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Acknowledge"}}]},
    ]
    alert = {"text": "", "attachments": [{"fallback": "c", "title": "t", "text": "c", "fields": [{"value": "d"}]}]}
    forward = {"text": "look", "attachments": [{"is_share": True, "message_blocks": [{"message": {"blocks": blocks}}]}]}
    for message, text in (({"blocks": blocks}, "a & b"), (alert, "t c d"), (forward, "a & b look")):
        assert Selected.of({"message": message}).text(IDENTITY) == text


@pytest.mark.parametrize("author", [{"user": "UBOT"}, {"bot_id": "BBOT"}, {"user": "UBOT", "bot_id": "BBOT"}])
def test_what_the_bot_wrote_itself_is_no_question(author: dict[str, str]) -> None:
    """By its ids, chosen as well as forwarded; another bot's message is a question."""
    forward = {"is_share": True, "author_id": "UBOT", "text": "our answer"}
    assert Selected.of({"message": {**author, "text": "our answer"}}).text(IDENTITY) == ""
    assert Selected.of({"message": {"user": "U1", "text": "look", "attachments": [forward]}}).text(IDENTITY) == "look"
    assert Selected.of({"message": {"bot_id": "BALERTS", "text": "linkbot: dns is slow"}}).text(IDENTITY)


def spoken(**event: Any) -> Spoken:
    """Return a message."""
    whole = {"type": "message", "channel": "C0", "user": "U0ASKER", "text": "x", "ts": "1.1", **event}
    return Spoken.of({"event": whole, "event_id": "Ev1", "team_id": "TOURS"})


@pytest.mark.parametrize(
    "event",
    [{}, {"subtype": "file_share"}, {"subtype": "thread_broadcast", "thread_ts": "1.0"}],
    ids=["plain", "with a file", "broadcast"],
)
def test_what_people_say_is_for_the_bot(event: dict[str, Any]) -> None:
    """Also with a file, and also sent to the channel from a thread."""
    assert spoken(**event).is_for(IDENTITY)


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "B1"},
        {"bot_profile": {"id": "B1"}},
        {"user": "USLACKBOT"},
        {"user": "UBOT"},
        {"user": ""},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"subtype": "bot_message"},
        {"ts": ""},
        {"channel": None},
    ],
)
def test_what_nobody_said_now_is_not(event: dict[str, Any]) -> None:
    """Bots, and Slack's own words."""
    assert not spoken(**event).is_for(IDENTITY)


@pytest.mark.parametrize(
    ("edited", "after_s"),
    [({}, None), ({"edited": {"ts": "61.1"}}, 60.0), ({"edited": {}}, math.inf), ({"edited": None}, math.inf)],
)
def test_an_edit_is_known_by_when_it_was(edited: dict[str, Any], after_s: float | None) -> None:
    """Where Slack does not say when, it was long ago."""
    assert spoken(**edited).edited_after_s == after_s


@pytest.mark.parametrize(
    ("text", "mentions", "words", "quoted"),
    [
        ("<@UBOT> dns", True, "dns", ()),
        ("&gt; <@UBOT> dns", False, "", ("dns",)),
        ("&gt;<@UBOT> dns\nsee above", False, "see above", ("dns",)),
        ("&gt; is <@U2> there?\n<@UBOT> who knows?", True, "who knows?", ("is there?",)),
        ("<@UBOT> who knows?\n&gt; a\n&gt; b", True, "who knows?", ("a b",)),
        ("&gt;&gt;&gt;a\nb <@UBOT>", False, "", ("a b",)),
        ("<@UBOT> is a &gt; b?", True, "is a > b?", ()),
        ("<@UBOT> -&gt; what", True, "-> what", ()),
    ],
)
def test_a_quote_is_not_what_its_author_says(text: str, mentions: bool, words: str, quoted: tuple[str, ...]) -> None:  # noqa: FBT001
    """A mention in it is none; it is what the message is about."""
    found = spoken(
        text=text, blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "a & b"}}] if words else []
    )
    assert found.mentions(IDENTITY) is mentions
    assert found.quotes_mention(IDENTITY) is (not mentions)
    assert found.said.words(drop_user="UBOT") == words
    assert tuple(one.replace("<@UBOT>", "").strip() for one in found.said.passed_on()) == quoted


def test_a_mention_of_somebody_whose_id_begins_alike_is_none() -> None:
    """The bot is meant with or without its name."""
    for text, meant in (("<@UBOT> x", True), ("<@UBOT|signpost> x", True), ("<@UBOT2> x", False), ("UBOT x", False)):
        assert spoken(text=text).mentions(IDENTITY) is meant


@pytest.mark.parametrize(
    ("option", "section"),
    [
        ({"text": {"type": "plain_text", "text": "CNI &gt; R&amp;D"}, "value": "1"}, "CNI > R&D"),
        ({"text": {"type": "plain_text", "text": "CNI > R&D"}, "value": "1"}, "CNI > R&D"),
        ({"text": {"type": "plain_text", "text": "No section"}, "value": "none"}, ""),
        (None, ""),
    ],
    ids=str,
)
def test_a_chosen_section_is_read_as_its_option_shows_it(option: Any, section: str) -> None:
    """Slack sends the texts of blocks back with entities."""
    menus = {"suggestion_section": {"selected_option": option}, "mending_section": {"selected_option": option}}
    body = {"view": {"state": {"values": {name: {name: menu} for name, menu in menus.items()}}}}
    assert Draft.of(body).section == section
    assert MendedLink.of(body).section == section


@pytest.mark.parametrize(
    ("where", "thread_ts"),
    [
        ({"container": {"message_ts": "2.0", "thread_ts": "1.0"}}, "1.0"),
        ({"container": {"message_ts": "1.0", "thread_ts": "1.0"}}, ""),
        ({"message": {"ts": "2.0", "thread_ts": "1.0"}}, "1.0"),
        ({"message": {"ts": "1.0", "thread_ts": "1.0"}}, ""),
        ({"message": {"ts": "1.0"}}, ""),
    ],
    ids=str,
)
def test_what_is_done_to_a_threads_first_message_is_not_in_the_thread(where: dict[str, Any], thread_ts: str) -> None:
    """Whoever does it in the channel need not have the thread open, and would not see a private answer there."""
    assert Interaction.of(where).thread_ts == thread_ts


def test_a_link_whose_details_are_wanted_is_known_with_and_without_entities() -> None:
    """The reference first, as the bot gave it; it is repeated as it came."""
    event = {"external_ref": {"id": "https://a.example/?a=1&b=2"}, "link": {"url": "https://a.example/?b=2&amp;a=1"}}
    wanted = DetailsRequested.of({"event": event})
    assert wanted.urls == (
        "https://a.example/?a=1&b=2",
        "https://a.example/?b=2&amp;a=1",
        "https://a.example/?b=2&a=1",
    )
    assert wanted.reference == event["external_ref"]


def test_a_form_that_is_sent_again_has_the_same_key() -> None:
    """With another trigger; not another form, nor one that was changed before. A click in a view has only the trigger."""

    def sent(trigger: str, view: str, title: str) -> set[str]:
        state = {"values": {"title": {"title": {"type": "plain_text_input", "value": title}}}}
        body = {"type": "view_submission", "trigger_id": trigger, "view": {"id": view, "state": state}}
        return set(Interaction.of(body).keys)

    first = sent("1.a", "V1", "Mesh")
    assert len(first & sent("1.b", "V1", "Mesh")) == 1
    assert not first & sent("1.b", "V1", "Meshes")
    assert not first & sent("1.b", "V2", "Mesh")
    assert Interaction.of({"type": "block_actions", "trigger_id": "1.a", "view": {"id": "V1"}}).keys == ("trigger:1.a",)


def test_a_mention_and_its_twin_share_a_key() -> None:
    """So do Slack's retries of either."""
    mention = spoken(type="app_mention")
    twin = Spoken.of(
        {"event": {"channel": "C0", "ts": "1.1", "user": "U0ASKER"}, "event_id": "Ev2", "team_id": "TOURS"}
    )
    assert set(mention.keys) & set(twin.keys)
    assert set(mention.keys) != set(twin.keys)


def test_a_selected_message_gives_its_links_with_titles() -> None:
    """A preview's title wins over the label that the author gave."""
    selected = Selected.of(
        {
            "message": {
                "text": "see <https://a.example/|this> and <https://b.example/?x=1&amp;y=2>",
                "attachments": [{"from_url": "https://b.example/?x=1&amp;y=2", "title": "The b page"}],
            }
        }
    )
    assert selected.links == (("https://a.example/", "this"), ("https://b.example/?x=1&y=2", "The b page"))
    assert selected.text(IDENTITY) == "see this and https://b.example/?x=1&y=2"


@pytest.mark.parametrize("value", ["", "{", "[]", "null", "3", "[" * 10_000])
def test_a_value_that_is_no_object_is_empty(value: str) -> None:
    """Buttons can be forged."""
    assert json_of(value) == {}


@pytest.mark.parametrize(("value", "count"), [(5, 5), (-5, 0), (10**9, 100), (True, 0), ("5", 0), (None, 0), (1.5, 0)])
def test_a_count_is_within_its_bounds(value: object, count: int) -> None:
    """Whatever came back."""
    assert int_of(value, at_most=100) == count
