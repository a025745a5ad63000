"""Sure, perhaps and nothing, on every way in: what may be near says so, and what is not is marked as the nearest miss."""

import json
from typing import Any

import pytest

from tests.scenarios.support.fake_slack import FakeSlack, new_ts
from tests.scenarios.support.requests import (
    CHANNEL,
    Caller,
    button,
    click,
    direct_message,
    elements,
    mention,
    message,
    shortcut,
    urls_shown,
)
from tests.scenarios.test_home_and_search import function_event, in_home, open_home

QUESTION = "network policy recipe"
MAYBE, HARDLY = f"maybe {QUESTION}", f"hardly {QUESTION}"
PERHAPS = "Not sure, but these may be near:"
MISSES = "The nearest misses, probably not what you need:"
THREADS = "C0THREADS"
SETTINGS = {"SLACK_CHANNELS": json.dumps({THREADS: {"follow_ups": True}})}


def example_urls(post: Any) -> list[str]:
    """Return the catalogue's URLs in a message's blocks, each once."""
    return list(dict.fromkeys(url for url in urls_shown(post.get("blocks", [])) if "example.org" in url))


def check_perhaps(shown: dict[str, Any]) -> None:
    """Hold a message to what a doubtful answer is."""
    assert PERHAPS in json.dumps(shown["blocks"])
    assert 1 <= len(example_urls(shown)) <= 3
    texts = [one["text"]["text"] for one in elements(shown) if isinstance(one.get("text"), dict)]
    assert "Show more" not in texts


def check_nothing(shown: dict[str, Any]) -> None:
    """Hold a message to what an answer without a good link is."""
    assert "I have no good link for that" in json.dumps(shown["blocks"])
    assert MISSES in json.dumps(shown["blocks"])
    assert 1 <= len(example_urls(shown)) <= 3
    assert button(shown, "suggest a link")


CHECKS = pytest.mark.parametrize(("text", "check"), [(MAYBE, check_perhaps), (HARDLY, check_nothing)])


@CHECKS
def test_a_command(caller: Caller, text: str, check: Any) -> None:
    """In the acknowledgement; the fallback text says the same."""
    answer = caller.command(text).json
    check(answer)
    assert (PERHAPS if text is MAYBE else MISSES) in answer["text"]
    assert all(url in answer["text"] for url in example_urls(answer))


@CHECKS
def test_a_mention_in_a_channel(caller: Caller, slack: FakeSlack, text: str, check: Any) -> None:
    """Whoever named the bot gets an answer in the thread."""
    caller.mention(text)
    (post,) = slack.wait_for_posts()
    check(post)


@CHECKS
def test_a_direct_message(caller: Caller, slack: FakeSlack, text: str, check: Any) -> None:
    """As in a channel."""
    caller.event(direct_message(text))
    (post,) = slack.wait_for_posts()
    check(post)


@CHECKS
def test_the_shortcut_on_a_message(caller: Caller, slack: FakeSlack, text: str, check: Any) -> None:
    """For the person who used it alone."""
    caller.interaction(shortcut(slack, "find_links", text))
    (post,) = slack.wait_for_posts()
    check(post)
    assert post.get("response_type") == "ephemeral"


@CHECKS
def test_the_search_box_of_home(caller: Caller, slack: FakeSlack, text: str, check: Any) -> None:
    """Under the box."""
    view = open_home(caller, slack)
    box = next(element for element in elements(view) if element["type"] == "plain_text_input")
    count = len(slack.calls_of("views.publish"))
    caller.interaction(in_home(slack, box, view, {"type": "plain_text_input", "value": text}))
    shown = slack.wait_for_call("views.publish", count + 1)[-1].payload["view"]
    shown["blocks"] = [block for block in shown["blocks"] if "What is new" not in json.dumps(block)]
    upto = next(place for place, block in enumerate(shown["blocks"]) if block["type"] == "divider")
    check({"blocks": shown["blocks"][:upto]})


def test_slacks_own_search_marks_what_is_in_doubt_and_gets_no_misses(caller: Caller, slack: FakeSlack) -> None:
    """Near misses among the results of a search for everything would only be in the way."""
    for text in (MAYBE, HARDLY):
        caller.event(function_event(slack, text))
    doubtful, nothing = (
        call.payload["outputs"]["search_results"] for call in slack.calls_of("functions.completeSuccess")
    )
    assert 1 <= len(doubtful) <= 3
    assert all(result["description"].startswith("(perhaps) ") for result in doubtful)
    assert nothing == []


def test_a_doubtful_answer_that_is_shared_stays_doubtful(caller: Caller, slack: FakeSlack) -> None:
    """Everybody reads that it may be near, and who shared it."""
    answer = caller.command(MAYBE).json
    caller.interaction(click(slack, button(answer, "share"), shown=answer))
    (post,) = slack.wait_for_posts()
    assert post["response_type"] == "in_channel"
    assert "shared these links, which may be near:" in json.dumps(post["blocks"])
    assert example_urls(post) == example_urls(answer)


@pytest.mark.parametrize("text", [MAYBE, HARDLY])
def test_whoever_did_not_name_the_bot_hears_nothing_unless_it_is_sure(
    caller: Caller, slack: FakeSlack, text: str
) -> None:
    """Talk in a thread where follow-ups are on is interrupted by a sure answer alone."""
    root = new_ts()
    slack.add_message(THREADS, root, QUESTION)
    caller.event(mention(QUESTION, channel=THREADS, ts=root))
    slack.wait_for_posts()
    caller.event(message(f"what about {text} for ingress?", channel=THREADS, thread_ts=root))
    slack.stays_quiet(for_s=0.5, count=1)


def test_a_near_miss_may_answer_the_next_question_of_the_thread(caller: Caller, slack: FakeSlack) -> None:
    """It was not offered; a link that was offered is not offered again."""
    root = new_ts()
    slack.add_message(CHANNEL, root, HARDLY)
    caller.event(mention(HARDLY, channel=CHANNEL, ts=root))
    (nothing,) = slack.wait_for_posts()
    ask = new_ts()
    slack.add_message(CHANNEL, ask, QUESTION, thread_ts=root)
    caller.event(mention(QUESTION, channel=CHANNEL, ts=ask, thread_ts=root))
    sure = slack.wait_for_posts(2)[1]
    assert set(example_urls(nothing)) <= set(example_urls(sure))
    again = new_ts()
    slack.add_message(CHANNEL, again, QUESTION, thread_ts=root)
    caller.event(mention(QUESTION, channel=CHANNEL, ts=again, thread_ts=root))
    assert not set(example_urls(sure)) & set(example_urls(slack.wait_for_posts(3)[2]))
