"""People of other organisations in shared channels: case 30, with links marked public, and with a refusal.

The bot is installed in one workspace of an organisation, so that a payload can name the organisation without saying who
somebody is.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.fake_slack import CHANNEL, ENTERPRISE, OTHER_TEAM, SISTER_TEAM, TEAM, FakeSlack, new_ts
from tests.scenarios.support.requests import (
    Caller,
    button,
    click,
    direct_message,
    elements,
    mention,
    message,
    shortcut,
    submission,
    unique,
    urls_shown,
)

POLICY = "network policy recipe"
PUBLIC = "https://example.org/3"
EXAMPLES = "Try one of these:\n• /links "
SHARED = "C0SHARED"
OPEN_CHANNELS = [f"C0OPEN{number}" for number in range(12)]
INSTALLATION = {"enterprise_id": ENTERPRISE}
SETTINGS = {
    "SLACK_CHANNELS": json.dumps(
        {"C0DECLARED": {"external": True}, **{channel: {"answers": "public"} for channel in OPEN_CHANNELS}}
    )
}
#: A click names the organisation of the installation, whoever clicks.
OURS = {"id": ENTERPRISE, "name": "Example"}
WHO = {"id": "U0STRANGER", "name": "x", "username": "x"}
STRANGERS = [{**WHO, "team_id": OTHER_TEAM}, {**WHO, "team_id": "E0STRANGER"}, WHO, {**WHO, "team_id": None}]
#: Slack does not say whether a channel is shared, in every way that it can fail to.
SILENCES: list[dict[str, Any]] = [
    {"error": "channel_not_found"},
    {"error": "missing_scope"},
    {"status": 429, "headers": {"Retry-After": "30"}},
    {"status": 500},
    {"reset": True},
    {"body": '{"ok": true, "channel": {"id": "C0"}}'},
]
strangers = pytest.mark.parametrize("stranger", STRANGERS, ids=["workspace", "organisation", "no team", "null team"])


def catalogue_urls(post: Any) -> set[str]:
    """Return the catalogue's URLs in a message."""
    return {url for url in urls_shown(post.get("blocks", [])) if "example.org" in url}


def test_case_30_a_mention_in_a_shared_channel_gets_public_links_only(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: whoever asks there, strangers read the answer."""
    caller.event(mention(POLICY, channel=SHARED), is_ext_shared_channel=True, enterprise_id=ENTERPRISE)
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


def test_case_30_whoever_nothing_is_said_about_gets_public_links_only(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: an event that names no team, and one that does not say whether its channel is shared."""
    caller.event(mention(POLICY, team=None), team_id=None)
    caller.event(direct_message(POLICY, team=None), team_id=None)
    slack.fail("conversations.info", error="missing_scope")
    caller.event(mention(POLICY, channel="C0UNSAID"), is_ext_shared_channel=None)
    for post in slack.wait_for_posts(3):
        assert catalogue_urls(post) == {PUBLIC}
    caller.event(mention(POLICY, channel="C0UNSAID"), is_ext_shared_channel=None)
    assert len(catalogue_urls(slack.wait_for_posts(4)[-1])) > 1


def test_case_30_a_channel_that_is_declared_external_counts_as_shared(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: the setting, for a mention; and for a command whose answer could be shared."""
    caller.mention(POLICY, channel="C0DECLARED")
    (post,) = slack.wait_for_posts()
    assert catalogue_urls(post) == {PUBLIC}


def test_case_30_the_twins_of_a_mention_in_a_shared_channel_are_answered_once(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: the mention names the other organisation's workspace, the message ours."""
    ts = new_ts()
    caller.event(mention(POLICY, ts=ts, channel=SHARED), is_ext_shared_channel=True, team_id=OTHER_TEAM)
    slack.wait_for_posts()
    caller.event(message(mention(POLICY)["text"], ts=ts, channel=SHARED), is_ext_shared_channel=True)
    slack.stays_quiet(count=1)


def test_case_30_a_strangers_command_gets_public_links_only(caller: Caller) -> None:
    """Case 30: Slack says whose workspace the person is of."""
    for team, enterprise in ((OTHER_TEAM, ""), (OTHER_TEAM, "E0STRANGER"), ("", "")):
        reply = caller.command(POLICY, user_id="U0STRANGER", team_id=team, enterprise_id=enterprise)
        assert catalogue_urls(reply.json) == {PUBLIC}


def test_case_30_help_for_strangers_names_nothing_of_the_catalogue(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: its examples are questions and titles of the catalogue."""
    assert EXAMPLES in caller.command("help").json["text"]
    assert EXAMPLES not in caller.command("help", team_id=OTHER_TEAM).json["text"]
    caller.event(mention("help", channel=SHARED), is_ext_shared_channel=True)
    assert EXAMPLES not in slack.wait_for_posts()[0]["text"]


def test_case_30_a_command_that_is_answered_in_public_shows_its_channel_what_it_may(
    caller: Caller, slack: FakeSlack
) -> None:
    """Case 30: everything where nobody else reads, public links where the channel is shared or will be."""
    ours, shared, pending, private = OPEN_CHANNELS[-4:]
    slack.channels[shared] = {"is_ext_shared": True}
    slack.channels[pending] = {"is_pending_ext_shared": True}
    slack.channels[private] = {"is_private": True, "is_member": False}
    for channel in (ours, shared, pending, private):
        answer = caller.command(POLICY, channel_id=channel, enterprise_id=ENTERPRISE).json
        assert answer["response_type"] == "in_channel"
        assert (catalogue_urls(answer) == {PUBLIC}) is (channel != ours)
    assert EXAMPLES not in caller.command("help", channel_id=shared).json["text"]


@pytest.mark.parametrize(("number", "silence"), list(enumerate(SILENCES)), ids=str)
def test_case_30_what_slack_does_not_say_of_a_channel_is_that_strangers_read_it(
    caller: Caller, slack: FakeSlack, number: int, silence: dict[str, Any]
) -> None:
    """Case 30: for a command that is answered in public, and for an answer that is shared."""
    slack.fail("conversations.info", times=None, **silence)
    check_that_strangers_read_it(caller, slack, number)


def test_case_30_so_it_is_where_slack_takes_too_long(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 30: the answer does not wait for it."""
    slack.workspace.installation = INSTALLATION
    bot = make_bot(limits={"_TIMEOUT_S": 1.0}, **SETTINGS)
    slack.fail("conversations.info", held=True, times=None)
    check_that_strangers_read_it(bot.caller(), slack, 0)
    slack.faults.clear()
    bot.stop()


def check_that_strangers_read_it(caller: Caller, slack: FakeSlack, number: int) -> None:
    """Check what is said in a channel of which Slack says nothing."""
    shown = caller.command(POLICY, channel_id=OPEN_CHANNELS[number]).json
    if not shown.get("blocks"):
        (shown,) = slack.wait_for_posts()
    assert catalogue_urls(shown) == {PUBLIC}
    answer = caller.command(POLICY, channel_id=f"C0SILENT{number}").json
    assert catalogue_urls(answer) - {PUBLIC}
    before = len(slack.posts())
    clicked = click(slack, button(answer, "share"), shown=answer, channel={"id": f"C0SILENT{number}"}, enterprise=OURS)
    caller.interaction(clicked)
    assert catalogue_urls(slack.wait_for_posts(before + 1)[-1]) == {PUBLIC}


@strangers
def test_case_30_a_strangers_shortcut_gets_public_links_only(
    caller: Caller, slack: FakeSlack, stranger: dict[str, Any]
) -> None:
    """Case 30: the message shortcut is open to guests of the channel too."""
    caller.interaction(shortcut(slack, "find_links", POLICY, user=stranger, enterprise=OURS))
    (post,) = slack.wait_for_posts()
    assert catalogue_urls(post) == {PUBLIC}


@strangers
def test_case_30_a_strangers_click_shows_public_links_only(
    caller: Caller, slack: FakeSlack, stranger: dict[str, Any]
) -> None:
    """Case 30: under an answer to a member that stands in the channel."""
    answer = caller.command(POLICY).json
    for count, words in enumerate(("show more", "share"), 1):
        clicked = click(slack, button(answer, words), shown=answer, user=stranger, enterprise=OURS, team={"id": TEAM})
        caller.interaction(clicked)
        assert catalogue_urls(slack.wait_for_posts(count)[-1]) <= {PUBLIC}


def test_case_30_a_members_click_shows_more_of_everything(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: the counterpart, so that the tests above say something."""
    answer = caller.command(POLICY).json
    caller.interaction(click(slack, button(answer, "show more"), shown=answer, enterprise=OURS))
    assert catalogue_urls(slack.wait_for_posts()[-1]) - {PUBLIC}


@strangers
def test_case_30_no_form_opens_for_strangers(caller: Caller, slack: FakeSlack, stranger: dict[str, Any]) -> None:
    """Case 30: forms show neighbours and offer links."""
    caller.interaction(shortcut(slack, "suggest_link", "see <https://example.org/1>", user=stranger, enterprise=OURS))
    slack.wait_for_posts(1)
    nothing = caller.command("zzz qqqq").json
    for count, words in enumerate(("suggest", "answers it"), 2):
        caller.interaction(click(slack, button(nothing, words), shown=nothing, user=stranger, enterprise=OURS))
        slack.wait_for_posts(count)
    assert not slack.calls_of("views.open")
    caller.interaction(click(slack, button(nothing, "answers it"), shown=nothing, enterprise=OURS))
    (opened,) = slack.wait_for_call("views.open")
    view = opened.payload["view"]
    menu = next(element for element in elements(view) if element["type"] == "external_select")
    typed = {"type": "block_suggestion", "action_id": menu["action_id"], "block_id": "b", "value": POLICY}
    for user, offered in ((stranger, False), ({**WHO, "team_id": TEAM}, True)):
        reply = caller.interaction({**typed, "user": user, "team": {"id": TEAM}, "enterprise": OURS, "view": view})
        assert bool(reply.json["options"]) is offered
    sent = caller.interaction(submission(view, {}, user=stranger, enterprise=OURS))
    assert sent.json == {"response_action": "clear"}


def opened_home(caller: Caller, slack: FakeSlack, *, user: str = "U0STRANGER", **envelope: Any) -> dict[str, Any]:
    """Open the Home tab and return what is shown."""
    count = len(slack.calls_of("views.publish"))
    event = {"type": "app_home_opened", "user": user, "channel": "D0X", "tab": "home", "event_ts": new_ts()}
    assert caller.event(event, **envelope).status == 200
    view: dict[str, Any] = slack.wait_for_call("views.publish", count + 1)[-1].payload["view"]
    return view


@pytest.mark.parametrize(
    "envelope",
    [
        {"team_id": OTHER_TEAM},
        {"team_id": OTHER_TEAM, "enterprise_id": "E0STRANGER"},
        {"team_id": OTHER_TEAM, "enterprise_id": ENTERPRISE, "is_ext_shared_channel": None},
        {"team_id": None},
    ],
    ids=str,
)
def test_case_30_a_strangers_home_shows_public_links_only(
    caller: Caller, slack: FakeSlack, envelope: dict[str, Any]
) -> None:
    """Case 30: the first view, what a search puts into it, and the Messages tab."""
    view = opened_home(caller, slack, **envelope)
    assert catalogue_urls(view) == {PUBLIC}
    assert not [element for element in elements(view) if element["type"] == "static_select"]
    box = next(element for element in elements(view) if element["type"] == "plain_text_input")
    for number, value in enumerate((POLICY, ""), 2):
        action = {"type": "plain_text_input", "value": value}
        payload = click(slack, box, action=action, user=STRANGERS[0], enterprise=OURS, channel=None, response_url=None)
        caller.interaction({**payload, "container": {"type": "view", "view_id": "V1"}, "view": view})
        assert catalogue_urls(slack.wait_for_call("views.publish", number)[-1].payload["view"]) == {PUBLIC}
    tab = {"type": "app_home_opened", "user": "U0STRANGER", "channel": "D0X", "tab": "messages", "event_ts": new_ts()}
    caller.event(tab, **envelope)
    slack.stays_quiet(for_s=0.2)
    assert not slack.calls_of("assistant.threads.setSuggestedPrompts")


def test_case_30_a_strangers_search_in_slack_gets_public_links_only(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: a step of a workflow can run the function as well."""
    for theirs in ({"team_id": OTHER_TEAM, "enterprise_id": "E0STRANGER"}, {"team_id": None}):
        execution_id, token = slack.execution()
        event = {
            "type": "function_executed",
            "function": {"callback_id": "search"},
            "inputs": {"query": POLICY},
            "function_execution_id": execution_id,
            "bot_access_token": token,
        }
        caller.event(event, **theirs)
        results = slack.calls_of("functions.completeSuccess")[-1].payload["outputs"]["search_results"]
        assert [result["link"] for result in results] == [PUBLIC]


def test_case_30_nothing_that_is_not_public_is_shared_into_a_shared_channel(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: a private answer of a member there may hold everything, what is shared may not."""
    slack.channels[SHARED] = {"is_ext_shared": True}
    answer = caller.command(POLICY, channel_id=SHARED).json
    assert catalogue_urls(answer) - {PUBLIC}
    caller.interaction(click(slack, button(answer, "share"), shown=answer, channel={"id": SHARED}))
    (shared,) = slack.wait_for_posts()
    assert shared.get("response_type") == "in_channel" or shared.get("channel") == SHARED
    assert catalogue_urls(shared) == {PUBLIC}


def test_a_colleague_of_a_sister_workspace_is_no_stranger(caller: Caller, slack: FakeSlack) -> None:
    """Outside shared channels the event's organisation counts; Slack is asked whose clicks those are that do not name it."""
    slack.users["U0SISTER"] = {"team_id": SISTER_TEAM, "enterprise_user": {"enterprise_id": ENTERPRISE}}
    theirs = {"team": SISTER_TEAM, "user_team": SISTER_TEAM, "user": "U0SISTER"}
    for event in (mention(POLICY, **theirs), direct_message(POLICY, **theirs)):
        caller.event(event, enterprise_id=ENTERPRISE)
    posts = slack.wait_for_posts(2)
    assert all(catalogue_urls(post) - {PUBLIC} for post in posts)
    caller.event(mention(POLICY, channel=SHARED, **theirs), enterprise_id=ENTERPRISE, is_ext_shared_channel=True)
    assert catalogue_urls(slack.wait_for_posts(3)[-1]) == {PUBLIC}
    sister = {**WHO, "id": "U0SISTER", "team_id": SISTER_TEAM}
    answer = next(post for post in posts if post["channel"] == CHANNEL)
    caller.interaction(click(slack, button(answer, "show more"), shown=answer, user=sister, enterprise=OURS))
    assert catalogue_urls(slack.wait_for_posts(4)[-1]) - {PUBLIC}
    assert catalogue_urls(caller.command(POLICY, team_id=SISTER_TEAM, enterprise_id=ENTERPRISE).json) - {PUBLIC}


@pytest.mark.parametrize(
    ("profile", "strange"),
    [
        ({"team_id": "T0ASKED", "enterprise_user": {"enterprise_id": ENTERPRISE}}, False),
        ({"team_id": TEAM, "enterprise_user": {"enterprise_id": ENTERPRISE, "teams": [TEAM, "T0ASKED"]}}, False),
        ({"team_id": "T0ASKED", "enterprise_user": {"enterprise_id": "E0STRANGER"}}, True),
        ({"team_id": "T0ASKED", "is_stranger": True}, True),
        ({"team_id": TEAM}, True),
        ({"team_id": None}, True),
        (None, True),
    ],
    ids=str,
)
def test_case_30_slack_is_asked_who_clicks_from_an_unknown_workspace(
    caller: Caller, slack: FakeSlack, profile: dict[str, Any] | None, *, strange: bool
) -> None:
    """Case 30: only an answer that names that workspace and our organisation makes a colleague of somebody."""
    user = unique("U0ASKED")
    if profile is None:
        slack.fail("users.info", error="missing_scope", times=None)
    else:
        slack.users[user] = profile
    answer = caller.command(POLICY).json
    who = {**WHO, "id": user, "team_id": "T0ASKED" if not strange else "T0NOTASKED"}
    if strange and profile is not None and profile["team_id"] == "T0ASKED":
        slack.users[user] = {**profile, "team_id": "T0NOTASKED"}
    caller.interaction(click(slack, button(answer, "show more"), shown=answer, user=who, enterprise=OURS))
    shown = catalogue_urls(slack.wait_for_posts()[-1])
    assert (shown <= {PUBLIC}) is strange


def test_case_30_an_event_whose_author_slack_knows_to_be_a_stranger(caller: Caller, slack: FakeSlack) -> None:
    """Case 30: the organisation of an event is that of the workspace that gets it, not its author's."""
    user = unique("U0KNOWN")
    slack.users[user] = {"team_id": OTHER_TEAM}
    theirs = {"team": OTHER_TEAM, "user_team": OTHER_TEAM, "user": user}
    for event in (mention(POLICY, **theirs), direct_message(POLICY, **theirs)):
        caller.event(event, enterprise_id=ENTERPRISE)
    for post in slack.wait_for_posts(2):
        assert catalogue_urls(post) == {PUBLIC}
    view = opened_home(caller, slack, user=user)
    assert catalogue_urls(view) == {PUBLIC}


def refused_mention(caller: Caller, slack: FakeSlack) -> Any:
    """Ask in a shared channel."""
    caller.event(mention(POLICY, channel=SHARED), is_ext_shared_channel=True)
    return slack.wait_for_posts()[0]


def refused_home(caller: Caller, slack: FakeSlack) -> Any:
    """Open the Home tab from another organisation."""
    view = opened_home(caller, slack, team_id=OTHER_TEAM)
    return {**view, "text": view["blocks"][0]["text"]["text"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    "ask",
    [
        refused_mention,
        refused_home,
        lambda caller, _: caller.command(POLICY, team_id=OTHER_TEAM, user_id="U0STRANGER").json,
        lambda caller, _: caller.command("help", team_id=OTHER_TEAM, user_id="U0STRANGER").json,
    ],
    ids=["mention", "Home", "command", "help"],
)
def test_case_30_a_refusal_where_the_settings_say_so(
    make_bot: MakeBot, slack: FakeSlack, ask: Callable[[Caller, FakeSlack], Any]
) -> None:
    """Case 30: `SLACK_CONNECT=refuse`: one polite word, no links at all."""
    bot = make_bot(SLACK_CONNECT="refuse")
    post = ask(bot.caller(), slack)
    assert not urls_shown(post["blocks"])
    assert "Sorry" in post["text"]
    bot.stop()
