"""The store: everything that must survive a restart, in any database that SQLAlchemy supports."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreError
from bot.store import batches
from bot.store.changes import read_changes, read_suggestion
from bot.store.claims import ClaimClock, Claims, ClaimWrite, newest_claim_ms, wall_ms
from bot.store.engine import in_memory, open_engine, writing
from bot.store.gaps import read_gaps
from bot.store.hashing import Hasher, claim_hash, storable
from bot.store.migrate import upgrade
from bot.store.values import AnswerRecord, Change, ChangeState, Gap, Suggestion
from bot.store.writer import Batch, Writer, store_error

#: Attempts at opening, because two processes may create a new database at the same time.
OPEN_ATTEMPTS = 5
OPEN_PAUSE_S = 0.2
#: After this many seconds without a result the store counts as locked.
CLAIM_TIMEOUT_S = 1.5
#: Seconds that an answer waits for a store that does not respond.
RECORD_TIMEOUT_S = 0.5

#: Is called with what is wrong with the store, without secrets, or with an empty text when all is well.
Report = Callable[[str], None]

_T = TypeVar("_T")


def _nobody(_problem: str) -> None:
    """Report nothing; for commands, which show the error to their user."""


class Store:
    """Everything that the bot must remember. Create it with `Store.open`, and use it from one event loop.

    A call returns after its write is committed, so killing the process later loses nothing. Every failure is a
    `StoreError`; when another process has locked the database, it comes within a second.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        hasher: Hasher,
        store_questions: bool,
        clock: ClaimClock,
        report: Report,
    ) -> None:
        self._engine = engine
        self._hasher = hasher
        self._store_questions = store_questions
        self._claims = Claims(clock)
        self._shared_connection = in_memory(engine)
        self._writer = Writer(engine)
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
    ) -> Self:
        """Open the database and bring its tables up to date; `clock` makes the clock of dedupe keys from the newest key.

        `report` is called with each later failure, and with an empty text when a `ping` succeeds.
        """
        hasher = Hasher(hash_key)
        engine = open_engine(url)
        for attempt in range(1, OPEN_ATTEMPTS + 1):
            try:
                newest = await asyncio.to_thread(_prepare, engine)
                break
            except DBAPIError as error:
                if attempt == OPEN_ATTEMPTS:
                    engine.dispose()
                    raise store_error(error, doing="be opened") from error
                await asyncio.sleep(OPEN_PAUSE_S)
            except StoreError:
                engine.dispose()
                raise
        return cls(engine, hasher=hasher, store_questions=store_questions, clock=clock(newest), report=report)

    async def claim(self, *keys: str) -> bool:
        """Take all keys and return true; if one was taken within the last 24 hours, take none and return false.

        However many tasks and processes ask at once, only one gets true. Without keys the result is true.
        """
        return not keys or bool(
            await self._write(self._claims.apply, _claim(keys, take=True), within_s=CLAIM_TIMEOUT_S)
        )

    async def release(self, *keys: str) -> None:
        """Give keys back, so that a later delivery is handled; unknown keys are ignored."""
        if keys:
            await self._write(self._claims.apply, _claim(keys, take=False))

    async def record_answer(self, record: AnswerRecord) -> None:
        """Store a question (its text only with `store_questions`) and the links that were shown."""
        row = {
            "answer_id": storable(record.answer_id),
            "question_hash": self._hasher.question(record.question),
            "question": storable(record.question) if self._store_questions else None,
            "surface": storable(record.surface),
            "team": storable(record.team),
            "channel": storable(record.channel),
            "user_hash": self._hasher.user(record.user),
            "answered": record.answered,
            "doubtful": record.doubtful,
            "confidence": record.confidence,
            "urls": [storable(url) for url in record.urls],
            "version": storable(record.version),
            "latency_ms": record.latency_ms,
            "asked_at_ms": wall_ms(),
        }
        await self._write(batches.insert_answers, row, within_s=RECORD_TIMEOUT_S)

    async def record_click(self, answer_id: str, url: str, user: str) -> None:
        """Store a click on a link of an answer."""
        row = {
            "answer_id": storable(answer_id),
            "url": storable(url),
            "user_hash": self._hasher.user(user),
            "clicked_at_ms": wall_ms(),
        }
        await self._write(batches.insert_clicks, row)

    async def record_feedback(self, answer_id: str, helpful: bool, user: str) -> None:  # noqa: FBT001 - a verdict is one
        """Store a person's verdict on an answer; it replaces that person's earlier one."""
        row = {
            "answer_id": storable(answer_id),
            "user_hash": self._hasher.user(user),
            "helpful": helpful,
            "given_at_ms": wall_ms(),
        }
        await self._write(batches.put_feedback, row)

    async def add_suggestion(self, suggestion: Suggestion) -> None:
        """Store a suggestion without a decision; StoreError when its id exists already."""
        row = {
            "suggestion_id": storable(suggestion.suggestion_id),
            "url": storable(suggestion.url),
            "title": storable(suggestion.title),
            "section": storable(suggestion.section),
            "description": storable(suggestion.description),
            "question_hash": self._hasher.question(suggestion.question) if suggestion.question else "",
            "question": storable(suggestion.question) if self._store_questions else None,
            "team": storable(suggestion.team),
            "user": storable(suggestion.user),
            "suggested_at_ms": wall_ms(),
            "proposed_question": storable(suggestion.proposed_question) or None,
        }
        await self._write(batches.insert_suggestions, row)

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
            "suggestion_id": storable(suggestion_id),
            "approved": approved,
            "decided_by_hash": self._hasher.user(by),
            "decided_at_ms": now,
        }
        change = None
        if approved and place is not None:
            change = {
                "suggestion_id": storable(suggestion_id),
                "state": ChangeState.WAITING.value,
                "detail": "",
                "channel": storable(place[0]),
                "message_ts": storable(place[1]),
                "approved_at_ms": now,
                "changed_at_ms": now,
            }
        return bool(await self._write(batches.decide_suggestions, (decision, change)))

    async def changes(self, *states: ChangeState) -> list[Change]:
        """Return the changes in any of these states, in order of approval."""
        return await self._read(lambda connection: read_changes(connection, states))

    async def move_change(self, suggestion_id: str, seen: ChangeState, to: ChangeState, detail: str = "") -> bool:
        """Give a change a new state; false when another process was first, so that it is no longer in the state `seen`."""
        row = {
            "suggestion_id": storable(suggestion_id),
            "state": to.value,
            "detail": storable(detail),
            "changed_at_ms": wall_ms(),
        }
        return bool(await self._write(batches.move_changes, (seen.value, row)))

    async def claim_report(self, report_id: str) -> bool:
        """Claim a report that is sent only once; true for the first process that asks, and never again."""
        row = {"report_id": storable(report_id), "claimed_at_ms": wall_ms()}
        return bool(await self._write(batches.claim_reports, row))

    async def release_report(self, report_id: str) -> None:
        """Release a report that could not be sent."""
        await self._write(batches.release_reports, {"report_id": storable(report_id)})

    async def dismiss(self, *question_hashes: str) -> None:
        """Leave these questions out of the gaps from now on."""
        rows = [{"question_hash": storable(one)[:64], "dismissed_at_ms": wall_ms()} for one in question_hashes]
        await asyncio.gather(*(self._write(batches.dismiss_questions, row) for row in rows))

    async def record_refusal(self, action: str, user: str, team: str) -> None:
        """Store that a person tried an action without the right to it."""
        row = {
            "action": storable(action)[:255],
            "user_hash": self._hasher.user(user),
            "team": storable(team),
            "refused_at_ms": wall_ms(),
        }
        await self._write(batches.insert_refusals, row)

    async def ping(self) -> None:
        """Write one row; StoreError when that does not work."""
        await self._write(batches.beat, {"beat_at_ms": wall_ms()})
        self._report("")

    async def gaps(self, since: datetime, limit: int, *, doubtful: bool = False) -> list[Gap]:
        """Return questions since `since` without an answer, or whose answer did not help; most asked first, then latest.

        With `doubtful` those that got only a doubtful answer which nobody judged.
        """
        since_ms = int(since.timestamp() * 1000)
        return await self._read(lambda connection: read_gaps(connection, since_ms, limit, doubtful=doubtful))

    async def close(self) -> None:
        """Commit waiting writes and close the database; a second call does nothing."""
        await self._writer.close()
        self._engine.dispose()

    async def _read(self, reading: Callable[[Connection], _T]) -> _T:
        """Read on a separate connection; a database in memory has only the writer's."""
        if self._shared_connection:
            result: _T = await self._write(_read_each, reading)
            return result
        try:
            return await asyncio.to_thread(self._read_beside, reading)
        except (DBAPIError, OSError) as error:
            failure = store_error(error, doing="be read")
            self._report(str(failure))
            raise failure from error

    async def _write(self, batch: Batch, value: Any, *, within_s: float | None = None) -> Any:
        """Write, and report a failure. After `within_s` the caller gets a StoreError, but the write may still succeed."""
        try:
            async with asyncio.timeout(within_s):
                return await self._writer.write(batch, value)
        except TimeoutError as error:
            failure = StoreError(f"the store gave no answer within {within_s} s")
            failure.__cause__ = error
        except StoreError as error:
            failure = error
        self._report(str(failure))
        raise failure

    def _read_beside(self, reading: Callable[[Connection], _T]) -> _T:
        with self._engine.connect() as connection:
            return reading(connection)

    def __repr__(self) -> str:
        return f"<Store {self._engine.url.render_as_string(hide_password=True)}, {self._writer!r}>"


def _claim(keys: tuple[str, ...], *, take: bool) -> ClaimWrite:
    return ClaimWrite(key_hashes=tuple(claim_hash(key) for key in keys), take=take)


def _prepare(engine: Engine) -> int | None:
    """Bring the tables up to date, test a write, and return when the newest dedupe key was claimed."""
    with writing(engine) as connection:
        upgrade(connection)
        batches.beat(connection, [{"beat_at_ms": wall_ms()}])
        return newest_claim_ms(connection)


def _read_each(connection: Connection, readings: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    return [reading(connection) for reading in readings]
