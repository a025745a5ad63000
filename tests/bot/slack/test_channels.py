"""Who is of another organisation: what `auth.test` says, which workspaces are ours, and what is not known."""

from typing import Any

import pytest

from bot.errors import SlackSendError
from bot.settings import Settings
from bot.slack.channels import ASK_AGAIN_S, Strangers
from bot.slack.payloads import Identity
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
