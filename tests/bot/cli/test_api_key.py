"""`signpost api-key`: a key is shown once, and the file of keys keeps what else is in it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.api_key import api_key_command
from bot.errors import SettingsError
from bot.web.keys import KeyFile, Limiter, Scope, Visitor, read_keys
from tests.support import signpost


def made(*arguments: str) -> str:
    """Make a key, and return it."""
    result = CliRunner().invoke(api_key_command, [*arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_key_is_found_by_the_file_that_has_its_hash(tmp_path: Path) -> None:
    """The key itself is nowhere; comments stay."""
    file = tmp_path / "keys.toml"
    file.write_text("# ours")
    first = made("intranet", "--file", str(file))
    second = made(
        "wiki", "--file", str(file), "--public", "--scope", "feedback", "--scope", "read", "--per-minute", "7"
    )
    text = file.read_text()
    assert text.startswith("# ours\n")
    assert first not in text
    keys = KeyFile(file)
    assert keys.visitor(first) == Visitor(name="intranet", scopes=frozenset({Scope.READ}), per_minute=600)
    scopes = frozenset({Scope.FEEDBACK, Scope.READ})
    assert keys.visitor(second) == Visitor(name="wiki", scopes=scopes, per_minute=7, public_only=True)
    assert keys.visitor(first + " ") is None


def test_a_name_is_given_once(tmp_path: Path) -> None:
    """One line, exit code 2, and the file is as it was."""
    file = tmp_path / "keys.toml"
    made("wiki", "--file", str(file))
    before = file.read_bytes()
    for name in ("wiki", "Wiki!", "a b", "x]\n[y"):
        refused = signpost("api-key", name, "--file", str(file), folder=tmp_path)
        assert (refused.returncode, refused.stderr.count("\n"), refused.stdout) == (2, 1, "")
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "[one",
        "one = 1",
        "[one]",
        '[one]\nsha256 = "abc"',
        f'[one]\nsha256 = "{"0" * 64}"\nscopes = ["write"]',
        f'[one]\nsha256 = "{"0" * 64}"\nscopes = "read"',
        f'[one]\nsha256 = "{"0" * 64}"\nlinks = "some"',
        f'[one]\nsha256 = "{"0" * 64}"\nper_minute = -1',
        f'[one]\nsha256 = "{"0" * 64}"\nper_minute = true',
        f'[one]\nsha256 = "{"0" * 64}"\nper_minut = 1',
    ],
)
def test_a_wrong_file_stops_the_start(tmp_path: Path, text: str) -> None:
    """In one line that names the file; a file that is not there does too."""
    file = tmp_path / "keys.toml"
    for content in (text, None):
        file.unlink(missing_ok=True)
        if content is not None:
            file.write_text(content)
        with pytest.raises(SettingsError, match=r"API_KEYS_FILE: .*keys\.toml") as caught:
            read_keys(file)
        assert "\n" not in str(caught.value)


def test_a_bucket_fills_evenly() -> None:
    """As fast as the requests that it allows; and never more than a minute's."""
    now = [0.0]
    limiter = Limiter(lambda: now[0])
    assert [limiter.take("a", 2).allowed for _ in range(3)] == [True, True, False]
    assert limiter.take("a", 2).wait_s == 31
    assert limiter.take("b", 2).allowed
    now[0] = 30.0
    assert [limiter.take("a", 2).allowed for _ in range(2)] == [True, False]
    now[0] = 1_000.0
    assert [limiter.take("a", 2).allowed for _ in range(3)] == [True, True, False]
