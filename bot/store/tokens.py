"""The newest pair of a token that rotates, and which process renews it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, insert, select, update

from bot.store.tables import TOKENS
from bot.store.values import TokenPair


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A process wants to renew the pair that came of the pair with the hash `seed`."""

    seed: str
    first: TokenPair
    """The settings' pair, where the store has none that came of it."""
    now_ms: int
    until_ms: int


def read_token(connection: Connection, seed: str) -> TokenPair | None:
    """Return the newest pair; None when there is none that came of this seed."""
    row = connection.execute(select(TOKENS).where(TOKENS.c.seed == seed)).one_or_none()
    if row is None or not row.expires_at_ms:
        return None
    return TokenPair(
        access=row.access, refresh=row.refresh, obtained_at_ms=row.obtained_at_ms, expires_at_ms=row.expires_at_ms
    )


def lease_tokens(connection: Connection, rows: Sequence[Lease]) -> list[TokenPair | None]:
    """Return the newest pair to the one process that may renew it until the lease ends, and None to the others."""
    return [_lease(connection, row) for row in rows]


def _lease(connection: Connection, row: Lease) -> TokenPair | None:
    free = and_(TOKENS.c.seed == row.seed, row.now_ms >= TOKENS.c.leased_until_ms)
    if connection.execute(update(TOKENS).where(free).values(leased_until_ms=row.until_ms)).rowcount == 1:
        return read_token(connection, row.seed) or row.first
    if connection.scalar(select(TOKENS.c.seed).where(TOKENS.c.seed == row.seed)) is not None:
        return None
    fields = {"access": row.first.access, "refresh": row.first.refresh, "obtained_at_ms": 0, "expires_at_ms": 0}
    connection.execute(insert(TOKENS).values(seed=row.seed, leased_until_ms=row.until_ms, **fields))
    return row.first


def keep_tokens(connection: Connection, rows: Sequence[tuple[str, TokenPair]]) -> list[None]:
    """Keep the newest pairs, and end their leases."""
    for seed, pair in rows:
        connection.execute(
            update(TOKENS)
            .where(TOKENS.c.seed == seed)
            .values(
                access=pair.access,
                refresh=pair.refresh,
                obtained_at_ms=pair.obtained_at_ms,
                expires_at_ms=pair.expires_at_ms,
                leased_until_ms=0,
            )
        )
    return [None] * len(rows)


def end_leases(connection: Connection, rows: Sequence[tuple[str, TokenPair]]) -> list[None]:
    """End the leases of pairs that were not renewed."""
    for seed, pair in rows:
        same = and_(TOKENS.c.seed == seed, TOKENS.c.refresh == pair.refresh)
        connection.execute(update(TOKENS).where(same).values(leased_until_ms=0))
    return [None] * len(rows)
