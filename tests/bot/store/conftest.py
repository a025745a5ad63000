"""Stores of their own, in both databases."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.store import Store
from tests.postgres import Postgres, rows_of

KEY = b"a key for tests"

OpenStore = Callable[..., Awaitable[Store]]


#: For what only one of the databases has.
only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture
def busy_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a lock of SQLite as long as the bot does."""
    monkeypatch.setattr("bot.store.engine.BUSY_TIMEOUT_S", 0.4)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Return the URL of a store that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.sqlite3"
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh()


def look(url: str, query: str) -> list[tuple[Any, ...]]:
    """Run a query beside the store, and return what it finds."""
    if not url.startswith("sqlite"):
        return rows_of(url, query)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database, database:
        return database.execute(query).fetchall()


def everything(url: str) -> str:
    """Return all values of all tables but the keys of claims, which say nothing of a person."""
    listed = "select name from sqlite_master where type = 'table'"
    if not url.startswith("sqlite"):
        listed = "select table_name from information_schema.tables where table_schema = current_schema()"
    names = [name for (name,) in look(url, listed)]
    return "\n".join(
        f"{name}: {row}" for name in names if name != "claims" for row in look(url, f"select * from {name}")
    )


@pytest_asyncio.fixture
async def open_store(url: str) -> AsyncIterator[OpenStore]:
    """Open stores on one file; all are closed at the end."""
    opened: list[Store] = []

    async def opening(*, store_questions: bool = False, **options: object) -> Store:
        store = await Store.open(url, hash_key=KEY, store_questions=store_questions, **options)  # type: ignore[arg-type]
        opened.append(store)
        return store

    yield opening
    for store in opened:
        await store.close()


@pytest_asyncio.fixture
async def store(open_store: OpenStore) -> Store:
    """Open a store that keeps no question text."""
    return await open_store()
