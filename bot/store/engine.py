"""Opens the database. Only this module has code for particular databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from bot.errors import StoreError

#: Seconds that a transaction waits for another process that is writing. A caller may wait twice as long: for the
#: transaction before its own, and for its own.
BUSY_TIMEOUT_S = 0.4

_WRITES = "signpost_writes"


def open_engine(url: str) -> Engine:
    """Return an engine for any SQLAlchemy URL; the folder of a SQLite file is made."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The cause would quote the URL, which may hold a password.
        raise StoreError("the store's URL is not a SQLAlchemy URL such as sqlite:///signpost.sqlite3") from None
    try:
        if parsed.get_backend_name() == "sqlite":
            return _open_sqlite(parsed)
        return create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    except Exception as error:
        shown = parsed.render_as_string(hide_password=True)
        raise StoreError(f"the store {shown} cannot be opened: {error}") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes; it is committed at the end of the block, and rolled back on an exception."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


def in_memory(engine: Engine) -> bool:
    """Whether the database is in memory; it then exists on one connection only, which reads and writes must share."""
    return isinstance(engine.pool, StaticPool)


def _open_sqlite(url: URL) -> Engine:
    """Open SQLite with WAL, so that readers never wait, and NORMAL, so that a commit does not wait for the disk."""
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}}
    if url.database in {None, "", ":memory:"}:
        options["poolclass"] = StaticPool
    elif url.database and not url.database.startswith("file:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url.set(drivername="sqlite"), hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        # `begun` starts transactions. The driver would start them at the first INSERT, after a claim has read its keys.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once, so that what a claim reads cannot change before it writes.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
