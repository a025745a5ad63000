"""Settings: one table, everything wrong at once, no secret in a message."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.serve import serve_command
from bot.errors import SettingsError
from bot.settings import SETTINGS, Mode, Setting, Settings, environment
from index import defaults
from tests.bot.tiny import ENVIRONMENT

ROOT = Path(__file__).parents[2]


def test_the_defaults_are_enough_but_for_the_secrets() -> None:
    """A bot over HTTP needs two values."""
    settings = Settings.from_environment(ENVIRONMENT)
    assert settings.mode is Mode.HTTP
    assert settings.answer_links == 5
    assert settings.command == "/links"
    assert settings.store_questions is False
    assert not settings.for_channel("C0").follow_ups
    assert Path(settings.index) == defaults.INDEX


def test_every_problem_is_named_at_once() -> None:
    """One start, one message, one line."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(
            {"PORT": "abc", "SLACK_API_URL": "nope", "CURATORS": "bob", "SLACK_CHANNELS": "{", "SLACK_BOT_TOKEN": " "}
        )
    message = str(caught.value)
    for name in ("PORT", "SLACK_API_URL", "CURATORS", "SLACK_CHANNELS", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        assert name in message
    assert "\n" not in message
    assert len(caught.value.problems) == 6


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS if setting.secret])
@pytest.mark.parametrize("value", ["zanzibar", "zanzibar with blanks", "zanzibär"])
def test_a_secret_never_stands_in_a_message(name: str, value: str) -> None:
    """Whatever is wrong with it; nor in the settings' own text."""
    for mode in ("http", "socket"):
        environment = {**ENVIRONMENT, "SIGNPOST_MODE": mode, "SLACK_APP_TOKEN": "xapp-1", "PORT": "x", name: value}
        with pytest.raises(SettingsError) as caught:
            Settings.from_environment(environment)
        assert "zanzib" not in str(caught.value)
    assert "zanzib" not in repr(Settings.from_environment({"SIGNPOST_MODE": "web", name: value}))


@pytest.mark.parametrize(
    ("mode", "given", "missing"),
    [
        ("http", {}, ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]),
        ("socket", {}, ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]),
        ("socket", {"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xoxb-1"}, ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]),
        ("sometimes", {}, ["SIGNPOST_MODE"]),
    ],
)
def test_each_mode_names_what_it_needs(mode: str, given: dict[str, str], missing: list[str]) -> None:
    """No more and no less; two swapped tokens are noticed."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"SIGNPOST_MODE": mode, **given})
    assert len(caught.value.problems) == len(missing)
    assert all(name in str(caught.value) for name in missing)


def test_the_web_mode_needs_nothing() -> None:
    """A catalogue can be tried without Slack."""
    assert Settings.from_environment({"SIGNPOST_MODE": "web"}).mode is Mode.WEB


def test_a_channel_has_settings_of_its_own() -> None:
    """By its id; whatever is left out is as everywhere."""
    channels = {"C0ONE": {"links": 2, "answers": "private", "sections": ["CNI"]}, "C0TWO": {}}
    settings = Settings.from_environment({**ENVIRONMENT, "SLACK_CHANNELS": json.dumps(channels)})
    assert settings.links_in("C0ONE") == 2
    assert settings.links_in("C0TWO") == settings.links_in("C0OTHER") == 5
    assert settings.for_channel("C0ONE").sections == ("CNI",)


@pytest.mark.parametrize(
    "channels",
    [
        '{"general": {}}',
        '{"C0": {}}',
        '{"C012": {"link": 3}}',
        '{"C012": {"links": 0}}',
        '{"C012": {"links": 11}}',
        "[]",
    ],
)
def test_a_wrong_channel_setting_stops_the_start(channels: str) -> None:
    """A typing error must not pass for a default."""
    with pytest.raises(SettingsError, match="SLACK_CHANNELS"):
        Settings.from_environment({**ENVIRONMENT, "SLACK_CHANNELS": channels})


def test_hashes_have_a_key_that_survives_a_restart() -> None:
    """Derived from a secret, and never that secret itself."""
    one, two = Settings.from_environment(ENVIRONMENT), Settings.from_environment(ENVIRONMENT)
    assert one.hash_key() == two.hash_key()
    assert ENVIRONMENT["SLACK_SIGNING_SECRET"].encode() not in one.hash_key()
    assert Settings.from_environment({**ENVIRONMENT, "STORE_HASH_KEY": "k"}).hash_key() == b"k"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere."""
    file = tmp_path / ".env"
    file.write_text("PORT=1\nHOST=from-file\n")
    monkeypatch.setenv("PORT", "2")
    monkeypatch.delenv("HOST", raising=False)
    assert environment(file)["PORT"] == "2"
    assert environment(file)["HOST"] == "from-file"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: str(setting.name))
def test_every_setting_is_documented(setting: Setting) -> None:
    """In `.env.example` and docs/settings.md, with its default and its help; in `signpost serve --help` by name."""
    name, default, help_text, _ = setting
    example = (ROOT / ".env.example").read_text()
    assert re.search(rf"^# {re.escape(help_text)}\n(?:# )?{name}={re.escape(default)}$", example, re.MULTILINE)
    shown = f"`{default}`" if default else ""
    assert f"| `{name}` | {shown} | {help_text} |" in (ROOT / "docs" / "settings.md").read_text()
    assert name in CliRunner().invoke(serve_command, ["--help"]).output


def test_no_setting_is_documented_that_does_not_exist() -> None:
    """What was removed is gone everywhere."""
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE)) == {setting.name for setting in SETTINGS}
    documented = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(setting.name for setting in SETTINGS)


@pytest.mark.parametrize("missing", ["SLACK_REFRESH_TOKEN", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"])
def test_a_token_that_rotates_needs_what_renews_it(missing: str) -> None:
    """Without it the bot would die after twelve hours, in silence."""
    given = {
        **ENVIRONMENT,
        "SLACK_BOT_TOKEN": "xoxe.xoxb-1-x",
        "SLACK_REFRESH_TOKEN": "xoxe-1-x",
        "SLACK_CLIENT_ID": "1.2",
        "SLACK_CLIENT_SECRET": "s",
    }
    assert Settings.from_environment(given).client_id == "1.2"
    with pytest.raises(SettingsError, match=f"{missing} is missing, and SLACK_BOT_TOKEN dies after 12 hours"):
        Settings.from_environment({**given, missing: ""})
    with pytest.raises(SettingsError, match="SLACK_REFRESH_TOKEN must start with xoxe-"):
        Settings.from_environment({**given, "SLACK_REFRESH_TOKEN": "xoxb-1"})


@pytest.mark.parametrize("missing", ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_CURATORS", "WEB_URL"])
def test_a_sign_in_needs_what_the_provider_asks_for(missing: str) -> None:
    """Also the address that it sends people back to: the one that a request names is that of a proxy's inner side."""
    given = {
        **ENVIRONMENT,
        "OIDC_ISSUER": "https://slack.com",
        "OIDC_CLIENT_ID": "1.2",
        "OIDC_CLIENT_SECRET": "s",
        "OIDC_CURATORS": "ann@example.com",
        "WEB_URL": "https://signpost.example.com/",
    }
    assert Settings.from_environment(given).serves_curators
    with pytest.raises(SettingsError, match=f"{missing} is missing"):
        Settings.from_environment({**given, missing: ""})


def test_a_wrong_part_of_a_list_is_named_by_its_value() -> None:
    """Not by its number, which counts from 0 in what has no brackets."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"SIGNPOST_MODE": "web", "SIGNPOST_MCP": "foo"})
    [problem] = caught.value.problems
    assert (problem.startswith("SIGNPOST_MCP: input should be 'key'"), problem.endswith("(it is 'foo')")) == (
        True,
        True,
    )
