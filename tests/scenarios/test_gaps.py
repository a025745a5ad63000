"""What was asked in vain: the weekly message, its buttons, and patch files where there is no checkout."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.bot.curation.conftest import CATALOGUE, make_checkout
from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.bot_process import BotProcess, free_port
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import ASKER, button, click, elements
from tests.scenarios.test_curators import CURATOR, CURATORS, as_user, refusals, suggest

pytestmark = pytest.mark.slow

TODAY = time.gmtime()
NOW = {"GAPS_DAY": time.strftime("%A", TODAY).lower(), "GAPS_HOUR": str(TODAY.tm_hour)}
QUIET = {"GAPS_DAY": "off", "CURATORS": CURATOR, "CURATORS_CHANNEL": CURATORS}
IN_VAIN = ("zanzibarquux manual", "zanzibarquux manual", "a zanzibarquux manual?", "qwertzuiop sticker")


def ask_in_vain(bot: BotProcess) -> None:
    """Ask what the catalogue cannot answer."""
    for question in IN_VAIN:
        assert "no good link" in bot.caller().command(question).json["text"]


def weekly(slack: FakeSlack) -> list[dict[str, Any]]:
    """Return the weekly messages."""
    return [post for post in slack.posts(CURATORS) if "Questions without a good answer" in post["text"]]


def test_the_weekly_message_comes_once(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Grouped by meaning and counted, with the nearest section and no person; not again after a restart."""
    first = make_bot(STORE_QUESTIONS="true", **QUIET)
    ask_in_vain(first)
    first.stop()
    assert weekly(slack) == []
    bots = [make_bot(start=False, STORE_QUESTIONS="true", **QUIET | NOW, PORT=str(free_port())) for _ in range(2)]
    for bot in bots:
        bot.launch()
    slack.wait_for(lambda: weekly(slack), what="the weekly message")
    for bot in bots:
        bot.wait_ready()
        bot.stop()
    bots[0].start()
    time.sleep(0.5)
    (message,) = weekly(slack)
    text = message["text"]
    assert text.index("3 times: “zanzibarquux manual”\nAlso “a zanzibarquux manual?”") < text.index("Once: “qwertzuiop")
    assert "Nearest section: " in text
    assert ASKER not in json.dumps(message)
    assert [one["text"]["text"] for one in elements(message)] == [
        "Suggest a link",
        "Pick a link that answers it",
        "Dismiss",
    ] * 2


def test_dismissed_questions_are_not_listed_again(make_bot: MakeBot, slack: FakeSlack) -> None:
    """By curators only; the other buttons open their forms with the question."""
    bot = make_bot(STORE_QUESTIONS="true", **QUIET)
    ask_in_vain(bot)
    bot.stop()
    bot = make_bot(STORE_QUESTIONS="true", **QUIET | NOW)
    slack.wait_for(lambda: weekly(slack), what="the weekly message")
    (message,) = weekly(slack)
    for user, team in ((ASKER, "T0SIGNPOST"), (CURATOR, "T0STRANGER")):
        payload = click(slack, button(message, "dismiss"), shown=message, **as_user(user, team))
        assert bot.caller().interaction(payload).status == 200
    bot.wait_until(lambda: refusals(bot) == 2, what="recorded")
    assert (
        bot.caller().interaction(click(slack, button(message, "dismiss"), shown=message, **as_user(CURATOR))).status
        == 200
    )
    database = sqlite3.connect(bot.folder / "store.sqlite3")
    assert database.execute("select count(*) from dismissed").fetchone() == (2,)
    database.close()
    for words, title in (("suggest", "Suggest a link"), ("answers it", "Pick the right link")):
        forms = len(slack.calls_of("views.open"))
        bot.caller().interaction(click(slack, button(message, words), shown=message, **as_user(CURATOR)))
        view = slack.wait_for_call("views.open", forms + 1)[-1].payload["view"]
        assert view["title"]["text"] == title
        assert "zanzibarquux manual" in json.dumps(view)


def test_without_the_text_of_questions_the_message_says_so(make_bot: MakeBot, slack: FakeSlack) -> None:
    """A hash and a count; nothing of what was asked is anywhere."""
    bot = make_bot(**QUIET)
    ask_in_vain(bot)
    bot.stop()
    make_bot(**QUIET | NOW)
    slack.wait_for(lambda: weekly(slack), what="the weekly message")
    (message,) = weekly(slack)
    assert "STORE_QUESTIONS is off" in message["text"]
    assert "twice" not in message["text"]
    assert "2 times: a question with the hash" in message["text"]
    assert "zanzibar" not in json.dumps(message)
    assert {one["text"]["text"] for one in elements(message)} == {"Dismiss"}


def test_without_a_checkout_there_is_a_patch(make_bot: MakeBot, slack: FakeSlack, tmp_path: Path) -> None:
    """Told where it was approved; git takes it."""
    git = make_checkout(tmp_path / "elsewhere", CATALOGUE.replace("sections:\n- [Policy]\n- [DNS]\n", ""))
    file = tmp_path / "elsewhere" / "links" / "small.yaml"
    bot = make_bot(PATCHES_DIR=str(tmp_path / "patches"), CATALOGUE_FILE=str(file), **QUIET)
    post = suggest(bot.caller(), slack)
    bot.caller().interaction(
        click(slack, button(post, "approve"), shown=post, channel={"id": CURATORS}, **as_user(CURATOR))
    )
    slack.wait_for(lambda: [p for p in slack.posts(CURATORS) if ".patch" in p["text"]], what="told")
    (patch,) = (tmp_path / "patches").glob("*.patch")
    git("am", "--quiet", "--directory=links", str(patch))
    assert "https://example.net/new?a=1&b=2" in file.read_text()
    assert git("log", "-1", "--format=%s") == "Add A fine page on meshes\n"
