"""Patience: what a busy machine is slow at changes nothing that a test sees.

The bot waits only so long for a disk, for Slack or for another program, and then goes on without it. Where others use the
processor, any step can take as long as that. So the tests run with these limits raised: in their own processes, in the bots
that they fork, and in programs that they write, which call `be_patient` themselves. The limits are the constants of `bot`
whose names end as `PATIENCE_S` says; a new one is raised without another word.

A test about a limit says how long it is: by `monkeypatch`, or for a bot with `make_bot(limits={"CLAIM_TIMEOUT_S": 1.5})` or a
module's `LIMITS`. The fixture `hurried` gives the limits that ship.
"""

import importlib
import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from bot.settings import Settings

#: Seconds that a limit is raised to, by the end of its name: that of one step, and of some that follow one another.
PATIENCE_S: Final = MappingProxyType({"TIMEOUT_S": 30.0, "WITHIN_S": 60.0})
#: What has limits and is imported only where it is needed.
_LATE: Final = ("bot.store.postgresql",)
#: The limits of each module as they ship.
_SHIPPED: Final[dict[str, dict[str, float]]] = {}


def be_patient(limits: Mapping[str, float] = MappingProxyType({})) -> None:
    """Raise the limits of what this process has imported of the bot; those that are longer stay, and `limits` are as given."""
    for name in _LATE:
        importlib.import_module(name)
    for module in [module for name, module in sys.modules.items() if name.partition(".")[0] == "bot"]:
        _raise(module, limits)
    # A command whose answer is not there by then gets another form of it. Pydantic keeps what is set in the instance alone.
    if not isinstance(vars(Settings).get("search_deadline_s"), property):
        Settings.search_deadline_s = property(_deadline_s)  # type: ignore[assignment]
    known = {name for shipped in _SHIPPED.values() for name in shipped}
    assert known >= limits.keys(), f"there are no limits called {', '.join(sorted(limits.keys() - known))}"


def limits_that_ship() -> Iterator[tuple[str, float]]:
    """Yield each limit that was raised, by its dotted name, and what it is without patience."""
    for module, shipped in _SHIPPED.items():
        for name, value in shipped.items():
            yield f"{module}.{name}", value


def _raise(module: ModuleType, limits: Mapping[str, float]) -> None:
    for name, value in list(vars(module).items()):
        patience_s = next((seconds for end, seconds in PATIENCE_S.items() if name.endswith(end)), None)
        if patience_s is not None and isinstance(value, int | float):
            _SHIPPED.setdefault(module.__name__, {}).setdefault(name, value)
            setattr(module, name, limits.get(name, max(value, patience_s)))


def _deadline_s(settings: Settings) -> float:
    set_s: float = vars(settings)["search_deadline_s"]
    return set_s if "search_deadline_s" in settings.model_fields_set else PATIENCE_S["TIMEOUT_S"]
