"""The outer edge of the command line: exit codes, one-line errors, no heavy import."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bot.cli import main as cli
from index.errors import BuildBusyError, BundleMissingError

HEAVY = ("slack_bolt", "yaml", "slack_sdk", "sqlalchemy", "numpy", "onnxruntime", "starlette", "pydantic", "aiohttp")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Make `signpost try` run the function that the test gives."""

    class OneCommand:
        try_command = click.Command("try", callback=request.param)

    monkeypatch.setitem(cli.COMMANDS, "try", cli.LazyCommand("one", "Try."))
    monkeypatch.setitem(sys.modules, "one", OneCommand)


def raising(error: BaseException) -> object:
    """Return a command's function that raises `error`."""

    def callback() -> None:
        raise error

    return callback


@pytest.mark.parametrize("command", [raising(BundleMissingError("no bundle in x;\n build one"))], indirect=True)
def test_an_error_on_purpose_is_one_line_and_exit_2(command: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the message holds, it is one line on stderr."""
    assert cli.run(["try"]) == 2
    assert capsys.readouterr().err == "signpost: no bundle in x; build one\n"


@pytest.mark.parametrize("command", [raising(BuildBusyError("another build"))], indirect=True)
def test_a_build_that_must_wait_has_an_exit_code_of_its_own(command: None) -> None:
    """That of sysexits.h for what works later."""
    assert cli.run(["try"]) == os.EX_TEMPFAIL == 75


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (raising(KeyboardInterrupt()), "interrupted\n"),
        (raising(KeyboardInterrupt("nothing was changed")), "interrupted; nothing was changed\n"),
        (raising(click.exceptions.Abort()), "interrupted\n"),
    ],
    indirect=["command"],
)
def test_an_interrupt_is_exit_130(command: None, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As shells count it: 128 and SIGINT's number; with the state of things, where the command knows it."""
    assert cli.run(["try"]) == 130
    assert capsys.readouterr().err.removeprefix("\n") == f"signpost: {said}"


@pytest.mark.parametrize("command", [raising(ValueError("secret text"))], indirect=True)
def test_an_unexpected_error_is_a_reference_with_its_trace_in_a_file(
    command: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person gets one line; the trace is kept for whoever looks into it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert cli.run(["try"]) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "reference" in line
    assert "secret text" not in line
    reference = line.split("reference ")[1].split(")")[0]
    log = (tmp_path / "signpost" / "signpost-errors.log").read_text()
    assert reference in log
    assert "ValueError: secret text" in log


@pytest.mark.parametrize("command", [raising(EOFError("no data left in file"))], indirect=True)
def test_the_end_of_a_file_is_no_interrupt(
    command: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command's framework takes it for one, and would end with 130 and without a word."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert cli.run(["try"]) == 2
    assert capsys.readouterr().err.strip().startswith("signpost: unexpected EOFError (reference ")


@pytest.mark.parametrize("command", [raising(ValueError("x" * 1_000))], indirect=True)
def test_the_file_of_traces_is_private_and_does_not_grow_for_ever(
    command: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Traces may hold what people wrote; the one before is kept once, and a link to another file is not followed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(cli, "MOST_TRACES_BYTES", 5_000)
    log = tmp_path / "signpost" / "signpost-errors.log"
    log.parent.mkdir()
    log.touch(0o644)
    for _ in range(12):
        assert cli.run(["try"]) == 2
    assert sorted(path.name for path in log.parent.iterdir()) == [log.name, f"{log.name}.1"]
    assert log.stat().st_mode & 0o777 == 0o600
    (tmp_path / "other").touch()
    log.unlink()
    log.symlink_to(tmp_path / "other")
    assert cli.run(["try"]) == 2
    assert (tmp_path / "other").read_text() == ""


@pytest.mark.parametrize("command", [raising(ValueError("why"))], indirect=True)
def test_debug_prints_the_trace(command: None, capsys: pytest.CaptureFixture[str]) -> None:
    """`signpost --debug COMMAND` is for whoever wants it now."""
    assert cli.run(["--debug", "try"]) == 2
    assert "ValueError: why" in capsys.readouterr().err


@pytest.mark.parametrize("command", [lambda: 1], indirect=True)
def test_a_command_that_found_problems_is_exit_1(command: None) -> None:
    """A command returns 1 for found problems."""
    assert cli.run(["try"]) == 1


def test_a_wrong_command_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Usage errors are as short as all others."""
    assert cli.run(["nope"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        (["biuld"], "'biuld'; did you mean build? "),
        (["rolback"], "did you mean rollback or backup? "),
        (["Ask"], "did you mean ask? "),
        (["--debug", "sevre"], "did you mean serve? "),
        (["qqqq"], "'qqqq'; `signpost --help`"),
        ([""], "''; `signpost --help`"),
        (["--verison"], "Did you mean '--version'?"),
        (["ask", "--jsn", "x"], "Did you mean '--json'?"),
        (["build", "--catalog", "x"], "Did you mean '--catalogue'?"),
    ],
)
def test_what_was_meant_is_said(wrong: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of commands and of options; where nothing is like it, where they are listed."""
    assert cli.run(wrong) == 2
    said = capsys.readouterr().err
    assert meant in said
    assert said.count("\n") == 1


def test_the_first_steps_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a word, which is no error; each step is a command that there is."""
    assert cli.run([]) == 0
    steps = re.findall(r"^  signpost (\w+)", capsys.readouterr().out, flags=re.MULTILINE)
    assert {"build", "ask", "serve"} <= set(steps) <= set(cli.COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    """`signpost --help` answers at once."""
    code = (
        "import sys; from bot.cli.main import run; run(['--help']); run(['--version']); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "[]"


def _logs_and_fails() -> None:
    try:
        int("inner")
    except ValueError as error:
        logging.getLogger("index.some").exception("a part failed", extra={"reference": "12ab"})
        raise BundleMissingError("it failed (reference 12ab)") from error


@pytest.mark.parametrize("command", [_logs_and_fails], indirect=True)
def test_a_trace_that_is_logged_goes_to_the_file_of_traces(
    command: None, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person gets the line with the reference, the file what is behind it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    assert cli.run(["try"]) == 2
    assert capsys.readouterr().err == "signpost: it failed (reference 12ab)\n"
    log = (tmp_path / "signpost" / "signpost-errors.log").read_text("utf-8")
    assert "reference 12ab" in log
    assert "ValueError: invalid literal" in log


@pytest.mark.parametrize("name", ["", *cli.COMMANDS])
def test_no_help_is_wider_than_a_terminal(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that are not wrapped, such as tables, have their words in 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run([*filter(None, [name]), "--help"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []


def test_whoever_reads_no_further_is_none_of_the_problems(tmp_path: Path) -> None:
    """`signpost … | head` says neither that nothing answers, which is 1, nor anything on stderr."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "bot.cli", "schema"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_a_line_that_says_what_to_do() -> None:
    """Behind standard output too."""
    command = [sys.executable, "-m", "bot.cli", "schema"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    told = "signpost: cannot be written (No space left on device); make room where it goes, then run it again\n"
    assert (done.returncode, done.stderr) == (2, told)


def _bold() -> None:
    click.secho("bold", bold=True, color=None)


@pytest.mark.parametrize("command", [_bold], indirect=True)
@pytest.mark.parametrize("variable", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colour_gets_none(
    variable: dict[str, str], command: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by https://no-color.org nor on a terminal that has none; others get it."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert cli.run(["try"]) == 0
    assert capsys.readouterr().out == ("bold\n" if variable else "\x1b[1mbold\x1b[0m\n")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_letters_that_a_terminal_has_not_end_nothing(encoding: str) -> None:
    """They are written as their codes."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli"], env=environment, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert ("how do I " + ("…" if encoding == "utf-8" else "\\u2026")) in done.stdout.decode(encoding)
