"""The store: everything that must survive a restart, in any database that SQLAlchemy supports."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreError
from bot.store import batches, keeping, unanswered
from bot.store.changes import read_changes, read_shown, read_suggestion
from bot.store.claims import CLAIM_LIFE_MS, ClaimClock, Claims, ClaimWrite, is_claimed, newest_claim_ms, wall_ms
from bot.store.copying import empty_log
from bot.store.engine import file_of, identity_of, in_memory, make_private, only_user, open_engine, shown, writing
from bot.store.gaps import read_gaps
from bot.store.hashing import Hasher, claim_hash, storable
from bot.store.migrate import load, upgrade
from bot.store.own import read_own
from bot.store.tables import ANSWERS, CHANGES, CLICKS, DISMISSED, FEEDBACK, REFUSALS, REPORTS, SUGGESTIONS, fitted
from bot.store.tokens import Lease, end_leases, keep_tokens, lease_tokens, read_token
from bot.store.unanswered import MOST_AT_ONCE, Unanswered, Wanted
from bot.store.use import Use, read_use, read_waiting
from bot.store.values import AnswerRecord, Change, ChangeState, Gap, Mending, Own, Suggestion, TokenPair
from bot.store.writer import Batch, RefusedWriteError, Writer, store_error

#: Attempts at opening, because two processes may create a new database at the same time; none after a server that was silent.
OPEN_ATTEMPTS = 5
OPEN_PAUSE_S = 0.2
OPEN_WITHIN_S = 3.0
#: After this many seconds without a result the store counts as locked.
CLAIM_TIMEOUT_S = 1.5
#: Seconds that an answer waits for a store that does not respond.
RECORD_TIMEOUT_S = 0.5
#: Seconds that somebody who presses a button waits for what is read, and how much is read at once.
READ_TIMEOUT_S = 2.5
READERS = 4

#: Is called with what is wrong with the store, without secrets, or with None when all is well.
Report = Callable[[StoreError | None], None]

_T = TypeVar("_T")


def _nobody(_problem: StoreError | None) -> None:
    """Report nothing; for commands, which show the error to their user."""


class Store:
    """Everything that the bot must remember. Create it with `Store.open`, and use it from one event loop.

    A call returns after its write is committed, so killing the process later loses nothing. Every failure is a
    `StoreError`; when another process has locked the database, it comes within a second. After a failure the store counts as
    down: it refuses writes at once, so that nobody waits for each of them, until a `ping` succeeds.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        hasher: Hasher,
        store_questions: bool,
        clock: Callable[[int | None], ClaimClock],
        report: Report,
    ) -> None:
        self._engine = engine
        self._file = file_of(engine)
        self._identity: tuple[int, int] | None = None
        self._down = ""
        self._lock: int | None = None
        self._locks = False
        self._held: set[bytes] = set()
        self._settled: set[bytes] = set()
        """What is held and was answered, but could not be deleted."""
        self._hasher = hasher
        self._store_questions = store_questions
        self._make_clock = clock
        self._claims = Claims(clock(None))
        self._shared_connection = in_memory(engine)
        self._writer = Writer(engine)
        # Of its own: what waits for a database must keep nothing else waiting.
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._report = report

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        hash_key: bytes,
        store_questions: bool,
        clock: Callable[[int | None], ClaimClock] = ClaimClock,
        report: Report = _nobody,
        patient: bool = False,
    ) -> Self:
        """Open the database and bring its tables up to date; `clock` makes the clock of dedupe keys from the newest key.

        `report` is called with each later failure, and with None when a `ping` succeeds. With `patient` a database
        that cannot be used now (locked, full, read-only, not there) is such a failure, and no StoreError.
        """
        store = cls(
            open_engine(url), hasher=Hasher(hash_key), store_questions=store_questions, clock=clock, report=report
        )
        until = time.monotonic() + OPEN_WITHIN_S
        for attempt in range(1, OPEN_ATTEMPTS + 1):
            try:
                await store._prepare()
                break
            except (DBAPIError, OSError) as error:
                failure = store_error(error, doing="be opened", named=shown(store._engine.url))
                if attempt < OPEN_ATTEMPTS and time.monotonic() < until:
                    await asyncio.sleep(OPEN_PAUSE_S)
                elif patient:
                    store._fail(failure)
                    break
                else:
                    await store.close()
                    raise failure from error
            except StoreError:
                await store.close()
                raise
        return store

    async def _prepare(self) -> None:
        """Make and open what is missing, test a write, and set the clock by the newest dedupe key."""
        newest = await asyncio.to_thread(_prepare, self._engine, self._file)
        self._claims.clock = self._make_clock(newest)
        self._identity = identity_of(self._file)

    def only_user(self) -> bool:
        """Whether no other process uses the store, as far as that can be known: only of a file."""
        if self._file is None or self._lock is not None:
            return False
        self._locks = True
        try:
            self._lock, only = only_user(self._file)
        except OSError:
            return False
        return only

    async def claim(self, *keys: str, payload: str = "", user: str = "") -> bool:
        """Take all keys and return true; if one was taken within the last 24 hours, take none and return false.

        However many tasks and processes ask at once, only one gets true. Without keys the result is true. With a `payload`,
        which the person `user` caused, it is kept under the last key until that is settled or released, and held by this
        process meanwhile.
        """
        if not keys:
            return True
        claim = ClaimWrite(key_hashes=tuple(map(claim_hash, keys)), take=True)
        if not payload:
            return bool(await self._write(self._claims.apply, claim, within_s=CLAIM_TIMEOUT_S))
        key = claim.key_hashes[-1]
        row = {"key_hash": key, "payload": payload, "user_hash": self._hasher.user(user)}
        # Held from now on: a write that takes too long may still succeed, and the payload is answered all the same.
        ours = key in self._held
        self._held.add(key)
        new = bool(await self._write(self._claims.apply, replace(claim, promise=row), within_s=CLAIM_TIMEOUT_S))
        if not new and not ours:
            self._held.discard(key)
        return new

    async def is_claimed(self, key: str) -> bool:
        """Return whether a key was taken within the last 24 hours."""
        hashed, oldest_ms = claim_hash(key), self._claims.clock.now_ms() - CLAIM_LIFE_MS
        return await self._read(lambda connection: is_claimed(connection, hashed, oldest_ms))

    async def release(self, *keys: str) -> None:
        """Give keys back, so that a later delivery is handled; unknown keys are ignored.

        Where that fails, the payload is kept, and taken over like one of a process that died.
        """
        if not keys:
            return
        hashes = tuple(map(claim_hash, keys))
        kept = hashes[-1] in self._held
        self._held.discard(hashes[-1])
        await self._write(self._claims.apply, ClaimWrite(key_hashes=hashes, take=False, settle=kept))

    async def settle(self, key: str) -> None:
        """Forget the payload that was kept under a key: it was answered. Where that fails, `hold` does it later."""
        if (hashed := claim_hash(key)) in self._held:
            self._settled.add(hashed)
            await self._settle(hashed)

    async def _settle(self, *hashes: bytes) -> None:
        if hashes:
            await self._write(unanswered.settle, hashes)
        self._settled.difference_update(hashes)
        self._held.difference_update(hashes)

    def let_go(self, key: str) -> None:
        """Hold the payload that was kept under a key no longer, so that it is taken over when its time is up."""
        self._held.discard(claim_hash(key))

    async def drop(self, kept: Unanswered) -> None:
        """Forget a payload that was taken over and will not be answered."""
        self._held.discard(kept.key_hash)
        await self._write(unanswered.settle, (kept.key_hash,))

    async def hold(self) -> None:
        """Go on holding what this process is answering; to be called several times within `HOLD_MS`."""
        await self._settle(*self._settled)
        if self._held:
            await self._write(unanswered.hold, (wall_ms(), tuple(self._held)))

    async def leave(self) -> None:
        """Leave what this process has not answered to whoever takes over next, who need not wait for the hold to end."""
        await self._settle(*self._settled)
        if self._held:
            await self._write(unanswered.leave, tuple(self._held))
            self._held.clear()

    async def take_over(self, *, tries: range, held_too: bool = False, at_most: int = MOST_AT_ONCE) -> list[Unanswered]:
        """Return payloads that nobody holds any more, and hold them; `held_too` when this is the only process.

        Only those that were taken up `tries` times before.
        """
        wanted = Wanted(now_ms=wall_ms(), held_too=held_too, tries=tries, at_most=at_most)
        taken: list[Unanswered] = await self._write(unanswered.take_over, wanted)
        taken = [one for one in taken if one.key_hash not in self._held]
        self._held.update(one.key_hash for one in taken)
        return taken

    async def prune(self, oldest_ms: Mapping[str, int]) -> dict[str, int]:
        """Delete rows of the named tables that are older than these times, some hundred of each; return how many."""
        gone: dict[str, int] = await self._write(keeping.prune, oldest_ms)
        return gone

    async def forget(self, user: str) -> dict[str, int]:
        """Erase a person from every table; return how many rows of each were concerned."""
        gone: dict[str, int] = await self._write(keeping.forget, (user, self._hasher.user(user)))
        if self._file is not None and not await asyncio.to_thread(empty_log, self._file):
            raise StoreError(
                "erased; but another program holds on to the store's log, which still has it: run this again"
            )
        return gone

    async def record_answer(self, record: AnswerRecord) -> None:
        """Store a question (its text only with `store_questions`) and the links that were shown."""
        row = {
            "answer_id": record.answer_id,
            "question_hash": self._hasher.question(record.question),
            "question": record.question if self._store_questions else None,
            "surface": record.surface,
            "team": record.team,
            "channel": record.channel,
            "user_hash": self._hasher.user(record.user),
            "answered": record.answered,
            "doubtful": record.doubtful,
            "confidence": record.confidence,
            "urls": [storable(url) for url in record.urls],
            "version": record.version,
            "latency_ms": record.latency_ms,
            "asked_at_ms": wall_ms(),
        }
        await self._write(batches.insert_answers, fitted(ANSWERS, row), within_s=RECORD_TIMEOUT_S)

    async def record_click(self, answer_id: str, url: str, user: str) -> None:
        """Store a click on a link of an answer."""
        row = {
            "answer_id": answer_id,
            "url": url,
            "user_hash": self._hasher.user(user),
            "clicked_at_ms": wall_ms(),
        }
        await self._write(batches.insert_clicks, fitted(CLICKS, row))

    async def record_feedback(self, answer_id: str, helpful: bool, user: str) -> None:  # noqa: FBT001 - a verdict is one
        """Store a person's verdict on an answer; it replaces that person's earlier one."""
        row = {
            "answer_id": answer_id,
            "user_hash": self._hasher.user(user),
            "helpful": helpful,
            "given_at_ms": wall_ms(),
        }
        await self._write(batches.put_feedback, fitted(FEEDBACK, row))

    async def add_suggestion(self, suggestion: Suggestion) -> None:
        """Store a suggestion without a decision; StoreError when its id exists already."""
        row = {
            "suggestion_id": suggestion.suggestion_id,
            "url": suggestion.url,
            "title": suggestion.title,
            "section": suggestion.section,
            "description": suggestion.description,
            "question_hash": self._hasher.question(suggestion.question) if suggestion.question else "",
            "question": suggestion.question if self._store_questions else None,
            "team": suggestion.team,
            "user": suggestion.user,
            "suggested_at_ms": wall_ms(),
            "proposed_question": suggestion.proposed_question or None,
            "problem": suggestion.problem.value if suggestion.problem else None,
            "mending": _kept(suggestion.mending),
        }
        await self._write(batches.insert_suggestions, fitted(SUGGESTIONS, row))

    async def shown(self, answer_id: str) -> tuple[str, ...]:
        """Return the URLs that an answer showed, in their order; none for an answer that is not known."""
        return await self._read(lambda connection: read_shown(connection, storable(answer_id)))

    async def suggestion(self, suggestion_id: str) -> Suggestion | None:
        """Return the suggestion with this id, or None."""
        return await self._read(lambda connection: read_suggestion(connection, storable(suggestion_id)))

    async def decide_suggestion(
        self,
        suggestion_id: str,
        approved: bool,  # noqa: FBT001 - a verdict is one
        by: str,
        *,
        place: tuple[str, str] | None = None,
    ) -> bool:
        """Approve or decline; false when the suggestion was decided before or does not exist.

        An approval with a `place` (channel and ts of the curators' message) also creates a waiting change.
        """
        now = wall_ms()
        decision = {
            "suggestion_id": suggestion_id,
            "approved": approved,
            "decided_by_hash": self._hasher.user(by),
            "decided_at_ms": now,
        }
        change = None
        if approved and place is not None:
            change = {
                "suggestion_id": suggestion_id,
                "state": ChangeState.WAITING.value,
                "detail": "",
                "channel": place[0],
                "message_ts": place[1],
                "approved_at_ms": now,
                "changed_at_ms": now,
            }
        rows = (fitted(SUGGESTIONS, decision), None if change is None else fitted(CHANGES, change))
        return bool(await self._write(batches.decide_suggestions, rows))

    async def changes(self, *states: ChangeState) -> list[Change]:
        """Return the changes in any of these states, in order of approval."""
        return await self._read(lambda connection: read_changes(connection, states))

    async def move_change(self, suggestion_id: str, seen: ChangeState, to: ChangeState, detail: str = "") -> bool:
        """Give a change a new state; false when another process was first, so that it is no longer in the state `seen`."""
        row = {
            "suggestion_id": suggestion_id,
            "state": to.value,
            "detail": detail,
            "changed_at_ms": wall_ms(),
        }
        return bool(await self._write(batches.move_changes, (seen.value, fitted(CHANGES, row))))

    async def claim_report(self, report_id: str) -> bool:
        """Claim a report that is sent only once; true for the first process that asks, and never again."""
        row = {"report_id": report_id, "claimed_at_ms": wall_ms()}
        return bool(await self._write(batches.claim_reports, fitted(REPORTS, row)))

    async def release_report(self, report_id: str) -> None:
        """Release a report that could not be sent."""
        await self._write(batches.release_reports, fitted(REPORTS, {"report_id": report_id}))

    async def dismiss(self, *question_hashes: str) -> None:
        """Leave these questions out of the gaps from now on."""
        rows = [fitted(DISMISSED, {"question_hash": one, "dismissed_at_ms": wall_ms()}) for one in question_hashes]
        await asyncio.gather(*(self._write(batches.dismiss_questions, row) for row in rows))

    async def record_refusal(self, action: str, user: str, team: str) -> None:
        """Store that a person tried an action without the right to it."""
        row = {
            "action": action,
            "user_hash": self._hasher.user(user),
            "team": team,
            "refused_at_ms": wall_ms(),
        }
        await self._write(batches.insert_refusals, fitted(REFUSALS, row))

    async def token(self, seed: str) -> TokenPair | None:
        """Return the newest pair that came of the settings' pair with this hash, or None."""
        return await self._read(lambda connection: read_token(connection, seed))

    async def lease_token(self, seed: str, first: TokenPair, *, for_ms: int) -> TokenPair | None:
        """Return the pair to renew; None while another process does that. `first` is the pair to begin with."""
        now = wall_ms()
        lease = Lease(seed=seed, first=first, now_ms=now, until_ms=now + for_ms)
        leased: TokenPair | None = await self._write(lease_tokens, lease)
        return leased

    async def release_token(self, seed: str, pair: TokenPair) -> None:
        """Let others renew the pair at once; a pair that somebody renewed meanwhile stays as it is."""
        await self._write(end_leases, (seed, pair))

    async def keep_token(self, seed: str, pair: TokenPair) -> None:
        """Keep the newest pair, and let others renew it from now on."""
        await self._write(keep_tokens, (seed, pair))

    async def ping(self) -> None:
        """Write one row; StoreError when that does not work. A store that is down is opened again for it.

        A file that was removed or replaced can still be written by those who have it open, and nobody would read that.
        """
        gone = not self._down and self._identity is not None and identity_of(self._file) != self._identity
        if gone:
            self._fail(StoreError(f"the store's file {self._file} has gone, and what was in it"))
        if not self._down:
            await self._write(batches.beat, {"beat_at_ms": wall_ms()})
        else:
            self._engine.dispose()
            self._unlock()
            try:
                await self._prepare()
            except (DBAPIError, OSError, StoreError) as error:
                # Nothing stays open: a file system that is to be mounted anew must have no files in use.
                self._engine.dispose()
                failure = error if isinstance(error, StoreError) else store_error(error, doing="be opened")
                raise self._fail(failure) from error
            if self._locks:
                self.only_user()
            self._down = ""
        self._report(None)

    @property
    def is_down(self) -> bool:
        """Whether the last write failed, and no ping has succeeded since."""
        return bool(self._down)

    async def gaps(self, since: datetime, limit: int, *, doubtful: bool = False) -> list[Gap]:
        """Return questions since `since` without an answer, or whose answer did not help; most asked first, then latest.

        With `doubtful` those that got only a doubtful answer which nobody judged.
        """
        since_ms = int(since.timestamp() * 1000)
        reading = partial(read_gaps, since_ms=since_ms, limit=limit, doubtful=doubtful)
        return await self._read(reading, hurried=False)

    async def own(self, user: str, limit: int) -> Own:
        """Return what a person said: verdicts, counted, and the latest suggestions, `limit` at most."""
        hashed = self._hasher.user(user)
        return await self._read(lambda connection: read_own(connection, storable(user), hashed, limit))

    async def use(self, since: datetime) -> Use:
        """Return what was asked and shown since a moment, by day and by link."""
        since_ms = int(since.timestamp() * 1000)
        return await self._read(lambda connection: read_use(connection, since_ms), hurried=False)

    async def waiting(self, limit: int) -> list[Suggestion]:
        """Return suggestions that nobody has decided about, oldest first."""
        return await self._read(lambda connection: read_waiting(connection, limit))

    async def reported(self, limit: int) -> list[Suggestion]:
        """Return what people found wrong with links, and nobody has decided about; oldest first."""
        return await self._read(lambda connection: read_waiting(connection, limit, problems=True))

    async def close(self) -> None:
        """Commit waiting writes and close the database; a second call does nothing."""
        await self._writer.close()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _read(self, reading: Callable[[Connection], _T], *, hurried: bool = True) -> _T:
        """Read on a separate connection; a database in memory has only the writer's."""
        if self._shared_connection:
            result: _T = await self._write(_read_each, reading)
            return result
        try:
            async with asyncio.timeout(READ_TIMEOUT_S if hurried else None):
                return await asyncio.get_running_loop().run_in_executor(self._readers, self._read_beside, reading)
        except TimeoutError as error:
            failure = StoreError(f"the store gave no answer within {READ_TIMEOUT_S} s")
            failure.__cause__ = error
        except (DBAPIError, OSError) as error:
            failure = store_error(error, doing="be read")
        self._report(failure)
        raise failure

    async def _write(self, batch: Batch, value: Any, *, within_s: float | None = None) -> Any:
        """Write, and report a failure. After `within_s` the caller gets a StoreError, but the write may still succeed."""
        if self._down:
            raise StoreError(self._down)
        try:
            async with asyncio.timeout(within_s):
                return await self._writer.write(batch, value)
        except TimeoutError as error:
            failure = StoreError(f"the store gave no answer within {within_s} s")
            failure.__cause__ = error
        except RefusedWriteError:  # the database is well, and only this row is not
            raise
        except StoreError as error:
            failure = error
        raise self._fail(failure)

    def _fail(self, failure: StoreError) -> StoreError:
        """Count as down from now on, and report it."""
        self._down = str(failure)
        self._report(failure)
        return failure

    def _read_beside(self, reading: Callable[[Connection], _T]) -> _T:
        with self._engine.connect() as connection:
            return reading(connection)

    def __repr__(self) -> str:
        return f"<Store {shown(self._engine.url)}, {self._writer!r}>"


def _prepare(engine: Engine, file: Path | None) -> int | None:
    """Make a private file, bring the tables up to date, test a write, and return when the newest key was claimed."""
    if file is not None and not (engine.url.database or "").startswith("file:"):
        make_private(file)
    load(engine)
    with writing(engine) as connection:
        upgrade(connection)
        batches.beat(connection, [{"beat_at_ms": wall_ms()}])
        return newest_claim_ms(connection)


def _read_each(connection: Connection, readings: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    return [reading(connection) for reading in readings]


def _kept(mending: Mending | None) -> dict[str, Any] | None:
    if mending is None:
        return None
    return {"questions": [storable(question) for question in mending.questions], "retired": mending.retired}
