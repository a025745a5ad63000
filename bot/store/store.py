"""The store: what must outlive the process, in any database that SQLAlchemy speaks to."""

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

#: Attempts at opening, since two processes may bring one new database into being together.
OPEN_ATTEMPTS = 5
OPEN_PAUSE_S = 0.2
#: A store that does not say yes or no by then counts as locked.
CLAIM_TIMEOUT_S = 1.5
#: An answer is not held up longer than this by a store that does not take it.
RECORD_TIMEOUT_S = 0.5

#: Takes what is wrong with the store in words that hold no secret, and nothing when it is well.
Report = Callable[[str], None]

_T = TypeVar("_T")


def _nobody(_problem: str) -> None:
    """Report to nobody: a command tells its user the error itself."""


class Store:
    """Everything that the bot must remember; made by `Store.open`, used from one event loop.

    A call returns once its write is committed: killing the process later loses nothing. Whatever goes wrong below is a
    `StoreError`, within a second when another process holds the database.
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
        """Open, and bring the tables up to date; `clock` makes the clock of dedupe keys from the newest one.

        `report` is told whatever goes wrong from then on, and nothing when a `ping` shows that all is well.
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
        """Take all keys; false, and nothing taken, when one of them was taken within the last 24 hours.

        Of any number of callers, in any number of processes, one gets true. No keys at all: true.
        """
        return not keys or bool(
            await self._write(self._claims.apply, _claim(keys, take=True), within_s=CLAIM_TIMEOUT_S)
        )

    async def release(self, *keys: str) -> None:
        """Give keys back, so that a later delivery is taken up again; keys that nobody holds are fine."""
        if keys:
            await self._write(self._claims.apply, _claim(keys, take=False))

    async def record_answer(self, record: AnswerRecord) -> None:
        """Keep what was asked (its text only with `store_questions`) and what was shown."""
        row = {
            "answer_id": storable(record.answer_id),
            "question_hash": self._hasher.question(record.question),
            "question": storable(record.question) if self._store_questions else None,
            "surface": storable(record.surface),
            "team": storable(record.team),
            "channel": storable(record.channel),
            "user_hash": self._hasher.user(record.user),
            "answered": record.answered,
            "confidence": record.confidence,
            "urls": [storable(url) for url in record.urls],
            "version": storable(record.version),
            "latency_ms": record.latency_ms,
            "asked_at_ms": wall_ms(),
        }
        await self._write(batches.insert_answers, row, within_s=RECORD_TIMEOUT_S)

    async def record_click(self, answer_id: str, url: str, user: str) -> None:
        """Keep that somebody opened a link of an answer."""
        row = {
            "answer_id": storable(answer_id),
            "url": storable(url),
            "user_hash": self._hasher.user(user),
            "clicked_at_ms": wall_ms(),
        }
        await self._write(batches.insert_clicks, row)

    async def record_feedback(self, answer_id: str, helpful: bool, user: str) -> None:  # noqa: FBT001 - a verdict is one
        """Keep somebody's verdict on an answer, in place of that person's earlier one."""
        row = {
            "answer_id": storable(answer_id),
            "user_hash": self._hasher.user(user),
            "helpful": helpful,
            "given_at_ms": wall_ms(),
        }
        await self._write(batches.put_feedback, row)

    async def add_suggestion(self, suggestion: Suggestion) -> None:
        """Keep a suggested link, undecided; StoreError when its id is taken."""
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
        """Return the suggestion, None when there is none of this id."""
        return await self._read(lambda connection: read_suggestion(connection, storable(suggestion_id)))

    async def decide_suggestion(
        self,
        suggestion_id: str,
        approved: bool,  # noqa: FBT001 - a verdict is one
        by: str,
        *,
        place: tuple[str, str] | None = None,
    ) -> bool:
        """Approve or decline; false when it was decided before, or does not exist.

        An approval with a `place` (channel and ts of the curators' message) is a change that waits from then on.
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
        """Return the changes in any of these states, in the order in which they were approved."""
        return await self._read(lambda connection: read_changes(connection, states))

    async def move_change(self, suggestion_id: str, seen: ChangeState, to: ChangeState, detail: str = "") -> bool:
        """Give a change another state; false when it is no longer in the state that was seen: somebody else was first."""
        row = {
            "suggestion_id": storable(suggestion_id),
            "state": to.value,
            "detail": storable(detail),
            "changed_at_ms": wall_ms(),
        }
        return bool(await self._write(batches.move_changes, (seen.value, row)))

    async def claim_report(self, report_id: str) -> bool:
        """Take a report that is to be sent once; true for the first of any number of processes, for good."""
        row = {"report_id": storable(report_id), "claimed_at_ms": wall_ms()}
        return bool(await self._write(batches.claim_reports, row))

    async def release_report(self, report_id: str) -> None:
        """Give a report back that could not be sent."""
        await self._write(batches.release_reports, {"report_id": storable(report_id)})

    async def dismiss(self, *question_hashes: str) -> None:
        """Leave questions out of the gaps from now on."""
        rows = [{"question_hash": storable(one)[:64], "dismissed_at_ms": wall_ms()} for one in question_hashes]
        await asyncio.gather(*(self._write(batches.dismiss_questions, row) for row in rows))

    async def record_refusal(self, action: str, user: str, team: str) -> None:
        """Keep that somebody tried what only others may do."""
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

    async def gaps(self, since: datetime, limit: int) -> list[Gap]:
        """Questions since `since` that went unanswered or whose answer did not help; most asked first, then latest."""
        since_ms = int(since.timestamp() * 1000)
        return await self._read(lambda connection: read_gaps(connection, since_ms, limit))

    async def close(self) -> None:
        """Commit what waits and let the database go; a second call does nothing."""
        await self._writer.close()
        self._engine.dispose()

    async def _read(self, reading: Callable[[Connection], _T]) -> _T:
        """Read on a connection of its own, beside the writer; in memory there is one connection, the writer's."""
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
        """Write, and report a failure; what takes longer than `within_s` is one to its caller, and may be done yet."""
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
    """Bring the tables up to date, and write; return when the newest dedupe key was claimed."""
    with writing(engine) as connection:
        upgrade(connection)
        batches.beat(connection, [{"beat_at_ms": wall_ms()}])
        return newest_claim_ms(connection)


def _read_each(connection: Connection, readings: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    return [reading(connection) for reading in readings]
