"""What the bot remembers: handled deliveries, answers, clicks, feedback and suggestions."""

from bot.store.claims import CLAIM_LIFE_MS
from bot.store.store import Store
from bot.store.unanswered import HOLD_MS, Unanswered
from bot.store.values import (
    AnswerRecord,
    Change,
    ChangeState,
    Gap,
    Mending,
    Own,
    OwnSuggestion,
    Problem,
    Suggestion,
    TokenPair,
)

__all__ = [
    "CLAIM_LIFE_MS",
    "HOLD_MS",
    "AnswerRecord",
    "Change",
    "ChangeState",
    "Gap",
    "Mending",
    "Own",
    "OwnSuggestion",
    "Problem",
    "Store",
    "Suggestion",
    "TokenPair",
    "Unanswered",
]
