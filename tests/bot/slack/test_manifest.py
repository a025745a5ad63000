"""The manifests ask for what the code uses, no more and no less, and docs/slack.md explains it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_bolt.async_app import AsyncApp

from bot.listeners import LISTENERS
from bot.listeners.slack_search import OUTPUT
from bot.settings import Settings
from bot.slack.ids import Callback
from bot.slack.receiver import EVENTS_PATH
from tests.bot.tiny import ENVIRONMENT

ROOT = Path(__file__).parents[3]
MANIFEST = ROOT / "deploy" / "slack-manifest.yaml"
SEARCH_MANIFEST = ROOT / "deploy" / "slack-manifest-search.yaml"

#: What each call, event or feature of the code needs, by Slack's reference of methods and events.
NEEDED_BY_METHOD = {
    "chat.postMessage": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.replies": {"channels:history", "groups:history", "im:history"},
    "conversations.history": {"im:history"},
    "conversations.info": {"channels:read", "groups:read"},
    "assistant.threads.setSuggestedPrompts": {"assistant:write"},
    "views.open": set(),
    "views.publish": set(),
    "auth.test": set(),
    "auth.teams.list": set(),
    "apps.connections.open": set(),
    "functions.completeSuccess": set(),
    "functions.completeError": set(),
}
NEEDED_BY_EVENT = {
    "app_mention": {"app_mentions:read"},
    "message.im": {"im:history"},
    "app_home_opened": set(),
    "tokens_revoked": set(),
    "app_uninstalled": set(),
    "function_executed": set(),
}


@pytest.fixture(params=[MANIFEST, SEARCH_MANIFEST], ids=["manifest", "search manifest"])
def manifest(request: pytest.FixtureRequest) -> Any:
    """Read a manifest."""
    return yaml.safe_load(request.param.read_text())


def source() -> str:
    """Return all of the bot's code."""
    return "\n".join(path.read_text() for path in sorted((ROOT / "bot").rglob("*.py")))


def test_the_scopes_are_those_that_the_code_needs(manifest: Any) -> None:
    """Least privilege, both ways: nothing missing and nothing unused."""
    methods = set(re.findall(r'"((?:[a-z]+\.)+[a-zA-Z]+)"', source())) & set(NEEDED_BY_METHOD)
    assert methods == set(NEEDED_BY_METHOD)
    events = set(manifest["settings"]["event_subscriptions"]["bot_events"])
    needed = {"commands"}.union(*NEEDED_BY_METHOD.values(), *(NEEDED_BY_EVENT[event] for event in events))
    assert manifest["oauth_config"]["scopes"] == {"bot": sorted(needed)}


def test_every_called_method_is_known_here() -> None:
    """A new call must be thought of in the scopes."""
    called = set(re.findall(r'api\.call\(\s*"([a-zA-Z.]+)"', source()))
    assert called <= set(NEEDED_BY_METHOD)
    assert called


def test_the_events_are_those_that_are_listened_to(manifest: Any) -> None:
    """`message.im` is a `message` to a listener; the follow-ups' `message.channels` is a choice of its own."""
    subscribed = set(manifest["settings"]["event_subscriptions"]["bot_events"])
    events = {name for listen, name, _ in LISTENERS if listen is AsyncApp.event}
    listened = {"message.im" if event == "message" else event for event in events}
    if "search" not in manifest["features"]:
        listened.remove("function_executed")
    assert subscribed == listened


def test_the_command_and_the_shortcuts_are_the_codes(manifest: Any) -> None:
    """The same names on both sides."""
    features = manifest["features"]
    (command,) = features["slash_commands"]
    assert command["command"] == Settings.from_environment(ENVIRONMENT).command
    assert command["should_escape"] is False
    shortcuts = {shortcut["callback_id"]: shortcut["type"] for shortcut in features["shortcuts"]}
    assert shortcuts == {Callback.FIND_LINKS: "message", Callback.SUGGEST_LINK: "message"}
    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }


def test_slack_takes_the_manifest(manifest: Any) -> None:
    """Slack's limits of names and descriptions; every address is the gate's."""
    about = manifest["display_information"]
    assert len(about["name"]) <= 35
    assert len(about["description"]) <= 140
    assert 174 <= len(about["long_description"]) <= 4_000
    assert len(manifest["features"]["agent_view"]["agent_description"]) <= 300
    for shortcut in manifest["features"]["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    urls = re.findall(r"url: (\S+)", yaml.safe_dump(manifest))
    assert len(urls) == 4
    assert all(url == f"https://signpost.example.com{EVENTS_PATH}" for url in urls)


def test_the_add_on_is_the_same_app_with_search() -> None:
    """Nothing else differs."""
    plain, search = yaml.safe_load(MANIFEST.read_text()), yaml.safe_load(SEARCH_MANIFEST.read_text())
    function = search.pop("functions")
    assert search["features"].pop("search") == {"search_function_callback_id": Callback.SEARCH}
    search["settings"]["event_subscriptions"]["bot_events"].remove("function_executed")
    assert search["settings"].pop("hermes_app_type") == search["settings"].pop("function_runtime") == "remote"
    assert search["settings"]["org_deploy_enabled"] is True
    search["settings"]["org_deploy_enabled"] = False
    assert search == plain
    inputs, outputs = (function[Callback.SEARCH][f"{way}_parameters"] for way in ("input", "output"))
    assert {name: about["is_required"] for name, about in inputs.items()} == {
        "query": True,
        "filters": False,
        "user_context": True,
    }
    assert set(outputs) == {OUTPUT} == {"search_results"}
    assert outputs[OUTPUT]["type"] == "slack#/types/search_results"
    assert all(about["name"] == name for name, about in (inputs | outputs).items())


def test_every_scope_and_event_is_explained(manifest: Any) -> None:
    """Whoever installs the app can read what each is for."""
    docs = (ROOT / "docs" / "slack.md").read_text()
    for scope in manifest["oauth_config"]["scopes"]["bot"]:
        assert f"| `{scope}` |" in docs
    for event in manifest["settings"]["event_subscriptions"]["bot_events"]:
        assert f"`{event}`" in docs
