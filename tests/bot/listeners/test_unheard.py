"""People whom Slack was asked about in vain: they are told so, and no attempt of theirs is recorded."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest

from bot.blocks.parts import section_key
from bot.errors import SlackUnclearError
from bot.listeners import curators, home, report, suggest_answer, suggest_link
from bot.listeners.clicks import UNHEARD
from bot.services import Services
from bot.slack.channels import ASK_AGAIN_S
from bot.slack.payloads import Command
from bot.slack.text import section_label
from tests.bot.listeners.test_suggest_answer import Ack
from tests.bot.tiny import CILIUM, IDENTITY, RecordingApi, TinyAsks, services_of

CURATOR, ASKER = "U0CURATOR", "U0ASKER"
SETTINGS = {"CURATORS": CURATOR, "CURATORS_CHANNEL": "C0CURATORS"}
LATE = SlackUnclearError("late", code="timeout", method="users.info")
COLLEAGUE = {"user": {"team_id": "TSISTER", "enterprise_user": {"enterprise_id": "EOURS", "teams": ["TSISTER"]}}}
STRANGER = {"user": {"team_id": "TTHEIRS"}}
Listener = Callable[[Services, Ack, dict[str, Any]], Awaitable[None]]


@dataclass
class Bot:
    """A bot of an organisation, whose people may be of a workspace that it does not know."""

    services: Services
    api: RecordingApi
    now: float = 100.0
    recorded: list[tuple[str, str, str]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    async def record_refusal(self, action: str, user: str, team: str) -> None:
        """Remember instead of storing."""
        self.recorded.append((str(action), user, team))

    async def take(self, listener: Listener, user: str, **rest: Any) -> Any:
        """Give a listener what somebody did; return how it was acknowledged."""
        click = {
            "user": {"id": user, "team_id": "TSISTER"},
            "team": {"id": "TOURS"},
            "channel": {"id": "C0GENERAL"},
            "trigger_id": f"{next(self._numbers)}.a",
            "response_url": "https://hooks.example/1",
            "actions": [{"action_id": "x", "value": "0 broken 0123"}],
            **rest,
        }
        ack = Ack()
        await listener(self.services, ack, click)
        await self.services.work.drain(30.0)
        (given,) = ack.given
        return given

    def told(self) -> list[str]:
        """Return what was told to the person."""
        return [call["text"] for call in self.api.of("response_url")]


@pytest.fixture
async def bot(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    """Give a bot whose next question about a person is answered too late."""
    async with services_of(TinyAsks(), **SETTINGS) as services:
        api = RecordingApi()
        bot = Bot(replace(services, api=api), api)  # type: ignore[arg-type]
        for outlet in (services.outbox, services.strangers):
            monkeypatch.setattr(outlet, "_api", api)
        monkeypatch.setattr(services.strangers, "_identity", replace(IDENTITY, enterprise_id="EOURS"))
        monkeypatch.setattr(services.strangers, "_clock", lambda: bot.now)
        monkeypatch.setattr(services.store, "record_refusal", bot.record_refusal)
        api.fail("users.info", LATE)
        yield bot


async def test_a_curator_is_told_to_try_again_and_then_heard(bot: Bot) -> None:
    """What was pressed is not done meanwhile; whoever is no curator is refused and recorded as always."""
    bot.api.answers["users.info"] = COLLEAGUE
    await bot.take(curators.approve, CURATOR)
    assert bot.told() == [UNHEARD]
    await bot.take(curators.approve, ASKER)
    assert bot.told()[1:] == ["Only the curators of this catalogue may decide about suggested links."]
    assert bot.recorded == [("x", ASKER, "TSISTER")]
    bot.now += ASK_AGAIN_S
    await bot.take(curators.approve, CURATOR)
    assert bot.told()[2:] == ["I do not know this suggestion."]
    assert len(bot.recorded) == 1


async def test_whom_slack_calls_a_stranger_is_refused_and_recorded(bot: Bot) -> None:
    """Also with the id of a curator, and also where it said nothing the time before."""
    bot.api.answers["users.info"] = STRANGER
    await bot.take(curators.approve, CURATOR)
    bot.now += ASK_AGAIN_S
    await bot.take(curators.approve, CURATOR)
    assert bot.told() == [UNHEARD, "Only the curators of this catalogue may decide about suggested links."]
    assert bot.recorded == [("x", CURATOR, "TSISTER")]


async def test_a_build_is_asked_for_again(bot: Bot) -> None:
    """In the answer to the command."""
    bot.api.answers["users.info"] = STRANGER
    command = Command.of({"user_id": CURATOR, "team_id": "TSISTER", "command": "/links", "trigger_id": "1"})
    message = await curators.rebuild(bot.services, command)
    assert message is not None
    assert message.text == UNHEARD
    assert bot.recorded == []
    bot.now += ASK_AGAIN_S
    again = Command.of({"user_id": CURATOR, "team_id": "TSISTER", "command": "/links", "trigger_id": "2"})
    message = await curators.rebuild(bot.services, again)
    assert message is not None
    assert message.text.startswith("Only the curators")
    assert bot.recorded == [("rebuild", CURATOR, "TSISTER")]


def text_of_home(bot: Bot) -> str:
    """Return what the person's Home shows."""
    return json.dumps(bot.api.of("views.publish")[-1]["view"]["blocks"])


@pytest.mark.parametrize("team", ["TOURS", "TTHEIRS"])
async def test_home_says_why_it_has_public_links_only(bot: Bot, team: str) -> None:
    """Until it is opened again; a stranger's says nothing of it, and no colleague's."""
    bot.api.answers["users.info"] = {"user": {"team_id": team}}
    event = {"type": "app_home_opened", "tab": "home", "user": ASKER, "channel": "D1"}
    for said in (True, True, False):
        await home.opened(bot.services, {"team_id": "TOURS", "event": event})
        await bot.services.work.drain(30.0)
        assert (UNHEARD in text_of_home(bot)) is said
        assert ("Until then only public links" in text_of_home(bot)) is said
        bot.now += ASK_AGAIN_S / 2
    await bot.take(home.clear, ASKER)
    assert UNHEARD not in text_of_home(bot)


async def test_where_strangers_get_nothing_nobody_is_called_one_without_an_answer(bot: Bot) -> None:
    """In Home, and to whoever presses a section in a message."""
    bot.api.answers["users.info"] = STRANGER
    bot.services = replace(bot.services, settings=bot.services.settings.model_copy(update={"slack_connect": "refuse"}))
    section = section_key(section_label(CILIUM.section_path))
    for told in (UNHEARD, "Sorry, I only answer people of the organisation"):
        await bot.take(home.clear, ASKER)
        assert told in text_of_home(bot)
        await bot.take(home.browse, ASKER, actions=[{"action_id": "x", "value": section}])
        assert bot.told()[-1].startswith(told)
        bot.now += ASK_AGAIN_S


@pytest.mark.parametrize(
    ("listener", "user", "field", "form"),
    [
        (suggest_link.submit, ASKER, "suggestion_url", "suggestion_form"),
        (suggest_answer.submit, ASKER, "answers_question", "answers_form"),
        (report.submit, CURATOR, "mending_title", "mending_form"),
    ],
)
async def test_a_form_stays_open_with_what_was_typed(
    bot: Bot, listener: Listener, user: str, field: str, form: str
) -> None:
    """It says why at its first field; a stranger's is closed and recorded."""
    bot.api.answers["users.info"] = STRANGER
    view = {"state": {"values": {}}, "private_metadata": "{}"}
    assert await bot.take(listener, user, view=view) == {"response_action": "errors", "errors": {field: UNHEARD}}
    assert bot.recorded == []
    bot.now += ASK_AGAIN_S
    assert await bot.take(listener, user, view=view) == {"response_action": "clear"}
    assert bot.recorded == [(form, user, "TSISTER")]


@pytest.mark.parametrize("listener", [suggest_link.button, suggest_answer.button, report.report])
async def test_a_button_that_does_nothing_says_why(bot: Bot, listener: Listener) -> None:
    """Not that the person is a stranger, which nobody knows; where it is known, that."""
    bot.api.answers["users.info"] = STRANGER
    await bot.take(listener, ASKER)
    bot.now += ASK_AGAIN_S
    await bot.take(listener, ASKER)
    unheard, refused = bot.told()
    assert unheard == UNHEARD
    assert refused.startswith("Sorry, only people of the organisation")
