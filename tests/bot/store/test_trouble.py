"""What the store does when the database is locked, full, read-only, damaged or gone, and when the process dies."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event

from bot.errors import StoreError
from bot.store import AnswerRecord, Store
from bot.store.engine import open_engine, writing
from bot.store.migrate import HEAD, MIGRATIONS, upgrade
from bot.store.tables import METADATA
from index.errors import SignpostError
from tests.bot.store.conftest import look, only_sqlite
from tests.support import run_python

OpenStore = Callable[..., Awaitable[Store]]


def answer(answer_id: str) -> AnswerRecord:
    """Make some answer."""
    return AnswerRecord(
        answer_id=answer_id,
        question="q",
        surface="command",
        team="T1",
        channel="C1",
        user="U1",
        answered=True,
        confidence=0.5,
        urls=("https://example.org/",),
        version="v",
        latency_ms=1.0,
    )


@only_sqlite
@pytest.mark.usefixtures("busy_soon")
async def test_a_locked_store_is_an_error_and_works_again_after(store: Store, tmp_path: Path) -> None:
    """Another process that holds the lock delays nobody for ever, and what failed left nothing behind."""
    locker = sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)
    locker.execute("begin immediate")
    first = asyncio.create_task(store.claim("a"))
    await asyncio.sleep(0.1)
    outcomes = await asyncio.gather(first, store.claim("b"), store.ping(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StoreError] * 3
    assert "locked" in str(outcomes[0])
    locker.execute("rollback")
    locker.close()
    await store.ping()
    assert await store.claim("a")
    assert await store.claim("b")


#: In another process, since SQLite closes a file only when nobody in the process has a lock on it.
LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("begin immediate")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at the process's open files in /proc")
@only_sqlite
@pytest.mark.usefixtures("busy_soon")
async def test_a_store_that_is_down_has_no_file_open(store: Store, tmp_path: Path) -> None:
    """Else its file system could not be mended and mounted anew without ending the bot."""

    def open_files() -> int:
        return sum(str(tmp_path) in str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())

    assert store.only_user()
    with subprocess.Popen(  # noqa: ASYNC220 - it says its line at once
        [sys.executable, "-c", LOCK, tmp_path / "store.sqlite3"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as locker:
        assert locker.stdout is not None
        assert locker.stdout.readline() == b"locked\n"
        for _ in range(2):
            with pytest.raises(StoreError, match="locked"):
                await store.ping()
        assert open_files() == 0
        locker.communicate()
    await store.ping()
    assert open_files() > 1


async def test_reading_goes_on_while_another_writes(store: Store, tmp_path: Path) -> None:
    """WAL: readers do not wait for writers."""
    locker = sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)
    locker.execute("begin immediate")
    assert await store.suggestion("s1") is None
    locker.execute("rollback")
    locker.close()


FULL = """
import asyncio, resource, signal, sys
from bot.errors import StoreError
from bot.store import Store

async def main():
    store = await Store.open(sys.argv[1], hash_key=b"k", store_questions=False)
    await store.ping()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    for action in (store.claim("a"), store.ping()):
        try:
            await action
        except StoreError as error:
            print("StoreError:", error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await store.ping()
    print(await store.claim("a"))
    await store.close()

asyncio.run(main())
"""


@only_sqlite
def test_a_full_disk_is_an_error_and_the_store_works_again_after(url: str) -> None:
    """A claim that could not be written is free afterwards."""
    done = subprocess.run([sys.executable, "-c", FULL, url], capture_output=True, text=True, timeout=120, check=False)
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["StoreError", "StoreError", "True"], done.stdout + done.stderr


@only_sqlite
async def test_a_read_only_store_cannot_be_opened(store: Store, tmp_path: Path) -> None:
    """Opening writes, so that the start fails and not the first question."""
    await store.close()
    frozen = await Store.open(f"sqlite:///file:{tmp_path}/store.sqlite3?uri=true", hash_key=b"k", store_questions=False)
    await frozen.ping()
    await frozen.close()
    with pytest.raises(StoreError, match=r"readonly|read-only"):
        await Store.open(
            f"sqlite:///file:{tmp_path}/store.sqlite3?mode=ro&uri=true", hash_key=b"k", store_questions=False
        )


async def test_what_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    """With the reason, in one line."""
    path = tmp_path / "store.sqlite3"
    path.write_bytes(b"this is not a database, and long enough to have a header" * 100)
    with pytest.raises(StoreError, match="not a database") as caught:
        await Store.open(f"sqlite:///{path}", hash_key=b"k", store_questions=False)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert isinstance(caught.value, SignpostError)


@pytest.mark.parametrize(
    "address", ["nonsense", "", "nosuchdb://user:hunter2@host/db", "sqlite:////proc/nowhere/x.sqlite3"]
)
async def test_a_url_that_cannot_be_opened_is_a_store_error_without_its_password(address: str) -> None:
    """Settings may hold one."""
    with pytest.raises(StoreError) as caught:
        await Store.open(address, hash_key=b"k", store_questions=False)
    assert "hunter2" not in str(caught.value)


async def test_the_repr_hides_passwords_and_keys(store: Store) -> None:
    """It tells where the store is and whether it is open."""
    assert "open" in repr(store)
    assert "a key for tests" not in repr(store) + repr(store._hasher)


async def test_the_folder_is_made(tmp_path: Path) -> None:
    """A fresh machine has none."""
    store = await Store.open(f"sqlite:///{tmp_path}/a/b/store.sqlite3", hash_key=b"k", store_questions=False)
    await store.ping()
    await store.close()


async def test_a_store_in_memory_works_for_trying_things_out() -> None:
    """Reads and writes share its one connection."""
    store = await Store.open("sqlite://", hash_key=b"k", store_questions=False)
    claims = [store.claim("a") for _ in range(5)]
    reads = [store.suggestion("s") for _ in range(5)]
    assert sum(await asyncio.gather(*claims)) == 1
    assert await asyncio.gather(*reads) == [None] * 5
    await store.close()


async def test_closing_commits_what_waits_and_may_be_repeated(open_store: OpenStore) -> None:
    """SIGTERM in the middle of work loses nothing."""
    store = await open_store()
    waiting = [asyncio.create_task(store.claim(f"k{n}")) for n in range(50)]
    await asyncio.sleep(0)
    await store.close()
    assert all(await asyncio.gather(*waiting))
    await store.close()
    again = await open_store()
    assert not any([await again.claim(f"k{n}") for n in range(50)])


async def test_a_caller_that_gave_up_does_not_disturb_the_others(store: Store) -> None:
    """A cancelled claim may or may not be kept; the next ones are decided."""
    tasks = [asyncio.create_task(store.claim(f"k{n}")) for n in range(20)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(outcome is True for outcome in outcomes) == 19


WRITER = """
import asyncio, sys
from bot.store import Store
from tests.patience import be_patient
from tests_answer import answer

async def one(store, name):
    n = 0
    while True:
        key = f"{name}:{n}"
        assert await store.claim(key)
        await store.record_answer(answer(key))
        sys.stdout.write(key + "\\n")
        sys.stdout.flush()
        n += 1

async def main():
    be_patient()
    store = await Store.open(sys.argv[1], hash_key=b"k", store_questions=False)
    await asyncio.gather(*(one(store, name) for name in "abcdefgh"))

asyncio.run(main())
"""


async def test_killing_the_process_loses_nothing_that_was_acknowledged(url: str, tmp_path: Path) -> None:
    """SIGKILL in the middle of writing: every claim and answer that returned is there, and the file is sound."""
    (tmp_path / "tests_answer.py").write_text(
        "from bot.store import AnswerRecord\n"
        "def answer(i):\n"
        "    return AnswerRecord(answer_id=i, question='q', surface='s', team='T', channel='C', user='U',"
        " answered=True, confidence=.5, urls=(), version='v', latency_ms=1.0)\n"
    )
    for _ in range(3 if url.startswith("sqlite") else 1):
        acknowledged: list[str] = []
        writer = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs in this loop
            [sys.executable, "-c", WRITER, url],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": f"{tmp_path}:{Path.cwd()}"},
        )
        assert writer.stdout is not None
        while len(acknowledged) < 200:
            acknowledged.append(writer.stdout.readline().strip())
        writer.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        writer.stdout.close()
        writer.wait(timeout=60)
        store = await Store.open(url, hash_key=b"k", store_questions=False)
        assert not any([await store.claim(key) for key in acknowledged])
        await store.close()
        kept = {key for (key,) in look(url, "select answer_id from answers")}
        if url.startswith("sqlite"):
            assert look(url, "pragma integrity_check") == [("ok",)]
        look(url, "delete from answers")
        look(url, "delete from claims")
        assert kept >= set(acknowledged)


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    """Otherwise a store would be taken for up to date, or be migrated at every start."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrations_make_the_tables_that_the_code_uses(url: str) -> None:
    """Whoever changes `tables.py` writes a migration."""
    engine = open_engine(url)
    with writing(engine) as connection:
        upgrade(connection)
        upgrade(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


async def test_a_store_of_a_later_version_is_not_touched(open_store: OpenStore, url: str) -> None:
    """An older program says so rather than guess."""
    await (await open_store()).close()
    look(url, "update alembic_version set version_num = '9999'")
    with pytest.raises(StoreError, match="9999"):
        await Store.open(url, hash_key=b"k", store_questions=False)


LOOKS = """
import asyncio, sqlite3, sys
from bot.store import Store

class Looks:
    def find_spec(self, name, *_):
        if name == "alembic":
            other = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
            other.execute("begin immediate")
            other.close()
            print("free")

sys.meta_path.insert(0, Looks())
asyncio.run(Store.open(f"sqlite:///{sys.argv[1]}", hash_key=b"k", store_questions=False))
"""


def test_nobody_waits_for_what_a_migration_imports(tmp_path: Path) -> None:
    """On a busy machine that takes seconds, in which another process that starts would find the store locked."""
    done = run_python("-c", LOOKS, str(tmp_path / "store.sqlite3"), folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "free\n"), done.stderr


@only_sqlite
async def test_sqlite_runs_in_wal_mode(store: Store, tmp_path: Path) -> None:
    """So that readers and writers do not wait for one another."""
    database = sqlite3.connect(tmp_path / "store.sqlite3")
    (mode,) = database.execute("pragma journal_mode").fetchone()
    database.close()
    assert mode == "wal"


@only_sqlite
async def test_claim_and_record_keep_up_with_a_busy_bot(store: Store) -> None:
    """What waits is written in one transaction: 60 questions at once, each a claim and an answer, are few of them."""
    commits: list[Connection] = []

    @event.listens_for(store._engine, "commit")
    def committed(connection: Connection) -> None:
        commits.append(connection)

    async def question(number: int) -> None:
        assert await store.claim(f"event:{number}", f"message:{number}")
        await store.record_answer(answer(f"a{number}"))

    await asyncio.gather(*(question(number) for number in range(60)))
    assert len(commits) < 60
