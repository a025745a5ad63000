"""`signpost serve`: whom its log is for."""

import sys

import pytest

from bot.cli import serve
from bot.cli.main import run
from bot.settings import Mode, Settings


@pytest.mark.parametrize("on_terminal", [True, False])
def test_the_log_is_for_people_on_a_terminal_alone(*, on_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe or a file gets JSON."""
    asked = []

    def served(settings: Settings, *, readable: bool) -> None:
        asked.append((settings.mode, readable))

    monkeypatch.setattr(serve, "run_until_stopped", served)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: on_terminal)
    assert run(["serve", "--mode", "web"]) == 0
    assert asked == [(Mode.WEB, on_terminal)]
