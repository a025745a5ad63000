"""Tables of every earlier version, with rows in them, become those of this version; nothing is lost on the way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import JSON, BigInteger, Boolean, Connection, Float, Integer, LargeBinary, MetaData, inspect

from bot.store import Store
from bot.store.engine import open_engine, writing
from bot.store.migrate import HEAD, MIGRATIONS, upgrade
from bot.store.tables import METADATA
from tests.bot.store.conftest import look, only_postgresql

OpenStore = Callable[..., Awaitable[Store]]
VERSIONS: Final = [f"{number:04}" for number in range(1, int(HEAD) + 1)]


def bring_to(connection: Connection, version: str) -> None:
    """Make the tables of a version."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def fill(connection: Connection) -> dict[str, int]:
    """Put a row into every table as it is now, whatever its columns; return how many each has."""
    tables = MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if table.name not in {"alembic_version", "heartbeat"}:
            connection.execute(table.insert().values({column.name: value_for(column.type) for column in table.columns}))
    return {name: 1 for name in tables.tables if name not in {"alembic_version", "heartbeat"}}


def value_for(kind: Any) -> Any:
    """Return something that a column of this kind takes."""
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, Integer | BigInteger):
        return 1_700_000_000
    if isinstance(kind, Float):
        return 0.5
    if isinstance(kind, LargeBinary):
        return b"0123456789abcdef"
    return [] if isinstance(kind, JSON) else "broken"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_store_of_every_version_opens_with_all_that_is_in_it(
    open_store: OpenStore, url: str, version: str
) -> None:
    """Each row stays, the tables are those that the code uses, and everything can be written."""
    engine = open_engine(url)
    with writing(engine) as connection:
        bring_to(connection, version)
        filled = fill(connection)
    store = await open_store()
    assert await store.claim("a", payload="p", user="U1")
    await store.settle("a")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA) == []
        assert set(filled) <= set(inspect(connection).get_table_names())
    engine.dispose()
    counts = {name: look(url, f"select count(*) from {name}")[0][0] for name in filled}
    assert counts == {**filled, "claims": 2}
    assert look(url, "select version_num from alembic_version") == [(HEAD,)]


@only_postgresql
async def test_a_migration_takes_as_long_as_it_needs(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of a large table takes longer than any statement may while somebody waits; after it the limits are back."""
    monkeypatch.setattr("bot.store.postgresql.ANSWER_TIMEOUT_S", 0.3)
    limits: list[str] = []

    def slowly(config: Config, _version: str) -> None:
        connection = config.attributes["connection"]
        connection.exec_driver_sql("select pg_sleep(0.6)")
        limits.extend(
            connection.exec_driver_sql(f"show {name}").scalar()
            for name in ("statement_timeout", "idle_in_transaction_session_timeout")
        )

    monkeypatch.setattr("alembic.command.upgrade", slowly)
    engine = open_engine(f"{url}%20-c%20idle_in_transaction_session_timeout%3D5s")
    with writing(engine) as connection:
        upgrade(connection)
        driver: Any = connection.connection.driver_connection
        assert driver.limit_s is None
    await asyncio.to_thread(engine.dispose)
    assert limits == ["0", "1min"]
