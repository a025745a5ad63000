"""Opens the database. Only this module and `postgresql` have code for particular databases."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from bot.errors import StoreError

#: Seconds that a transaction waits for another process that is writing. A caller may wait twice as long: for the
#: transaction before its own, and for its own.
BUSY_TIMEOUT_S = 0.4

_PSYCOPG: Final = "postgresql+psycopg"
#: How hosters write it.
_WITHOUT_DRIVER: Final = ("postgres", "postgresql")
_WRITES = "signpost_writes"


def read_url(text: str) -> URL:
    """Return a store's URL; one of PostgreSQL without a driver gets psycopg. StoreError when it is no URL."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The cause would quote the URL, which may hold a password.
        raise StoreError(
            "STORE_URL is no URL such as sqlite:///signpost.sqlite3 or postgresql://USER:PASSWORD@HOST/DATABASE; "
            "in a password write %40 for @, %2F for / and %3A for :"
        ) from None
    return url.set(drivername="postgresql+psycopg") if url.drivername in _WITHOUT_DRIVER else url


def shown(url: URL) -> str:
    """Return a URL without what may be secret in it."""
    return url.set(query={}).render_as_string(hide_password=True)


def open_engine(text: str) -> Engine:
    """Return an engine for any SQLAlchemy URL; the folder of a SQLite file is made."""
    url = read_url(text)
    try:
        if url.get_backend_name() == "sqlite":
            return _open_sqlite(url)
        if url.drivername == _PSYCOPG:
            from bot.store.postgresql import open_postgresql  # noqa: PLC0415 - psycopg is installed where it is wanted

            return open_postgresql(url, is_writing)
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise StoreError(
                f"the store {shown(url)} cannot be opened ({error}); it is sqlite:///FILE or postgresql://…"
            ) from error
        raise StoreError("a store in PostgreSQL needs psycopg: pip install 'signpost-bot[postgresql]'") from error
    except Exception as error:
        raise StoreError(f"the store {shown(url)} cannot be opened: {error}") from error


def is_writing(connection: Connection) -> bool:
    """Whether a connection was opened by `writing`."""
    return bool(connection.get_execution_options().get(_WRITES, False))


@contextmanager
def unhurried(connection: Connection) -> Iterator[None]:
    """Let the statements of a transaction take as long as they need."""
    if connection.engine.url.drivername != _PSYCOPG:
        yield
        return
    from bot.store import postgresql  # noqa: PLC0415 - psycopg is installed where it is wanted

    with postgresql.unhurried(connection):
        yield


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that writes; it is committed at the end of the block, and rolled back on an exception."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


def in_memory(engine: Engine) -> bool:
    """Whether the database is in memory; it then exists on one connection only, which reads and writes must share."""
    return isinstance(engine.pool, StaticPool)


def file_of(engine: Engine) -> Path | None:
    """Return the file of a SQLite database; None for one in memory and for other databases."""
    return sqlite_file(engine.url) if engine.url.get_backend_name() == "sqlite" else None


def sqlite_file(url: URL) -> Path | None:
    """Return the file that a URL of SQLite names; None for a database in memory."""
    name = (url.database or "").removeprefix("file:").partition("?")[0]
    return Path(name) if name and name != ":memory:" and url.query.get("mode") != "memory" else None


def require_store(text: str) -> None:
    """Refuse a SQLite file that is not there: opening would make it, and an empty store knows nothing of anybody.

    StoreError names the file, or says that the URL is none.
    """
    url = read_url(text)
    file = sqlite_file(url) if url.get_backend_name() == "sqlite" else None
    if file is not None and not file.is_file():
        raise StoreError(f"there is no store at {file}; a bot makes it when it starts, and STORE_URL names it")


def identity_of(file: Path | None) -> tuple[int, int] | None:
    """Return what tells a file from another one in its place; None when there is none."""
    try:
        status = file.stat() if file is not None else None
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status is not None else None


def only_user(file: Path) -> tuple[int, bool]:
    """Return a lock, to be closed when the store is, and whether no other process has one.

    OSError when the lock's file cannot be written.
    """
    lock = os.open(file.with_name(f"{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    only = True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        only = False
    with contextlib.suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    return lock, only


def make_private(file: Path) -> None:
    """Make a store's file if there is none, and let nobody else read or write it; SQLite gives its other files the same mode.

    OSError when that cannot be done. A file that is there is not opened: closing it would end SQLite's own locks on it.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    for one in (file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm"))):
        with contextlib.suppress(OSError):
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)


def _open_sqlite(url: URL) -> Engine:
    """Open SQLite with WAL, so that readers never wait, and NORMAL, so that a commit does not wait for the disk.

    What is deleted is overwritten, so that nothing of a forgotten person is left in the file.
    """
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}}
    if url.database in {None, "", ":memory:"}:
        options["poolclass"] = StaticPool
    engine = create_engine(url.set(drivername="sqlite"), hide_parameters=True, **options)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        # `begun` starts transactions. The driver would start them at the first INSERT, after a claim has read its keys.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once, so that what a claim reads cannot change before it writes.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing(connection) else "BEGIN")

    return engine
