"""The manifests ask for what the code uses, no more and no less, and docs/slack.md explains it."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from slack_bolt.async_app import AsyncApp

from bot.cli.manifest import manifest_command
from bot.listeners import LISTENERS
from bot.listeners.functions import FUNCTIONS
from bot.listeners.slack_search import FILTERS_OUTPUT, RESULTS_OUTPUT
from bot.settings import Settings
from bot.slack.ids import Callback
from bot.slack.manifest import EXAMPLE, App
from bot.slack.receiver import EVENTS_PATH
from tests.bot.tiny import ENVIRONMENT

ROOT = Path(__file__).parents[3]
MANIFEST = ROOT / "deploy" / "slack-manifest.yaml"
SEARCH_MANIFEST = ROOT / "deploy" / "slack-manifest-search.yaml"

#: What each call, event or feature of the code needs, by Slack's reference of methods and events.
NEEDED_BY_METHOD: dict[str, set[str]] = {
    "chat.postMessage": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.replies": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "conversations.history": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "conversations.info": {"channels:read", "groups:read", "mpim:read"},
    "users.info": {"users:read"},
    "views.open": set(),
    "views.publish": set(),
    "auth.test": set(),
    "auth.teams.list": set(),
    "apps.connections.open": set(),
    "entity.presentDetails": set(),
    "functions.completeSuccess": set(),
    "functions.completeError": set(),
}
NEEDED_BY_EVENT: dict[str, set[str]] = {
    "app_mention": {"app_mentions:read"},
    "message.im": {"im:history"},
    "app_home_opened": set(),
    "tokens_revoked": set(),
    "app_uninstalled": set(),
    "function_executed": set(),
    "entity_details_requested": set(),
    "reaction_added": {"reactions:read"},
    "link_shared": {"links:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.mpim": {"mpim:history"},
}
#: Scopes of calls that only a choice of the app leads to.
NEEDED_BY_CHOICE = {"domains": {"links:write"}, "mcp": {"mcp:connect"}, "agent": {"assistant:write"}}
CALLED_BY_CHOICE = {"assistant.threads.setSuggestedPrompts", "chat.unfurl"}
#: Without these the bot has nothing to do; an admin may leave out all others.
NOT_OPTIONAL = {"commands", "chat:write", "app_mentions:read", "im:history"}

APPS = {
    "plain": App(address=EXAMPLE),
    "search": App(address=EXAMPLE, search=True),
    "everything": App(
        address="https://bot.example.org",
        command="/find",
        search=True,
        steps=True,
        emoji=True,
        follow_ups=True,
        domains=("wiki.example.org",),
        mcp=True,
    ),
    "steps": App(steps=True),
    "no agent": App(agent=False),
}


@pytest.fixture(params=APPS)
def app(request: pytest.FixtureRequest) -> App:
    """Choose an app."""
    return APPS[request.param]


def source() -> str:
    """Return all of the bot's code."""
    return "\n".join(path.read_text() for path in sorted((ROOT / "bot").rglob("*.py")))


@pytest.mark.parametrize(("path", "arguments"), [(MANIFEST, ()), (SEARCH_MANIFEST, ("--search",))], ids=["", "search"])
def test_the_files_are_what_the_command_prints(
    path: Path, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`signpost manifest > deploy/slack-manifest.yaml`, and `--search` for the other, make them again."""
    monkeypatch.chdir(tmp_path)
    printed = CliRunner().invoke(manifest_command, arguments, catch_exceptions=False).stdout
    assert path.read_text() == printed


def test_the_scopes_are_those_that_the_code_needs(app: App) -> None:
    """Least privilege, both ways: nothing missing and nothing unused."""
    manifest = app.manifest()
    methods = set(re.findall(r'"((?:[a-z]+\.)+[a-zA-Z]+)"', source())) & set(NEEDED_BY_METHOD)
    assert methods == set(NEEDED_BY_METHOD)
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    chosen = [scopes for choice, scopes in NEEDED_BY_CHOICE.items() if asdict(app)[choice]]
    needed = {"commands"}.union(*NEEDED_BY_METHOD.values(), *(NEEDED_BY_EVENT[event] for event in events), *chosen)
    scopes = manifest["oauth_config"]["scopes"]
    assert scopes["bot"] == sorted(needed)
    # https://docs.slack.dev/reference/app-manifest: "Optional scopes must also be listed in the corresponding bot fields."
    assert scopes["bot_optional"] == sorted(needed - NOT_OPTIONAL)


def test_every_called_method_is_known_here() -> None:
    """A new call must be thought of in the scopes."""
    called = set(re.findall(r'(?:api\.call|_tell)\(\s*(?:services, )?"([a-zA-Z.]+)"', source()))
    assert called >= CALLED_BY_CHOICE
    assert called <= {*NEEDED_BY_METHOD, *CALLED_BY_CHOICE}


def test_the_events_are_those_that_are_listened_to() -> None:
    """Each kind of message is a `message` to a listener."""
    subscribed = set(APPS["everything"].manifest()["settings"]["event_subscriptions"]["bot_events"])
    events = {name for listen, name, _ in LISTENERS if listen is AsyncApp.event}
    assert {event.partition(".")[0] for event in subscribed} == events
    plain = APPS["plain"].manifest()["settings"]["event_subscriptions"]["bot_events"]
    assert plain == ["app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked"]


def test_the_command_and_the_shortcuts_are_the_codes(app: App) -> None:
    """The same names on both sides."""
    features = app.manifest()["features"]
    (command,) = features["slash_commands"]
    assert command["command"] == app.command
    assert App().command == Settings.from_environment(ENVIRONMENT).command
    assert command["should_escape"] is False
    shortcuts = {shortcut["callback_id"]: shortcut["type"] for shortcut in features["shortcuts"]}
    assert shortcuts == {Callback.FIND_LINKS: "message", Callback.SUGGEST_LINK: "message"}
    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert ("agent_view" in features) is app.agent


def test_the_functions_are_the_codes(app: App) -> None:
    """Slack calls no function that nobody carries out; a function needs its event, its runtime and the organisation."""
    manifest = app.manifest()
    functions, settings = manifest.get("functions", {}), manifest["settings"]
    steps = {Callback.FIND_LINKS, Callback.SUGGEST_LINK}
    assert set(functions) == (set(FUNCTIONS) if app.search else steps if app.steps else set())
    assert settings["org_deploy_enabled"] is bool(functions)
    assert (settings.get("function_runtime") == settings.get("hermes_app_type") == "remote") is bool(functions)
    assert ("function_executed" in settings["event_subscriptions"]["bot_events"]) is bool(functions)
    for function in functions.values():
        for way in ("input_parameters", "output_parameters"):
            assert all(about["name"] == name for name, about in function[way].items())
            assert all(about["title"] and about["description"] for about in function[way].values())


def test_the_search_is_as_slack_wants_it() -> None:
    """The names that count, and what Slack's assistant is told: a description, an example, and five more at most."""
    manifest = APPS["search"].manifest()
    search, filters = (manifest["functions"][name] for name in (Callback.SEARCH, Callback.FILTERS))
    assert {name: about["is_required"] for name, about in search["input_parameters"].items()} == {
        "query": True,
        "filters": False,
        "user_context": True,
    }
    outputs = {**search["output_parameters"], **filters["output_parameters"]}
    assert {name: about["type"] for name, about in outputs.items()} == {
        RESULTS_OUTPUT: "slack#/types/search_results",
        FILTERS_OUTPUT: "slack#/types/search_filters",
    }
    assert (RESULTS_OUTPUT, FILTERS_OUTPUT) == ("search_results", "filters")
    feature = manifest["features"]["search"]
    assert feature["search_function_callback_id"] == Callback.SEARCH
    assert feature["search_filters_function_callback_id"] == Callback.FILTERS
    assert set(feature["slackbot_metadata"]) == {"description", "examples", "example_query"}
    assert len(feature["slackbot_metadata"]["examples"]) <= 5
    assert manifest["features"]["rich_previews"] == {"is_active": True, "entity_types": ["slack#/entities/item"]}


def test_slackbot_asks_where_the_bot_answers() -> None:
    """Over MCP, signed by Slack with the same secret."""
    server = {"url": "https://bot.example.org/mcp", "auth_type": "slack_identity_auth"}
    assert APPS["everything"].manifest()["mcp_servers"] == {"signpost": server}
    assert "mcp_servers" not in APPS["search"].manifest()


def test_slack_takes_the_manifest(app: App) -> None:
    """Slack's limits of names and descriptions; every address is the gate's, and Socket Mode has none."""
    manifest = app.manifest()
    about, features = manifest["display_information"], manifest["features"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 174 <= len(about["long_description"]) <= 4_000
    assert len(features.get("agent_view", {}).get("agent_description", "")) <= 300
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    urls = set(re.findall(r"url: (\S+)", yaml.safe_dump({**manifest, "mcp_servers": {}})))
    assert urls == ({f"{app.address}{EVENTS_PATH}"} if app.address else set())
    assert manifest["settings"]["socket_mode_enabled"] is not bool(urls)


def test_every_scope_and_event_is_explained() -> None:
    """Whoever installs the app can read what each is for."""
    docs = (ROOT / "docs" / "slack.md").read_text()
    manifest = APPS["everything"].manifest()
    for scope in manifest["oauth_config"]["scopes"]["bot"]:
        assert f"| `{scope}` " in docs
    for event in manifest["settings"]["event_subscriptions"]["bot_events"]:
        assert f"`{event}`" in docs
