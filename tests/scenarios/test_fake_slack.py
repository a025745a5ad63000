"""The fake Slack itself: what Slack refuses, it refuses; otherwise the scenarios would prove nothing."""

import copy
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.scenarios.support.fake_slack import BOT_TOKEN, FakeSlack
from tests.scenarios.support.limits import violations_of_message, violations_of_search, violations_of_view

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


def with_blocks(*blocks: dict[str, Any]) -> dict[str, Any]:
    """Return the good message with other blocks."""
    return {**GOOD, "blocks": list(blocks)}


def button(**fields: Any) -> dict[str, Any]:
    """Return a message with one button."""
    return with_blocks({"type": "actions", "elements": [{"type": "button", "text": TEXT, "action_id": "a", **fields}]})


def section(text: str) -> dict[str, Any]:
    """Return a message with one section."""
    return with_blocks({"type": "section", "text": {"type": "mrkdwn", "text": text}})


def rich(*leaves: dict[str, Any]) -> dict[str, Any]:
    """Return a message with one line of rich text."""
    return with_blocks({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(leaves)}]})


def test_a_good_message_passes() -> None:
    """And leaves no word."""
    assert violations_of_message(GOOD, method="chat.postMessage") == []


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
        with_blocks({"type": "context", "elements": [TEXT] * 11}, {"type": "actions", "elements": []}),
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


def call(slack: FakeSlack, method: str, payload: Any, *, token: str = BOT_TOKEN) -> tuple[int, Any]:
    """Call a method as the bot would."""
    request = urllib.request.Request(
        slack.api_url + method,
        json.dumps(payload).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Retry-After")


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
