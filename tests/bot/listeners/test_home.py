"""Home is sent again where Slack fails for a moment, and never over something newer."""

import asyncio
import re
from typing import Any

import pytest

from bot.app import Dispatch
from bot.asking.answering import Reply
from bot.asking.inquiry import Inquiry
from bot.blocks.parts import section_key
from bot.errors import SlackBusyError, SlackSendError, SlackUnclearError
from bot.listeners import home
from bot.listeners.home import opened
from bot.slack.payloads import HomeOpened, Interaction
from bot.slack.text import section_label, unescape_slack
from index import Asks, Link, Question, Searcher
from index.builder.build import build
from tests.bot.tiny import IDENTITY, RecordingApi, services_of
from tests.support import SHIPPED, write_catalogue

PUBLISH = "views.publish"
OPENED = {
    "team_id": IDENTITY.team_id,
    "event": {"type": "app_home_opened", "tab": "home", "user": "U1", "channel": "D1"},
}
UNCLEAR = SlackUnclearError("500", code="http_500", method=PUBLISH)


@pytest.mark.parametrize(
    ("errors", "calls"),
    [
        ((UNCLEAR,), 2),
        ((UNCLEAR,) * 9, 4),
        ((SlackBusyError("busy", method=PUBLISH, retry_after_s=0.0),), 2),
        ((SlackBusyError("busy", method=PUBLISH, retry_after_s=60.0),), 1),
        ((SlackSendError("no", code="not_enabled", method=PUBLISH),), 1),
    ],
)
async def test_home_is_sent_again_for_a_while(
    monkeypatch: pytest.MonkeyPatch, errors: tuple[SlackSendError, ...], calls: int
) -> None:
    """What Slack refuses for good is not sent again, nor what it would take only when nobody looks any more."""
    monkeypatch.setattr(home, "_PAUSES_S", (0.0, 0.0, 0.0))
    slack = RecordingApi()
    slack.fail(PUBLISH, *errors)
    async with services_of() as services:
        monkeypatch.setattr(services.api, "call", slack.call)
        await opened(services, OPENED)
        await services.work.drain(2.0)
        assert len(slack.of(PUBLISH)) == calls
        assert not services.homes


async def test_an_older_home_does_not_replace_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two searches, of which Slack fails the first: the second stays."""
    failed, go_on = asyncio.Event(), asyncio.Event()
    shown: list[Any] = []

    async def call(method: str, arguments: dict[str, Any], **_: Any) -> dict[str, Any]:
        if method == PUBLISH:
            if not failed.is_set():
                failed.set()
                await go_on.wait()
                raise UNCLEAR
            shown.append(arguments["view"])
        return {"ok": True}

    monkeypatch.setattr(home, "_PAUSES_S", (0.0,))
    async with services_of() as services:
        monkeypatch.setattr(services.api, "call", call)
        first = asyncio.create_task(home._show(services, HomeOpened.of(OPENED)))
        await failed.wait()
        await home._show(services, HomeOpened.of(OPENED))
        go_on.set()
        await first
        assert len(shown) == 1
        assert not services.homes


async def test_what_was_asked_for_last_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the answer to an earlier question takes longer."""
    go_on = asyncio.Event()
    slack = RecordingApi()

    def click(question: str) -> Interaction:
        return Interaction.of({"user": {"id": "U1", "team_id": IDENTITY.team_id}, "actions": [{"value": question}]})

    async with services_of() as services:
        answer = services.answering.answer

        async def slow(inquiry: Inquiry, asks: Asks | None = None) -> Reply:
            if inquiry.text == "first":
                await go_on.wait()
            return await answer(inquiry, asks)

        monkeypatch.setattr(services.api, "call", slack.call)
        monkeypatch.setattr(services.answering, "answer", slow)
        first = asyncio.create_task(home.ask_in_home(services, click("first"), "first"))
        await asyncio.sleep(0)
        await home.ask_in_home(services, click("second"), "second")
        go_on.set()
        await first
        (shown,) = slack.of(PUBLISH)
        assert "second" in str(shown["view"])
        assert not services.homes


@pytest.fixture(scope="module")
def overviews(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    """Give an index of twelve sections called Overview; that of the last chapter has no stars, and is the largest."""
    chapters = [(number, place) for number in range(12) for place in range(12 if number == 11 else 6)]
    links = [
        Link(
            url=f"https://e.example/{number}/{place}",
            title=f"Page {place} of chapter {number}",
            section=(f'Chapter "{number}"', "Overview"),
            stars=0 if number == 11 else 3,
            tags=("public",) if place < 3 else (),
        )
        for number, place in chapters
    ]
    folder = tmp_path_factory.mktemp("overviews")
    catalogue = write_catalogue(folder / "catalogue.yaml", links)
    build([catalogue], folder / "index", encoder=SHIPPED)
    return Searcher.open(folder / "index")


async def browsed(monkeypatch: pytest.MonkeyPatch, asks: Searcher, path: tuple[str, ...], team: str) -> str:
    """Return what a person sees who presses the button of a section."""
    slack = RecordingApi()
    key = section_key(section_label(path))
    press = {"type": "button", "action_id": f"browse_section:{key}", "block_id": "b", "value": key}
    body = {
        "type": "block_actions",
        "user": {"id": "U1", "team_id": team},
        "team": {"id": team},
        "channel": {"id": "C1"},
        "container": {"type": "message", "channel_id": "C1", "message_ts": "1.0"},
        "actions": [press],
        "trigger_id": f"1.2.{team}",
        "response_url": "https://hooks.example/1",
    }
    async with services_of(asks) as services:
        monkeypatch.setattr(services.outbox, "_api", slack)
        await Dispatch(services)(body, {})
        await services.work.drain(5.0)
    (sent,) = slack.of("response_url")
    return str(sent["text"])


async def test_a_section_shows_its_own_links(monkeypatch: pytest.MonkeyPatch, overviews: Searcher) -> None:
    """Among many of the same heading, whose links have more stars; and says how to find those that are not listed."""
    last = ('Chapter "11"', "Overview")
    shown = await browsed(monkeypatch, overviews, last, IDENTITY.team_id)
    assert len(re.findall("https://e.example/11/", shown)) == 10 == shown.count("https://e.example/")
    narrowed = re.search(r"To search among all: /links (.*) your words", shown)
    assert narrowed is not None
    found = overviews.ask(Question(text=unescape_slack(narrowed[1]), top_k=50))
    assert {hit.link.sections for hit in found.hits} == {(last,)}
    assert len(found.hits) == 12


async def test_a_section_shows_strangers_public_links(monkeypatch: pytest.MonkeyPatch, overviews: Searcher) -> None:
    """And does not tell them that there are others."""
    shown = await browsed(monkeypatch, overviews, ('Chapter "11"', "Overview"), "TELSEWHERE")
    assert shown.count("https://e.example/11/") == 3
    assert "To search" not in shown
