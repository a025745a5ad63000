"""Mentions that were acknowledged and are not answered yet; a step of a workflow that has not ended counts as one.

Whoever answers one holds it for a while, and renews that. When the process dies, its hold ends, and another process or the
next one takes the mention over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, case, delete, insert, select, update

from bot.store.tables import UNANSWERED

#: How long a mention is held. It is renewed several times within that, so only a process that has died lets go of it.
HOLD_MS: Final = 30_000
#: Mentions that one process takes over at a time.
MOST_AT_ONCE: Final = 50

Row = dict[str, Any]

_KEY = UNANSWERED.c.key_hash
_SETTLE = delete(UNANSWERED).where(_KEY.in_(bindparam("keys", expanding=True)))
_PROMISE = insert(UNANSWERED)
_HOLD = update(UNANSWERED).where(_KEY.in_(bindparam("keys", expanding=True))).values(held_until_ms=bindparam("until"))
_TRIES = UNANSWERED.c.tries
_LEAVE = (
    update(UNANSWERED)
    .where(_KEY.in_(bindparam("keys", expanding=True)))
    .values(held_until_ms=0, tries=case((_TRIES > 0, _TRIES - 1), else_=0))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A mention that was acknowledged and not answered."""

    key_hash: bytes
    payload: str
    """The event as Slack delivered it, as JSON."""
    tries: int
    """How often a process took it up before."""
    acknowledged_at_ms: int
    held_until_ms: int
    """Until when the process before held it; 0 when it let go of it."""


def promise(connection: Connection, rows: Sequence[Row], *, now_ms: int) -> None:
    """Keep mentions before they are acknowledged; one that was given back and comes again takes the place of the former."""
    connection.execute(_SETTLE, {"keys": [row["key_hash"] for row in rows]})
    times = {"tries": 0, "acknowledged_at_ms": now_ms, "held_until_ms": now_ms + HOLD_MS}
    connection.execute(_PROMISE, [{**row, **times} for row in rows])


def settle(connection: Connection, groups: Sequence[Sequence[bytes]]) -> list[None]:
    """Forget mentions that were answered."""
    connection.execute(_SETTLE, {"keys": [key for keys in groups for key in keys]})
    return [None] * len(groups)


def hold(connection: Connection, groups: Sequence[tuple[int, Sequence[bytes]]]) -> list[None]:
    """Hold on to the mentions of these keys from a time on."""
    for now_ms, keys in groups:
        connection.execute(_HOLD, {"keys": list(keys), "until": now_ms + HOLD_MS})
    return [None] * len(groups)


def leave(connection: Connection, groups: Sequence[Sequence[bytes]]) -> list[None]:
    """Leave mentions to whoever takes over next, at once; a process that ends in order has not died with them."""
    for keys in groups:
        connection.execute(_LEAVE, {"keys": list(keys)})
    return [None] * len(groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which mentions to take over."""

    now_ms: int
    held_too: bool = False
    """Those too that seem to be held."""
    tries: range
    """How often they were taken up before."""
    at_most: int = MOST_AT_ONCE


def take_over(connection: Connection, wanted: Sequence[Wanted]) -> list[list[Unanswered]]:
    """Take mentions over that nobody holds any more; only one caller gets each of them."""
    return [_take_over(connection, one) for one in wanted]


def _take_over(connection: Connection, wanted: Wanted) -> list[Unanswered]:
    tries = UNANSWERED.c.tries
    free = select(UNANSWERED).where(tries >= wanted.tries.start, tries < wanted.tries.stop)
    if not wanted.held_too:
        free = free.where(wanted.now_ms > UNANSWERED.c.held_until_ms)
    free = free.order_by(UNANSWERED.c.acknowledged_at_ms).limit(wanted.at_most)
    taken = []
    for row in connection.execute(free).all():
        same = and_(row.key_hash == _KEY, row.held_until_ms == UNANSWERED.c.held_until_ms)
        fresh = {"held_until_ms": wanted.now_ms + HOLD_MS, "tries": row.tries + 1}
        if connection.execute(update(UNANSWERED).where(same).values(fresh)).rowcount == 1:
            taken.append(
                Unanswered(
                    key_hash=row.key_hash,
                    payload=row.payload,
                    tries=row.tries,
                    acknowledged_at_ms=row.acknowledged_at_ms,
                    held_until_ms=row.held_until_ms,
                )
            )
    return taken
