"""App Home, the agent's Messages tab, and Slack's enterprise search."""

import json
from typing import Any

from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import FakeSlack, new_ts
from tests.scenarios.support.requests import ASKER, Caller, click, elements, unique, urls_shown

POLICY = "network policy recipe"


def open_home(caller: Caller, slack: FakeSlack) -> dict[str, Any]:
    """Open the Home tab and return what is shown."""
    count = len(slack.calls_of("views.publish"))
    event = {"type": "app_home_opened", "user": ASKER, "channel": "D0ASKER", "tab": "home", "event_ts": new_ts()}
    assert caller.event(event).status == 200
    view: dict[str, Any] = slack.wait_for_call("views.publish", count + 1)[-1].payload["view"]
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
    assert "https://example.org/12" in urls_shown(view["blocks"])
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
    execution_id, token = slack.execution()
    return {
        "type": "function_executed",
        "function": {"id": "Fn1", "callback_id": "search", "title": "Search", "type": "app"},
        "inputs": {"query": query, "filters": {}, "user_context": {"id": ASKER, "secret": "s"}},
        "function_execution_id": execution_id,
        "workflow_execution_id": unique("Wx"),
        "event_ts": new_ts(),
        "bot_access_token": token,
        **fields,
    }


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


def test_enterprise_search_that_is_slow_is_ended_in_time(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Ten seconds are all that Slack gives."""
    bot.script({"contains": "slowly", "delay_s": 9.5})
    reply = caller.event(function_event(slack, "slowly network policy"))
    assert reply.seconds < 9.0
    assert not slack.executions


def test_enterprise_search_that_slack_does_not_take_is_acknowledged_in_time(caller: Caller, slack: FakeSlack) -> None:
    """Tried twice; then there is nothing more to do."""
    slack.fail("functions.completeSuccess", error="internal_error", times=None)
    assert caller.event(function_event(slack, POLICY)).seconds < 9.0
    assert len(slack.calls_of("functions.completeSuccess")) == 2


def test_enterprise_search_without_its_token_is_left_alone(caller: Caller, slack: FakeSlack) -> None:
    """The bot's own token is not good for it."""
    assert caller.event(function_event(slack, POLICY, bot_access_token=None)).status == 200
    assert not slack.calls_of("functions.completeSuccess", "functions.completeError")


def test_a_retried_function_is_completed_once(caller: Caller, slack: FakeSlack) -> None:
    """The execution's id is the key."""
    event = function_event(slack, POLICY)
    for _ in range(3):
        assert caller.event(event).status == 200
    assert len(slack.calls_of("functions.completeSuccess")) == 1
