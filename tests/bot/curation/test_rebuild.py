"""A build in a process of its own: how far it is, one at a time, within its time."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot.curation.notice import Notice
from bot.curation.rebuild import rebuild
from bot.settings import Settings
from bot.slack.message import Message
from bot.slack.outbox import Outbox, Place
from tests import support
from tests.bot.tiny import ENVIRONMENT, IDENTITY, RecordingApi


@pytest.fixture
def settings(tmp_path: Path, small_index: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings of a bot whose index is a small one, and whose catalogue has many links more."""
    support.copy_index(small_index, tmp_path / "index")
    links = [*support.LINKS, *(support.extra(number) for number in range(100))]
    support.write_catalogue(tmp_path / "catalogue.yaml", links)
    monkeypatch.setenv("SIGNPOST_CATALOGUE", str(tmp_path / "catalogue.yaml"))
    # Whatever lies in the folder that the bot runs in, it is not what is run.
    (tmp_path / "bot.py").write_text("raise SystemExit('not ours')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("index.cli.progress.LINE_EVERY_S", 0.0)
    return Settings.from_environment(
        {
            **ENVIRONMENT,
            "SIGNPOST_INDEX": str(tmp_path / "index"),
            "SIGNPOST_CATALOGUE": str(tmp_path / "catalogue.yaml"),
        }
    )


@pytest.mark.slow
async def test_a_build_says_what_changed_and_waits_for_another(settings: Settings, tmp_path: Path) -> None:
    """Another build holds the lock: waited for; then the links are in, and the bot's index is the new one."""
    code = (
        "import fcntl, sys, time; file = open(sys.argv[1], 'a'); fcntl.flock(file, fcntl.LOCK_EX);"
        "print(1, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(  # noqa: ASYNC220 - it only holds a lock
        [sys.executable, "-c", code, str(tmp_path / "index" / "build.lock")], stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None
        other.stdout.readline()
        building = asyncio.create_task(rebuild(settings, lambda *_: None))
        done, _ = await asyncio.wait({building}, timeout=2.0)
        assert not done
        other.kill()  # a crash leaves no lock behind
        built = await building
    finally:
        other.kill()
        other.communicate(timeout=60)
    assert built.problem == ()
    assert built.fresh
    assert len(built.added) == 100
    assert built.links == 100 + len(support.LINKS)
    assert (await rebuild(settings, lambda *_: None)).fresh is False


@pytest.mark.slow
async def test_a_cancelled_build_is_gone_and_leaves_no_lock(settings: Settings, tmp_path: Path) -> None:
    """The process and what it started; the next one runs at once."""
    for more in range(100, 120):
        before = (tmp_path / "index" / "current").read_text()
        support.write_catalogue(tmp_path / "catalogue.yaml", [*support.LINKS, *map(support.extra, range(more))])
        building = asyncio.create_task(rebuild(settings, lambda *_: None))
        while not (list((tmp_path / "index" / "bundles").glob(".aside-*")) or building.done()):  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.002)
        building.cancel()  # in the middle of writing a bundle, unless that was not seen on a busy machine
        await asyncio.gather(building, return_exceptions=True)
        if building.cancelled():
            break
    assert building.cancelled()
    assert (tmp_path / "index" / "current").read_text() == before
    assert (await rebuild(settings, lambda *_: None)).problem == ()


@pytest.mark.slow
def test_a_build_for_another_program_tells_how_far_it_is(
    settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Lines of JSON on standard error; standard output holds the report alone."""
    from bot.cli.main import run  # noqa: PLC0415 - in this process, where the pause between lines is none

    assert run(["build", "--json", "--index", settings.index]) == 0
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if line.startswith('{"done":')]
    assert len(lines) >= 2
    assert lines[-1].endswith('"total": 150}')
    assert said.out.startswith('{"version"')


async def test_a_notice_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """Posted once, edited after that, in passing only now and then; posted anew when it cannot be edited."""
    api, now = RecordingApi(), [100.0]
    api.answers["chat.postMessage"] = {"channel": "C1", "ts": "1.000001"}
    notice = Notice(Outbox(api, IDENTITY), Place(channel="C1"), clock=lambda: now[0])  # type: ignore[arg-type]
    await notice.show_in_passing(Message(text="a"))
    await notice.show_in_passing(Message(text="b"))
    now[0] += 3.0
    await notice.show_in_passing(Message(text="c"))
    await notice.show(Message(text="d"))
    assert [(name, call["text"]) for name, call in api.calls] == [
        ("chat.postMessage", "a"),
        ("chat.update", "c"),
        ("chat.update", "d"),
    ]
    assert {call["ts"] for call in api.of("chat.update")} == {"1.000001"}
    now[0] += 5.0
    await notice.show_in_passing(Message(text="e"), among=2)
    assert len(api.of("chat.update")) == 2
    now[0] += 1.0
    await notice.show_in_passing(Message(text="e"), among=2)
    assert len(api.of("chat.update")) == 3
