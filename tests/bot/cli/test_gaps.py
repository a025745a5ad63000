"""`signpost gaps`: a report that is empty says so."""

from pathlib import Path

import pytest

from bot.cli.main import run


@pytest.mark.parametrize(("days", "told"), [("30", "30 days"), ("1", "day")])
def test_nothing_is_said_in_words(
    days: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside standard output, which stays empty for a program."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_URL", f"sqlite:///{tmp_path}/store.sqlite3")
    for arguments in ((), ("--json",)):
        assert run(["gaps", "--days", days, *arguments]) == 0
        found = capsys.readouterr()
        assert found.out == ""
        assert found.err == f"no gaps: no question lacked a good answer in the last {told}\n"
        assert run(["gaps", "--doubtful", "--days", days, *arguments]) == 0
        assert capsys.readouterr().err == f"none in doubt: no answer was a perhaps in the last {told}\n"
