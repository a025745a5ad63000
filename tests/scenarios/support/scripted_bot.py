"""`signpost serve` with the searches of `scripted_asks` in place of the index, and a clock that can be moved.

Everything else is the real command: only `index.search.Searcher` and the wall clock are replaced, before the bot is
imported. `SCRIPT` names the file of rules; beside those for questions it may hold `{"clock_s": 90000}`, which moves
the wall clock, and `{"open": "BundleDamagedError"}`, which makes opening the index fail.
"""

import json
import os
import sys
import time
import types
from pathlib import Path
from typing import Any

from tests.scenarios.support.scripted_asks import ERRORS, ScriptedAsks

SCRIPT = Path(os.environ["SCRIPT"])


def rule_of(name: str, default: Any) -> Any:
    """Return what the script says of `name`."""
    try:
        rules = json.loads(SCRIPT.read_text())
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
        return ScriptedAsks(SCRIPT)


def move_clock() -> None:
    """Make the wall clock follow the script; the monotonic clock stays what it is."""
    real_time, real_time_ns = time.time, time.time_ns
    time.time = lambda: real_time() + rule_of("clock_s", 0)
    time.time_ns = lambda: real_time_ns() + rule_of("clock_s", 0) * 10**9


def main() -> None:
    """Run `signpost serve`."""
    move_clock()
    stand_in = types.ModuleType("index.search.searcher")
    stand_in.Searcher = Searcher  # type: ignore[attr-defined]
    sys.modules["index.search.searcher"] = stand_in
    from bot.cli.main import main as signpost  # noqa: PLC0415 - after the replacements

    signpost(["serve", *sys.argv[1:]])


if __name__ == "__main__":
    main()
