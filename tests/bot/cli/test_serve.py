"""`signpost serve`: whom its log is for."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from bot.cli import serve
from bot.cli.main import run
from bot.settings import Mode, Settings


@pytest.mark.parametrize("on_terminal", [True, False])
def test_the_log_is_for_people_on_a_terminal_alone(*, on_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe or a file gets JSON; and only there SIGHUP reads the settings again."""
    asked = []

    def served(settings: Settings, *, readable: bool, read_again: Callable[[], Settings] | None) -> None:
        asked.append((settings.mode, readable, read_again is None))

    monkeypatch.setattr(serve, "run_until_stopped", served)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: on_terminal)
    assert run(["serve", "--mode", "web"]) == 0
    assert asked == [(Mode.WEB, on_terminal, on_terminal)]


STUCK = """
import asyncio, time
import bot.server
from bot.cli.serve import run_until_stopped
from bot.settings import Settings

async def serve(settings, read_again):
    asyncio.get_running_loop().run_in_executor(None, time.sleep, 600)
    await asyncio.sleep(0.1)
    print("served")

bot.server.serve = serve
run_until_stopped(Settings.from_environment({"SIGNPOST_MODE": "web"}), readable=False)
"""


def test_no_thread_keeps_the_process_from_ending() -> None:
    """A disk that never answers, or a search: everything is closed by then, and what was written is out."""
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "served\n"), done.stderr
