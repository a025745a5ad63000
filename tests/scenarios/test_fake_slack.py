"""The fake Slack itself: what Slack refuses, it refuses; otherwise the scenarios would prove nothing."""

import copy
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

from tests.scenarios.support.fake_slack import (
    BOT_TOKEN,
    ENTERPRISE,
    FORM_ONLY,
    OTHER_TEAM,
    SISTER_TEAM,
    TEAM,
    FakeSlack,
    new_trigger,
)
from tests.scenarios.support.limits import violations_of_message, violations_of_search, violations_of_view
from tests.scenarios.support.requests import event_envelope, mention
from tests.scenarios.support.workspace import CALLS_A_MINUTE

TEXT = {"type": "plain_text", "text": "x"}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "a <https://example.org/|link> &amp; more"}}
GOOD = {
    "channel": "C1",
    "text": "A sentence with <https://example.org/|a link>",
    "unfurl_links": False,
    "unfurl_media": False,
    "blocks": [
        {"type": "header", "text": TEXT},
        SECTION,
        {"type": "divider"},
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_section",
                    "elements": [{"type": "link", "url": "https://example.org/", "text": "x"}],
                }
            ],
        },
        {"type": "actions", "elements": [{"type": "button", "text": TEXT, "action_id": "a", "value": "v"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "v1"}]},
    ],
}


ENTITY = {
    "entity_type": "slack#/entities/item",
    "url": "https://example.org/1",
    "external_ref": {"id": "1"},
    "entity_payload": {"attributes": {"title": {"text": "x"}}},
}


def with_blocks(*blocks: dict[str, Any]) -> dict[str, Any]:
    """Return the good message with other blocks."""
    return {**GOOD, "blocks": list(blocks)}


def button(**fields: Any) -> dict[str, Any]:
    """Return a message with one button."""
    return with_blocks({"type": "actions", "elements": [{"type": "button", "text": TEXT, "action_id": "a", **fields}]})


OPTION = {"text": TEXT, "value": "v"}


def menu(**fields: Any) -> dict[str, Any]:
    """Return a message with one menu."""
    return with_blocks({"type": "actions", "elements": [{"type": "static_select", "action_id": "a", **fields}]})


FEEDBACK = {
    "type": "context_actions",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "f",
            "positive_button": {"text": TEXT, "value": "v"},
            "negative_button": {"text": TEXT, "value": "w"},
        }
    ],
}


def typed(**fields: Any) -> dict[str, Any]:
    """Return a box to type into."""
    return {"type": "input", "label": TEXT, "element": {"type": "plain_text_input", "action_id": "a", **fields}}


def section(text: str) -> dict[str, Any]:
    """Return a message with one section."""
    return with_blocks({"type": "section", "text": {"type": "mrkdwn", "text": text}})


def rich(*leaves: dict[str, Any]) -> dict[str, Any]:
    """Return a message with one line of rich text."""
    return with_blocks({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(leaves)}]})


def test_a_good_message_passes() -> None:
    """And leaves no word."""
    assert violations_of_message(GOOD, method="chat.postMessage") == []
    assert violations_of_message(menu(options=[OPTION], initial_option=OPTION), method="chat.postMessage") == []
    assert violations_of_message(with_blocks(FEEDBACK), method="chat.postMessage") == []


@pytest.mark.parametrize(
    "bad",
    [
        {**GOOD, "text": ""},
        {name: value for name, value in GOOD.items() if name != "text"},
        {**GOOD, "text": "x" * 8_001},
        {**GOOD, "unfurl_links": True},
        {name: value for name, value in GOOD.items() if name != "unfurl_media"},
        {**GOOD, "thread_ts": 1.5},
        {**GOOD, "surprise": 1},
        {**GOOD, "text": "hello <!channel>"},
        {**GOOD, "text": "a & b"},
        {**GOOD, "text": "a < b"},
        {**GOOD, "text": "A sentence without the link"},
        {**GOOD, "link_names": True},
        with_blocks(),
        with_blocks(*[{"type": "divider"}] * 51),
        with_blocks({"type": "no_such_block"}),
        with_blocks({"type": "divider", "surprise": 1}),
        with_blocks({"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}),
        with_blocks({"type": "divider", "block_id": "a" * 256}),
        with_blocks({"type": "section"}),
        with_blocks({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}),
        with_blocks({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}),
        with_blocks({"type": "context", "elements": [TEXT] * 11}),
        with_blocks({"type": "context", "elements": []}),
        with_blocks({"type": "actions", "elements": []}),
        menu(options=[OPTION, OPTION]),
        menu(options=[OPTION], option_groups=[{"label": TEXT, "options": [{**OPTION, "value": "w"}]}]),
        menu(options=[{**OPTION, "value": str(number)} for number in range(101)]),
        menu(options=[OPTION], initial_option={**OPTION, "value": "w"}),
        with_blocks(
            {"type": "actions", "elements": [{"type": "button", "text": TEXT, "action_id": str(n)} for n in range(26)]}
        ),
        with_blocks({"type": "actions", "elements": [{"type": "button", "text": TEXT, "action_id": "a"}] * 2}),
        with_blocks({"type": "actions", "elements": [{"type": "plain_text_input", "action_id": "a"}]}),
        with_blocks({"type": "markdown", "text": "x" * 12_001}),
        with_blocks(*[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_900}}] * 3),
        section("x" * 3_001),
        section(""),
        section("<https://example.org|a|<b>"),
        section("<@everyone>"),
        section("<!subteam^S1>"),
        section("<javascript:alert(1)|x>"),
        section("half \ud83d"),
        button(text={"type": "plain_text", "text": "x" * 76}),
        button(url="javascript:alert(1)"),
        button(url="https://example.org/a b"),
        button(url="https://example.org/" + "x" * 3_000),
        button(value="x" * 2_001),
        button(action_id="x" * 256),
        button(action_id=""),
        button(style="rainbow"),
        button(surprise=True),
        rich({"type": "broadcast", "range": "channel"}),
        rich({"type": "usergroup", "usergroup_id": "S1"}),
        rich({"type": "text", "text": ""}),
        rich({"type": "link", "url": "ftp://example.org"}),
        rich({"type": "text", "text": "x", "style": {"blink": True}}),
        rich({"type": "text", "text": "x", "surprise": 1}),
    ],
    ids=lambda bad: json.dumps(bad.get("blocks", bad), default=str)[:50] + str(len(json.dumps(bad))),
)
def test_what_slack_refuses_is_a_violation(bad: dict[str, Any]) -> None:
    """One rule each."""
    assert violations_of_message(bad, method="chat.postMessage")


MODAL: dict[str, Any] = {
    "type": "modal",
    "title": TEXT,
    "submit": TEXT,
    "blocks": [{"type": "input", "label": TEXT, "element": {"type": "plain_text_input", "action_id": "a"}}],
}


def test_a_good_view_passes() -> None:
    """A modal with an input, and a Home tab."""
    assert violations_of_view(MODAL) == []
    assert violations_of_view({**MODAL, "blocks": [typed(max_length=3, initial_value="two")]}) == []
    assert violations_of_view({"type": "home", "blocks": [SECTION]}) == []


@pytest.mark.parametrize(
    "change",
    [
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"title": None},
        {"private_metadata": "x" * 3_001},
        {"callback_id": "x" * 256},
        {"blocks": []},
        {"blocks": [SECTION] * 101},
        {"surprise": 1},
        {"blocks": [{"type": "markdown", "text": "x"}]},
        {"blocks": [FEEDBACK]},
        {"blocks": [typed(max_length=3, initial_value="four")]},
        {"blocks": [typed(max_length=3_001)]},
        {"type": "window"},
        {"submit": {"type": "plain_text", "text": ""}},
    ],
    ids=str,
)
def test_what_slack_refuses_in_a_view_is_a_violation(change: dict[str, Any]) -> None:
    """One rule each."""
    assert violations_of_view({**copy.deepcopy(MODAL), **change})


RESULT = {
    "external_ref": {"id": "1"},
    "title": "x",
    "description": "x",
    "link": "https://example.org/",
    "date_updated": "2026-01-02",
}


def test_good_search_results_pass() -> None:
    """None, one, and as many as Slack takes."""
    for count in (0, 1, 50):
        assert violations_of_search({"search_results": [RESULT] * count}) == []


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        {},
        [RESULT],
        {"search_result": [RESULT]},
        {"search_results": [RESULT], "search_result": [RESULT]},
        {"search_results": RESULT},
        {"search_results": [RESULT] * 51},
        {"search_results": [{**RESULT, "external_ref": "1"}]},
        {"search_results": [{**RESULT, "date_updated": "2 January"}]},
        {"search_results": [{**RESULT, "link": "javascript:alert(1)"}]},
        {"search_results": [{**RESULT, "description": ""}]},
        {"search_results": [{**RESULT, "surprise": 1}]},
    ],
    ids=lambda outputs: str(outputs)[:60],
)
def test_search_results_that_slack_does_not_read_are_a_violation(outputs: Any) -> None:
    """Above all, those of another name."""
    assert violations_of_search(outputs)


def call(slack: FakeSlack, method: str, payload: Any, *, token: str = BOT_TOKEN) -> tuple[int, Any]:
    """Call a method as the bot would."""
    form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in payload.items()}
    body, kind = (
        (urllib.parse.urlencode(form), "application/x-www-form-urlencoded")
        if method in FORM_ONLY
        else (json.dumps(payload), "application/json")
    )
    headers = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(slack.api_url + method, body.encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Retry-After")


@pytest.fixture(autouse=True)
def _invited(slack: FakeSlack) -> None:
    """Let the app into two channels."""
    slack.channels.update({"C1": {"is_member": True}, "C2": {"is_member": True}, "D1": {"is_member": True}})


def test_a_function_is_ended_once_with_its_own_token(slack: FakeSlack) -> None:
    """Neither the bot's token nor a second time will do."""
    execution_id, token = slack.execution()
    done = {"function_execution_id": execution_id, "outputs": {"search_results": [RESULT]}}
    assert call(slack, "functions.completeSuccess", done)[1]["error"] == "invalid_auth"
    assert call(slack, "functions.completeSuccess", done, token=token)[1]["ok"]
    assert call(slack, "functions.completeError", {**done, "error": "x"}, token=token)[1]["error"] == "invalid_auth"


def test_the_fake_shows_nobody_a_private_message_in_a_thread_without_replies(slack: FakeSlack) -> None:
    """Slack takes it, and it is seen only once somebody has replied."""
    slack.add_message("C1", "1700000000.000001", "a root")
    private = {**GOOD, "user": "U1", "thread_ts": "1700000000.000001"}
    assert call(slack, "chat.postEphemeral", private)[1]["ok"]
    assert slack.posts("C1") == []
    slack.add_message("C1", "1700000000.000002", "a reply", thread_ts="1700000000.000001")
    assert call(slack, "chat.postEphemeral", private)[1]["ok"]
    assert call(slack, "chat.postEphemeral", {**GOOD, "user": "U1"})[1]["ok"]
    assert len(slack.posts("C1")) == 2


def test_the_fake_gives_the_oldest_replies_first(slack: FakeSlack) -> None:
    """Between two times, both left out, and on by a cursor; the thread's first message comes with all but a cursor's."""
    root, *replies = [f"1700000000.00000{number}" for number in range(6)]
    for ts in (*reversed(replies), root):
        slack.add_message("C1", ts, "x", thread_ts=root)

    def read(**arguments: Any) -> tuple[list[str], bool, str]:
        answer = call(slack, "conversations.replies", {"channel": "C1", "ts": root, **arguments})[1]
        cursor = answer.get("response_metadata", {}).get("next_cursor", "")
        return [message["ts"] for message in answer["messages"]], answer["has_more"], cursor

    assert read() == ([root, *replies], False, "")
    first, more, cursor = read(limit=2)
    assert (first, more) == ([root, replies[0]], True)
    assert read(limit=2, cursor=cursor)[:2] == (replies[1:3], True)
    assert read(oldest=replies[1], latest=replies[4])[0] == [root, *replies[2:4]]
    assert read(oldest=replies[1], latest=replies[4], inclusive=True)[0] == [root, *replies[1:]]
    with slack.collecting_violations() as violations:
        assert not call(slack, "conversations.replies", {"channel": "C1", "ts": root, "limit": 1_000})[1]["ok"]
        assert violations


def test_the_fake_answers_and_records(slack: FakeSlack) -> None:
    """A message is taken, seen in its thread, and an invalid one is refused and remembered."""
    assert call(slack, "auth.test", {})[1]["user_id"] == "U0SIGNPOST"
    posted = call(slack, "chat.postMessage", GOOD)[1]
    assert posted["ok"]
    found = call(slack, "conversations.replies", {"channel": "C1", "ts": posted["ts"]})[1]
    assert found["messages"][0]["text"] == GOOD["text"]
    with slack.collecting_violations() as violations:
        assert call(slack, "chat.postMessage", with_blocks())[1]["error"] == "invalid_blocks"
        assert violations
    assert [one.error for one in slack.calls_of("chat.postMessage")] == ["", "invalid_blocks"]


def test_the_fake_misbehaves_as_told(slack: FakeSlack) -> None:
    """So many times, for a method and a channel."""
    slack.fail("chat.postMessage", channel="C1", status=429, headers={"Retry-After": "7"})
    assert call(slack, "chat.postMessage", {**GOOD, "channel": "C2"})[1]["ok"]
    assert call(slack, "chat.postMessage", GOOD) == (429, "7")
    assert call(slack, "chat.postMessage", GOOD)[1]["ok"]
    slack.fail("chat.postMessage", error="is_archived")
    assert call(slack, "chat.postMessage", GOOD)[1] == {"ok": False, "error": "is_archived"}
    slack.fail("chat.postMessage", reset=True, done=True)
    with pytest.raises(OSError, match=r"reset|closed|aborted"):
        call(slack, "chat.postMessage", GOOD)
    assert len(slack.posts()) == 3


def test_a_response_url_has_five_uses(slack: FakeSlack) -> None:
    """Then 404."""
    url = slack.response_url()
    body = json.dumps({"text": "x"}).encode()
    for _ in range(5):
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as response:
            assert response.status == 200
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}), timeout=5)
    assert caught.value.code == 404
    caught.value.close()


def respond(url: str, **payload: Any) -> None:
    """Send a message to a response URL."""
    body = json.dumps({"unfurl_links": False, "unfurl_media": False, **payload}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 200


def test_what_a_response_url_shows_to_everybody_is_in_the_conversation(slack: FakeSlack) -> None:
    """Also when its answer is lost; what one person sees is not, and in a thread without replies nobody sees it."""
    root = "1700000000.000001"
    slack.add_message("C1", root, "a root")
    url = slack.response_url(channel="C1")

    def texts() -> list[str]:
        return [one["text"] for one in call(slack, "conversations.history", {"channel": "C1"})[1]["messages"]]

    respond(url, text="for all", response_type="in_channel")
    respond(url, text="for one")
    assert texts() == ["for all", "a root"]
    respond(url, text="nobody sees it", thread_ts=root)
    assert [post["text"] for post in slack.posts()] == ["for all", "for one"]
    slack.fail("response_url", reset=True, done=True)
    with pytest.raises(OSError, match=r"reset|closed|aborted"):
        respond(url, text="lost", response_type="in_channel")
    assert texts() == ["lost", "for all", "a root"]
    clicked = call(slack, "chat.postMessage", GOOD)[1]["ts"]
    respond(slack.response_url(channel="C1", message_ts=clicked), text="changed", replace_original=True)
    assert texts()[0] == "changed"


def test_a_method_may_be_called_so_often_a_minute(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its tier; another method has calls of its own."""
    monkeypatch.setitem(CALLS_A_MINUTE, "users.info", 3)
    slack.users["U1"] = {"team_id": TEAM}
    assert [refused(slack, "users.info", user="U1") for _ in range(3)] == ["", "", ""]
    status, wait_s = call(slack, "users.info", {"user": "U1"})
    assert (status, 50 <= int(wait_s) <= 60) == (429, True)
    assert not refused(slack, "conversations.info", channel="C1")
    slack._called_at["users.info"][0] -= 60
    assert not refused(slack, "users.info", user="U1")


def test_previews_want_their_scope_and_a_link_of_the_message(slack: FakeSlack) -> None:
    """As it was written there; by either of the pairs that name the message."""
    link = "https://example.org/1"
    event = {"type": "link_shared", "channel": "C1", "message_ts": "1.2", "unfurl_id": "u1", "source": "composer"}
    slack.workspace.observe({"event": {**event, "links": [{"url": link}]}})

    def preview(url: str, **where: str) -> str:
        metadata = {"entities": [{**ENTITY, "app_unfurl_url": url}]}
        return refused(slack, "chat.unfurl", metadata=metadata, **where)

    assert preview(link, channel="C1", ts="1.2") == "missing_scope"
    slack.workspace.scopes |= {"links:write"}
    assert [preview(link, channel="C1", ts="1.2"), preview(link, unfurl_id="u1", source="composer")] == ["", ""]
    assert preview(f"{link}/", channel="C1", ts="1.2") == "cannot_unfurl_url"
    assert preview(link, channel="C1", ts="1.3") == "cannot_find_message"
    assert preview(link, channel="C1") == "missing_unfurl_id"


def refused(slack: FakeSlack, method: str, **payload: Any) -> str:
    """Return the code with which a call is refused; empty when it is done."""
    answer = call(slack, method, payload)[1]
    return "" if answer["ok"] else str(answer["error"])


def test_methods_that_read_see_no_argument_in_json(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """They answer as if there were none."""
    slack.users["U1"] = {"team_id": TEAM}
    assert not refused(slack, "users.info", user="U1")
    monkeypatch.setattr(f"{__name__}.FORM_ONLY", ())
    with slack.collecting_violations() as found:
        assert refused(slack, "users.info", user="U1") == "user_not_found"
        assert refused(slack, "conversations.info", channel="C1") == "channel_not_found"
        assert len(found) == 2


def test_methods_want_their_scopes(slack: FakeSlack) -> None:
    """Those of the manifest are there, for each kind of conversation; others are missing."""
    slack.channels.update({"G1": {"is_member": True, "is_private": True}, "G2": {"is_member": True, "is_mpim": True}})
    for channel in ("C1", "G1", "G2", "D1"):
        slack.add_message(channel, "1700000000.000001", "x")
        assert not refused(slack, "conversations.replies", channel=channel, ts="1700000000.000001")
    assert [refused(slack, "conversations.info", channel=one) for one in ("C1", "G1", "G2")] == ["", "", ""]
    assert refused(slack, "conversations.info", channel="D1") == "missing_scope"
    assert refused(slack, "conversations.open", users="U1") == "missing_scope"
    slack.workspace.scopes -= {"mpim:history", "chat:write"}
    assert refused(slack, "conversations.replies", channel="G2", ts="1700000000.000001") == "missing_scope"
    assert refused(slack, "chat.postMessage", **GOOD) == "missing_scope"


def test_an_app_reads_and_writes_where_it_is(slack: FakeSlack) -> None:
    """Public channels where it is not are told of, others are not found."""
    slack.channels.update({"C3": {}, "G3": {"is_private": True}, "C4": {"is_member": True, "is_archived": True}})
    codes = {
        channel: refused(slack, "chat.postMessage", **{**GOOD, "channel": channel})
        for channel in ("C3", "G3", "C4", "C9")
    }
    assert codes == {"C3": "not_in_channel", "G3": "channel_not_found", "C4": "is_archived", "C9": "channel_not_found"}
    assert refused(slack, "conversations.replies", channel="C3", ts="1.0") == "not_in_channel"
    assert refused(slack, "conversations.info", channel="G3") == "channel_not_found"
    assert not refused(slack, "conversations.info", channel="C3")
    slack.channels["C1"]["members"] = ["U1"]
    assert refused(slack, "chat.postEphemeral", **GOOD, user="U2") == "user_not_in_channel"
    assert not refused(slack, "chat.postEphemeral", **GOOD, user="U1")
    assert refused(slack, "chat.postMessage", **{**GOOD, "channel": "U9"}) == "channel_not_found"
    slack.users["U1"] = {"team_id": TEAM}
    assert call(slack, "chat.postMessage", {**GOOD, "channel": "U1"})[1]["channel"] == "D1"


def test_a_trigger_opens_one_form_in_time(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """And an unknown one none."""
    trigger, late = new_trigger(), new_trigger()
    assert not refused(slack, "views.open", trigger_id=trigger, view=MODAL)
    assert refused(slack, "views.open", trigger_id=trigger, view=MODAL) == "exchanged_trigger_id"
    assert refused(slack, "views.open", trigger_id="1.2.x", view=MODAL) == "invalid_trigger_id"
    monkeypatch.setattr("tests.scenarios.support.workspace.TRIGGER_LIFE_S", -1.0)
    assert refused(slack, "views.open", trigger_id=late, view=MODAL) == "expired_trigger_id"


def test_only_the_apps_own_messages_are_edited(slack: FakeSlack) -> None:
    """With a text of 4,000 characters at most."""
    posted = call(slack, "chat.postMessage", GOOD)[1]
    slack.add_message("C1", "1700000000.000001", "a person's")
    assert not refused(slack, "chat.update", **{**GOOD, "ts": posted["ts"]})
    assert refused(slack, "chat.update", **{**GOOD, "ts": "1700000000.000001"}) == "cant_update_message"
    assert refused(slack, "chat.update", **{**GOOD, "ts": "1700000000.000009"}) == "message_not_found"
    long = {**GOOD, "ts": posted["ts"], "text": f"{GOOD['text']}{'x' * 4_000}"}
    assert refused(slack, "chat.update", **long) == "msg_too_long"


def test_a_channels_history_is_read_from_its_end(slack: FakeSlack) -> None:
    """Page by page, without replies."""
    times = [f"1700000000.00000{number}" for number in range(5)]
    for ts in times:
        slack.add_message("C1", ts, "x")
    slack.add_message("C1", "1700000000.000009", "a reply", thread_ts=times[0])
    first = call(slack, "conversations.history", {"channel": "C1", "limit": 2, "oldest": times[0]})[1]
    assert [one["ts"] for one in first["messages"]] == [times[4], times[3]]
    cursor = first["response_metadata"]["next_cursor"]
    arguments = {"channel": "C1", "limit": 2, "oldest": times[0], "cursor": cursor}
    second = call(slack, "conversations.history", arguments)[1]
    assert ([one["ts"] for one in second["messages"]], second["has_more"]) == ([times[2], times[1]], False)
    assert refused(slack, "conversations.history", channel="C1", cursor="next_ts:9") == "invalid_cursor"


def test_slack_knows_who_is_of_which_organisation(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whatever it delivered."""
    assert refused(slack, "users.info", user="U1") == "user_not_found"
    for user, team in (("U1", TEAM), ("U2", SISTER_TEAM), ("U3", OTHER_TEAM)):
        slack.workspace.observe(
            event_envelope(mention("x", user=user, team=team, channel="C7"), is_ext_shared_channel=True)
        )
    monkeypatch.setitem(slack.workspace.installation, "enterprise_id", ENTERPRISE)
    people = [call(slack, "users.info", {"user": user})[1]["user"] for user in ("U1", "U2", "U3")]
    assert [one.get("enterprise_user", {}).get("enterprise_id") for one in people] == [ENTERPRISE, ENTERPRISE, None]
    assert people[2]["is_stranger"]
    assert call(slack, "conversations.info", {"channel": "C7"})[1]["channel"]["is_ext_shared"]


def test_a_channel_takes_a_message_a_second(slack: FakeSlack) -> None:
    """Where a test wants that; another one takes its own."""
    slack.pace_s = 1.0
    assert call(slack, "chat.postMessage", GOOD)[1]["ok"]
    assert call(slack, "chat.postMessage", GOOD) == (429, "1")
    assert call(slack, "chat.postMessage", {**GOOD, "channel": "C2"})[1]["ok"]
