"""What is kept, for how long, and for whom: what is under way, what is old, what a person wants forgotten, copies."""

import asyncio
import contextlib
import json
import os
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.main import run
from bot.errors import StoreError
from bot.running.metrics import Metrics
from bot.running.once import Once
from bot.running.retention import Retention
from bot.settings import Settings
from bot.store import AnswerRecord, Store, Suggestion
from bot.store.claims import wall_ms
from bot.store.copying import copy_sqlite
from bot.store.engine import identity_of
from bot.store.keeping import PRUNE_ROWS
from bot.store.unanswered import HOLD_MS
from tests.bot.store.conftest import KEY, everything, look, only_sqlite
from tests.support import ROOT, content_of, run_python

OpenStore = Callable[..., Awaitable[Store]]
DAY_MS = 86_400_000
ANY = range(100)


def answer(answer_id: str, user: str = "U1") -> AnswerRecord:
    """Make an answer for a person."""
    return AnswerRecord(
        answer_id=answer_id,
        question="q",
        surface="command",
        team="T1",
        channel="C1",
        user=user,
        answered=True,
        confidence=0.5,
        urls=(),
        version="v",
        latency_ms=1.0,
    )


def suggestion(suggestion_id: str, user: str) -> Suggestion:
    """Make a suggestion of a person."""
    return Suggestion(
        suggestion_id=suggestion_id,
        url="https://example.org/",
        title="t",
        section="s",
        description="d",
        question="what I asked",
        team="T1",
        user=user,
    )


async def of_everything(store: Store, user: str) -> None:
    """Let a person do everything that leaves a row."""
    await store.record_answer(answer(f"answer of {user}", user))
    await store.record_click(f"answer of {user}", "https://example.org/", user)
    await store.record_feedback(f"answer of {user}", True, user)  # noqa: FBT003 - a verdict
    await store.record_refusal("rebuild", user, "T1")
    await store.add_suggestion(suggestion(f"suggestion of {user}", user))
    assert await store.claim(f"event:{user}", f"message:{user}", payload=f"asked by {user}", user=user)


async def test_what_was_claimed_is_kept_until_it_is_settled(open_store: OpenStore) -> None:
    """In the transaction of the claim; a second delivery keeps nothing, and what is given back is forgotten."""
    store = await open_store()
    assert await store.claim("event:1", "message:1", payload="one", user="U1")
    assert not await store.claim("event:2", "message:1", payload="again", user="U1")
    assert await store.claim("event:3", "message:3", payload="three")
    assert await store.claim("event:4", "message:4", payload="four")
    await store.settle("message:3")
    await store.release("event:4", "message:4")
    assert await store.claim("command:5", payload="five")
    await store.release("command:5")
    await store.close()
    (kept,) = await (await open_store()).take_over(held_too=True, tries=ANY)
    assert (kept.payload, kept.tries) == ("one", 0)


async def test_only_one_process_takes_a_message_over_and_only_when_its_holder_is_gone(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder renews its hold; the hold of a process that died ends by itself. Tries are counted."""
    now = wall_ms()
    monkeypatch.setattr("bot.store.store.wall_ms", lambda: now)
    holder, first, second = [await open_store() for _ in range(3)]
    assert await holder.claim("message:1", payload="one")
    assert await first.take_over(tries=ANY) == []
    now += HOLD_MS - 1_000
    await holder.hold()
    now += HOLD_MS - 1_000
    assert await first.take_over(tries=ANY) == []
    now += 2_000
    taken = await asyncio.gather(*(store.take_over(tries=ANY) for store in (first, second) for _ in range(3)))
    assert sorted(len(one) for one in taken) == [0, 0, 0, 0, 0, 1]
    assert await holder.take_over(tries=ANY) == []
    now += 2 * HOLD_MS
    await first.hold()
    await second.hold()
    assert await second.take_over(tries=ANY) == await first.take_over(tries=ANY) == []
    now += 2 * HOLD_MS
    (kept,) = await (await open_store()).take_over(tries=ANY)
    assert kept.tries == 1
    now += 2 * HOLD_MS
    assert await second.take_over(tries=range(2)) == []
    await first.drop(kept)
    now += 2 * HOLD_MS
    assert await second.take_over(tries=ANY) == []


async def test_what_ends_in_order_is_left_to_others_at_once(open_store: OpenStore) -> None:
    """Nobody waits for the end of its hold, and it counts as no death; what was answered is not left."""
    first = await open_store()
    for number in range(3):
        assert await first.claim(f"message:{number}", payload=f"{number}")
    await first.settle("message:0")
    await first.leave()
    second = await open_store()
    assert sorted((one.payload, one.tries) for one in await second.take_over(tries=ANY)) == [("1", 0), ("2", 0)]
    await second.leave()
    third = await open_store()
    assert sorted((one.payload, one.tries) for one in await third.take_over(tries=ANY)) == [("1", 0), ("2", 0)]


@only_sqlite
@pytest.mark.usefixtures("busy_soon")
async def test_what_was_answered_while_the_store_failed_is_not_answered_again(
    open_store: OpenStore, tmp_path: Path
) -> None:
    """It is forgotten as soon as that can be written, also when its hold has ended meanwhile."""
    store = await open_store()
    assert await store.claim("message:1", payload="one")
    with contextlib.closing(sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)) as locker:
        locker.execute("begin immediate")
        with pytest.raises(StoreError):
            await store.settle("message:1")
        locker.execute("rollback")
    assert await (await open_store()).take_over(tries=range(0)) == []
    await store.ping()
    await store.hold()
    assert await (await open_store()).take_over(held_too=True, tries=ANY) == []


@only_sqlite
@pytest.mark.usefixtures("busy_soon")
async def test_what_could_not_be_given_back_is_taken_over(
    open_store: OpenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was sent, and its claim keeps a retry out, so that nobody else would answer it."""
    store = await open_store()
    assert await store.claim("event:1", "message:1", payload="one")
    with contextlib.closing(sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)) as locker:
        locker.execute("begin immediate")
        with pytest.raises(StoreError):
            await store.release("event:1", "message:1")
        locker.execute("rollback")
    await store.ping()
    await store.hold()
    later = wall_ms() + 2 * HOLD_MS
    monkeypatch.setattr("bot.store.store.wall_ms", lambda: later)
    assert [one.payload for one in await store.take_over(tries=ANY)] == ["one"]


async def test_a_claim_that_is_written_too_late_is_answered_by_its_process_alone(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller has gone on without the store; what was written in the end is held and settled like any other."""
    monkeypatch.setattr("bot.store.store.CLAIM_TIMEOUT_S", 0.0)
    store = await open_store()
    with pytest.raises(StoreError, match="gave no answer"):
        await store.claim("message:1", payload="one")
    await store.ping()
    later = wall_ms() + 2 * HOLD_MS
    monkeypatch.setattr("bot.store.store.wall_ms", lambda: later)
    assert await store.take_over(tries=ANY) == []
    await store.settle("message:1")
    assert await (await open_store()).take_over(held_too=True, tries=ANY) == []


@only_sqlite
async def test_a_store_that_is_opened_again_is_locked_again(open_store: OpenStore) -> None:
    """Else the next process would take itself for the only one, and answer what this one is answering."""
    store = await open_store()
    assert store.only_user()
    store._fail(StoreError("gone"))
    await store.ping()
    assert not (await open_store()).only_user()


@only_sqlite
async def test_the_only_user_of_a_file_knows_it(open_store: OpenStore) -> None:
    """Nobody else can be answering what is in it, so it need not wait for a hold to end."""
    first = await open_store()
    assert first.only_user()
    second = await open_store()
    assert not second.only_user()
    await first.close()
    await second.close()
    assert (await open_store()).only_user()


async def test_what_is_old_is_deleted_and_what_is_young_stays(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Each kind after its own days, 0 for ever, a part at a time; suggestions stay."""
    store = await open_store()
    now = wall_ms()
    for age_days in (400, 100, 0):
        monkeypatch.setattr("bot.store.store.wall_ms", lambda age_days=age_days: now - age_days * DAY_MS)
        await of_everything(store, f"U{age_days}")
    await asyncio.gather(*(store.record_click("x", "u", "U1") for _ in range(PRUNE_ROWS + 1)))
    look(url, "update clicks set clicked_at_ms = 0 where answer_id = 'x'")
    settings = Settings.from_environment({"SIGNPOST_MODE": "web", "STORE_FEEDBACK_DAYS": "0"})
    monkeypatch.setattr("bot.running.retention.PAUSE_S", 0)
    assert await Retention(settings, store).prune() == {"answers": 1, "clicks": PRUNE_ROWS + 2, "refusals": 2}
    assert await Retention(settings, store).prune() == {}
    left = everything(url)
    assert left.count("feedback: ") == left.count("suggestions: ") == 3
    assert "answer of U100" in left


async def test_a_person_who_is_forgotten_is_in_no_table(
    open_store: OpenStore,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nor in the bytes of the file; what others did stays, and a suggestion without its author."""
    store = await open_store(store_questions=True)
    await of_everything(store, "U0FORGET")
    await of_everything(store, "U0STAYS")
    assert await store.decide_suggestion("suggestion of U0STAYS", True, "U0FORGET")  # noqa: FBT003 - a verdict
    await store.record_answer(answer("secret", "U0FORGET"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_URL", url)
    assert await asyncio.to_thread(run, ["forget", "U0FORGET"]) == 2
    assert "STORE_HASH_KEY" in capsys.readouterr().err
    monkeypatch.setenv("STORE_HASH_KEY", KEY.decode())
    assert await asyncio.to_thread(run, ["forget", "somebody"]) == 2
    capsys.readouterr()
    assert await asyncio.to_thread(run, ["forget", "U0FORGET"]) == 0
    told = {line.strip() for line in capsys.readouterr().out.splitlines()}
    assert {"2  questions asked", "1  links opened", "2  suggestions, which stay without the name", "erased"} <= told
    assert await asyncio.to_thread(run, ["forget", "U0FORGET", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out).values()) == {0}
    left = everything(url).replace("suggestion of U0FORGET", "")
    assert "U0FORGET" not in left
    assert store._hasher.user("U0FORGET") not in left
    assert left.count("U0STAYS") >= 5
    await store.close()
    if url.startswith("sqlite"):
        assert b"asked by U0FORGET" not in (tmp_path / "store.sqlite3").read_bytes()


async def test_who_is_named_in_what_others_wrote_is_forgotten_too(open_store: OpenStore, url: str) -> None:
    """Their id goes out of the texts, which stay; an id that begins the same is another person's."""
    store = await open_store(store_questions=True)
    said = "is U0FORGET (<@U0FORGET>) on call, or U0FORGETS?"
    await store.record_answer(replace(answer("a1", "U0STAYS"), question=said))
    about = replace(suggestion("s1", "U0STAYS"), title=said, description=said, question=said, proposed_question=said)
    await store.add_suggestion(about)
    assert await store.claim("event:1", "message:1", payload=json.dumps({"text": said}), user="U0STAYS")
    gone = await store.forget("U0FORGET")
    assert {table: count for table, count in gone.items() if count} == {"mentions": 6}
    left = everything(url)
    assert left.count("is somebody (<@somebody>) on call, or U0FORGETS?") == 6
    assert "U0FORGET " not in left
    assert (await store.forget("U0STAYS"))["answers"] == 1


@only_sqlite
async def test_what_was_erased_is_not_left_in_the_log_of_a_running_bot(
    open_store: OpenStore, url: str, tmp_path: Path
) -> None:
    """The bot has the store open; what is deleted there is gone from each of its files. Who holds on to the log is told of."""
    bot = await open_store(store_questions=True)
    await bot.record_answer(replace(answer("a1", "U0FORGET"), question="zanzibarquux"))
    beside = await open_store()
    assert await beside.forget("U0FORGET")
    assert not any(b"zanzibarquux" in content for content in content_of(tmp_path).values())
    await bot.record_answer(replace(answer("a2", "U0FORGET"), question="zanzibarquux"))
    with contextlib.closing(sqlite3.connect(tmp_path / "store.sqlite3")) as reader:
        reader.execute("begin")
        reader.execute("select * from answers").fetchall()
        with pytest.raises(StoreError, match="run this again"):
            await beside.forget("U0FORGET")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("U0123456789", 0),
        ("W0123456789", 0),
        (" U0123456789 ", 0),
        ("<@U0123456789>", 0),
        ("<@U0123456789|ann>", 0),
        ("@U0123456789", 0),
        ("https://acme.slack.com/team/U0123456789", 0),
        ("UWE", 2),
        ("WILLIAM", 2),
        ("u0123456789", 2),
        ("T0123456789", 2),
        ("ann@example.org", 2),
        ("U0123456789 U0123456780", 2),
        ("", 2),
    ],
)
def test_a_person_is_named_by_an_id_in_any_form_and_by_nothing_else(
    given: str, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who gives a name must not believe that it was erased."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_URL", "sqlite://")
    monkeypatch.setenv("STORE_HASH_KEY", KEY.decode())
    assert run(["forget", given]) == code
    out, err = capsys.readouterr()
    assert ("0123456789 under this key" in out, "is no user's id" in err) == (not code, bool(code))


@only_sqlite
async def test_nobody_else_reads_the_store(open_store: OpenStore, tmp_path: Path) -> None:
    """Its file, its log and its folder, also where an earlier version left them open."""
    store = await Store.open(f"sqlite:///{tmp_path}/folder/store.sqlite3", hash_key=KEY, store_questions=False)
    await store.ping()
    files = [tmp_path / "folder", *(tmp_path / "folder").iterdir()]
    assert [oct(path.stat().st_mode & 0o777) for path in files] == ["0o700", "0o600", "0o600", "0o600"]
    for path in files[1:]:
        path.chmod(0o644)
    again = await Store.open(f"sqlite:///{tmp_path}/folder/store.sqlite3", hash_key=KEY, store_questions=False)
    assert {path.stat().st_mode & 0o777 for path in files[1:]} == {0o600}
    await store.close()
    await again.close()


@only_sqlite
async def test_a_copy_is_whole_while_the_bot_writes(
    open_store: OpenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is in the log alone is in the copy; a copy that fails leaves the former one."""
    store = await open_store()
    await of_everything(store, "U1")
    copy = tmp_path / "copy.sqlite3"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_URL", f"sqlite:///{tmp_path}/store.sqlite3")

    async def writing() -> None:
        for number in range(50):
            await store.record_answer(answer(f"a{number}"))

    done, _ = await asyncio.gather(asyncio.to_thread(run, ["backup", str(copy)]), writing())
    assert (done, "copied" in capsys.readouterr().out) == (0, True)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert "suggestion of U1" in everything(f"sqlite:///{copy}")
    before = identity_of(copy)
    monkeypatch.setenv("STORE_URL", f"sqlite:///{tmp_path}/nothing.sqlite3")
    assert await asyncio.to_thread(run, ["backup", str(copy)]) == 2
    (tmp_path / "text").write_text("no database" * 1_000)
    monkeypatch.setenv("STORE_URL", f"sqlite:///{tmp_path}/text")
    assert await asyncio.to_thread(run, ["backup", str(copy)]) == 2
    monkeypatch.setenv("STORE_URL", "postgresql+psycopg://user:hunter2@host/db")
    assert await asyncio.to_thread(run, ["backup", str(copy)]) == 2
    said = capsys.readouterr().err
    assert "pg_dump" in said
    assert "hunter2" not in said
    assert identity_of(copy) == before
    assert not any(path.name.startswith(".copy") for path in await asyncio.to_thread(lambda: [*tmp_path.iterdir()]))


@only_sqlite
async def test_a_backup_is_refused_where_it_would_destroy_something(
    open_store: OpenStore, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store itself by any name, its log, a device, a folder that is not there: one line, and all is as it was."""
    store = await open_store()
    await of_everything(store, "U1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORE_URL", url)
    file = tmp_path / "store.sqlite3"
    (tmp_path / "link").symlink_to(file)
    os.mkfifo(tmp_path / "pipe")
    before = [identity_of(file), identity_of(tmp_path / "store.sqlite3-wal")]
    for target, reason in {
        "store.sqlite3": "the store itself",
        "./link": "the store itself",
        "store.sqlite3-wal": "the store itself",
        "store.sqlite3.lock": "the store itself",
        "pipe": "no file",
        "/dev/null": "no file",
        "nowhere/copy.sqlite3": "there is no folder",
        ".": "is a directory",
    }.items():
        assert await asyncio.to_thread(run, ["backup", target]) == 2, target
        said = capsys.readouterr().err
        assert reason in said, said
        assert len(said.strip().splitlines()) == 1 or target == "."
    assert [identity_of(file), identity_of(tmp_path / "store.sqlite3-wal")] == before
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "copy").write_text("an older copy")
    (tmp_path / "copy").symlink_to(tmp_path / "elsewhere" / "copy")
    assert await asyncio.to_thread(run, ["backup", "copy"]) == 0
    assert (tmp_path / "copy").is_symlink()
    restored = await Store.open(f"sqlite:///{tmp_path}/elsewhere/copy", hash_key=KEY, store_questions=False)
    assert not await restored.claim("event:U1")
    assert (await restored.own("U1", 5)).helpful == 1
    await restored.close()


@only_sqlite
async def test_a_copy_ends_while_others_write_all_the_time(open_store: OpenStore, tmp_path: Path) -> None:
    """SQLite begins a copy in parts anew with each write of another process; a busy bot would never be copied."""
    store = await open_store()
    await store.record_click("a", "u" * 100_000, "U1")
    more = "insert into clicks (answer_id, url, user_hash, clicked_at_ms) select answer_id, url, '', 0 from clicks"
    for _ in range(8):
        look(f"sqlite:///{tmp_path}/store.sqlite3", more)
    copied = threading.Event()

    def write() -> int:
        number = 0
        with contextlib.closing(sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)) as database:
            while not copied.is_set():
                database.execute(
                    "insert into clicks (answer_id, url, user_hash, clicked_at_ms) values ('b', 'u', '', 0)"
                )
                number += 1
        return number

    writing = asyncio.create_task(asyncio.to_thread(write))
    try:
        async with asyncio.timeout(60):
            await asyncio.to_thread(copy_sqlite, tmp_path / "store.sqlite3", tmp_path / "copy")
    finally:
        copied.set()
    assert await writing > 0
    assert look(f"sqlite:///{tmp_path}/copy", "select count(*) from clicks where answer_id = 'a'") == [(256,)]


COPIER = """
import resource, sys
sys.dont_write_bytecode = True  # a file cut off at the limit would be read by others
from pathlib import Path
from bot.cli.main import run
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
sys.exit(run(["backup", "copy"]))
"""


@only_sqlite
async def test_a_disk_that_is_full_leaves_the_former_copy(open_store: OpenStore, url: str, tmp_path: Path) -> None:
    """And nothing beside it."""
    store = await open_store()
    await of_everything(store, "U1")
    (tmp_path / "copy").write_text("an older copy")
    environment = {"STORE_URL": url, "PYTHONPATH": str(ROOT)}
    done = await asyncio.to_thread(run_python, "-c", COPIER, folder=tmp_path, environment=environment)
    assert done.returncode == 2, done.stderr
    assert re.search("cannot be copied to copy: .*(full|I/O|large)", done.stderr)
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "copy").read_text() == "an older copy"
    assert [name for name in content_of(tmp_path) if "copy" in name] == ["copy"]


@only_sqlite
@pytest.mark.usefixtures("busy_soon")
async def test_without_a_store_the_memory_tells_what_was_handled(open_store: OpenStore, tmp_path: Path) -> None:
    """New once, then not; while the store is down nobody waits for it, and then it goes on."""
    store = await open_store()
    once = Once(store, Metrics())
    locker = sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)
    locker.execute("begin immediate")
    assert await once.claim("a", payload="a")
    assert store.is_down
    started = asyncio.get_running_loop().time()
    assert [await once.claim(f"b{number}") for number in range(50)] == [True] * 50
    assert not await once.claim("b7")
    assert asyncio.get_running_loop().time() - started < 50 * 0.4 / 2  # half of what each of them would wait
    locker.execute("rollback")
    locker.close()
    await store.ping()
    assert not store.is_down
    assert await once.claim("c")
    assert not await (await open_store()).claim("c")


@only_sqlite
async def test_a_file_that_went_is_noticed_and_made_again(open_store: OpenStore, tmp_path: Path) -> None:
    """SQLite would write to the removed file for ever; told once, and a new one begins."""
    told: list[StoreError | None] = []
    store = await open_store(report=told.append)
    file = tmp_path / "store.sqlite3"
    assert await store.claim("a")
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink()
    await store.ping()
    assert [bool(one) for one in told] == [True, False]
    assert "has gone" in str(told[0])
    assert file.stat().st_mode & 0o777 == 0o600
    assert await store.claim("a")
    assert not await (await open_store()).claim("a")
