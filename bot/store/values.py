"""The values that the store takes and returns."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRecord:
    """One question and what was shown for it."""

    answer_id: str
    question: str
    """The question as asked; its text is stored only with `store_questions`."""
    surface: str
    """The way in: `command`, `mention`, `dm`, …"""
    team: str
    channel: str
    user: str
    """Slack's user id; the store keeps a keyed hash of it."""
    answered: bool
    """Whether the answer was sure."""
    confidence: float
    urls: tuple[str, ...]
    """The links that were shown, best first."""
    version: str
    """The bundle that answered."""
    latency_ms: float
    doubtful: bool = False
    """Whether links were shown that may not answer the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A link that somebody wants in the catalogue."""

    suggestion_id: str
    url: str
    title: str
    section: str
    description: str
    question: str
    """What was asked when the catalogue had nothing; empty where question text is not kept."""
    team: str
    user: str
    """Slack's user id, stored without hashing, because this person is told the decision."""
    proposed_question: str = ""
    """The question to add to the catalogue's link at `url`; empty when a new link is suggested."""


class ChangeState(StrEnum):
    """How far an approved suggestion is on its way into the catalogue."""

    WAITING = "waiting"
    """Approved, and not in the catalogue yet."""
    WRITTEN = "written"
    """Committed, and not in the index yet."""
    LIVE = "live"
    """The index was built after the commit."""
    PATCHED = "patched"
    """There is a patch file for it."""
    STUCK = "stuck"
    """It could not be written; `detail` says why, and a curator may try again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An approved suggestion on its way into the catalogue."""

    suggestion: Suggestion
    state: ChangeState
    detail: str
    """The commit, the patch file, or what went wrong."""
    channel: str
    message_ts: str
    """The curators' message on which it was approved."""
    approved_at: datetime
    """With time zone UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A question that the catalogue could not answer, or whose answer did not help or was doubtful."""

    hash: str
    """Keyed hash of the normalised question; case and spacing make no difference."""
    text: str | None
    """The question as it was last asked; None where its text was not kept."""
    count: int
    """How often it was asked without a good answer."""
    last_confidence: float
    last_asked: datetime
    """With time zone UTC."""
