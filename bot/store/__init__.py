"""What the bot remembers: handled deliveries, answers, clicks, verdicts and suggestions."""

from bot.store.records import AnswerRecord, Gap, Suggestion
from bot.store.store import Store

__all__ = ["AnswerRecord", "Gap", "Store", "Suggestion"]
