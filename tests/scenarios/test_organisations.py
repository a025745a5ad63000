"""An app that is installed for a whole organisation: `auth.test` names no workspace, and everybody there is a colleague."""

from typing import Any

import pytest

from tests.scenarios.support.fake_slack import ENTERPRISE, OTHER_TEAM, SISTER_TEAM, TEAM, FakeSlack, new_ts
from tests.scenarios.support.requests import Caller, button, click, direct_message, mention, urls_shown

POLICY = "network policy recipe"
PUBLIC = "https://example.org/3"
# https://docs.slack.dev/enterprise/developing-for-enterprise-orgs: the token is the organisation's, there is no team.
INSTALLATION = {"is_enterprise_install": True, "enterprise_id": ENTERPRISE, "team_id": None, "team": None}


def only_public(shown: Any) -> bool:
    """Whether an answer holds nothing that strangers may not see."""
    urls = {url for url in urls_shown(shown["blocks"]) if "example.org" in url}
    assert urls
    return urls == {PUBLIC}


@pytest.mark.parametrize("said", [mention, direct_message])
@pytest.mark.parametrize(
    ("author", "envelope", "strange"),
    [
        ({"team": TEAM}, {}, False),
        ({"team": SISTER_TEAM}, {"team_id": SISTER_TEAM, "enterprise_id": ENTERPRISE}, False),
        ({"team": "T0NEWER"}, {"team_id": None, "enterprise_id": ENTERPRISE}, False),
        ({"team": TEAM, "user_team": ENTERPRISE}, {"team_id": TEAM}, False),
        ({"team": OTHER_TEAM}, {"team_id": OTHER_TEAM, "enterprise_id": "E0STRANGER"}, True),
        ({"team": OTHER_TEAM}, {"team_id": OTHER_TEAM}, True),
        ({"team": TEAM, "user_team": "E0STRANGER"}, {"team_id": TEAM}, True),
        ({"team": TEAM}, {"enterprise_id": ENTERPRISE, "is_ext_shared_channel": True}, True),
    ],
    ids=str,
)
def test_whoever_is_of_the_organisation_gets_every_link(
    caller: Caller, slack: FakeSlack, said: Any, author: dict[str, Any], envelope: dict[str, Any], *, strange: bool
) -> None:
    """By the event's organisation, and by its workspaces; not where the channel is shared with another one."""
    caller.event(said(POLICY, **author), **envelope)
    (post,) = slack.wait_for_posts()
    assert only_public(post) is strange


def test_commands_and_home_know_colleagues(caller: Caller, slack: FakeSlack) -> None:
    """A command names the asker's organisation, Home's event the workspace."""
    assert not only_public(caller.command(POLICY, team_id=SISTER_TEAM, enterprise_id=ENTERPRISE).json)
    assert only_public(caller.command(POLICY, team_id=OTHER_TEAM, enterprise_id="E0STRANGER").json)
    event = {"type": "app_home_opened", "user": "U0HOME", "channel": "D0HOME", "tab": "home", "event_ts": new_ts()}
    for count, (team, strange) in enumerate(((SISTER_TEAM, False), (OTHER_TEAM, True)), 1):
        caller.event(event, team_id=team)
        assert only_public(slack.wait_for_call("views.publish", count)[-1].payload["view"]) is strange


def test_clicks_are_known_by_the_organisations_workspaces(caller: Caller, slack: FakeSlack) -> None:
    """A click's team is none, and its organisation is the installation's, whoever clicks."""
    answer = caller.command(POLICY, team_id=TEAM, enterprise_id=ENTERPRISE).json
    for count, (team, strange) in enumerate(((SISTER_TEAM, False), (OTHER_TEAM, True), (None, True)), 1):
        payload = click(
            slack,
            button(answer, "show more"),
            shown=answer,
            team=None,
            enterprise={"id": ENTERPRISE, "name": "Example"},
            is_enterprise_install=True,
            user={"id": "U0SOMEBODY", "username": "x", "name": "x", "team_id": team},
        )
        caller.interaction(payload)
        post = slack.wait_for_posts(count)[-1]
        if strange:
            assert not {url for url in urls_shown(post["blocks"]) if "example.org" in url} - {PUBLIC}
        else:
            assert not only_public(post)


def test_slacks_own_search_knows_colleagues(caller: Caller, slack: FakeSlack) -> None:
    """It is for the organisation above all; whom Slack does not know gets what strangers may see."""
    slack.users["U0SEARCHES"] = {"team_id": SISTER_TEAM}
    for count, (user, strange) in enumerate((("U0SEARCHES", False), ("U0NOBODY", True)), 1):
        execution_id, token = slack.execution()
        event = {
            "type": "function_executed",
            "function": {"callback_id": "search"},
            "inputs": {"query": POLICY, "user_context": {"id": user}},
            "function_execution_id": execution_id,
            "bot_access_token": token,
        }
        caller.event(event, team_id=SISTER_TEAM, enterprise_id=ENTERPRISE)
        found = slack.wait_for_call("functions.completeSuccess", count)[-1].payload["outputs"]["search_results"]
        assert ({one["link"] for one in found} == {PUBLIC}) is strange
