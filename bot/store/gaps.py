"""Gaps: questions that the catalogue could not answer, in groups of much the same meaning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, and_, exists, func, not_, or_, select

from bot.store.tables import ANSWERS, DISMISSED, FEEDBACK
from bot.store.values import Gap
from index import Asks


def read_gaps(connection: Connection, since_ms: int, limit: int, *, doubtful: bool = False) -> list[Gap]:
    """Return questions that had no answer, or whose answer did not help somebody; most asked first, then latest.

    With `doubtful`, those with a doubtful answer that nobody called helpful or not helpful. Questions that the curators
    dismissed are left out.
    """
    judged = exists().where(FEEDBACK.c.answer_id == ANSWERS.c.answer_id)
    unhelpful = exists().where(and_(FEEDBACK.c.answer_id == ANSWERS.c.answer_id, not_(FEEDBACK.c.helpful)))
    dismissed = exists().where(DISMISSED.c.question_hash == ANSWERS.c.question_hash)
    nothing = and_(not_(ANSWERS.c.answered), not_(ANSWERS.c.doubtful))
    wanted = and_(ANSWERS.c.doubtful, not_(judged)) if doubtful else or_(nothing, unhelpful)
    in_vain = and_(ANSWERS.c.asked_at_ms >= since_ms, wanted, not_(dismissed))
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GapGroup:
    """Questions of much the same meaning, most asked first."""

    gaps: tuple[Gap, ...]
    section: str = ""
    """The section with the nearest links; empty when the text was not kept."""

    @property
    def text(self) -> str | None:
        """The text of the question that was asked most; None when no text was kept."""
        return self.gaps[0].text

    @property
    def count(self) -> int:
        """How often the questions of the group were asked without a good answer, in all."""
        return sum(gap.count for gap in self.gaps)

    @property
    def last_asked(self) -> datetime:
        """When a question of the group was last asked."""
        return max(gap.last_asked for gap in self.gaps)


def grouped(gaps: Sequence[Gap], asks: Asks) -> list[GapGroup]:
    """Return gaps in groups, most asked first; a question without text is a group of its own.

    SignpostError when there is no index, which is needed to compare meanings.
    """
    worded = [gap for gap in gaps if gap.text]
    groups = [GapGroup(gaps=(gap,)) for gap in gaps if not gap.text]
    for places in asks.alike([gap.text or "" for gap in worded]) if worded else ():
        members = tuple(sorted((worded[place] for place in places), key=lambda gap: -gap.count))
        section = " > ".join(asks.guess_section(members[0].text or ""))
        groups.append(GapGroup(gaps=members, section=section))
    return by_count(groups)


def single(gaps: Sequence[Gap]) -> list[GapGroup]:
    """Return each gap as a group of its own, for use without an index."""
    return by_count([GapGroup(gaps=(gap,)) for gap in gaps])


def by_count(groups: Sequence[GapGroup]) -> list[GapGroup]:
    """Return groups sorted: most asked first, then latest."""
    return sorted(groups, key=lambda group: (-group.count, -group.last_asked.timestamp(), group.gaps[0].hash))
