"""`signpost manifest`: prints the manifest of the Slack app, or the address that makes the app with it."""

import json
import re
from typing import Any
from urllib.parse import quote_plus, urlsplit

import click
import yaml

from bot.errors import SettingsError
from bot.settings import McpClient, Settings, environment
from bot.slack.manifest import EXAMPLE, MCP_PATH, MOST_DOMAINS, App, Manifest

_COMMERCIAL, _GOVERNMENT = "https://api.slack.com/apps", "https://api.slack-gov.com/apps"
_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
_WIDTH = 120
#: Characters that need no escape in a query; browsers and servers refuse addresses that grow too long.
_AS_IT_IS = "/:,'"


class _Plain(yaml.SafeDumper):
    """Writes each value out, also where it stands twice."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Use no references."""
        return True


def _address(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    """Check an address of the bot; what follows the host is left out where it is the path of events."""
    if value is None:
        return ""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:  # a bracket that is not closed, or a port that is none
        parts = urlsplit("")
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise click.BadParameter(f"{value!r:.80} is not an https address such as https://signpost.example.org")
    return value.rstrip("/").removesuffix("/slack/events")


def _slash_command(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Check a command as the setting is checked."""
    if not value:
        return None
    try:
        return Settings.for_store({"SLACK_COMMAND": value}).command
    except SettingsError as error:
        raise click.BadParameter(error.problems[0].removeprefix("SLACK_COMMAND: ")) from error


def _domains(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    wrong = next((value for value in values if not _DOMAIN.fullmatch(value)), None)
    if wrong is not None:
        raise click.BadParameter(f"{wrong!r:.80} is not a domain such as wiki.example.org")
    if len(values) > MOST_DOMAINS:
        raise click.BadParameter(f"Slack takes {MOST_DOMAINS} domains at most, and these are {len(values)}")
    return values


@click.command("manifest", short_help="Print the manifest of the Slack app, or the address that makes the app.")
@click.option("--socket", is_flag=True, help="For Socket Mode, which needs no address.")
@click.option("--url", metavar="URL", callback=_address, help=f"Where Slack reaches the bot.  [default: {EXAMPLE}]")
@click.option(
    "--command",
    metavar="/NAME",
    callback=_slash_command,
    help="The slash command.  [default: SLACK_COMMAND, else /links]",
)
@click.option(
    "--search", is_flag=True, help="Slack's own search, with filters, details and --steps (an Enterprise plan)."
)
@click.option("--steps", is_flag=True, help="Steps for Workflow Builder (a paid plan).")
@click.option("--emoji", is_flag=True, help="An emoji suggests a message's link; on where SUGGEST_EMOJI is set.")
@click.option("--follow-ups", is_flag=True, help="Questions without a mention; on where SLACK_CHANNELS has follow_ups.")
@click.option(
    "--unfurl", metavar="DOMAIN", multiple=True, callback=_domains, help="Preview links there; up to 5 times."
)
@click.option(
    "--mcp", is_flag=True, help="Slackbot asks over MCP, which needs an address; on where SIGNPOST_MCP has slack."
)
@click.option("--no-agent", is_flag=True, help="For a plan without agents: no suggested questions.")
@click.option("--gov", is_flag=True, help="For GovSlack, which has no agents and an address of its own.")
@click.option("--link", is_flag=True, help="Print the address that makes the app in place of the manifest.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of YAML; Slack takes both.")
def manifest_command(
    url: str, command: str | None, unfurl: tuple[str, ...], *, socket: bool, link: bool, as_json: bool, **wanted: bool
) -> None:
    """Print the manifest to paste at api.slack.com/apps › Create New App › From a manifest.

    It asks for the scopes and events of what is chosen, and for no others.
    """
    if socket and url:
        raise click.UsageError("give --socket or --url, not both: in Socket Mode Slack needs no address")
    # The app's secret is known when the app is made, which its manifest comes before.
    known = Settings.for_store({"SLACK_SIGNING_SECRET": "not yet", **environment()})
    app = App(
        address="" if socket else url or EXAMPLE,
        command=command or known.command,
        search=wanted["search"],
        steps=wanted["steps"],
        emoji=wanted["emoji"] or bool(known.suggest_emoji),
        follow_ups=wanted["follow_ups"] or any(channel.follow_ups for channel in known.channels.values()),
        domains=unfurl,
        mcp=wanted["mcp"] or McpClient.SLACK in known.mcp,
        agent=not (wanted["no_agent"] or wanted["gov"]),
    )
    manifest = app.manifest()
    if link:
        apps = _GOVERNMENT if wanted["gov"] else _COMMERCIAL
        click.echo(f"{apps}?new_app=1&manifest_yaml={quote_plus(_yaml(manifest), safe=_AS_IT_IS)}")
    elif as_json:
        click.echo(json.dumps(manifest, indent=2))
    else:
        click.echo(_comment(app) + _yaml(manifest), nl=False)
    _advise(app, known, gov=wanted["gov"], link=link)


def _yaml(manifest: Manifest) -> str:
    text: str = yaml.dump(manifest, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return text


def _comment(app: App) -> str:
    """Return what to do with the manifest, as its first lines."""
    place = "Socket Mode" if not app.address else app.address
    lines = [f"The app of Signpost for {place}, made by `signpost manifest`; docs/slack.md says what to do with it."]
    if app.address == EXAMPLE:
        lines.append("Name your bot's address with --url, or take --socket, which needs none.")
    return "".join(f"# {line}\n" for line in lines)


def _advise(app: App, known: Settings, *, gov: bool, link: bool) -> None:
    """Say on stderr what else must be set, so that the manifest itself can be piped."""
    advice: list[str] = []
    if link and app.address == EXAMPLE:
        advice.append(f"the address has {EXAMPLE} in it; name yours with --url, or take --socket")
    elif app.mcp and app.address in {"", EXAMPLE}:
        advice.append(f"put the address at which Slackbot reaches the bot in place of {EXAMPLE}{MCP_PATH}")
    if gov:
        advice.append("set SLACK_API_URL=https://slack-gov.com/api/ and FEEDBACK_BUTTONS=plain for the bot")
    if app.mcp and McpClient.SLACK not in known.mcp:
        advice.append("set SIGNPOST_MCP=slack for the bot")
    if app.command != known.command:
        advice.append(f"set SLACK_COMMAND={app.command} for the bot")
    for line in advice:
        click.echo(f"signpost: {line}", err=True)
