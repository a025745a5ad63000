"""Whether the bot can answer: a state for each part that it depends on."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, auto

from bot.running.logs import log_failure
from bot.running.metrics import Metrics

logger = logging.getLogger("signpost.health")


class Part(StrEnum):
    """What the bot depends on."""

    INDEX = auto()
    SEARCH = auto()
    STORE = auto()
    TOKEN = auto()
    SOCKET = auto()
    SERVING = auto()
    """Ill from SIGTERM on, so that a load balancer sends nothing new here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """How one part is; `detail` is empty when it is well."""

    well: bool
    detail: str
    since: datetime


class Health:
    """Collects the states of the parts. The bot is ready when every part that has reported is well."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._states: dict[Part, _State] = {}

    def well(self, part: Part) -> None:
        """Report a part as well."""
        self._report(part, well=True, detail="")

    def ill(self, part: Part, detail: str) -> None:
        """Report what is wrong with a part; `detail` must hold no secret."""
        self._report(part, well=False, detail=detail)

    def reporter(self, part: Part) -> Callable[[Exception | None], None]:
        """Return a function that reports the part: with what is wrong, and with None when it is well.

        The trace goes to the log when the part falls ill, and not with each failure after that.
        """

        def report(error: Exception | None) -> None:
            if error is None:
                self.well(part)
                return
            if self.is_well(part):
                log_failure(logger, f"{part} has failed", error, part=part.value)
            self.ill(part, str(error))

        return report

    def _report(self, part: Part, *, well: bool, detail: str) -> None:
        before = self._states.get(part)
        if before is not None and before.well == well and before.detail == detail:
            return
        self._states[part] = _State(well=well, detail=detail, since=datetime.now(UTC))
        self._metrics.part_well.labels(part).set(well)
        if part is Part.SERVING:
            logger.info("no longer ready: %s", detail)
        elif not well:
            logger.error("%s is not well: %s", part, detail, extra={"part": part.value})
        elif before is not None:
            logger.info("%s is well again", part, extra={"part": part.value})

    def is_well(self, part: Part) -> bool:
        """Return whether a part is well; true also for one that was never reported."""
        state = self._states.get(part)
        return state is None or state.well

    @property
    def ready(self) -> bool:
        """Whether every part is well."""
        return all(state.well for state in self._states.values())

    def report(self) -> dict[str, object]:
        """Return what `/readyz` shows."""
        return {
            "ready": self.ready,
            "parts": {
                part.value: {"well": state.well, "detail": state.detail, "since": state.since.isoformat()}
                for part, state in self._states.items()
            },
        }

    def __repr__(self) -> str:
        return f"<Health {'ready' if self.ready else 'not ready'}: {', '.join(map(str, self._states))}>"
