"""Opens PostgreSQL so that no step waits for ever, and so that one process at a time writes."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

#: For libpq, unless the URL says otherwise.
_LIBPQ: Final[dict[str, Any]] = {
    "client_encoding": "utf8",
    "fallback_application_name": "signpost",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,
}
CONNECT_TIMEOUT_S = 3
#: The server ends what takes longer, and forgets a process that was cut off in the middle of a transaction, so that the others
#: can write again.
STATEMENT_TIMEOUT_S, LOCK_TIMEOUT_S, IDLE_TIMEOUT_S = 5, 1, 5
#: Seconds that the answer to one statement may take. It is more than the server's own limit, and is for a server that is there
#: and does nothing: stopped, or waiting for its disk.
ANSWER_TIMEOUT_S = 6.0
#: For migrations, which may have to make an index of a large table.
UNHURRIED_S: Final = 3_600.0
#: Names the lock of transactions that write, within the database.
_WRITE_LOCK: Final = int.from_bytes(b"signpost", "big")


class _Limited(psycopg.Connection[Any]):
    """A connection that closes itself when the server gives no answer for too long."""

    limit_s: float | None = None
    """Where it is another one than `ANSWER_TIMEOUT_S`."""

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **options: Any) -> Any:
        """Wait for the end of a step, which psycopg splits into a generator that is told when there is nothing yet."""
        return super().wait(self._limited(gen), *arguments, **options)

    def _limited(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        limit_s = self.limit_s or ANSWER_TIMEOUT_S
        end = time.monotonic() + limit_s
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > end:
                    self.close()
                    raise psycopg.OperationalError(f"the server gave no answer within {limit_s:.0f} s")
                wanted = steps.send(ready)
        except StopIteration as done:
            return done.value


def open_postgresql(url: URL, is_writing: Callable[[Connection], bool]) -> Engine:
    """Return an engine; `is_writing` tells transactions that write from others."""
    ours = {**_LIBPQ, "connect_timeout": int(CONNECT_TIMEOUT_S)}
    given = {name: value for name, value in ours.items() if name not in url.query}
    limits = {
        "statement_timeout": STATEMENT_TIMEOUT_S,
        "lock_timeout": LOCK_TIMEOUT_S,
        "idle_in_transaction_session_timeout": IDLE_TIMEOUT_S,
    }
    theirs = url.query.get("options", "")
    options = [f"-c {name}={seconds * 1_000:.0f}" for name, seconds in limits.items()]
    given["options"] = " ".join([*options, *([theirs] if isinstance(theirs, str) else theirs)])
    engine = create_engine(
        url, hide_parameters=True, pool_pre_ping=True, isolation_level="READ COMMITTED", connect_args=given
    )

    @event.listens_for(engine, "do_connect")
    def connecting(
        _dialect: object, record: ConnectionPoolEntry, arguments: list[Any], options: dict[str, Any]
    ) -> _Limited:
        record.info["pool"] = id(engine.pool)
        return _Limited.connect(*arguments, **options)

    @event.listens_for(engine, "checkin")
    def returned(connection: _Limited | None, record: ConnectionPoolEntry) -> None:
        # The engine was disposed of meanwhile, and nobody would take this connection out again.
        if connection is not None and record.info.get("pool") != id(engine.pool):
            connection.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # As SQLite does it: what is read cannot change before it is written, and no two writers wait for each other's rows.
        if is_writing(connection):
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_WRITE_LOCK,))

    return engine


@contextmanager
def unhurried(connection: Connection) -> Iterator[None]:
    """Let the statements of a transaction take as long as they need, and what comes between them a minute."""
    driver: _Limited = connection.connection.driver_connection  # type: ignore[assignment]
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 60000")
    driver.limit_s = UNHURRIED_S
    try:
        yield
    finally:
        driver.limit_s = None
