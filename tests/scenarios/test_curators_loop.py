"""The whole loop over real connections: approved in Slack, committed by git, built by `signpost build`, answered."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from index.catalogue.formats.native import write_native
from index.catalogue.read import read
from tests import support
from tests.bot.curation.conftest import Git, make_checkout
from tests.index.catalogue.test_native import reading
from tests.scenarios.support.bot_process import BotProcess, environment, free_port
from tests.scenarios.support.fake_slack import TEAM, FakeSlack
from tests.scenarios.support.requests import (
    ASKER,
    Caller,
    button,
    click,
    menu_of,
    shortcut,
    submission,
    unique,
    urls_shown,
)
from tests.scenarios.test_curators import CURATOR, CURATORS, as_user, filled, inputs

pytestmark = pytest.mark.slow

FILE = "links/small.yaml"
VPN = "my laptop loses the vpn after lunch"
PARAPHRASE = "vpn drops on my laptop at lunch time"
OTHER = "best pizza in town"
Json = dict[str, Any]


class Loop:
    """A bot with an index, and the checkout that the index is built from."""

    def __init__(self, folder: Path, slack: FakeSlack, index: Path, **settings: str) -> None:
        self.folder = folder
        self.slack = slack
        self.checkout = folder / "checkout"
        self.git: Git = make_checkout(self.checkout, write_native(reading(*support.LINKS, name="Tiny")))
        support.copy_index(index, folder / "index")
        given = {
            "CURATORS": CURATOR,
            "CURATORS_CHANNEL": CURATORS,
            "CATALOGUE_CHECKOUT": str(self.checkout),
            "CATALOGUE_FILE": FILE,
            "GAPS_DAY": "off",
            **settings,
        }
        self.bot = self.another(**given)

    def another(self, **settings: str) -> BotProcess:
        """Make a bot on the same store, index and checkout."""
        made = environment(self.slack, self.folder, **settings)
        return BotProcess(slack=self.slack, folder=self.folder, environment=made, scripted=False)

    @property
    def caller(self) -> Caller:
        """Call the bot as Slack does."""
        return self.bot.caller()

    def commits(self) -> list[str]:
        """Return the commits' subjects, newest first."""
        return self.git("log", "--format=%s").splitlines()

    def ask(self, question: str) -> Json:
        """Return what `/links` answers."""
        answer: Json = self.caller.command(question).json
        return answer

    def suggest(self, title: str, url: str) -> Json:
        """Suggest a link and return what the curators get."""
        forms = len(self.slack.calls_of("views.open"))
        posts = len(self.slack.posts(CURATORS))
        self.caller.interaction(shortcut(self.slack, "suggest_link", f"see <{url}|{title}>"))
        view = self.slack.wait_for_call("views.open", forms + 1)[-1].payload["view"]
        reply = self.caller.interaction(submission(view, filled(view, title=title)))
        again = (reply.json if reply.body else {}).get("view")
        if again and inputs(again):
            self.caller.interaction(submission(again, filled(again, title=title)))
        return self.slack.wait_for_posts(posts + 1, channel=CURATORS)[-1]

    def press(self, words: str, post: Json, user: str = CURATOR) -> None:
        """Click a button of a message in the curators' channel."""
        payload = click(self.slack, button(post, words), shown=post, channel={"id": CURATORS}, **as_user(user))
        assert self.caller.interaction(payload).status == 200

    def wait_for_words(self, words: str, *, within_s: float = 120.0) -> Json:
        """Wait until the curators' channel shows some words, and return the message."""
        self.slack.wait_for(
            lambda: any(words in post["text"] for post in self.slack.posts(CURATORS)), within_s=within_s, what=words
        )
        return [post for post in self.slack.posts(CURATORS) if words in post["text"]][-1]

    def refusals(self) -> list[str]:
        """Return what was tried without the right to."""
        database = sqlite3.connect(self.folder / "store.sqlite3")
        try:
            return [action for (action,) in database.execute("select action from refusals")]
        finally:
            database.close()

    def states(self) -> list[str]:
        """Return how far each approved suggestion is."""
        database = sqlite3.connect(self.folder / "store.sqlite3")
        try:
            return [state for (state,) in database.execute("select state from changes order by approved_at_ms")]
        finally:
            database.close()


MakeLoop = Callable[..., Loop]


@pytest.fixture
def make_loop(tmp_path: Path, slack: FakeSlack, small_index: Path) -> Iterator[MakeLoop]:
    """Make a bot with its checkout; it is not started yet."""
    made: list[Loop] = []

    def making(**settings: str) -> Loop:
        made.append(Loop(tmp_path, slack, small_index, **settings))
        return made[-1]

    yield making
    for loop in made:
        loop.bot.kill()


@pytest.fixture
def loop(make_loop: MakeLoop) -> Loop:
    """Run a bot with its checkout."""
    made = make_loop()
    made.bot.start()
    return made


def menu(slack: FakeSlack, view: Json, typed: str, **fields: Any) -> Json:
    """Return the payload that asks what a form's menu offers."""
    return {
        "type": "block_suggestion",
        "team": {"id": TEAM, "domain": "example"},
        "user": {"id": ASKER, "name": "asker", "team_id": TEAM},
        "api_app_id": "A0SIGNPOST",
        "container": {"type": "view", "view_id": unique("V")},
        "action_id": "answers_link",
        "block_id": "answers_link",
        "value": typed,
        "view": view,
        **fields,
    }


def answered(values: Json, **given: Any) -> Json:
    """Return the state of the form that says which link answers a question."""
    fields = {**values, **given}
    return {
        "answers_question": {"answers_question": {"type": "plain_text_input", "value": fields.get("question")}},
        "answers_link": {"answers_link": {"type": "external_select", "selected_option": fields.get("link")}},
        "answers_address": {"answers_address": {"type": "plain_text_input", "value": fields.get("address")}},
    }


def open_answers(loop: Loop, shown: Json) -> Json:
    """Press the button under a message and return the form."""
    assert loop.caller.interaction(click(loop.slack, button(shown, "answers it"), shown=shown)).status == 200
    view: Json = loop.slack.wait_for_call("views.open")[-1].payload["view"]
    return view


def test_a_question_that_a_link_answers_is_learnt(loop: Loop, slack: FakeSlack) -> None:
    """Nothing for it; somebody names the link; a curator approves; committed, built, and answered, in other words too."""
    before = loop.ask(VPN)
    assert "no good link" in before["text"]
    assert support.INGRESS.url not in urls_shown(loop.ask(PARAPHRASE)["blocks"])[:1]
    view = open_answers(loop, before)
    assert VPN in json.dumps(view)
    first = loop.caller.interaction(menu(slack, view, "")).json["options"]
    assert first
    options = loop.caller.interaction(menu(slack, view, "tls certificates of an ingress")).json["options"]
    assert options[0]["value"] == support.INGRESS.url
    stranger = menu(slack, view, "tls", user={"id": "U0STRANGER", "team_id": "T0STRANGER"})
    assert loop.caller.interaction(stranger).json == {"options": []}
    reply = loop.caller.interaction(submission(view, answered({"question": f"{VPN} @ann", "link": options[0]})))
    assert "Thank you" in reply.text
    post = slack.wait_for_posts(channel=CURATORS)[-1]
    assert VPN in json.dumps(post)
    assert "@ann" not in json.dumps(post)
    loop.press("approve", post)
    loop.wait_for_words("The index is rebuilt:")
    assert loop.commits() == [f"Add a question to {support.INGRESS.url}", "First"]
    (link,) = [one for one in read([loop.checkout / FILE]).links if one.url == support.INGRESS.url]
    assert link.questions == (*support.INGRESS.questions, VPN)
    told = loop.wait_for_words("1 changed")
    assert f"~ {support.INGRESS.url}" in told["text"]
    assert loop.git("log", "-1", "--format=%B").count("U0") == 0
    version = told["text"].split("version ")[1][:12]
    loop.bot.wait_until(lambda: version in loop.bot.get("/metrics").text, what="the new index is served")
    for question in (VPN, PARAPHRASE):
        assert urls_shown(loop.ask(question)["blocks"])[0] == support.INGRESS.url
    assert "no good link" in loop.ask(OTHER)["text"]
    assert loop.states() == ["live"]
    loop.bot.stop()


def answer_row(answer: Json) -> Json:
    """Return the row of buttons under an answer."""
    (row,) = [block for block in answer["blocks"] if str(block.get("block_id")).startswith("answer:")]
    return row  # type: ignore[no-any-return]


def choose_problem(loop: Loop, answer: Json, option: Json, **fields: Any) -> None:
    """Choose from the menu under an answer what is wrong with a link."""
    row = answer_row(answer)
    (select,) = [one for one in row["elements"] if one["type"] == "external_select"]
    action = {"type": "external_select", "selected_option": option}
    payload = click(loop.slack, select, block_id=row["block_id"], shown=answer, action=action, **fields)
    assert loop.caller.interaction(payload).status == 200


def test_a_reported_link_is_mended_or_left_as_it_is(loop: Loop, slack: FakeSlack) -> None:
    """From the menu under an answer to the commit; only colleagues report, and only curators mend or close."""
    stranger = as_user("U0STRANGER", "T0STRANGER")
    answer = loop.ask("renew the certificates of an ingress")
    row = answer_row(answer)
    assert loop.caller.interaction(menu_of(row, **stranger)).json == {"options": []}
    groups = loop.caller.interaction(menu_of(row)).json["option_groups"]
    assert groups[0]["label"]["text"] == support.INGRESS.title
    outdated, misplaced = groups[0]["options"][1:3]
    choose = partial(choose_problem, loop, answer)
    choose(outdated, **stranger)
    assert "only people of the organisation" in slack.wait_for_posts()[-1]["text"]
    choose(outdated)
    post = slack.wait_for_posts(channel=CURATORS)[-1]
    assert support.INGRESS.url in urls_shown(post["blocks"])
    assert ASKER in json.dumps(post["blocks"])
    slack.wait_for(lambda: any("the curators get it" in one["text"] for one in slack.posts()), what="thanks")

    loop.press("mend it", post, user="U0NOBODY")
    loop.press("it is fine", post, user=ASKER)
    loop.bot.wait_until(lambda: sorted(loop.refusals()) == ["close_report", "open_mending"], what="both are recorded")
    assert not slack.calls_of("views.open")
    loop.press("mend it", post)
    view = slack.wait_for_call("views.open")[-1].payload["view"]
    state = filled(view, title="TLS for an Ingress", questions=f"{support.INGRESS.questions[0]}\n{VPN}")
    menu = next(block for block in inputs(view) if block["block_id"] == "mending_section")["element"]
    chosen = next(option for option in menu["options"] if option["text"]["text"] == "DNS")
    state["mending_section"]["mending_section"]["selected_option"] = chosen
    forged = loop.caller.interaction(submission(view, state))
    assert forged.json == {"response_action": "clear"}
    assert "mending_form" in loop.refusals()
    assert loop.caller.interaction(submission(view, state, **as_user(CURATOR))).json == {"response_action": "clear"}
    told = loop.wait_for_words("The index is rebuilt:")
    assert "0 added, 0 removed, 1 changed" in told["text"]
    assert loop.commits() == ["Mend TLS for an Ingress", "First"]
    (link,) = [one for one in read([loop.checkout / FILE]).links if one.url == support.INGRESS.url]
    assert (link.title, link.section, link.questions) == (
        "TLS for an Ingress",
        ("DNS",),
        (*support.INGRESS.questions, VPN),
    )
    slack.wait_for(
        lambda: any("mended the link that you reported" in one["text"] for one in slack.posts()), what="told"
    )
    loop.bot.wait_until(lambda: urls_shown(loop.ask(VPN)["blocks"])[:1] == [link.url], what="answered")

    before = len(slack.posts(CURATORS))
    choose(misplaced)
    fine = slack.wait_for_posts(before + 1, channel=CURATORS)[-1]
    loop.press("it is fine", fine)
    slack.wait_for(lambda: any("Left as it is by" in one["text"] for one in slack.posts()), what="closed")
    (closed,) = [one for one in slack.posts() if "Left as it is by" in one["text"]]
    assert closed["replace_original"]
    assert "open_mending" not in json.dumps(closed["blocks"])
    assert "It is in the wrong section, says" in json.dumps(closed["blocks"])
    slack.wait_for(lambda: any("left the link as it is" in one["text"] for one in slack.posts()), what="told")
    assert len(loop.commits()) == 2


def test_a_link_that_the_catalogue_has_is_not_suggested_again(loop: Loop, slack: FakeSlack) -> None:
    """Also when its address is written in another way; nothing reaches the curators."""
    forms = len(slack.calls_of("views.open"))
    loop.caller.interaction(shortcut(slack, "suggest_link", "see <https://example.net/unlike|Baking bread>"))
    view = slack.wait_for_call("views.open", forms + 1)[-1].payload["view"]
    assert "The catalogue has" not in json.dumps(view)
    for url in (support.INGRESS.url, f"{support.INGRESS.url}/?utm_source=chat"):
        reply = loop.caller.interaction(submission(view, filled(view, title="Baking bread", address=url)))
        assert reply.json["errors"] == {"suggestion_url": f"The catalogue has it already: {support.INGRESS.title}"}
    slack.stays_quiet(for_s=0.2, channel=CURATORS)
    thanks = loop.caller.interaction(submission(view, filled(view, title="Baking bread")))
    assert "Thank you" in thanks.text
    assert "The catalogue has" not in thanks.text
    slack.wait_for_posts(channel=CURATORS)


def test_the_form_refuses_what_the_catalogue_could_not_take(loop: Loop, slack: FakeSlack) -> None:
    """No link, two links, an address that it lacks, a question that it has, no words: each told at its field."""
    view = open_answers(loop, loop.ask(VPN))
    chosen = {"text": {"type": "plain_text", "text": "x"}, "value": support.INGRESS.url}
    good = {"question": VPN, "address": support.INGRESS.url}
    for wrong, field in (
        ({"address": ""}, "answers_address"),
        ({"link": {**chosen, "value": support.EBPF.url}}, "answers_address"),
        ({"address": "https://example.com/none"}, "answers_address"),
        ({"address": "javascript:alert(1)"}, "answers_address"),
        ({"address": "", "link": {**chosen, "value": "https://forged.example/"}}, "answers_link"),
        ({"question": support.INGRESS.questions[0].upper() + "?"}, "answers_question"),
        ({"question": "<@U0ASKER> @ann"}, "answers_question"),
        ({"question": None}, "answers_question"),
    ):
        reply = loop.caller.interaction(submission(view, answered(good, **wrong))).json
        assert reply["response_action"] == "errors"
        assert list(reply["errors"]) == [field]
    stranger = submission(view, answered(good), **as_user("U0STRANGER", "T0STRANGER"))
    assert loop.caller.interaction(stranger).json == {"response_action": "clear"}
    slack.stays_quiet(for_s=0.2, channel=CURATORS)
    assert "answers_form" in loop.refusals()


def test_a_link_goes_into_the_catalogue_and_the_index(loop: Loop, slack: FakeSlack) -> None:
    """Approved once, committed once in its section, found; all told in one message that is edited."""
    post = loop.suggest("Zanzibar runbook for meshes", "https://example.net/zanzibar")
    loop.press("approve", post)
    loop.press("approve", post)
    told = loop.wait_for_words("The index is rebuilt:")
    assert loop.commits() == ["Add Zanzibar runbook for meshes", "First"]
    assert "+ https://example.net/zanzibar" in told["text"]
    edited = [one.payload["ts"] for one in slack.calls_of("chat.update")]
    assert edited
    assert len(set(edited)) == 1
    (thread,) = {one.payload.get("thread_ts") for one in slack.calls_of("chat.postMessage") if "Written" in str(one)}
    assert thread
    loop.bot.wait_until(
        lambda: "https://example.net/zanzibar" in urls_shown(loop.ask("zanzibar runbook")["blocks"]), what="found"
    )


def test_what_stands_in_the_way_is_told_once_and_tried_again(loop: Loop, slack: FakeSlack) -> None:
    """A dirty checkout: the approval is kept, one message says what to do; only curators try again; one commit."""
    file = loop.checkout / FILE
    text = file.read_text()
    file.write_text(text + "# being edited\n")
    loop.press("approve", loop.suggest("A page on meshes", "https://example.net/meshes"))
    stuck = loop.wait_for_words("not in the catalogue yet")
    assert "not committed" in stuck["text"]
    assert loop.commits() == ["First"]
    assert file.read_text() == text + "# being edited\n"
    loop.press("try again", stuck, user="U0NOBODY")
    loop.bot.wait_until(lambda: "retry_change" in loop.refusals(), what="recorded")
    assert loop.states() == ["stuck"]
    file.write_text(text)
    loop.press("try again", stuck)
    loop.press("try again", stuck)
    loop.wait_for_words("The index is rebuilt:")
    assert loop.commits() == ["Add A page on meshes", "First"]
    assert len([post for post in slack.posts(CURATORS) if "not in the catalogue yet" in post["text"]]) == 1


def test_a_bot_that_is_killed_after_the_decision_goes_on_when_it_starts(loop: Loop, slack: FakeSlack) -> None:
    """Killed with the commit still to come: one commit after the restart, also with a second bot beside it."""
    lock = loop.checkout / ".git" / "index.lock"
    lock.write_text("")
    loop.press("approve", loop.suggest("A page on meshes", "https://example.net/meshes"))
    loop.bot.wait_until(lambda: loop.states() == ["waiting"], what="decided")
    loop.bot.kill()
    assert loop.commits() == ["First"]
    lock.unlink()
    other = loop.another(**{**loop.bot.environment, "PORT": str(free_port())})
    other.log_path.rename(loop.folder / "first.log")
    loop.bot.start()
    try:
        other.launch()
        loop.wait_for_words(" links.")
        slack.wait_for(lambda: loop.states() == ["live"], what="live")
        assert loop.commits() == ["Add A page on meshes", "First"]
        time.sleep(0.5)
        assert len([c for c in slack.calls_of("chat.postMessage") if "Written" in str(c.payload)]) <= 2
    finally:
        other.kill()


def test_rebuild_is_for_curators_and_shows_what_changed(loop: Loop, slack: FakeSlack) -> None:
    """Progress and result in one message; others are refused and recorded; a refused build says why."""
    assert "Only the curators" in loop.ask("rebuild")["text"]
    assert loop.refusals() == ["rebuild"]
    new = support.extra(1)
    (loop.checkout / FILE).write_text(write_native(reading(*support.LINKS[1:], new, name="Tiny")))
    assert CURATORS in loop.caller.command("rebuild", user_id=CURATOR).json["text"]
    told = loop.wait_for_words("The index is rebuilt:")
    assert f"+ {new.url}" in told["text"]
    assert f"− {support.ISOLATE.url}" in told["text"]
    assert "1 added, 1 removed, 0 changed" in told["text"]
    assert len({call.payload["ts"] for call in slack.calls_of("chat.update")}) == 1
    (loop.checkout / FILE).write_text("links: [")
    assert loop.caller.command(" Rebuild ", user_id=CURATOR).status == 200
    refused = loop.wait_for_words("was not rebuilt")
    assert "not valid YAML" in refused["text"]
    assert urls_shown(loop.ask("certificates of an ingress")["blocks"])
    assert loop.caller.command("rebuild", user_id=CURATOR, team_id="T0STRANGER").json["text"].startswith("Only the")


def test_a_killed_build_leaves_no_lock(make_loop: MakeLoop, slack: FakeSlack) -> None:
    """Too long: stopped and told; the next one runs. The time limit is a setting."""
    loop = make_loop(REBUILD_TIMEOUT_S="0.2")
    loop.bot.start()
    loop.caller.command("rebuild", user_id=CURATOR)
    assert "REBUILD_TIMEOUT_S" in loop.wait_for_words("was not rebuilt")["text"]
    loop.bot.stop()
    patient = loop.another(**{**loop.bot.environment, "REBUILD_TIMEOUT_S": "600"})
    patient.start()
    loop.bot = patient
    loop.caller.command("rebuild", user_id=CURATOR)
    loop.wait_for_words(" links.")


def test_builds_of_several_processes_come_one_after_the_other(loop: Loop, slack: FakeSlack) -> None:
    """Two bots asked at the same moment: both tell a result, none an error."""
    other = loop.another(**{**loop.bot.environment, "PORT": str(free_port())})
    other.start()
    try:
        for bot in (loop.bot, other):
            assert bot.caller().command("rebuild", user_id=CURATOR).status == 200
        slack.wait_for(
            lambda: (
                len(
                    {
                        c.payload["ts"]
                        for c in slack.calls_of("chat.update")
                        if "The index is" in str(c) and "links." in str(c)
                    }
                )
                == 2
            ),
            within_s=120,
            what="two results",
        )
        assert not any("not rebuilt" in post["text"] for post in slack.posts(CURATORS))
    finally:
        other.kill()
