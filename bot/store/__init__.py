"""What the bot remembers: handled deliveries, answers, clicks, verdicts and suggestions."""

from bot.store.records import AnswerRecord, Change, ChangeState, Gap, Suggestion
from bot.store.store import Store

__all__ = ["AnswerRecord", "Change", "ChangeState", "Gap", "Store", "Suggestion"]
