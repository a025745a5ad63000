"""Suggesting a link, deciding about it, and who may not: the shortcuts, the form, case 40's forged actions."""

import json
import sqlite3
from typing import Any

import pytest

from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import BOT_ID, BOT_USER, OTHER_TEAM, TEAM, FakeSlack, new_trigger, new_ts
from tests.scenarios.support.requests import (
    ASKER,
    CHANNEL,
    Caller,
    Reply,
    button,
    click,
    shortcut,
    submission,
    urls_shown,
)

CURATOR, OTHER_CURATOR = "U0CURATOR1", "U0CURATOR2"
CURATORS = "C0CURATORS"
SETTINGS = {"CURATORS": f"{CURATOR}, {OTHER_CURATOR}", "CURATORS_CHANNEL": CURATORS}
URL = "https://example.net/new?a=1&b=2"
MESSAGE = f"this helped me: <{URL.replace('&', '&amp;')}|a fine page on meshes> yesterday"


def inputs(view: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a form's input blocks."""
    return [block for block in view["blocks"] if block["type"] == "input"]


def field(view: dict[str, Any], words: str) -> dict[str, Any]:
    """Return the input whose label holds one of the words."""
    for block in inputs(view):
        if any(word in block["label"]["text"].casefold() for word in words.split()):
            return block
    raise AssertionError(f"no input for {words!r}: {[block['label']['text'] for block in inputs(view)]}")


def filled(view: dict[str, Any], **values: str) -> dict[str, dict[str, Any]]:
    """Return the form's state as Slack sends it: what it was opened with, and `values` by words of the label."""
    state: dict[str, dict[str, Any]] = {}
    for block in inputs(view):
        element = block["element"]
        if element["type"] == "static_select":
            content = {"type": "static_select", "selected_option": element.get("initial_option")}
        else:
            content = {"type": element["type"], "value": element.get("initial_value")}
        state[block["block_id"]] = {element["action_id"]: content}
    for words, value in values.items():
        block = field(view, words)
        state[block["block_id"]][block["element"]["action_id"]]["value"] = value
    return state


def open_form(caller: Caller, slack: FakeSlack, text: str = MESSAGE) -> dict[str, Any]:
    """Use the shortcut on a message and return the form that opens."""
    count = len(slack.calls_of("views.open"))
    assert caller.interaction(shortcut(slack, "suggest_link", text)).status == 200
    view: dict[str, Any] = slack.wait_for_call("views.open", count + 1)[-1].payload["view"]
    return view


def send(caller: Caller, view: dict[str, Any], **values: str) -> Reply:
    """Submit the form, once."""
    return caller.interaction(submission(view, filled(view, **values)))


def suggest(caller: Caller, slack: FakeSlack) -> dict[str, Any]:
    """Suggest a link and return the message that the curators get."""
    view = open_form(caller, slack)
    assert send(caller, view, title="A fine page on meshes", good="It explains meshes").status == 200
    slack.wait_for_posts(channel=CURATORS)
    return slack.posts(CURATORS)[-1]


def as_user(user: str, team: str = TEAM) -> dict[str, Any]:
    """Return who clicked."""
    return {"user": {"id": user, "username": "x", "name": "x", "team_id": team}}


def refusals(bot: BotProcess) -> int:
    """Return how many refusals are recorded."""
    database = sqlite3.connect(bot.folder / "store.sqlite3")
    try:
        (count,) = database.execute("select count(*) from refusals").fetchone()
    finally:
        database.close()
    return int(count)


def test_find_links_for_this_answers_whoever_asked(caller: Caller, slack: FakeSlack) -> None:
    """Privately, on any message, also where the bot is not a member."""
    assert caller.interaction(shortcut(slack, "find_links", "we need a network policy for namespaces")).status == 200
    (post,) = slack.wait_for_posts()
    assert post.get("response_type", "ephemeral") == "ephemeral"
    assert [url for url in urls_shown(post["blocks"]) if "example.org" in url]


def test_find_links_for_a_reply_knows_its_thread(caller: Caller, slack: FakeSlack) -> None:
    """As a mention there does; what the bot wrote is no question, chosen or in the thread."""
    root, ts = new_ts(), new_ts()
    slack.add_message(CHANNEL, root, "we must rotate the certificates of our ingress")
    slack.add_message(CHANNEL, new_ts(), "network policy", thread_ts=root, user=BOT_USER, bot_id=BOT_ID)
    reply = {"type": "message", "user": "U0AUTHOR", "text": "any links?", "ts": ts, "thread_ts": root}
    caller.interaction(shortcut(slack, "find_links", "", message=reply))
    (post,) = slack.wait_for_posts()
    assert "https://example.org/20" in urls_shown(post["blocks"])
    caller.interaction(shortcut(slack, "find_links", "", message={**reply, "user": BOT_USER, "text": "network policy"}))
    assert "I wrote that" in slack.wait_for_posts(2)[1]["text"]


@pytest.mark.parametrize("text", ["", "   ", "zzz qqqq", "<!channel> <@U1>"])
def test_find_links_for_a_message_without_a_match_says_so(caller: Caller, slack: FakeSlack, text: str) -> None:
    """A short word, never silence; what is nearest is named as such."""
    assert caller.interaction(shortcut(slack, "find_links", text)).status == 200
    (post,) = slack.wait_for_posts()
    assert post["text"].startswith("I have no good link" if "zzz" in text else "That message has no text")


def test_the_form_is_filled_from_the_message(caller: Caller, slack: FakeSlack) -> None:
    """The message's URL as it is, its label as the title, a section guessed."""
    view = open_form(caller, slack)
    assert field(view, "address url link")["element"]["initial_value"] == URL
    assert "meshes" in field(view, "title")["element"].get("initial_value", "")
    assert field(view, "section")["element"].get("initial_option")


def test_a_message_without_a_link_opens_an_empty_form(caller: Caller, slack: FakeSlack) -> None:
    """There is nothing to fill in."""
    view = open_form(caller, slack, "no link at all")
    assert not field(view, "address url link")["element"].get("initial_value")


def test_the_button_under_nothing_here_opens_the_form(caller: Caller, slack: FakeSlack) -> None:
    """Whoever asked in vain may know the answer later."""
    answer = caller.command("zanzibarquux manual").json
    assert caller.interaction(click(slack, button(answer, "suggest"), shown=answer)).status == 200
    slack.wait_for_call("views.open")


def test_a_suggestion_goes_to_the_curators_channel(caller: Caller, slack: FakeSlack) -> None:
    """With everything that was entered, and both buttons."""
    post = suggest(caller, slack)
    assert URL in urls_shown(post["blocks"])
    assert "A fine page on meshes" in json.dumps(post["blocks"])
    assert "It explains meshes" in json.dumps(post["blocks"])
    assert button(post, "approve")
    assert button(post, "decline")


def test_a_form_sent_twice_is_one_suggestion(caller: Caller, slack: FakeSlack) -> None:
    """The same submission delivered again; or sent again from a form that stayed open, since its answer was lost."""
    view = open_form(caller, slack)
    payload = submission(view, filled(view, title="Once only zzyzx"))
    for again in (payload, payload, {**payload, "trigger_id": new_trigger()}):
        reply = caller.interaction(again)
        assert reply.json["response_action"] == "update"
        assert "Thank you" in json.dumps(reply.json["view"])
    slack.wait_for_posts(channel=CURATORS)
    slack.stays_quiet(count=1, channel=CURATORS)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "not a url", "ftp://x/y", "", "https://", "http://a b/"])
def test_a_bad_address_is_refused_in_the_form(caller: Caller, slack: FakeSlack, url: str) -> None:
    """With a word at the field; nothing reaches the curators."""
    view = open_form(caller, slack)
    reply = caller.interaction(submission(view, filled(view, address=url, title="Zzyzx")))
    assert reply.json["response_action"] == "errors"
    assert set(reply.json["errors"]) <= {block["block_id"] for block in inputs(view)}
    slack.stays_quiet(for_s=0.2, channel=CURATORS)


def test_what_the_catalogue_has_is_told_before_it_is_sent(caller: Caller, slack: FakeSlack) -> None:
    """The same address is refused with the title it has; a link much alike is kept at once, and what it is like is shown."""
    view = open_form(caller, slack, "see <https://example.org/20>")
    assert "Ingress certificates explained" in json.dumps(view)
    reply = caller.interaction(submission(view, filled(view, title="Certificates")))
    assert "Ingress certificates explained" in reply.text
    slack.stays_quiet(for_s=0.2, channel=CURATORS)
    near = open_form(caller, slack, "see <https://example.net/x>")
    thanks = send(caller, near, title="Network policy recipe 13")
    assert not inputs(thanks.json["view"])
    assert 'Network policy recipe 1"' in thanks.text
    (post,) = slack.wait_for_posts(channel=CURATORS)
    assert "https://example.org/1" in urls_shown(post["blocks"])
    slack.stays_quiet(count=1, channel=CURATORS)


def test_what_is_only_near_is_no_neighbour(caller: Caller, slack: FakeSlack) -> None:
    """Something is always nearest: a recipe is shown nothing of the catalogue, and neither are the curators."""
    view = open_form(caller, slack, "see <https://example.net/pasta|Carbonara, a recipe>")
    assert "The catalogue has" not in json.dumps(view)
    thanks = send(caller, view, title="Carbonara, a recipe", good="For four people")
    assert "The catalogue has" not in thanks.text
    (post,) = slack.wait_for_posts(channel=CURATORS)
    assert "The catalogue has" not in json.dumps(post)


def test_a_hostile_suggestion_is_shown_safely(caller: Caller, slack: FakeSlack) -> None:
    """Curators read what anybody wrote: nothing notifies, nothing fakes a link."""
    hostile = "<!channel> <@U0VICTIM> <https://evil.example|https://good.example> *x* &"
    view = open_form(caller, slack)
    assert send(caller, view, title=hostile[:190], good=hostile).status == 200
    post = slack.wait_for_posts(channel=CURATORS)[-1]
    assert "https://evil.example" not in urls_shown(post["blocks"])


@pytest.mark.parametrize("verdict", ["approve", "decline"])
def test_a_curator_decides_and_the_suggester_is_told(caller: Caller, slack: FakeSlack, verdict: str) -> None:
    """The message says who decided and has no more buttons; the suggester gets a direct message."""
    post = suggest(caller, slack)
    payload = click(slack, button(post, verdict), shown=post, channel={"id": CURATORS}, **as_user(CURATOR))
    assert caller.interaction(payload).status == 200
    told = slack.wait_for(lambda: [p for p in slack.posts() if p.get("channel") in {ASKER, "D0ASKER"}], what="told")
    assert URL in json.dumps(told[0]).replace("&amp;", "&")
    changed = slack.wait_for(
        lambda: [p for p in slack.posts() if p.get("replace_original") or "ts" in p], what="the message is replaced"
    )
    assert CURATOR in json.dumps(changed[0])
    assert "approve_" not in json.dumps(changed[0])


def test_a_suggestion_is_decided_once(caller: Caller, slack: FakeSlack) -> None:
    """The second curator hears that it was decided; the suggester is told once."""
    post = suggest(caller, slack)
    for user, verdict in ((CURATOR, "approve"), (OTHER_CURATOR, "decline"), (CURATOR, "approve")):
        payload = click(slack, button(post, verdict), shown=post, channel={"id": CURATORS}, **as_user(user))
        assert caller.interaction(payload).status == 200
    slack.wait_for(lambda: [p for p in slack.posts() if p.get("channel") in {ASKER, "D0ASKER"}], what="told")
    slack.wait_for(lambda: len(slack.calls_of("response_url")) >= 3, what="each curator heard something")
    assert len([p for p in slack.posts() if p.get("channel") in {ASKER, "D0ASKER"}]) == 1


@pytest.mark.parametrize(
    ("user", "team"), [("U0NOBODY", TEAM), (ASKER, TEAM), (CURATOR, OTHER_TEAM), ("", TEAM)], ids=str
)
def test_case_40_who_is_no_curator_is_refused_and_recorded(
    bot: BotProcess, caller: Caller, slack: FakeSlack, user: str, team: str
) -> None:
    """Case 40: a member, the suggester, a curator's id from another workspace, nobody: nothing is decided."""
    post = suggest(caller, slack)
    before, posts = refusals(bot), len(slack.posts(CURATORS))
    for verdict in ("approve", "decline"):
        payload = click(slack, button(post, verdict), shown=post, channel={"id": CURATORS}, **as_user(user, team))
        assert caller.interaction(payload).status == 200
    bot.wait_until(lambda: refusals(bot) == before + 2, what="both refusals are recorded")
    assert len(slack.posts(CURATORS)) == posts
    assert not [p for p in slack.posts() if p.get("channel") in {ASKER, "D0ASKER"} and "approve" in str(p).casefold()]
    decided = click(slack, button(post, "approve"), shown=post, channel={"id": CURATORS}, **as_user(CURATOR))
    caller.interaction(decided)
    slack.wait_for(lambda: [p for p in slack.posts() if p.get("channel") in {ASKER, "D0ASKER"}], what="still open")


def test_case_40_a_forged_value_decides_nothing(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 40: a button that never was, with ids of suggestions that do not exist."""
    for value in ("", "never", "../../x", "' or 1=1 --", "x" * 2_000, "\x00"):
        element = {"type": "button", "action_id": "approve_suggestion", "value": value}
        payload = click(slack, element, channel={"id": CURATORS}, **as_user(CURATOR))
        assert caller.interaction(payload).status == 200
    slack.stays_quiet(for_s=0.3, channel=ASKER)
    assert "Traceback" not in bot.log_text()


def test_case_40_a_forged_form_is_taken_calmly(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 40: state and metadata are whatever somebody sends; people of other organisations may not suggest."""
    view = open_form(caller, slack)
    for metadata in ("", "{", "[]", "x" * 3_000, '{"q": 3, "seen": []}'):
        payload = submission({**view, "private_metadata": metadata}, filled(view, title="Zzyzx"))
        assert caller.interaction(payload).status == 200
    states: list[dict[str, Any]] = [{}, {"suggestion_url": {}}, {"suggestion_url": {"suggestion_url": {"value": None}}}]
    for state in states:
        assert caller.interaction(submission(view, state)).status == 200
    slack.wait_for_posts(channel=CURATORS)
    count = len(slack.posts(CURATORS))
    stranger = submission(view, filled(view, title="Zzyzx"), **as_user("U0STRANGER", OTHER_TEAM))
    assert caller.interaction(stranger).status == 200
    slack.stays_quiet(for_s=0.3, count=count, channel=CURATORS)
    assert "Traceback" not in bot.log_text()


def test_an_expired_trigger_is_told(caller: Caller, slack: FakeSlack) -> None:
    """Slack gives three seconds to open a form; after that there is a word, not silence."""
    slack.fail("views.open", error="expired_trigger_id", times=None)
    assert caller.interaction(shortcut(slack, "suggest_link", MESSAGE)).status == 200
    (post,) = slack.wait_for_posts()
    assert post["text"]
    assert post.get("channel", CHANNEL) == CHANNEL
