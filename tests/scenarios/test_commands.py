"""The slash command: cases 1 to 6, 8 to 10 and 37, and the buttons of a private answer."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import BOT_USER, FakeSlack
from tests.scenarios.support.requests import ASKER, Caller, Reply, button, click, elements, urls_shown

POLICY = "how do I isolate namespaces with a network policy?"
REFERENCE = re.compile(r"\b[0-9a-f]{8}\b")
#: NUL as JSON writes it, what changes the reading direction, and half characters.
UNSHOWABLE = re.compile("\\\\u0000|[\u202a-\u202e\ud800-\udfff]")


def mrkdwn_of(value: Any) -> list[str]:
    """Return every text that Slack reads as mrkdwn."""
    found = []
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            found.append(value["text"])
        found += [text for inner in value.values() for text in mrkdwn_of(inner)]
    elif isinstance(value, list):
        found += [text for inner in value for text in mrkdwn_of(inner)]
    return found


def is_private(reply: Reply) -> bool:
    """Whether only the asker sees it."""
    return bool(reply.json.get("response_type", "ephemeral") == "ephemeral")


def example_urls(message: Any) -> list[str]:
    """Return the catalogue's URLs in a message."""
    return [url for url in urls_shown(message) if "xample.org" in url]


def test_case_01_a_valid_command_is_answered_in_its_acknowledgement(caller: Caller) -> None:
    """Case 1: private, with links, a fallback text, version and age of the catalogue."""
    reply = caller.command(POLICY)
    assert reply.status == 200
    assert is_private(reply)
    assert reply.headers["content-type" if "content-type" in reply.headers else "Content-Type"].startswith(
        "application/json"
    )
    urls = example_urls(reply.json["blocks"])
    assert 1 <= len(urls) <= 5
    assert all(url in reply.json["text"] for url in urls)
    assert "test-1" in json.dumps(reply.json["blocks"])
    assert "Network policy recipe" in json.dumps(reply.json["blocks"])


@pytest.mark.alone
def test_a_command_is_answered_in_half_a_second(caller: Caller) -> None:
    """The quickest of some; Slack waits for 3 seconds."""
    assert min(caller.command(POLICY).seconds for _ in range(10)) < 0.5


@pytest.mark.parametrize("text", ["", "   ", "help", "HELP"])
def test_case_02_an_empty_command_gets_usage(caller: Caller, text: str) -> None:
    """Case 2: how to ask, with the command's name and an example, for the asker alone."""
    reply = caller.command(text)
    assert reply.status == 200
    assert is_private(reply)
    assert reply.json["text"].startswith("Ask me for links")
    examples = reply.json["text"].partition("Try one of these:\n")[2].splitlines()
    assert [line for line in examples if line.startswith("• /links ")]
    assert not example_urls(reply.json["blocks"])


def test_case_03_a_query_of_100000_characters_is_clamped(caller: Caller) -> None:
    """Case 3: answered with links, and not repeated in full, neither in the blocks nor in the fallback text."""
    for query in ("network policy " + "x" * 100_000, "network policy " + "& " * 50_000):
        reply = caller.command(query)
        assert reply.status == 200
        assert len(reply.body) < 30_000
        assert is_private(reply)
        assert example_urls(reply.json["blocks"])
        first, *_ = reply.json["blocks"]
        shown = json.dumps(first, ensure_ascii=False)
        assert "network policy" in shown
        assert "…" in shown
        assert len(shown) < 500
        assert "x" * 200 not in reply.json["text"]


@pytest.mark.parametrize("words", ["zzz nothing", "network policy", "", "x" * 300])
def test_case_04_markup_in_a_query_is_inert(caller: Caller, words: str) -> None:
    """Case 4: nobody is notified and no link is faked, whether something is found or not; it is shown as it was typed."""
    reply = caller.command(f"<!channel> <@U1> <https://x|y> & <!subteam^S1> {words}")
    assert reply.status == 200
    assert "&lt;!channel&gt; &lt;@U1&gt; &lt;https://x|y&gt; &amp;" in reply.json["text"]
    for text in [*mrkdwn_of(reply.json), reply.json["text"]]:
        for live in ("<!", "<@U1", "<https://x"):
            assert live not in text


@pytest.mark.parametrize(
    "text",
    [
        "nul \x00 byte",
        "right \u202e to left",
        "🧭🏳️‍🌈 flags",
        "half \ud83d pair",
        "\udfff",
        "网络策略 ネットワーク",
        "\t\n\r",
        "%00%ff",
    ],
    ids=["nul", "rtl", "emoji", "high-surrogate", "low-surrogate", "cjk", "blanks", "percent"],
)
def test_case_05_odd_characters_raise_nothing(bot: BotProcess, caller: Caller, text: str) -> None:
    """Case 5: each is answered, with links where words match."""
    for query in (text, f"network policy {text}"):
        reply = caller.command(query)
        assert reply.status == 200
        assert is_private(reply)
        reply.body.decode("utf-8")
        assert not REFERENCE.search(reply.json["text"]), "an apology"
        assert not UNSHOWABLE.search(json.dumps(reply.json, ensure_ascii=False))
    assert example_urls(reply.json["blocks"])


def test_case_06_nothing_found_says_so_with_the_next_step(caller: Caller) -> None:
    """Case 6: one short message, and a button to suggest a link."""
    reply = caller.command("zzyzx qqqq")
    assert reply.status == 200
    assert is_private(reply)
    assert len(reply.json["text"]) < 600
    assert button(reply.json, "suggest")


def test_case_08_a_slow_search_is_acknowledged_early_and_answered_later(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 8: the acknowledgement while the search is under way, the answer through the response URL."""
    bot = make_bot(SEARCH_DEADLINE_S="0.5")
    bot.script({"contains": "slowly", "held": True})
    reply = bot.caller().command("slowly network policy")
    assert reply.status == 200
    assert not example_urls(reply.json)
    bot.script()
    (call,) = slack.wait_for_call("response_url")
    assert call.done
    assert example_urls(call.payload["blocks"])
    assert call.payload.get("response_type", "ephemeral") == "ephemeral"


def test_case_09_a_search_that_raises_gives_an_apology_with_a_reference(
    bot: BotProcess, caller: Caller, slack: FakeSlack
) -> None:
    """Case 9: the reference leads to the trace in the log; the asker reads nothing of it, the log no question."""
    bot.script({"contains": "raise", "raises": "RuntimeError"})
    reply = caller.command("raise zanzibarquux")
    assert reply.status == 200
    assert is_private(reply)
    assert "RuntimeError" not in reply.text
    assert "scripted" not in reply.text
    found = REFERENCE.search(reply.json["text"])
    assert found, reply.json["text"]
    (line,) = [line for line in bot.log_lines() if line.get("reference") == found[0]]
    assert "RuntimeError" in line["trace"]
    assert "zanzibarquux" not in bot.log_text()
    bot.script()
    assert example_urls(caller.command(POLICY).json["blocks"])
    bot.wait_ready()


def test_case_10_a_hostile_catalogue_is_shown_safely(caller: Caller) -> None:
    """Case 10: over-long parts are cut, `javascript:` is dropped, `| > space` are encoded, the rest is shown."""
    reply = caller.command("hostile")
    assert reply.status == 200
    shown = urls_shown(reply.json["blocks"])
    assert "https://example.org/a%7Cb%3Ec%20d" in shown
    assert not [url for url in shown if url.startswith("javascript") or "evil" in url]
    assert "javascript:" not in reply.text
    assert len(example_urls(reply.json["blocks"])) >= 3


def test_case_10_long_links_stay_within_the_total(caller: Caller) -> None:
    """Case 10: five links of 700 characters with long texts are one valid message, each URL whole."""
    reply = caller.command("huge")
    urls = [url for url in urls_shown(reply.json["blocks"]) if "/huge/" in url]
    assert urls
    assert all(url.endswith("?" + "q" * 700) for url in urls)


def test_urls_are_the_catalogues_byte_for_byte(caller: Caller) -> None:
    """Nothing but what Slack cannot carry is encoded: `<`, `>` and `|`."""
    reply = caller.command("verbatim address fragments")
    wanted = "https://Example.org:443/a%20b/?x=1&y=%3Cz%3E%7C%7C&utm_source=q#Frag"
    assert wanted in urls_shown(reply.json["blocks"])


def test_a_mended_typing_error_is_told(caller: Caller) -> None:
    """It says “searched for …” where the question was read otherwise than typed, and only there."""
    mended = caller.command("rotate ingres certificates").json
    assert "earched for" in json.dumps(mended["blocks"])
    assert "ingress" in json.dumps(mended["blocks"])
    assert "earched for" not in json.dumps(caller.command("rotate ingress certificates").json)


def test_filters_work_as_in_the_terminal(caller: Caller) -> None:
    """A section filter narrows; one that names nothing is explained."""
    reply = caller.command("section:ingress certificates")
    assert "https://example.org/20" in urls_shown(reply.json["blocks"])
    wrong = caller.command("section:nosuch certificates")
    assert wrong.status == 200
    assert "no section nosuch" in wrong.json["text"]


def test_case_37_an_exception_never_costs_the_acknowledgement(bot: BotProcess, caller: Caller) -> None:
    """Case 37: twenty at once that all raise are all acknowledged, each with its own reference."""
    bot.script({"contains": "raise", "raises": "RuntimeError"})
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda number: caller.command(f"raise {number}"), range(20)))
    assert {reply.status for reply in replies} == {200}
    references = set()
    for reply in replies:
        found = REFERENCE.search(reply.json["text"])
        assert found
        references.add(found[0])
    assert len(references) == 20


def test_case_37_a_listener_that_fails_is_acknowledged(bot: BotProcess, caller: Caller) -> None:
    """Case 37: not the search fails but what the bot does beside it: the asker gets an apology, and the log the trace."""
    bot.script({"info": True})
    for text in (POLICY, "help"):
        reply = caller.command(text)
        assert reply.status == 200
        assert is_private(reply)
        found = REFERENCE.search(reply.json["text"])
        assert found
        assert [line for line in bot.log_lines() if line.get("reference") == found[0] and "trace" in line]


def test_case_37_a_click_whose_work_fails_is_acknowledged(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 37: the response URL is dead and Slack is down, the click is taken all the same, and is done when they are back."""
    answer = caller.command(POLICY).json
    slack.fail("response_url", held=True, reset=True, times=None)
    slack.fail("chat.postEphemeral", held=True, status=500, times=None)
    for element in elements(answer):
        reply = caller.interaction(click(slack, element, shown=answer))
        assert reply.status == 200
    slack.faults.clear()
    again = caller.command(POLICY).json
    posts = len(slack.posts())
    assert caller.interaction(click(slack, button(again, "more"), shown=again)).status == 200
    assert example_urls(slack.wait_for_posts(posts + 1)[-1]["blocks"])


# Buttons


def test_show_more_shows_the_next_links(caller: Caller, slack: FakeSlack) -> None:
    """The second page repeats nothing of the first."""
    answer = caller.command("network policy recipe").json
    first = example_urls(answer["blocks"])
    reply = caller.interaction(click(slack, button(answer, "more"), shown=answer))
    assert reply.status == 200
    (post,) = slack.wait_for_posts()
    second = example_urls(post["blocks"])
    assert second
    assert not set(first) & set(second)
    assert post.get("response_type", "ephemeral") == "ephemeral"


def test_share_posts_the_answer_in_the_channel_and_says_who_shared(caller: Caller, slack: FakeSlack) -> None:
    """Everybody sees the same links, and who shared them."""
    answer = caller.command("network policy recipe").json
    reply = caller.interaction(click(slack, button(answer, "share"), shown=answer))
    assert reply.status == 200
    slack.wait_for_posts()
    shared = [
        call.payload
        for call in slack.calls_of("chat.postMessage", "response_url")
        if call.method == "chat.postMessage" or call.payload.get("response_type") == "in_channel"
    ]
    assert len(shared) == 1
    assert set(example_urls(answer["blocks"])) == set(example_urls(shared[0]["blocks"]))
    assert f"<@{ASKER}>" in json.dumps(shared[0]) or ASKER in json.dumps(shared[0])


def test_a_double_click_shares_once(caller: Caller, slack: FakeSlack) -> None:
    """The same click delivered twice (a replay) posts once."""
    answer = caller.command("network policy recipe").json
    payload = click(slack, button(answer, "share"), shown=answer)
    assert caller.interaction(payload).status == 200
    assert caller.interaction(payload).status == 200
    slack.wait_for_posts()
    slack.stays_quiet(count=1)


def feedback_element(message: dict[str, Any]) -> dict[str, Any]:
    """Return Slack's own feedback buttons."""
    return next(element for element in elements(message) if element["type"] == "feedback_buttons")


@pytest.mark.parametrize("side", ["positive_button", "negative_button"])
def test_feedback_is_taken_and_counted(bot: BotProcess, caller: Caller, slack: FakeSlack, side: str) -> None:
    """A verdict is acknowledged at once and counted."""
    answer = caller.command(POLICY).json
    element = feedback_element(answer)

    def counted() -> float:
        lines = bot.get("/metrics").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("signpost_feedback_total"))

    before = counted()
    action = {"type": "feedback_buttons", "value": element[side]["value"], "text": element[side]["text"]}
    payload = click(slack, element, shown=answer, action=action)
    reply = caller.interaction(payload)
    assert reply.status == 200
    bot.wait_until(lambda: counted() == before + 1, what="the verdict is counted")


def test_opening_a_link_is_acknowledged_and_counted(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """The button leads straight to the catalogue's URL; Slack's click tells the bot."""
    answer = caller.command(POLICY).json
    opens = [element for element in elements(answer) if element.get("url")]
    assert len(opens) >= 1
    assert {element["url"] for element in opens} <= set(example_urls(answer["blocks"]))

    def counted() -> float:
        (line,) = [line for line in bot.get("/metrics").text.splitlines() if line.startswith("signpost_clicks_total ")]
        return float(line.split()[1])

    before = counted()
    reply = caller.interaction(click(slack, opens[0], shown=answer))
    assert reply.status == 200
    bot.wait_until(lambda: counted() == before + 1, what="the click is counted")


def test_a_button_with_a_forged_value_does_nothing_bad(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Values come back from outside: anything in them is taken calmly."""
    answer = caller.command(POLICY).json
    for element in elements(answer):
        for value in ("", "{", "[]", '{"a":1}', "x" * 2_000, "\x00", "null", '{"o": -5, "n": 1e99, "offset": "x"}'):
            reply = caller.interaction(click(slack, element, shown=answer, action={"value": value}))
            assert reply.status == 200
    assert not [line for line in bot.log_lines() if "trace" in line and "RuntimeError" not in line["trace"]]


def test_another_command_name_is_explained(caller: Caller) -> None:
    """A command of the app that the bot does not know is answered, not left hanging."""
    reply = caller.command("x", command="/other")
    assert reply.status == 200
    assert "/links" in reply.text


def test_the_bot_is_not_mentioned_by_accident(caller: Caller) -> None:
    """No message of the bot mentions a person or itself, unless it says who shared."""
    reply = caller.command(POLICY)
    assert f"<@{BOT_USER}>" not in "".join(mrkdwn_of(reply.json))
