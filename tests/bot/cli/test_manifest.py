"""`signpost manifest`, and the hooks of Slack's own command line."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import click
import pytest
import yaml

from bot.cli import hooks
from bot.cli.main import run
from tests.support import ROOT


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Return the manifest that the command prints."""
    assert run(["manifest", *arguments]) == 0
    return yaml.safe_load(capsys.readouterr().out)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no settings are."""
    monkeypatch.chdir(tmp_path)
    for name in ("SLACK_COMMAND", "SUGGEST_EMOJI", "SLACK_CHANNELS", "SIGNPOST_MCP", "SLACK_SIGNING_SECRET"):
        monkeypatch.delenv(name, raising=False)


def test_socket_mode_has_no_addresses(capsys: pytest.CaptureFixture[str]) -> None:
    """Slack would ask for a proof of each."""
    manifest = printed(capsys, "--socket")
    assert "https://" not in json.dumps(manifest["features"]) + json.dumps(manifest["settings"])
    assert manifest["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize(
    "url", ["https://a.example.org", "https://a.example.org/", "https://a.example.org/slack/events"]
)
def test_an_address_may_have_its_path(capsys: pytest.CaptureFixture[str], url: str) -> None:
    """However it was copied."""
    settings = printed(capsys, "--url", url)["settings"]
    assert settings["event_subscriptions"]["request_url"] == "https://a.example.org/slack/events"
    assert settings["socket_mode_enabled"] is False


def test_the_link_makes_the_same_app(capsys: pytest.CaptureFixture[str]) -> None:
    """The manifest stands in the address; browsers and servers take addresses of up to 8,000 characters."""
    everything = ("--url", "https://signpost.internal.example.org", "--search", "--mcp", "--emoji", "--follow-ups")
    manifest = printed(capsys, *everything)
    for gov, host in (((), "api.slack.com"), (("--gov",), "api.slack-gov.com")):
        assert run(["manifest", *everything, *gov, "--link"]) == 0
        address = capsys.readouterr().out.strip()
        assert len(address) < 8_000
        parts = urlsplit(address)
        query = parse_qs(parts.query)
        assert (parts.hostname, parts.path, query["new_app"]) == (host, "/apps", ["1"])
        made = yaml.safe_load(query["manifest_yaml"][0])
        assert made["functions"] == manifest["functions"]
        assert gov or made == manifest


def test_govslack_and_plans_without_agents_get_no_agent(capsys: pytest.CaptureFixture[str]) -> None:
    """The Messages tab stays, without suggested questions; GovSlack's own settings are said."""
    for argument in ("--gov", "--no-agent"):
        manifest = printed(capsys, argument)
        assert "agent_view" not in manifest["features"]
        assert "assistant:write" not in manifest["oauth_config"]["scopes"]["bot"]
        assert manifest["features"]["app_home"]["messages_tab_enabled"] is True
    run(["manifest", "--gov"])
    assert "SLACK_API_URL=https://slack-gov.com/api/" in capsys.readouterr().err


def test_slackbot_needs_an_address_in_socket_mode_too(capsys: pytest.CaptureFixture[str]) -> None:
    """Slackbot calls the bot; what is to be filled in is said."""
    assert run(["manifest", "--socket", "--mcp"]) == 0
    output = capsys.readouterr()
    assert yaml.safe_load(output.out)["mcp_servers"]["signpost"]["url"] == "https://signpost.example.com/mcp"
    assert "in place of https://signpost.example.com/mcp" in output.err


def test_the_settings_decide_what_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """What is set in signpost.toml is in the manifest; another command than the set one is pointed out."""
    Path("signpost.toml").write_text('slack_command = "/find"\nsuggest_emoji = "bookmark"\n')
    manifest = printed(capsys)
    assert manifest["features"]["slash_commands"][0]["command"] == "/find"
    assert "reactions:read" in manifest["oauth_config"]["scopes"]["bot"]
    assert run(["manifest", "--command", "/links"]) == 0
    assert "SLACK_COMMAND=/links" in capsys.readouterr().err
    Path("signpost.toml").write_text('mcp = "slack"\n')
    assert "mcp:connect" in printed(capsys, "--url", "https://a.example.org")["oauth_config"]["scopes"]["bot"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--socket", "--url", "https://a.example.org"), "not both"),
        (("--url", "http://a.example.org"), "not an https address"),
        (("--url", "a.example.org"), "not an https address"),
        (("--url", "https://ann:secret@a.example.org"), "not an https address"),
        (("--url", "https://a.example.org:99999"), "not an https address"),
        (("--url", "https://[a.example.org"), "not an https address"),
        (("--command", "links"), "must be a slash"),
        (("--unfurl", "https://wiki.example.org"), "is not a domain"),
        (tuple(word for number in range(6) for word in ("--unfurl", f"w{number}.example.org")), "5 domains at most"),
    ],
)
def test_what_cannot_be_is_one_line(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str) -> None:
    """What, and what to do; nothing is printed that could be pasted."""
    assert run(["manifest", *arguments]) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert output.err.count("\n") == 1
    assert output.out == ""


# Slack's own command line: https://docs.slack.dev/tools/slack-cli/reference/hooks


def hook(command: str, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a hook as Slack's program does: in the project's folder, with its `.venv` active."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [*shlex.split(command), *more],
        cwd=ROOT,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_slacks_program_finds_the_hooks_and_makes_the_app() -> None:
    """`get-hooks` from .slack/hooks.json, then the manifest for Socket Mode, in either form of an answer."""
    first = json.loads((ROOT / ".slack" / "hooks.json").read_text())["hooks"]["get-hooks"]
    found = json.loads(hook(first).stdout)
    assert set(found["hooks"]) >= {"get-manifest", "start"}
    assert found["config"]["sdk-managed-connection-enabled"] is True
    plain = hook(found["hooks"]["get-manifest"])
    manifest = json.loads(plain.stdout)
    assert manifest["settings"]["socket_mode_enabled"] is True
    bounded = hook(found["hooks"]["get-manifest"], "--protocol=message-boundaries", "--boundary=m-a-r-k")
    before, content, _ = bounded.stdout.split("m-a-r-k")
    assert before == ""
    assert json.loads(content) == manifest


def test_a_hook_that_fails_says_why() -> None:
    """Slack's program shows what stands on standard error, for an exit code that is not 0."""
    failed = hook("python3 -m bot.cli.hooks get-manifest", SLACK_COMMAND="no slash")
    assert failed.returncode == 2
    assert "SLACK_COMMAND" in failed.stderr
    assert hook("python3 -m bot.cli.hooks dance").returncode == 2


def test_the_bot_starts_with_the_tokens_of_slacks_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Socket Mode; a token that is set already stays."""
    started: list[tuple[list[str], dict[str, str]]] = []

    def execve(_program: str, arguments: list[str], environment: dict[str, str]) -> None:
        started.append((arguments, environment))
        raise click.Abort

    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setenv("SLACK_CLI_XOXB", "xoxb-theirs")
    monkeypatch.setenv("SLACK_CLI_XAPP", "xapp-theirs")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-mine")
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    with pytest.raises(click.Abort):
        hooks.main(["start"])
    ((arguments, environment),) = started
    assert arguments[1:] == ["-m", "bot.cli", "serve", "--mode", "socket"]
    assert environment["SLACK_BOT_TOKEN"] == "xoxb-theirs"
    assert environment["SLACK_APP_TOKEN"] == "xapp-mine"
