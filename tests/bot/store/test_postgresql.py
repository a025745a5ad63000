"""PostgreSQL that stops, hangs, refuses or takes the right to write away: an error within seconds, and well again by itself."""

import asyncio
import re
import sys
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

import pytest
import pytest_asyncio

from bot.errors import StoreError
from bot.running.metrics import Metrics
from bot.running.once import Once
from bot.store import Store
from bot.store.engine import open_engine, read_url
from tests.postgres import PASSWORD, Postgres

OpenStore = Callable[..., Awaitable[Store]]
Trouble = Callable[[Postgres, str], AbstractContextManager[None]]
#: As the bot does it.
LOOK_S: Final = 0.2
WELL_WITHIN_S: Final = 60.0


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch, hurried: None) -> None:
    """Wait as long as the bot does, but longer for what nothing is in the way of."""
    for name in ("CLAIM_TIMEOUT_S", "RECORD_TIMEOUT_S"):
        monkeypatch.setattr(f"bot.store.store.{name}", 4.0)


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """Give a store of a role without special rights, in a schema of its own."""
    postgres.admin.execute(f"create role reader login password '{PASSWORD}'")
    url = postgres.fresh(user="reader")
    schema = url.rpartition("%3D")[2]
    postgres.admin.execute(f"grant all on schema {schema} to reader")
    yield url
    postgres.admin.execute("drop owned by reader cascade")
    postgres.admin.execute("drop role reader")


@contextmanager
def stopped(server: Postgres, _url: str) -> Iterator[None]:
    """Stop the server as an administrator would."""
    server.stop()
    yield
    server.start()


@contextmanager
def frozen(server: Postgres, _url: str) -> Iterator[None]:
    """Keep the server's connections open, and every answer back."""
    with server.frozen():
        yield


@contextmanager
def full(server: Postgres, _url: str) -> Iterator[None]:
    """Let others have every connection, and end those that the store has."""
    server.admin.execute("alter role reader connection limit 0")
    end_connections(server)
    yield
    server.admin.execute("alter role reader connection limit -1")


@contextmanager
def read_only(server: Postgres, _url: str) -> Iterator[None]:
    """Do what a standby does, or a hoster whose disk is full."""
    server.admin.execute("alter role reader set default_transaction_read_only = on")
    end_connections(server)
    yield
    server.admin.execute("alter role reader reset default_transaction_read_only")
    end_connections(server)


@contextmanager
def another_password(server: Postgres, _url: str) -> Iterator[None]:
    """Change the password under the bot."""
    server.admin.execute("alter role reader password 'another'")
    end_connections(server)
    yield
    server.admin.execute(f"alter role reader password '{PASSWORD}'")


@contextmanager
def without_rights(server: Postgres, url: str) -> Iterator[None]:
    """Take the schema away from the role."""
    schema = url.rpartition("%3D")[2]
    server.admin.execute(f"revoke all on schema {schema} from reader")
    end_connections(server)
    yield
    server.admin.execute(f"grant all on schema {schema} to reader")


@contextmanager
def locked(server: Postgres, url: str) -> Iterator[None]:
    """Hold a table, as somebody's forgotten transaction does."""
    schema = url.rpartition("%3D")[2]
    with server.admin.transaction():
        server.admin.execute(f"lock table {schema}.claims, {schema}.heartbeat in exclusive mode")
        yield


@contextmanager
def slow(server: Postgres, url: str) -> Iterator[None]:
    """Make every claim take longer than anybody waits."""
    schema = url.rpartition("%3D")[2]
    server.admin.execute(
        f"create function {schema}.slowly() returns trigger language plpgsql as "
        "'begin perform pg_sleep(60); return new; end'; grant execute on function "
        f"{schema}.slowly() to reader; create trigger slow before insert or update on {schema}.claims "
        f"for each statement execute function {schema}.slowly(); create trigger slow before update on "
        f"{schema}.heartbeat for each statement execute function {schema}.slowly()"
    )
    yield
    server.admin.execute(f"drop function {schema}.slowly() cascade")


TROUBLES: Final[dict[str, tuple[Trouble, str]]] = {
    "stopped": (stopped, "refused|terminat|closed"),
    "frozen": (frozen, "no answer|timeout"),
    "full": (full, "too many connections|terminat|closed"),
    "read-only": (read_only, "read-only|terminat|closed"),
    "another password": (another_password, "password authentication failed|terminat|closed"),
    "without rights": (without_rights, "permission denied|terminat|closed|does not exist"),
    "locked": (locked, "lock timeout"),
    "slow": (slow, "no answer|timeout"),
}


def end_connections(server: Postgres) -> None:
    """End what the role has open, in the middle of whatever it does."""
    server.admin.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'reader'")


async def well_again(store: Store) -> None:
    """Look as the bot does, until the store works."""
    until = time.monotonic() + WELL_WITHIN_S
    while True:
        try:
            await store.ping()
        except StoreError:
            assert time.monotonic() < until
            await asyncio.sleep(LOOK_S)
        else:
            return


@pytest_asyncio.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """Open a store of the role."""
    store = await Store.open(url, hash_key=b"k", store_questions=False)
    yield store
    await store.close()


@pytest.mark.parametrize("name", TROUBLES)
async def test_no_trouble_of_the_server_keeps_anybody_waiting(
    postgres: Postgres, url: str, store: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claims go by the memory meanwhile; reading and writing fail soon, and without the password. Then all works as before."""
    trouble, reason = TROUBLES[name]
    told: list[str] = []
    monkeypatch.setattr(store, "_report", lambda failure: told.append(str(failure or "")))
    once = Once(store, Metrics())
    assert await once.claim("before")
    with trouble(postgres, url):
        assert await once.claim("during")
        assert not await once.claim("before")
        assert store.is_down
        async with asyncio.timeout(40):
            with pytest.raises(StoreError):
                await store.record_click("a", "u", "U1")
            if name not in {"read-only", "locked", "slow"}:
                with pytest.raises(StoreError):
                    await store.suggestion("s")
            with pytest.raises(StoreError):
                await store.ping()
        assert [await once.claim(f"more {number}") for number in range(20)] == [True] * 20
    await well_again(store)
    assert told[-1] == ""
    assert any(failure and re.search(reason, failure) for failure in told)
    assert PASSWORD not in "".join(told)
    assert not await once.claim("during")
    other = await Store.open(url, hash_key=b"k", store_questions=False)
    assert not await other.claim("before")
    assert await other.claim("after")
    await other.close()


async def test_a_transaction_that_is_cut_off_leaves_nothing(postgres: Postgres, store: Store, url: str) -> None:
    """The connection is lost after the claim was written and before it was committed: the key is free."""
    with postgres.admin.transaction():
        schema = url.rpartition("%3D")[2]
        postgres.admin.execute(f"lock table {schema}.unanswered in exclusive mode")
        claiming = asyncio.create_task(store.claim("a", payload="p"))
        waiting = "select 1 from pg_stat_activity where usename = 'reader' and wait_event_type = 'Lock'"
        while not postgres.admin.execute(waiting).fetchall():  # noqa: ASYNC110 - the event is the server's
            await asyncio.sleep(0.01)
        end_connections(postgres)
        with pytest.raises(StoreError):
            await claiming
    await well_again(store)
    assert await store.claim("a", payload="p")


async def test_a_bot_that_hangs_while_it_writes_is_not_waited_for(url: str, store: Store) -> None:
    """The server ends its transaction, and the others write again."""
    hanging = open_engine(f"{url}%20-c%20idle_in_transaction_session_timeout%3D500")
    with hanging.connect().execution_options(signpost_writes=True) as connection:
        connection.begin()
        await well_again(store)
        assert await store.claim("a")
        connection.invalidate()
    hanging.dispose()


@pytest.mark.parametrize("wrong", ["user", "password", "database"])
async def test_a_wrong_address_is_told_and_shows_no_password(postgres: Postgres, url: str, wrong: str) -> None:
    """Each with the server's own reason."""
    right = {"user": "reader", "password": PASSWORD, "database": "postgres"}
    with pytest.raises(StoreError, match=r"authentication failed|does not exist") as caught:
        await Store.open(postgres.address(**{**right, wrong: "nobodys"}), hash_key=b"k", store_questions=False)
    assert PASSWORD not in str(caught.value)
    assert "nobodys" not in str(caught.value) or wrong != "password"


async def test_a_role_that_may_not_make_tables_is_told(postgres: Postgres, url: str) -> None:
    """Since PostgreSQL 15 nobody may do that in `public` unasked. What was started is given back."""
    with pytest.raises(StoreError, match="permission denied for schema public"):
        await Store.open(postgres.address(user="reader"), hash_key=b"k", store_questions=False)


@pytest.mark.parametrize(
    ("address", "driver"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg"),
        ("postgresql://u:p@h/d", "postgresql+psycopg"),
        ("postgresql+psycopg2://u:p@h/d", "postgresql+psycopg2"),
        ("sqlite:///x", "sqlite"),
    ],
)
def test_an_address_as_hosters_give_it_gets_the_driver_that_is_installed(address: str, driver: str) -> None:
    """One that names a driver keeps it."""
    assert read_url(address).drivername == driver


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:hunter2@x:hunter2/p@h/d",
        "postgresql://u:hunter2/x@h/d",
        "postgresql://u:pass:hunter2@h:hunter2/d",
        "postgresql://u@127.0.0.1:1/d?password=hunter2",
    ],
)
async def test_no_part_of_a_password_is_shown_wherever_it_stands(address: str) -> None:
    """Also not of one that was not written as an address wants it, nor in a trace."""
    with pytest.raises(StoreError) as caught:
        await Store.open(address, hash_key=b"k", store_questions=False)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


async def test_who_has_no_driver_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra, which the program's own name for it installs."""
    monkeypatch.delitem(sys.modules, "bot.store.postgresql", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'signpost-bot\[postgresql\]'"):
        await Store.open("postgresql://u:p@h/d", hash_key=b"k", store_questions=False)


async def test_an_address_keeps_its_own_options(url: str) -> None:
    """What it says of time limits counts more than ours, and what it does not say is ours."""
    engine = open_engine(f"{url}%20-c%20lock_timeout%3D7s&application_name=mine")
    with engine.connect() as connection:
        shown = [connection.exec_driver_sql(f"show {name}").scalar() for name in ("lock_timeout", "statement_timeout")]
        assert connection.exec_driver_sql("show application_name").scalar() == "mine"
    engine.dispose()
    assert shown == ["7s", "5s"]
