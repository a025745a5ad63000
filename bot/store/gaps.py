"""What people asked that the catalogue could not answer."""

from datetime import UTC, datetime

from sqlalchemy import Connection, and_, exists, func, not_, or_, select

from bot.store.records import Gap
from bot.store.tables import ANSWERS, DISMISSED, FEEDBACK


def read_gaps(connection: Connection, since_ms: int, limit: int) -> list[Gap]:
    """Group questions that went unanswered, or whose answer somebody found no help; most asked first, then latest.

    Questions that the curators dismissed are left out.
    """
    unhelpful = exists().where(and_(FEEDBACK.c.answer_id == ANSWERS.c.answer_id, not_(FEEDBACK.c.helpful)))
    dismissed = exists().where(DISMISSED.c.question_hash == ANSWERS.c.question_hash)
    in_vain = and_(ANSWERS.c.asked_at_ms >= since_ms, or_(not_(ANSWERS.c.answered), unhelpful), not_(dismissed))
    times, latest = func.count().label("times"), func.max(ANSWERS.c.asked_at_ms).label("latest")
    by_question = (
        select(ANSWERS.c.question_hash, times, latest)
        .where(in_vain)
        .group_by(ANSWERS.c.question_hash)
        .order_by(times.desc(), latest.desc(), ANSWERS.c.question_hash)
        .limit(limit)
    )
    groups = (connection.execute(by_question)).all()
    askings = (
        select(ANSWERS.c.question_hash, ANSWERS.c.question, ANSWERS.c.confidence)
        .where(in_vain, ANSWERS.c.question_hash.in_([group.question_hash for group in groups]))
        .order_by(ANSWERS.c.asked_at_ms, ANSWERS.c.answer_id)
    )
    texts: dict[str, str] = {}
    confidences: dict[str, float] = {}
    for asking in connection.execute(askings):
        confidences[asking.question_hash] = asking.confidence
        if asking.question is not None:
            texts[asking.question_hash] = asking.question
    return [
        Gap(
            hash=group.question_hash,
            text=texts.get(group.question_hash),
            count=group.times,
            last_confidence=confidences[group.question_hash],
            last_asked=datetime.fromtimestamp(group.latest / 1000, UTC),
        )
        for group in groups
    ]
