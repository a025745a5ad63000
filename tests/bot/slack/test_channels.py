"""Who is of another organisation: what `auth.test` says, which workspaces are ours, and what is not known."""

import logging
from dataclasses import dataclass
from typing import Any

import pytest

from bot.errors import SlackBusyError, SlackOfflineError, SlackSendError, SlackUnclearError
from bot.settings import Settings
from bot.slack import channels
from bot.slack.channels import ASK_AGAIN_S, Strangers
from bot.slack.payloads import Identity, Spoken
from tests.bot.tiny import ENVIRONMENT, RecordingApi

USUAL = {"user_id": "UBOT", "bot_id": "BBOT"}


@pytest.mark.parametrize(
    ("answer", "team", "enterprise", "org_wide"),
    [
        ({"team_id": "T1"}, "T1", "", False),
        ({"team_id": "T1", "enterprise_id": None, "is_enterprise_install": False}, "T1", "", False),
        ({"team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": False}, "T1", "E1", False),
        ({"team_id": None, "enterprise_id": "E1", "is_enterprise_install": True}, "", "E1", True),
        ({"team_id": "E1", "enterprise_id": "E1", "is_enterprise_install": True}, "", "E1", True),
        ({"team_id": "E1", "is_enterprise_install": True}, "", "E1", True),
    ],
)
def test_an_installation_is_a_workspaces_or_an_organisations(
    answer: dict[str, Any], team: str, enterprise: str, *, org_wide: bool
) -> None:
    """As `auth.test` says it."""
    identity = Identity.of({**USUAL, **answer})
    assert (identity.team_id, identity.enterprise_id, identity.is_org_wide) == (team, enterprise, org_wide)


@pytest.mark.parametrize("identity", [Identity(**USUAL), Identity(**USUAL, team_id="T1")])
def test_nobody_is_ours_of_whom_nothing_is_said(identity: Identity) -> None:
    """Nothing is not the same as nothing."""
    assert not identity.is_ours("")
    assert not identity.is_ours("", "")
    assert not identity.is_ours("T2", "E1")


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def strangers_of(api: RecordingApi, clock: Clock | None = None, **ids: str) -> Strangers:
    """Return what knows strangers, for an installation."""
    settings = Settings.from_environment(ENVIRONMENT)
    return Strangers(api, settings, Identity(**USUAL, **ids), clock or Clock())  # type: ignore[arg-type]


async def test_the_organisations_workspaces_are_asked_for_once() -> None:
    """Then again after a while, since one may be new; a stranger does not make the bot ask all the time."""
    api, clock = RecordingApi(), Clock()
    api.answers["auth.teams.list"] = {"teams": [{"id": "T1"}, {"id": "T2"}, {}, None]}
    strangers = strangers_of(api, clock, enterprise_id="E1")
    assert [await strangers.is_ours(team) for team in ("T1", "T2", "T3", "T3", "")] == [True, True, False, False, False]
    assert len(api.of("auth.teams.list")) == 1
    api.answers["auth.teams.list"] = {"teams": [{"id": "T3"}]}
    assert not await strangers.is_ours("T3")
    clock.now += ASK_AGAIN_S
    assert await strangers.is_ours("T3")
    assert await strangers.is_ours("T1")


async def test_every_page_of_workspaces_is_read() -> None:
    """And a cursor that never ends is given up."""
    api = RecordingApi()
    api.answers["auth.teams.list"] = {"teams": [{"id": "T1"}], "response_metadata": {"next_cursor": "more"}}
    assert not await strangers_of(api, enterprise_id="E1").is_ours("T2")
    asked = api.of("auth.teams.list")
    assert [page["cursor"] for page in asked[:3]] == ["", "more", "more"]
    assert len(asked) < 100


async def test_workspaces_that_slack_does_not_tell_are_strange() -> None:
    """Until an event says that they are of the organisation."""
    api = RecordingApi()
    api.fail("auth.teams.list", SlackSendError("no", code="internal_error"))
    strangers = strangers_of(api, enterprise_id="E1")
    assert not await strangers.is_ours("T1")
    assert await strangers.is_ours("T1", "E1")
    assert await strangers.is_ours("T1")


async def test_a_workspaces_own_installation_asks_for_no_others() -> None:
    """Slack would only name itself."""
    api = RecordingApi()
    strangers = strangers_of(api, team_id="T1", enterprise_id="E1")
    assert not await strangers.is_ours("T2")
    assert await strangers.is_ours("T2", "E1")
    assert await strangers.is_ours("T2")
    assert not await strangers.is_ours("T3", "E2")
    assert not api.calls


OF_E1 = {"enterprise_id": "E1"}


@pytest.mark.parametrize(
    ("profile", "ours"),
    [
        ({"team_id": "T2", "enterprise_user": OF_E1}, True),
        ({"team_id": "T1", "enterprise_user": {**OF_E1, "teams": ["T1", "T2"]}}, True),
        ({"team_id": "T1", "enterprise_user": {**OF_E1, "teams": ["T1", "T3"]}}, False),
        ({"team_id": "T1"}, False),
        ({"team_id": "T2"}, False),
        ({"team_id": "T2", "enterprise_user": {"enterprise_id": "E2"}}, False),
        ({"enterprise_user": OF_E1}, False),
        ({}, False),
    ],
)
async def test_a_persons_profile_must_name_the_workspace_and_the_organisation(
    profile: dict[str, Any], *, ours: bool
) -> None:
    """Whoever acts from a workspace that is not known; the answer is remembered, and the workspace with it."""
    api, clock = RecordingApi(), Clock()
    api.answers["users.info"] = {"user": profile}
    strangers = strangers_of(api, clock, team_id="T1", enterprise_id="E1")
    assert [await strangers.is_ours("T2", "", "U1") for _ in range(2)] == [ours, ours]
    assert api.of("users.info") == [{"user": "U1"}]
    assert await strangers.is_ours("T2") is ours


async def test_slack_is_not_asked_about_whoever_names_no_workspace() -> None:
    """Nor where there is no organisation, of which another workspace could be."""
    api = RecordingApi()
    api.answers["users.info"] = {"user": {"team_id": "T1", "enterprise_user": OF_E1}}
    assert not await strangers_of(api, team_id="T1", enterprise_id="E1").is_ours("", "", "U1")
    assert not await strangers_of(api, team_id="T1").is_ours("T2", "", "U1")
    assert not api.calls


async def test_whom_slack_does_not_tell_about_is_a_stranger_for_now() -> None:
    """It is asked again after a while."""
    api, clock = RecordingApi(), Clock()
    api.fail("users.info", SlackSendError("no", code="missing_scope"))
    api.answers["users.info"] = {"user": {"team_id": "T2", "enterprise_user": OF_E1}}
    strangers = strangers_of(api, clock, team_id="T1", enterprise_id="E1")
    assert not await strangers.is_ours("T2", "", "U1")
    assert not await strangers.is_ours("T2", "", "U1")
    assert len(api.of("users.info")) == 1
    clock.now += ASK_AGAIN_S
    assert await strangers.is_ours("T2", "", "U1")


@pytest.mark.parametrize(
    ("author", "envelope", "profile", "strange"),
    [
        ({"team": "T1"}, {"team_id": "T1"}, None, False),
        ({"team": "T2"}, {"team_id": "T2", "enterprise_id": "E1"}, {"team_id": "T2"}, False),
        ({"team": "T2"}, {"team_id": "T1", "enterprise_id": "E1"}, None, False),
        ({"team": "T2"}, {"team_id": "T1", "enterprise_id": "E1"}, {"team_id": "T2", "enterprise_user": OF_E1}, False),
        ({"team": "T2"}, {"team_id": "T1", "enterprise_id": "E1"}, {"team_id": "T2"}, True),
        ({"team": "T2"}, {"team_id": "T1"}, None, True),
        ({"team": "T2"}, {"team_id": "T1", "enterprise_id": "E2"}, None, True),
        ({"team": "T2"}, {"team_id": "T1", "enterprise_id": "E1", "is_ext_shared_channel": None}, None, True),
        ({"team": "T1"}, {"team_id": "T1", "is_ext_shared_channel": True}, None, True),
        ({}, {"enterprise_id": "E1"}, None, False),
        ({}, {}, None, True),
    ],
    ids=str,
)
async def test_who_takes_part_in_a_conversation(
    author: dict[str, Any], envelope: dict[str, Any], profile: dict[str, Any] | None, *, strange: bool
) -> None:
    """The organisation of an event is its author's only where it speaks of the author's workspace, or nobody says otherwise."""
    api = RecordingApi()
    api.answers["users.info"] = {"user": profile}
    event = {"type": "app_mention", "channel": "C1", "user": "U1", "text": "x", "ts": "1.1", **author}
    spoken = Spoken.of({"is_ext_shared_channel": False, **envelope, "event": event})
    assert await strangers_of(api, team_id="T1", enterprise_id="E1").take_part(spoken) is strange


def person(*teams: str, enterprise: str = "", home: str = "") -> dict[str, Any]:
    """Return an answer of `users.info`: the person's workspaces, and the organisation that they are of."""
    about: dict[str, Any] = {"team_id": home or teams[0]}
    if enterprise:
        about["enterprise_user"] = {"enterprise_id": enterprise, "teams": list(teams)}
    return {"user": about}


async def test_an_organisation_asks_about_a_person_of_an_unknown_workspace() -> None:
    """Who belongs to the organisation and to that workspace is ours, and then the workspace is; the call is short."""
    api = RecordingApi()
    api.answers["users.info"] = person("T2", "T3", enterprise="E1")
    strangers = strangers_of(api, team_id="T1", enterprise_id="E1")
    assert await strangers.is_ours("T2", user="U1")
    assert api.calls == [("users.info", {"user": "U1"})]
    assert api.timeouts == [channels._TIMEOUT_S]
    assert await strangers.is_ours("T2")
    assert not await strangers.is_ours("T4", user="U1")
    assert len(api.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        person("T2", enterprise="E2"),
        person("T2"),
        person("T3", enterprise="E1"),
        {"user": {"enterprise_user": {"enterprise_id": "E1"}}},
        {},
    ],
)
async def test_who_is_not_known_to_be_of_the_organisation_is_strange(answer: dict[str, Any]) -> None:
    """Of another organisation, of none, of another workspace than the event says, or of whom nothing is told."""
    api = RecordingApi()
    api.answers["users.info"] = answer
    assert not await strangers_of(api, team_id="T1", enterprise_id="E1").is_ours("T2", user="U1")


async def test_a_colleagues_second_workspace_is_known_by_the_first() -> None:
    """Also where Slack does not name the organisation."""
    api = RecordingApi()
    api.answers["users.info"] = {"user": {"team_id": "T1", "enterprise_user": {"teams": ["T2"]}}}
    assert await strangers_of(api, team_id="T1", enterprise_id="E1").is_ours("T2", user="U1")


async def test_a_person_is_asked_about_again_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    """Soon where Slack did not answer, and that is logged with its code; late where it did."""
    api, clock = RecordingApi(), Clock()
    api.fail("users.info", SlackSendError("busy", code="ratelimited"))
    strangers = strangers_of(api, clock, team_id="T1", enterprise_id="E1")
    with caplog.at_level(logging.INFO, logger="signpost.strangers"):
        assert not await strangers.is_ours("T2", user="U1")
    (record,) = caplog.records
    assert record.getMessage() == "Slack does not tell about a person: busy"
    assert record.__dict__["code"] == "ratelimited"
    api.answers["users.info"] = person("T9")
    clock.now += channels.ASK_AGAIN_S - 0.1
    assert not await strangers.is_ours("T2", user="U1")
    assert len(api.calls) == 1
    clock.now += 0.1
    assert not await strangers.is_ours("T2", user="U1")
    assert len(api.calls) == 2
    clock.now += channels.LIFE_S - 0.1
    assert not await strangers.is_ours("T2", user="U1")
    assert len(api.calls) == 2
    clock.now += 0.1
    assert not await strangers.is_ours("T2", user="U1")
    assert len(api.calls) == 3


@pytest.mark.parametrize(
    ("error", "unheard"),
    [
        (SlackBusyError("busy", method="users.info", retry_after_s=30.0), True),
        (SlackUnclearError("late", code="timeout"), True),
        (SlackOfflineError("off", code="offline"), True),
        (SlackSendError("no", code="user_not_found"), False),
        (SlackSendError("no", code="missing_scope"), False),
    ],
    ids=str,
)
async def test_who_is_a_stranger_since_slack_gave_no_answer_is_known(error: SlackSendError, *, unheard: bool) -> None:
    """Until Slack is asked again; such a person is told so. What Slack refuses for good it does not tell later either."""
    api, clock = RecordingApi(), Clock()
    api.fail("users.info", error)
    strangers = strangers_of(api, clock, team_id="T1", enterprise_id="E1")
    assert not strangers.is_unheard("U1")
    assert not await strangers.is_ours("T2", user="U1")
    assert not await strangers.is_ours_there(Deed(team="T2"))
    assert strangers.is_unheard("U1") is unheard
    assert not strangers.is_unheard("U2")
    clock.now += ASK_AGAIN_S - 0.1
    assert strangers.is_unheard("U1") is unheard
    clock.now += 0.1
    assert not strangers.is_unheard("U1")
    api.answers["users.info"] = person("T2")
    assert not await strangers.is_ours("T2", user="U1")
    assert not strangers.is_unheard("U1")


async def test_whom_slack_gave_no_answer_about_is_no_colleague_there_either() -> None:
    """Where the place is ours and the person may be a guest."""
    api = RecordingApi()
    api.fail("users.info", SlackUnclearError("late", code="timeout"))
    strangers = strangers_of(api, team_id="T1")
    assert not await strangers.is_ours_there(Deed())
    assert strangers.is_unheard("U1")


async def test_the_workspaces_that_slack_does_not_tell_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """With the code, once in a while; every page is asked for with its size and in time."""
    api, clock = RecordingApi(), Clock()
    clock.now = 0.0
    api.fail("auth.teams.list", SlackSendError("no", code="internal_error"))
    strangers = strangers_of(api, clock, enterprise_id="E1")
    assert not await strangers.is_ours("T1")
    (record,) = caplog.records
    assert record.getMessage() == "Slack does not tell the organisation's workspaces: no"
    assert record.__dict__["code"] == "internal_error"
    assert api.calls == [("auth.teams.list", {"limit": 1_000, "cursor": ""})]
    assert api.timeouts == [channels._TIMEOUT_S]
    clock.now += ASK_AGAIN_S - 0.1
    assert not await strangers.is_ours("T1")
    assert len(api.calls) == 1


async def test_twenty_pages_of_workspaces_are_enough() -> None:
    """A cursor that never ends keeps nobody waiting; the time of the next look counts from its end."""
    api, clock = RecordingApi(), Clock()
    api.answers["auth.teams.list"] = {"teams": [], "response_metadata": {"next_cursor": "more"}}
    await strangers_of(api, clock, enterprise_id="E1").is_ours("T2")
    assert len(api.of("auth.teams.list")) == 20


@dataclass
class Deed:
    """What somebody did."""

    user: str = "U1"
    team: str = "T1"
    enterprise: str = ""


async def test_who_does_something_in_our_workspace_may_be_a_guest_of_another() -> None:
    """The event names the place, and Slack knows the person. Whom it does not know, or not now, is a stranger."""
    api = RecordingApi()
    api.answers["users.info"] = person("T9", enterprise="E9")
    assert not await strangers_of(api, team_id="T1").is_ours_there(Deed())
    assert api.calls == [("users.info", {"user": "U1"})]
    api.answers["users.info"] = person("T1")
    assert await strangers_of(api, team_id="T1").is_ours_there(Deed())
    api.answers["users.info"] = {}
    assert not await strangers_of(api, team_id="T1").is_ours_there(Deed())
    api.answers["users.info"] = person("T1")
    for code in ("user_not_found", "user_not_visible", "ratelimited", "timeout"):
        api.fail("users.info", SlackSendError("no", code=code))
        clock = Clock()
        strangers = strangers_of(api, clock, team_id="T1")
        assert not await strangers.is_ours_there(Deed()), code
        clock.now += channels.ASK_AGAIN_S
        assert await strangers.is_ours_there(Deed()), code
    api.calls.clear()
    assert await strangers_of(api, team_id="T1").is_ours_there(Deed(user=""))
    assert not await strangers_of(api, team_id="T1").is_ours_there(Deed(team="T2"))
    assert not api.calls


async def test_where_the_bot_may_not_ask_about_people_the_place_counts() -> None:
    """An admin may leave the scope out, and Home has links all the same."""
    api = RecordingApi()
    api.fail("users.info", SlackSendError("no", code="missing_scope"))
    strangers = strangers_of(api, team_id="T1")
    assert await strangers.is_ours_there(Deed())
    assert await strangers.is_ours_there(Deed())
    assert not await strangers.is_ours_there(Deed(team="T2"))
    assert len(api.of("users.info")) == 1


async def test_in_an_organisation_the_person_counts_where_no_workspace_is_named() -> None:
    """Events of an installation for the whole organisation may name none."""
    api = RecordingApi()
    api.answers["users.info"] = person("T3", enterprise="E1")
    assert await strangers_of(api, enterprise_id="E1").is_ours_there(Deed(team="", enterprise="E1"))
    api.answers["users.info"] = person("T9", enterprise="E9")
    assert not await strangers_of(api, enterprise_id="E1").is_ours_there(Deed(team="", enterprise="E1"))


async def test_who_did_something_elsewhere_is_looked_up_once_more() -> None:
    """With the organisation that the event names, and with the person."""
    api = RecordingApi()
    api.answers["users.info"] = person("T2", enterprise="E1")
    assert await strangers_of(api, team_id="T1", enterprise_id="E1").is_ours_there(Deed(team="T2"))
    assert await strangers_of(api, team_id="T1", enterprise_id="E1").is_ours_there(Deed(team="T2", enterprise="E1"))
    assert await strangers_of(api, team_id="T1", enterprise_id="E1").is_ours_there(Deed("", "T2", "E1"))


def info(**about: Any) -> dict[str, Any]:
    """Return an answer of `conversations.info`."""
    return {"channel": about}


@pytest.mark.parametrize(
    ("answer", "external"),
    [
        (info(is_ext_shared=False), False),
        (info(is_ext_shared=False, is_pending_ext_shared=False), False),
        (info(is_ext_shared=True), True),
        (info(is_ext_shared=False, is_pending_ext_shared=True), True),
        (info(is_pending_ext_shared=False), True),
        (info(), True),
        ({}, True),
    ],
)
async def test_a_channel_is_ours_only_where_slack_says_so(answer: dict[str, Any], *, external: bool) -> None:
    """A connection that waits for its acceptance counts; what is said is remembered for ten minutes."""
    api, clock = RecordingApi(), Clock()
    api.answers["conversations.info"] = answer
    strangers = strangers_of(api, clock, team_id="T1")
    assert await strangers.can_read("C1") is external
    assert api.calls == [("conversations.info", {"channel": "C1"})]
    assert api.timeouts == [channels._TIMEOUT_S]
    api.answers["conversations.info"] = info(is_ext_shared=not external)
    clock.now += channels.LIFE_S - 0.1
    assert await strangers.can_read("C1") is external
    assert len(api.calls) == 1
    clock.now += 0.1
    assert await strangers.can_read("C1") is not external
    assert await strangers.can_read("C2") is not external


async def test_a_channel_of_which_slack_says_nothing_is_shared(caplog: pytest.LogCaptureFixture) -> None:
    """For this once: the next time it is asked again. The log has the code."""
    api = RecordingApi()
    api.fail("conversations.info", SlackSendError("gone", code="channel_not_found"))
    api.answers["conversations.info"] = info(is_ext_shared=False)
    strangers = strangers_of(api, team_id="T1")
    with caplog.at_level(logging.INFO, logger="signpost.strangers"):
        assert await strangers.can_read("C1")
    (record,) = caplog.records
    assert record.getMessage() == "Slack does not tell about a channel: gone"
    assert record.__dict__["code"] == "channel_not_found"
    assert not await strangers.can_read("C1")


async def test_what_an_event_said_of_a_channel_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of so many channels; the oldest is forgotten first, the one that is spoken of again last."""
    monkeypatch.setattr(channels, "_REMEMBERED", 2)
    api = RecordingApi()
    api.answers["conversations.info"] = info(is_ext_shared=False)
    strangers = strangers_of(api, team_id="T1")
    strangers.remember("C1")
    assert await strangers.can_read("C1")
    strangers.remember("C1", external=False)
    assert not await strangers.can_read("C1")
    strangers.remember("C2")
    strangers.remember("C1")
    strangers.remember("C3")
    assert [await strangers.can_read(channel) for channel in ("C1", "C3")] == [True, True]
    assert not api.calls
    assert not await strangers.can_read("C2")
    assert api.of("conversations.info") == [{"channel": "C2"}]


def spoken(*, shared: bool | None = False, **event: Any) -> Spoken:
    """Return a message of U1 in C1, of a colleague unless the event says otherwise."""
    body: dict[str, Any] = {"team_id": "T1", "event_id": "Ev1"}
    if shared is not None:
        body["is_ext_shared_channel"] = shared
    inner = {
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "user": "U1",
        "ts": "1.1",
        "user_team": "T1",
    }
    return Spoken.of(body | {"event": inner | event})


async def test_a_message_in_a_shared_channel_has_strangers_around() -> None:
    """Whoever wrote it; the channel is remembered, and nobody is asked."""
    api = RecordingApi()
    strangers = strangers_of(api, team_id="T1")
    assert await strangers.take_part(spoken(shared=True))
    assert await strangers.can_read("C1")
    assert not api.calls


async def test_a_colleagues_message_where_nobody_else_reads_is_ours() -> None:
    """A stranger's is not, nor one where it is not said who reads and Slack says that others do."""
    api = RecordingApi()
    api.answers["conversations.info"] = info(is_ext_shared=True)
    strangers = strangers_of(api, team_id="T1")
    assert not await strangers.take_part(spoken())
    assert await strangers.take_part(spoken(user_team="T9"))
    assert not api.calls
    assert await strangers.take_part(spoken(shared=None))
    assert api.calls == [("conversations.info", {"channel": "C1"})]
    assert not await strangers.take_part(spoken(shared=None, channel="D1", channel_type="im"))


async def test_an_author_of_whom_nothing_is_said_is_known_by_the_organisation_of_the_channel() -> None:
    """But one who is known to be of another organisation is not."""
    api = RecordingApi()
    strangers = strangers_of(api, team_id="T1", enterprise_id="E1")
    ours = {"team_id": "T1", "enterprise_id": "E1", "is_ext_shared_channel": False}
    inner = {
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "user": "U1",
        "ts": "1.1",
        "user_team": "T2",
    }
    message = Spoken.of(ours | {"event": inner})
    assert not await strangers.take_part(message)
    api.answers["users.info"] = person("T2", enterprise="E2")
    assert await strangers_of(api, team_id="T1", enterprise_id="E1").take_part(message)
    assert await strangers.take_part(Spoken.of(ours | {"enterprise_id": "E2", "event": inner | {"user": "U2"}}))


async def test_a_channel_that_the_settings_call_external_is() -> None:
    """Whatever Slack says."""
    api = RecordingApi()
    api.answers["conversations.info"] = info(is_ext_shared=False)
    settings = Settings.from_environment({**ENVIRONMENT, "SLACK_CHANNELS": '{"C0DECLARED": {"external": true}}'})
    strangers = Strangers(api, settings, Identity(**USUAL, team_id="T1"), Clock())  # type: ignore[arg-type]
    assert await strangers.can_read("C0DECLARED")
    assert not api.calls
    assert await strangers.take_part(spoken(channel="C0DECLARED"))
    assert not await strangers.take_part(spoken(channel="C0OTHER"))
