"""Stores in files of their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from bot.store import Store

KEY = b"a key for tests"

OpenStore = Callable[..., Awaitable[Store]]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a store that does not exist yet."""
    return f"sqlite:///{tmp_path}/store.sqlite3"


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
