"""App Home, the agent's Messages tab, and Slack's enterprise search."""

import json
from typing import Any

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import OTHER_TEAM, FakeSlack, new_ts
from tests.scenarios.support.requests import ASKER, Caller, button, click, elements, function_executed, urls_shown

POLICY = "network policy recipe"


def open_home(caller: Caller, slack: FakeSlack, calls: int = 1) -> dict[str, Any]:
    """Open the Home tab and return what is shown after so many calls."""
    count = len(slack.calls_of("views.publish"))
    event = {"type": "app_home_opened", "user": ASKER, "channel": "D0ASKER", "tab": "home", "event_ts": new_ts()}
    assert caller.event(event).status == 200
    call = slack.wait_for_call("views.publish", count + calls)[-1]
    assert call.done
    view: dict[str, Any] = call.payload["view"]
    return view


def in_home(slack: FakeSlack, element: dict[str, Any], view: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    """Return a click in the Home tab: no message, no channel, no response URL."""
    payload = click(slack, element, action=action)
    for name in ("channel", "response_url"):
        del payload[name]
    return {
        **payload,
        "container": {"type": "view", "view_id": "V1"},
        "view": {**view, "id": "V1", "state": {"values": {}}},
    }


def test_home_shows_search_sections_news_and_version(caller: Caller, slack: FakeSlack) -> None:
    """Everything to start from."""
    view = open_home(caller, slack)
    assert view["type"] == "home"
    shown = json.dumps(view)
    assert "Policy" in shown
    assert "test-1" in shown
    assert "https://example.org/6" in urls_shown(view["blocks"])
    assert [element for element in elements(view) if element["type"] == "plain_text_input"]


def test_the_search_box_shows_links_in_home(caller: Caller, slack: FakeSlack) -> None:
    """Enter in the box: the same view with an answer."""
    view = open_home(caller, slack)
    box = next(element for element in elements(view) if element["type"] == "plain_text_input")
    for text, expected in ((POLICY, True), ("zzz qqqq", False), ("hostile", True), ("", True), ("\x00", False)):
        count = len(slack.calls_of("views.publish"))
        reply = caller.interaction(in_home(slack, box, view, {"type": "plain_text_input", "value": text}))
        assert reply.status == 200
        published = slack.wait_for_call("views.publish", count + 1)[-1].payload
        assert published["user_id"] == ASKER
        if expected:
            assert urls_shown(published["view"]["blocks"])


def published(slack: FakeSlack, caller: Caller, view: dict[str, Any], element: dict[str, Any], **action: Any) -> Any:
    """Click in Home and return the view that is shown next."""
    count = len(slack.calls_of("views.publish"))
    assert caller.interaction(in_home(slack, element, view, {"type": element["type"], **action})).status == 200
    return slack.wait_for_call("views.publish", count + 1)[-1].payload["view"]


def box_of(view: dict[str, Any]) -> dict[str, Any]:
    """Return the search box."""
    return next(element for element in elements(view) if element["type"] == "plain_text_input")


def test_feedback_in_home_is_seen_and_the_question_stays(caller: Caller, slack: FakeSlack) -> None:
    """Thanks stand where the two buttons were; the links and the question are still there, until Clear."""
    view = open_home(caller, slack)
    answered = published(slack, caller, view, box_of(view), value=POLICY)
    for words, thanks in (("Not helpful", "curators see what did not help"), ("helpful", "Thank you, that helps")):
        judged = published(slack, caller, answered, button(answered, words))
        assert thanks in json.dumps(judged)
        assert "Not helpful" not in json.dumps(judged)
        assert urls_shown(judged["blocks"]) == urls_shown(answered["blocks"])
        assert box_of(judged)["initial_value"] == POLICY
    assert "1 helped you and 0 did not" in json.dumps(judged)
    cleared = published(slack, caller, judged, button(judged, "Clear"))
    assert "initial_value" not in box_of(cleared)
    assert "Clear" not in json.dumps(cleared)


def test_an_example_in_home_is_asked(caller: Caller, slack: FakeSlack) -> None:
    """A click answers it there."""
    view = open_home(caller, slack)
    example = next(element for element in elements(view) if element["action_id"].startswith("ask_example"))
    answered = published(slack, caller, view, example)
    assert box_of(answered)["initial_value"] == example["value"]
    assert any("example.org" in url for url in urls_shown(answered["blocks"]))


def test_an_example_of_the_help_and_a_near_section_answer_in_place(caller: Caller, slack: FakeSlack) -> None:
    """For the person who clicked alone."""
    shown = caller.command("help").json
    example = next(element for element in elements(shown) if element["action_id"].startswith("ask_example"))
    caller.interaction(click(slack, example, shown=shown))
    nothing = caller.command("hardly ingress certificates").json
    near = next(element for element in elements(nothing) if element["action_id"].startswith("browse_section"))
    answer = slack.wait_for_posts()[0]
    caller.interaction(click(slack, near, shown=nothing))
    section = slack.wait_for_posts(2)[1]
    assert example["value"] in json.dumps(answer)
    assert "https://example.org/20" in urls_shown(section["blocks"])
    for post in (answer, section):
        assert post["response_type"] == "ephemeral"


def test_sections_can_be_browsed(caller: Caller, slack: FakeSlack) -> None:
    """The menu of sections shows the links of one."""
    view = open_home(caller, slack)
    menu = next(element for element in elements(view) if element["type"] == "static_select")
    options = menu.get("options") or [option for group in menu["option_groups"] for option in group["options"]]
    chosen = next(option for option in options if "Ingress" in option["text"]["text"])
    count = len(slack.calls_of("views.publish"))
    action = {"type": "static_select", "selected_option": chosen}
    assert caller.interaction(in_home(slack, menu, view, action)).status == 200
    published = slack.wait_for_call("views.publish", count + 1)[-1].payload
    assert "https://example.org/20" in urls_shown(published["view"]["blocks"])


def test_home_without_an_index_says_so(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """A search that raises shows an apology in Home, and Slack's refusal to show it harms nothing."""
    view = open_home(caller, slack)
    box = next(element for element in elements(view) if element["type"] == "plain_text_input")
    bot.script({"contains": "", "raises": "RuntimeError"})
    count = len(slack.calls_of("views.publish"))
    caller.interaction(in_home(slack, box, view, {"type": "plain_text_input", "value": POLICY}))
    slack.wait_for_call("views.publish", count + 1)
    slack.fail("views.publish", error="not_enabled", times=None)
    event = {"type": "app_home_opened", "user": ASKER, "channel": "D0ASKER", "tab": "home", "event_ts": new_ts()}
    assert caller.event(event).status == 200
    slack.wait_for_call("views.publish", count + 2)


def test_home_is_sent_again_when_slack_fails_for_a_moment(caller: Caller, slack: FakeSlack) -> None:
    """Whoever opened it would look at nothing."""
    slack.fail("views.publish", error="internal_error", times=2)
    assert elements(open_home(caller, slack, calls=3))


def test_the_messages_tab_offers_prompts(caller: Caller, slack: FakeSlack) -> None:
    """Four at most, without a thread."""
    event = {"type": "app_home_opened", "user": ASKER, "channel": "D0ASKER", "tab": "messages", "event_ts": new_ts()}
    assert caller.event(event).status == 200
    (call,) = slack.wait_for_call("assistant.threads.setSuggestedPrompts")
    assert call.done
    assert call.payload["channel_id"] == "D0ASKER"
    assert "thread_ts" not in call.payload


def function_event(slack: FakeSlack, query: Any, **fields: Any) -> dict[str, Any]:
    """Return how Slack asks for search results."""
    chosen = fields.pop("filters", {})
    inputs = {"query": query, "filters": chosen, "user_context": {"id": ASKER, "secret": "s"}}
    return {**function_executed(slack, "search", inputs), **fields}


def test_enterprise_search_gets_the_same_links(caller: Caller, slack: FakeSlack) -> None:
    """Completed first, then acknowledged; every result with what Slack needs, under the one name that Slack reads."""
    slack.fail("functions.completeSuccess", delay_s=0.3)
    event = function_event(slack, POLICY)
    reply = caller.event(event)
    assert reply.status == 200
    assert reply.seconds >= 0.3
    (call,) = slack.calls_of("functions.completeSuccess")
    assert call.done
    assert call.payload["function_execution_id"] == event["function_execution_id"]
    assert not slack.executions
    assert set(call.payload["outputs"]) == {"search_results"}
    results = call.payload["outputs"]["search_results"]
    assert {result["link"] for result in results} >= {"https://example.org/1"}


def test_enterprise_search_without_results_is_completed_empty(caller: Caller, slack: FakeSlack) -> None:
    """Nothing found is no failure; hostile links are left out or encoded."""
    caller.event(function_event(slack, "zzz qqqq"))
    caller.event(function_event(slack, "hostile"))
    first, second = slack.calls_of("functions.completeSuccess")
    assert first.payload["outputs"] == {"search_results": []}
    assert second.payload["outputs"]["search_results"]
    assert not slack.executions


def test_enterprise_search_that_fails_says_so(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """A function that is neither completed nor failed hangs."""
    bot.script({"contains": "raise", "raises": "RuntimeError"})
    for query in ("raise", None, "", 3):
        caller.event(function_event(slack, query))
    assert not slack.executions
    assert len(slack.calls_of("functions.completeError")) >= 1


def test_enterprise_search_that_is_slow_is_ended(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Ten seconds are all that Slack gives: it is not waited for."""
    bot = make_bot(limits={"TIMEOUT_S": 1.0, "DRAIN_WITHIN_S": 1.0})
    bot.script({"contains": "slowly", "held": True})
    assert bot.caller().event(function_event(slack, "slowly network policy")).status == 200
    assert not slack.executions
    bot.script()
    bot.stop()


def test_enterprise_search_that_slack_does_not_take_is_acknowledged(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Tried for some seconds; then there is nothing more to do."""
    slack.fail("functions.completeSuccess", error="internal_error", times=None)
    bot = make_bot(limits={"TELL_WITHIN_S": 8.0, "TELL_TIMEOUT_S": 1.5})
    assert bot.caller().event(function_event(slack, POLICY)).status == 200
    assert 2 <= len(slack.calls_of("functions.completeSuccess")) <= 8
    bot.stop()


def test_enterprise_search_without_its_token_is_left_alone(caller: Caller, slack: FakeSlack) -> None:
    """The bot's own token is not good for it."""
    assert caller.event(function_event(slack, POLICY, bot_access_token=None)).status == 200
    assert not slack.calls_of("functions.completeSuccess", "functions.completeError")


def test_a_function_that_the_app_does_not_have_is_failed(caller: Caller, slack: FakeSlack) -> None:
    """An older manifest, or a newer one: who calls it would wait for ever."""
    assert caller.event(function_executed(slack, "of_another_version", {"query": POLICY})).status == 200
    (call,) = slack.calls_of("functions.completeError")
    assert call.done
    assert "manifest" in call.payload["error"]
    assert not slack.executions


def test_a_retried_function_is_completed_once(caller: Caller, slack: FakeSlack) -> None:
    """The execution's id is the key."""
    event = function_event(slack, POLICY)
    for _ in range(3):
        assert caller.event(event).status == 200
    assert len(slack.calls_of("functions.completeSuccess")) == 1


def results(slack: FakeSlack) -> list[str]:
    """Return the addresses of the last search's results."""
    outputs = slack.calls_of("functions.completeSuccess")[-1].payload["outputs"]
    return [result["link"] for result in outputs["search_results"]]


def test_a_search_is_narrowed_by_what_was_chosen(caller: Caller, slack: FakeSlack) -> None:
    """By section, by one of several, and by none where a toggle or a stale value means nothing."""
    caller.event(function_event(slack, "network policy certificates"))
    everything = results(slack)
    caller.event(function_event(slack, "network policy certificates", filters={"section": ["Ingress"]}))
    assert results(slack)
    assert set(results(slack)) < set(everything) | {"https://example.org/20"}
    assert "https://example.org/1" not in results(slack)
    ignored: list[Any] = [{"section": []}, {"stars": False}, {"stars": "9"}, {"other": ["x"]}, None, ["section"]]
    for chosen in ignored:
        caller.event(function_event(slack, "network policy certificates", filters=chosen))
        assert results(slack) == everything
    caller.event(function_event(slack, POLICY, filters={"section": ["no such section"]}))
    assert results(slack) == []


def test_the_filters_are_the_catalogues(caller: Caller, slack: FakeSlack) -> None:
    """Sections, tags and stars; completed before the event is acknowledged, as a search is."""
    slack.fail("functions.completeSuccess", delay_s=0.3)
    inputs = {"user_context": {"id": ASKER, "secret": "s"}}
    reply = caller.event(function_executed(slack, "filters", inputs))
    assert reply.seconds >= 0.3
    (call,) = slack.calls_of("functions.completeSuccess")
    filters = {one["name"]: one for one in call.payload["outputs"]["filters"]}
    assert set(filters) == {"section", "tag", "stars"}
    values = {name: [option["value"] for option in one["options"]] for name, one in filters.items()}
    assert "Ingress" in values["section"]
    assert values["tag"] == ["public"]
    assert values["stars"] == ["3", "2", "1"]


def test_the_filters_tell_a_stranger_of_public_links_only(caller: Caller, slack: FakeSlack) -> None:
    """Names of other sections and tags are the organisation's own."""
    inputs = {"user_context": {"id": "U0OTHER", "secret": "s"}}
    caller.event(function_executed(slack, "filters", inputs), team_id=OTHER_TEAM)
    (call,) = slack.calls_of("functions.completeSuccess")
    filters = {one["name"]: [o["value"] for o in one["options"]] for one in call.payload["outputs"]["filters"]}
    assert filters == {"section": ["Network", "Policy"], "tag": ["public"], "stars": ["3", "2", "1"]}
