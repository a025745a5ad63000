"""`signpost gaps`: a report that is empty says so."""

import asyncio
from pathlib import Path

import pytest

from bot.cli.main import run
from bot.store import Store


@pytest.mark.parametrize(("days", "told"), [("30", "30 days"), ("1", "day")])
def test_nothing_is_said_in_words(
    days: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside standard output, which stays empty for a program."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_URL", url := f"sqlite:///{tmp_path}/store.sqlite3")
    asyncio.run(_made(url))
    for arguments in ((), ("--json",)):
        assert run(["gaps", "--days", days, *arguments]) == 0
        found = capsys.readouterr()
        assert found.out == ""
        assert found.err == f"no gaps: no question lacked a good answer in the last {told}\n"
        assert run(["gaps", "--doubtful", "--days", days, *arguments]) == 0
        assert capsys.readouterr().err == f"none in doubt: no answer was a perhaps in the last {told}\n"


async def _made(url: str) -> None:
    store = await Store.open(url, hash_key=b"k", store_questions=False)
    await store.close()


@pytest.mark.parametrize("command", [("gaps",), ("gaps", "--doubtful", "--json"), ("forget", "U0FORGET")])
def test_a_store_that_is_not_there_knows_nothing_and_is_not_made(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped STORE_URL must not say that nothing is kept of somebody."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_URL", f"sqlite:///{tmp_path}/elsewhere/store.sqlite3")
    monkeypatch.setenv("STORE_HASH_KEY", "k" * 40)
    assert run(list(command)) == 2
    found = capsys.readouterr()
    told = f"signpost: there is no store at {tmp_path}/elsewhere/store.sqlite3; a bot makes it when it starts, and "
    assert (found.out, found.err) == ("", f"{told}STORE_URL names it\n")
    assert list(tmp_path.iterdir()) == []
