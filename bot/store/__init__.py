"""What the bot remembers: handled deliveries, answers, clicks, feedback and suggestions."""

from bot.store.store import Store
from bot.store.values import AnswerRecord, Change, ChangeState, Gap, Suggestion

__all__ = ["AnswerRecord", "Change", "ChangeState", "Gap", "Store", "Suggestion"]
