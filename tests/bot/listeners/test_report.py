"""Something wrong with a link: from one click under an answer to a change that is approved."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.asking.inquiry import Inquiry, Surface
from bot.errors import SlackSendError
from bot.listeners import report
from bot.services import Services
from bot.store import ChangeState, Suggestion
from tests.bot.listeners.test_suggest_answer import Ack
from tests.bot.tiny import CALICO, CILIUM, RecordingApi, TinyAsks, services_of
from tests.scenarios.support.limits import violations_of_message, violations_of_view

CURATORS, CURATOR, ASKER = "C0CURATORS", "U0CURATOR", "U0ASKER"
SETTINGS = {
    "CURATORS": CURATOR,
    "CURATORS_CHANNEL": CURATORS,
    "PATCHES_DIR": "/nowhere",
    "CATALOGUE_FILE": "links.yaml",
}


def body(user: str, *, value: str = "", **rest: Any) -> dict[str, Any]:
    """Return what Slack sends of a click."""
    return {
        "user": {"id": user, "team_id": "TOURS"},
        "team": {"id": "TOURS"},
        "channel": {"id": "C0GENERAL"},
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": CURATORS},
        "trigger_id": f"1.{json.dumps(rest)[:60]}{value}{user}",
        "response_url": "https://hooks.example/1",
        "actions": [{"action_id": "x", "selected_option": {"value": value}, "value": value}],
        **rest,
    }


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    """Give a bot with curators; its calls go to `api_of(services)`."""
    async with services_of(TinyAsks(), **SETTINGS) as parts:
        api = RecordingApi()
        api.answers["chat.postMessage"] = {"ts": "1.1", "channel": CURATORS}
        for outlet in (parts.outbox, parts.strangers):
            outlet._api = api  # type: ignore[assignment]
        yield replace(parts, api=api)  # type: ignore[arg-type]


def posted(services: Services, channel: str) -> list[dict[str, Any]]:
    """Return what was posted in a channel."""
    return [call for call in services.api.of("chat.postMessage") if call["channel"] == channel]  # type: ignore[attr-defined]


def responses(services: Services) -> list[dict[str, Any]]:
    """Return what was sent to response URLs."""
    return services.api.of("response_url")  # type: ignore[attr-defined, no-any-return]


async def options(services: Services, user: str = ASKER, team: str = "TOURS") -> tuple[Any, dict[str, Any]]:
    """Ask a question, open the menu under its answer, and return the menu and what it offers."""
    inquiry = Inquiry(surface=Surface.COMMAND, text="cilium", user=ASKER, channel="C0GENERAL")
    reply = await services.answering.answer(inquiry)
    (row,) = [block for block in reply.message.blocks if str(block.get("block_id")).startswith("answer:")]
    (menu,) = [element for element in row["elements"] if element["type"] == "external_select"]
    ack = Ack()
    asked = {**body(user), "block_id": row["block_id"], "action_id": menu["action_id"], "value": ""}
    asked["user"]["team_id"] = team
    await report.menu(services, ack, asked)
    return menu, ack.given[0]


async def reported(services: Services, place: int = 0, problem: int = 0) -> Suggestion:
    """Report a link and return what the curators' buttons are about."""
    _, offered = await options(services)
    value = offered["option_groups"][place]["options"][problem]["value"]
    await report.report(services, Ack(), body(ASKER, value=value))
    await services.work.drain(5.0)
    blocks = posted(services, CURATORS)[-1]["blocks"]
    found = await services.store.suggestion(blocks[-1]["elements"][0]["value"])
    assert found is not None
    return found


async def test_the_menu_names_each_link_and_what_can_be_wrong(services: Services) -> None:
    """In the answer stands the menu alone: what it offers is asked for when it is opened."""
    menu, offered = await options(services)
    assert menu["placeholder"]["text"] == "Something wrong with a link?"
    groups = offered["option_groups"]
    assert [group["label"]["text"] for group in groups] == [CILIUM.title, CALICO.title]
    names = ["It is broken", "It is outdated", "It is in the wrong section"]
    assert [[one["text"]["text"] for one in group["options"]] for group in groups] == [names, names]
    _, of_stranger = await options(services, "U0STRANGER", "TTHEIRS")
    assert of_stranger == {"options": []}


@pytest.mark.parametrize(
    "value", ["", "0", "0 broken", "9 broken x", "0 eaten x", "x broken y", "-1 broken y", "²  broken y"]
)
async def test_a_forged_choice_reports_nothing(services: Services, value: str) -> None:
    """Values come back from outside."""
    ack = Ack()
    await report.report(services, ack, body(ASKER, value=value))
    await services.work.drain(5.0)
    assert ack.given == [{}]
    assert posted(services, CURATORS) == []


async def test_one_click_tells_the_curators_and_the_second_says_that_they_know(services: Services) -> None:
    """With the link, what is wrong and who says so; another problem of the same link is another report."""
    found = await reported(services)
    (post,) = posted(services, CURATORS)
    assert violations_of_message(post, method="chat.postMessage") == []
    shown = json.dumps(post)
    for part in (CILIUM.title, "It is broken", ASKER, "CNI > Cilium", "Mend it", "It is fine"):
        assert part in shown
    assert (found.url, found.problem) == (CILIUM.url, "broken")
    assert "Thank you, the curators get it" in responses(services)[-1]["text"]
    await reported(services)
    assert len(posted(services, CURATORS)) == 1
    assert "know already" in responses(services)[-1]["text"]
    await reported(services, problem=2)
    assert len(posted(services, CURATORS)) == 2


async def test_a_link_that_is_fine_stays_and_the_reporter_is_told(services: Services) -> None:
    """Once, and by curators alone."""
    found = await reported(services)
    for user in (ASKER, CURATOR, CURATOR):
        await report.sound(services, Ack(), body(user, value=found.suggestion_id))
        await services.work.drain(5.0)
    replies = [reply["text"] for reply in responses(services)]
    assert "Only the curators" in replies[-3]
    assert replies[-2].startswith("Left as it is by")
    assert responses(services)[-2]["replace_original"] is True
    assert "already" in replies[-1]
    (told,) = posted(services, ASKER)
    assert "left the link as it is" in told["text"]


async def open_form(services: Services, found: Suggestion) -> dict[str, Any]:
    """Open the form to mend a link."""
    await report.mend(services, Ack(), body(CURATOR, value=found.suggestion_id))
    await services.work.drain(5.0)
    view: dict[str, Any] = services.api.of("views.open")[-1]["view"]  # type: ignore[attr-defined]
    assert violations_of_view(view) == []
    return view


def state(title: str, section: str, questions: str, *, retired: bool = False) -> dict[str, Any]:
    """Return the form's state as Slack sends it."""
    option = {"text": {"type": "plain_text", "text": section}, "value": "x" if section else "none"}
    return {
        "values": {
            "mending_title": {"mending_title": {"value": title}},
            "mending_section": {"mending_section": {"selected_option": option}},
            "mending_questions": {"mending_questions": {"value": questions}},
            "mending_retired": {"mending_retired": {"selected_options": [{"value": "retired"}] if retired else []}},
        }
    }


async def test_a_curator_mends_title_section_and_questions(services: Services) -> None:
    """The form has what the link has; what is sent waits to be written, approved, under the curators' message."""
    found = await reported(services)
    view = await open_form(services, found)
    shown = json.dumps(view)
    assert CILIUM.questions[0] in shown
    assert '"initial_value": "Cilium documentation"' in shown
    assert '"initial_option": {"text": {"type": "plain_text", "text": "CNI > Cilium"' in shown
    sent = {
        **view,
        "state": state("Docs of Cilium", "CNI", "what is cilium?\n\n <@U1> how to see it? \n", retired=True),
    }
    ack = Ack()
    await report.submit(services, ack, body(CURATOR, view=sent))
    await services.work.drain(5.0)
    assert ack.given == [{"response_action": "clear"}]
    (change,) = await services.store.changes(ChangeState.WAITING)
    mended = change.suggestion
    assert (mended.url, mended.title, mended.section) == (CILIUM.url, "Docs of Cilium", "CNI")
    assert mended.mending is not None
    assert mended.mending.questions == ("what is cilium?", "how to see it?")
    assert mended.mending.retired
    assert (change.channel, change.message_ts) == ("C0GENERAL", "1700000000.000100")
    assert responses(services)[-1]["text"].startswith("Mended by")
    assert "mended the link that you reported" in posted(services, ASKER)[-1]["text"]
    edit = await services.curation._edit(change)
    assert (edit.is_mending, edit.title, edit.section, edit.retired) == (True, "Docs of Cilium", "CNI", True)
    assert (await services.store.own(ASKER, 5)).suggestions == ()


async def test_a_report_is_closed_also_when_the_form_was_open_for_long(services: Services) -> None:
    """A response URL lasts half an hour; then the message is edited, so that nobody mends the link again."""
    found = await reported(services)
    view = await open_form(services, found)
    gone = SlackSendError("gone", code="expired_url", method="response_url")
    services.api.fail("response_url", gone)  # type: ignore[attr-defined]
    await report.submit(services, Ack(), body(CURATOR, view={**view, "state": state("Docs of Cilium", "CNI", "")}))
    await services.work.drain(5.0)
    (closed,) = services.api.of("chat.update")  # type: ignore[attr-defined]
    assert (closed["channel"], closed["ts"]) == ("C0GENERAL", "1700000000.000100")
    assert closed["text"].startswith("Mended by")
    assert "open_mending" not in json.dumps(closed)
    assert not services.api.of("chat.postEphemeral")  # type: ignore[attr-defined]


async def test_a_form_that_changes_nothing_or_is_not_a_curators_is_refused(services: Services) -> None:
    """With a word at the title; nothing waits."""
    found = await reported(services)
    view = await open_form(services, found)
    same = state(CILIUM.title, "CNI > Cilium", CILIUM.questions[0])
    for user, entered, answer in (
        (CURATOR, same, "Nothing is changed"),
        (CURATOR, state(" ", "CNI", ""), "needs a title"),
        (ASKER, state("Mine now", "CNI", ""), "clear"),
    ):
        ack = Ack()
        await report.submit(services, ack, body(user, view={**view, "state": entered}))
        assert answer in json.dumps(ack.given)
    forged = {**view, "private_metadata": "{", "state": same}
    ack = Ack()
    await report.submit(services, ack, body(CURATOR, view=forged))
    assert "not there any more" in json.dumps(ack.given)
    assert await services.store.changes(ChangeState.WAITING) == []


async def test_without_a_channel_each_curator_is_told_and_without_curators_nobody_is_asked() -> None:
    """A menu that leads nowhere is not shown."""
    inquiry = Inquiry(surface=Surface.COMMAND, text="cilium")
    async with services_of(TinyAsks(), CURATORS=CURATOR) as some, services_of(TinyAsks()) as none:
        assert "external_select" in json.dumps((await some.answering.find(inquiry)).message.blocks)
        assert "external_select" not in json.dumps((await none.answering.find(inquiry)).message.blocks)
        strangers = await some.answering.find(replace(inquiry, strangers=True))
        assert "external_select" not in json.dumps(strangers.message.blocks)
