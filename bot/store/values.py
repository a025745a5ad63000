"""The values that the store takes and returns."""

from dataclasses import dataclass, field
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


class Problem(StrEnum):
    """What somebody found wrong with a link of the catalogue."""

    BROKEN = "broken"
    OUTDATED = "outdated"
    SECTION = "section"
    """It is in the wrong section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """What a link has after a curator changed it, beside its title and section."""

    questions: tuple[str, ...] = ()
    retired: bool = False
    """Whether it stays in the catalogue and is shown in no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A link that somebody wants in the catalogue, a question for one that is there, a problem with one, or its mending."""

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
    problem: Problem | None = None
    """What is wrong with the catalogue's link at `url`; the title and section are those that it has."""
    mending: Mending | None = None
    """A curator's change of the catalogue's link at `url`; the title and section are those that it is to have."""


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
class TokenPair:
    """A token that rotates, and the one that renews it; neither is in its `repr`."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    obtained_at_ms: int = 0
    expires_at_ms: int = 0
    """0 where it is not known."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSuggestion:
    """A link that a person suggested; `approved` is None until the curators decide."""

    title: str
    url: str
    approved: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What one person said: how many answers helped and how many did not, and the latest suggestions."""

    helpful: int = 0
    unhelpful: int = 0
    suggestions: tuple[OwnSuggestion, ...] = ()
