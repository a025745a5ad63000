"""Settings of a project: where they are found, what goes before them, and what is said of wrong ones."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from bot.cli.main import COMMANDS, run, signpost
from bot.errors import SettingsError
from bot.project import SECRETS, VARIABLES, kept, key_of
from bot.settings import SETTINGS, Settings, environment

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file of a project, whose top is the working folder."""
    monkeypatch.chdir(tmp_path)
    for variable in (*VARIABLES, *SECRETS):
        monkeypatch.delenv(variable, raising=False)

    def file(text: str, name: str = "signpost.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return file


def problems() -> str:
    """Return what is said of the settings that are found."""
    with pytest.raises(SettingsError) as caught:
        kept()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_whatever_can_be_set_can_be_set_for_a_project() -> None:
    """The settings of the bot and every variable of an option; secrets cannot."""
    commands = [signpost.get_command(click.Context(signpost), name) for name in COMMANDS]
    options = [parameter for command in commands if command for parameter in command.params]
    of_options = {parameter.envvar for parameter in options if parameter.envvar}
    assert set(VARIABLES) | set(SECRETS) == {setting.name for setting in SETTINGS} | of_options
    assert set(SECRETS) == {setting.name for setting in SETTINGS if setting.secret}
    keys = [key_of(variable) for variable in VARIABLES]
    assert len(set(keys)) == len(keys)


def test_an_option_goes_before_the_environment_and_that_before_files(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Options, the environment, .env, signpost.toml, the default; the index that is looked for tells."""

    def looked_for(*options: str) -> str:
        assert run(["log", *options]) == 2
        return capsys.readouterr().err.removeprefix("signpost: ").split(":")[0]

    assert looked_for() == ".signpost/index"
    write('index = "of-toml"\n')
    assert looked_for() == "of-toml"
    write("SIGNPOST_INDEX=of-env-file\n", ".env")
    assert looked_for() == "of-env-file"
    assert environment()["SIGNPOST_INDEX"] == "of-env-file"
    monkeypatch.setenv("SIGNPOST_INDEX", "of-environment")
    assert looked_for() == "of-environment"
    assert environment()["SIGNPOST_INDEX"] == "of-environment"
    assert looked_for("--index", "of-option") == "of-option"
    monkeypatch.setenv("SIGNPOST_INDEX", "")
    assert looked_for() == environment()["SIGNPOST_INDEX"] == "of-env-file"


def test_paths_count_from_the_file(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever below it one works; addresses and names of the hub are what they are."""
    write(
        'catalogue = ["links.md", "more/*.csv", "video=films.md", "https://a.example/x.md", "git+ssh://git@b.example/l#d"]\n'
        'judged = "judged.jsonl"\nvocabulary = ["none", "/etc/words.yaml", "ours.yaml"]\ngolden = "none"\nmodel = "org/name"\n'
        'patches-dir = "patches"\ncatalogue_file = "links.yaml"\n'
    )
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir("a/b")
    assert kept() == {
        "SIGNPOST_CATALOGUE": (
            "../../links.md",
            "../../more/*.csv",
            "video=../../films.md",
            "https://a.example/x.md",
            "git+ssh://git@b.example/l#d",
        ),
        "SIGNPOST_JUDGED": ("../../judged.jsonl",),
        "SIGNPOST_VOCABULARY": ("none", "/etc/words.yaml", "../../ours.yaml"),
        "SIGNPOST_GOLDEN": "none",
        "SIGNPOST_MODEL": "org/name",
        "PATCHES_DIR": "../../patches",
        "CATALOGUE_FILE": "../../links.yaml",
        "SIGNPOST_INDEX": "../../.signpost/index",
        "STORE_URL": "sqlite:///../../.signpost/store.sqlite3",
    }
    write('index = "/srv/index"\nstore_url = "sqlite:////srv/store.sqlite3"\nmodel = "a"\nadapter = "none"\n')
    assert kept() == {
        "SIGNPOST_INDEX": "/srv/index",
        "STORE_URL": "sqlite:////srv/store.sqlite3",
        "SIGNPOST_MODEL": "../../a",
        "SIGNPOST_ADAPTER": "none",
    }
    monkeypatch.chdir("../..")
    assert kept()["SIGNPOST_MODEL"] == "a"


def test_the_nearest_file_counts(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone: what it leaves out is not taken from one further up. signpost.toml goes before pyproject.toml."""
    write('index = "top"\nkeep = 3\n')
    write('[tool.signpost]\nindex = "inner"\n', "inner/pyproject.toml")
    write("[tool.other]\nx = 1\n", "inner/below/pyproject.toml")
    monkeypatch.chdir("inner/below")
    assert kept()["SIGNPOST_INDEX"] == "../inner"
    assert "SIGNPOST_KEEP" not in kept()
    write('index = "nearest"\n', "inner/below/signpost.toml")
    assert kept() == {"SIGNPOST_INDEX": "nearest"}


def test_a_file_of_somebody_else_is_none_of_ours(write: Write) -> None:
    """Whatever is wrong with it."""
    write("[tool.black\n", "pyproject.toml")
    assert kept() == {}
    write("[tool.signpost\n", "pyproject.toml")
    assert problems().startswith("1 setting is missing or wrong: pyproject.toml:1: is not TOML: ")


def test_values_are_what_the_variables_would_be(write: Write) -> None:
    """Lists and tables are written as such."""
    write(
        'mode = "web"\nport = 8080\nstore_questions = true\nmargin = 0.5\nkeep-days = 9\ncurators = ["U012", "U013"]\n'
        'suggested_prompts = ["how?", "why, then?"]\nrefresh = "15m"\nhost = ""\n'
        '[slack_channels.C012]\nlinks = 3\nsections = ["A"]\n'
    )
    settings = Settings.from_environment(environment())
    assert (settings.mode.value, settings.port, settings.store_questions, settings.host) == (
        "web",
        8080,
        True,
        "127.0.0.1",
    )
    assert settings.curators == ("U012", "U013")
    assert settings.suggested_prompts == ("how?", "why, then?")
    assert settings.channels["C012"].sections == ("A",)
    assert settings.refresh_s == 900
    assert (kept()["SIGNPOST_MARGIN"], kept()["SIGNPOST_KEEP_DAYS"]) == ("0.5", "9")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('catalog = "x"', "signpost.toml: catalog is no setting; did you mean catalogue?"),
        ('Index = "x"', "Index is no setting; did you mean index?"),
        ("keepdays = 3", "keepdays is no setting; did you mean keep_days?"),
        ('signpost_index = "x"', "signpost_index is no setting; did you mean index?"),
        ("qqqq = 3", "qqqq is no setting; docs/settings.md has them all"),
        (
            'slack_bot_token = "xoxb-zanzibar"',
            "slack_bot_token is a secret, and whoever has the project reads this file",
        ),
        ("keep = [3]", "keep must be text, a number, true or false"),
        ("index = {}", "index must be text, a number, true or false"),
        ("catalogue = [3]", "catalogue must be text or a list of texts"),
        ("curators = {}", "curators must be text, a number, true or false"),
        ("suggested_prompts = [2024-01-01]", "suggested_prompts must hold texts, numbers, true and false alone"),
        (
            "slack_channels = {C1A = {links = 10:00:00}}",
            "slack_channels must hold texts, numbers, true and false alone",
        ),
        ("a = " + "[" * 9_000, "signpost.toml: is nested too deeply"),
        ("a = 1\nb = = 2", "signpost.toml:2: is not TOML: invalid value"),
        ("a = 1\na = 2", "signpost.toml: is not TOML: cannot overwrite"),
    ],
)
def test_what_is_wrong_is_named(write: Write, text: str, said: str) -> None:
    """With what was meant; never with a secret."""
    write(text)
    assert said.lower() in problems().lower()
    assert "zanzibar" not in problems()


def test_everything_wrong_is_named_at_once(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, by every command that reads settings; help needs none."""
    write("catalog = 1\nkepp = 2\n")
    assert problems().startswith("2 settings are missing or wrong: ")
    for command in (["log"], ["gaps"], ["serve"], ["ask", "x"]):
        capsys.readouterr()
        assert run(command) == 2
        assert "did you mean keep?" in capsys.readouterr().err
    assert run(["log", "--help"]) == 0
    assert run([]) == 0


@pytest.mark.parametrize("name", ["signpost.toml", "pyproject.toml"])
def test_a_pipe_is_not_waited_for(write: Write, tmp_path: Path, name: str) -> None:
    """Nobody may ever write into it; only a file of ours is missed."""
    write("", "beside.toml")
    os.mkfifo(tmp_path / name)
    if name == "pyproject.toml":
        assert kept() == {}
    else:
        assert "it is a pipe or a device" in problems()


def test_an_env_file_that_is_no_text_is_named(write: Write, tmp_path: Path) -> None:
    """As a wrong signpost.toml is."""
    write("index = 'a'")
    (tmp_path / ".env").write_bytes(b"PORT=1\n\xff\xfe")
    assert problems().endswith(": .env: is not UTF-8 text")


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(write: Write, tmp_path: Path, content: bytes | None) -> None:
    """No text, a folder."""
    path = tmp_path / "signpost.toml"
    path.mkdir() if content is None else path.write_bytes(content)
    assert "signpost.toml: " in problems()


def test_the_keys_are_documented() -> None:
    """In an example that is read as it stands."""
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    assert {line.split(" ")[0] for line in example.splitlines() if " = " in line} <= {
        key_of(name) for name in VARIABLES
    }
