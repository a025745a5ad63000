"""What people asked in vain, in groups that mean much the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store import Gap
from index import Asks


@dataclass(frozen=True, slots=True, kw_only=True)
class GapGroup:
    """Questions that ask for the same, most asked first."""

    gaps: tuple[Gap, ...]
    section: str = ""
    """The section whose links are nearest; empty where the text was not kept."""

    @property
    def text(self) -> str | None:
        """The question that was asked most; None where no text was kept."""
        return self.gaps[0].text

    @property
    def count(self) -> int:
        """How often any of them was asked in vain."""
        return sum(gap.count for gap in self.gaps)

    @property
    def last_asked(self) -> datetime:
        """When one of them was asked last."""
        return max(gap.last_asked for gap in self.gaps)


def grouped(gaps: Sequence[Gap], asks: Asks) -> list[GapGroup]:
    """Return gaps in groups, most asked first; a question without text is a group of its own.

    SignpostError when there is no index to tell which mean the same.
    """
    worded = [gap for gap in gaps if gap.text]
    groups = [GapGroup(gaps=(gap,)) for gap in gaps if not gap.text]
    for places in asks.alike([gap.text or "" for gap in worded]) if worded else ():
        members = tuple(sorted((worded[place] for place in places), key=lambda gap: -gap.count))
        section = " > ".join(asks.guess_section(members[0].text or ""))
        groups.append(GapGroup(gaps=members, section=section))
    return by_count(groups)


def single(gaps: Sequence[Gap]) -> list[GapGroup]:
    """Return each gap as a group of its own, where there is no index."""
    return by_count([GapGroup(gaps=(gap,)) for gap in gaps])


def by_count(groups: Sequence[GapGroup]) -> list[GapGroup]:
    """Return groups in the order in which they are worth a look: most asked first, then latest."""
    return sorted(groups, key=lambda group: (-group.count, -group.last_asked.timestamp(), group.gaps[0].hash))
