"""`signpost serve`, or the same with the searches of `scripted_asks` in place of the index, and a clock that can be moved.

Everything else is the real command: only the `Searcher` and the wall clock are replaced. The script, a file of
rules, may hold `{"clock_s": 90000}` beside those for questions, which moves the wall clock, and
`{"open": "BundleDamagedError"}`, which makes opening the index fail. To import this module is to replace the clock.
"""

import gc
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.scenarios.support.scripted_asks import ERRORS, ScriptedAsks

#: None where nothing is scripted.
_script: Path | None = None


def rule_of(name: str, default: Any) -> Any:
    """Return what the script says of `name`."""
    if _script is None:
        return default
    try:
        rules = json.loads(_script.read_text())
    except FileNotFoundError:
        return default
    return next((rule[name] for rule in rules if name in rule), default)


class Searcher:
    """Opens as the real one does."""

    @classmethod
    def open(cls, path: Path, **_: Any) -> ScriptedAsks:
        """Return the scripted index, or fail as the script says."""
        error = rule_of("open", "")
        if error:
            raise ERRORS[error](f"scripted: {path} cannot be opened")
        assert _script is not None
        return ScriptedAsks(_script)


def move_clock() -> None:
    """Make the wall clock follow the script; the monotonic clock stays what it is."""
    real_time, real_time_ns = time.time, time.time_ns
    time.time = lambda: real_time() + rule_of("clock_s", 0)
    time.time_ns = lambda: real_time_ns() + rule_of("clock_s", 0) * 10**9


def serve(script: Path | None, arguments: Sequence[str]) -> None:
    """Run `signpost serve`, with a script where one is given; it ends the process."""
    global _script  # noqa: PLW0603 - the process is the bot's alone
    _script = script
    if script is not None:
        index_holder.Searcher = Searcher  # type: ignore[attr-defined, assignment]
    main(["serve", *arguments])


move_clock()

import bot.server  # noqa: E402, F401 - after the clock, since some have it as a default
from bot.asking import index_holder  # noqa: E402
from bot.cli.main import main  # noqa: E402

gc.freeze()  # what is never freed needs no look by each fork
