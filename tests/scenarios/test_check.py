"""`signpost serve --check` says what is missing, and starts nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.main import run
from tests.scenarios.support.bot_process import environment
from tests.scenarios.support.fake_slack import FakeSlack
from tests.support import copy_index

SCOPES = (
    "app_mentions:read,assistant:write,channels:history,channels:read,chat:write,commands,groups:history,groups:read,"
    "im:history,mpim:history,mpim:read,users:read"
)


Checked = tuple[int, dict[str, str], str]
Check = Callable[..., Checked]


@pytest.fixture
def check(
    slack: FakeSlack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Check:
    """Run the command; it gives the exit code, the lines by their part, and standard error."""
    monkeypatch.chdir(tmp_path)

    def checking(*arguments: str, reachable: bool = True, **settings: str) -> Checked:
        for name, value in environment(slack if reachable else None, tmp_path, **settings).items():
            monkeypatch.setenv(name, value)
        for name in (name for name, value in settings.items() if not value):
            monkeypatch.delenv(name, raising=False)
        code = run(["serve", "--check", *arguments])
        output = capsys.readouterr()
        lines = [line.partition(": ") for line in output.out.splitlines()]
        return code, {" ".join(head.split()): words for head, _, words in lines}, output.err

    return checking


@pytest.fixture
def folder(tmp_path: Path, small_index: Path) -> Path:
    """Return a folder with an index."""
    copy_index(small_index, tmp_path / "index")
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_nothing_missing_is_0(slack: FakeSlack, check: Check) -> None:
    """Each part has its line; what Slack does not tell is no fault, and no port is opened."""
    slack.scopes = SCOPES
    curators = {"CURATORS": "U0CURATOR", "CURATORS_CHANNEL": "C0CURATORS"}
    for mode in ("http", "socket"):
        code, lines, errors = check("--mode", mode, **curators)
        assert (code, errors) == (0, "")
        assert {head.split()[0] for head in lines} == {"ok", "unknown"}
        assert {"ok token", "ok index", "ok store", "ok curators", "unknown command", "ok direct messages"} <= set(
            lines
        )
    assert "ok socket" in lines
    assert len(slack.calls_of("apps.connections.open")) == 1
    assert not slack.sockets


def test_what_is_missing_is_said_and_is_1(slack: FakeSlack, check: Check) -> None:
    """By way in, with what does not work without it; agents are not in every plan."""
    slack.scopes = ",".join({*SCOPES.split(",")} - {"im:history", "mpim:read", "assistant:write"})
    slack.channels["C0CURATORS"] = {"is_member": False, "name": "curators"}
    slack.fail("apps.connections.open", error="not_allowed_token_type")
    settings = {"CURATORS": "U0CURATOR", "CURATORS_CHANNEL": "C0CURATORS", "SUGGEST_EMOJI": "bookmark"}
    code, lines, errors = check("--mode", "socket", **settings)
    assert (code, errors) == (1, "")
    missing = {head.removeprefix("missing "): words for head, words in lines.items() if head.startswith("missing ")}
    assert set(missing) == {
        "index",
        "direct messages",
        "shared channels",
        "an emoji suggests a link",
        "socket",
        "curators",
    }
    assert "im:history" in missing["direct messages"]
    assert "reactions:read" in missing["an emoji suggests a link"]
    assert "connections:write" in missing["socket"]
    assert "#curators" in missing["curators"]
    assert "off suggested questions" in lines


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"CURATORS": "U0CURATOR"}, "CURATORS_CHANNEL"), ({"CURATORS_CHANNEL": "C0C"}, "CURATORS is")],
)
@pytest.mark.usefixtures("folder")
def test_half_of_the_curators_is_missing(check: Check, settings: dict[str, str], said: str) -> None:
    """Nobody could decide, or nobody would be told."""
    code, lines, _ = check(**settings)
    assert code == 1
    assert said in lines["missing curators"]
    assert "unknown scopes" in lines


@pytest.mark.usefixtures("folder")
def test_a_refused_token_is_1_and_an_unreachable_slack_2(slack: FakeSlack, check: Check) -> None:
    """The one is missing; of the other nothing can be said."""
    slack.fail("auth.test", error="invalid_auth")
    code, lines, _ = check()
    assert code == 1
    assert "invalid_auth" in lines["missing token"]
    code, lines, errors = check(reachable=False)
    assert code == 2
    assert errors.startswith("signpost: cannot reach Slack")
    assert errors.count("\n") == 1


@pytest.mark.usefixtures("folder")
def test_missing_settings_are_listed_and_are_2(slack: FakeSlack, check: Check) -> None:
    """All at once, and what can be looked at without them."""
    code, lines, _ = check("--mode", "socket", SLACK_BOT_TOKEN="", SLACK_APP_TOKEN="")
    assert code == 2
    assert "missing settings" in lines
    assert "ok index" in lines
    assert not slack.calls
