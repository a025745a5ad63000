"""Answers, clicks, verdicts, suggestions and refusals: what is kept, and what is not."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.store import AnswerRecord, ChangeState, Mending, Problem, Store, Suggestion
from tests.bot.store.conftest import look, only_sqlite

OpenStore = Callable[..., Awaitable[Store]]
HOUR = timedelta(hours=1)

ANSWER = AnswerRecord(
    answer_id="a1",
    question="How do I rotate the ingress certificate?",
    surface="command",
    team="T024BE7LD",
    channel="C024BE91L",
    user="U2147483697",
    answered=True,
    confidence=0.83,
    urls=("https://example.org/one", "https://example.org/two"),
    version="v1",
    latency_ms=12.5,
)
SUGGESTION = Suggestion(
    suggestion_id="s1",
    url="https://example.org/?a=b&c=d",
    title="A title",
    section="Network Policy > Cilium",
    description="What it is",
    question="",
    team="T024BE7LD",
    user="U2147483697",
)


def recent() -> datetime:
    """Return the time an hour ago."""
    return datetime.now(UTC) - HOUR


def contents(folder: Path) -> bytes:
    """Every byte of the store's files."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@only_sqlite
async def test_question_text_and_user_ids_never_reach_the_disk(store: Store, tmp_path: Path) -> None:
    """Without `store_questions` neither can be found in any file of the store."""
    question = "a question with the word zanzibarquux"
    await store.record_answer(replace(ANSWER, question=question))
    await store.record_click("a1", "https://example.org/one", ANSWER.user)
    await store.record_feedback("a1", helpful=False, user=ANSWER.user)
    await store.record_refusal("approve", ANSWER.user, ANSWER.team)
    await store.add_suggestion(replace(SUGGESTION, question=question, user="U_SUGGESTS"))
    await store.decide_suggestion("s1", approved=True, by="U_CURATOR")
    kept = await store.suggestion("s1")
    assert kept == replace(SUGGESTION, question="", user="U_SUGGESTS")
    await store.close()
    held = contents(tmp_path)
    for absent in (b"zanzibarquux", ANSWER.user.encode(), b"U_CURATOR"):
        assert absent not in held
    assert b"U_SUGGESTS" in held


async def test_question_text_is_kept_when_it_is_asked_for(open_store: OpenStore) -> None:
    """With `store_questions` gaps and suggestions show it."""
    store = await open_store(store_questions=True)
    await store.record_answer(replace(ANSWER, answered=False))
    await store.add_suggestion(replace(SUGGESTION, question="why?"))
    assert [gap.text for gap in await store.gaps(recent(), 10)] == [ANSWER.question]
    kept = await store.suggestion("s1")
    assert kept is not None
    assert kept.question == "why?"


async def test_hashes_need_the_key(tmp_path: Path) -> None:
    """The same question under another key is another hash."""
    hashes = []
    for key in (b"one", b"two"):
        store = await Store.open(f"sqlite:///{tmp_path}/{key.decode()}.sqlite3", hash_key=key, store_questions=False)
        await store.record_answer(replace(ANSWER, answered=False))
        (gap,) = await store.gaps(recent(), 10)
        hashes.append(gap.hash)
        await store.close()
    assert hashes[0] != hashes[1]
    assert all(len(value) == 64 for value in hashes)


async def test_an_empty_key_is_refused(url: str) -> None:
    """A hash without a key could be looked up."""
    with pytest.raises(ValueError, match="empty"):
        await Store.open(url, hash_key=b"", store_questions=False)


async def test_gaps_are_unanswered_or_unhelpful_questions_most_asked_first(store: Store) -> None:
    """The same words in another case, spacing or with a question mark are the same question."""
    asked = [
        ("a1", "Where is the VPN guide?", False, 0.1),
        ("a2", "where is  the vpn guide", False, 0.2),
        ("a3", "Where is the VPN guide ?", False, 0.3),
        ("a4", "answered and helpful", True, 0.9),
        ("a5", "answered, no help", True, 0.7),
        ("a6", "answered, nobody said", True, 0.8),
    ]
    for answer_id, question, answered, confidence in asked:
        await store.record_answer(
            replace(ANSWER, answer_id=answer_id, question=question, answered=answered, confidence=confidence)
        )
    await store.record_feedback("a4", helpful=True, user="U1")
    await store.record_feedback("a5", helpful=False, user="U1")
    gaps = await store.gaps(recent(), 10)
    assert [(gap.count, gap.text) for gap in gaps] == [(3, None), (1, None)]
    assert gaps[1].last_confidence == 0.7
    assert abs(gaps[0].last_asked - datetime.now(UTC)) < HOUR
    assert len(await store.gaps(recent(), 1)) == 1
    assert await store.gaps(datetime.now(UTC) + HOUR, 10) == []


async def test_doubtful_answers_are_no_gaps_and_listed_apart(store: Store) -> None:
    """Until somebody says whether one helped: then it is either fine or a gap."""
    for number in range(4):
        record = replace(ANSWER, answer_id=f"a{number}", question=f"question {number}", answered=False)
        await store.record_answer(replace(record, doubtful=number > 0))
    await store.record_feedback("a1", helpful=True, user="U1")
    await store.record_feedback("a2", helpful=False, user="U1")
    hashes = {f"question {number}": store._hasher.question(f"question {number}") for number in range(4)}
    assert {gap.hash for gap in await store.gaps(recent(), 10)} == {hashes["question 0"], hashes["question 2"]}
    assert [gap.hash for gap in await store.gaps(recent(), 10, doubtful=True)] == [hashes["question 3"]]
    await store.dismiss(hashes["question 3"])
    assert await store.gaps(recent(), 10, doubtful=True) == []


async def test_the_last_asking_gives_confidence_and_text(open_store: OpenStore) -> None:
    """Not the first, not the best."""
    store = await open_store(store_questions=True)
    for number, question in enumerate(("why", "Why?", "WHY")):
        await store.record_answer(
            replace(ANSWER, answer_id=f"a{number}", question=question, answered=False, confidence=number / 10)
        )
    (gap,) = await store.gaps(recent(), 10)
    assert (gap.text, gap.last_confidence, gap.count) == ("WHY", 0.2, 3)


async def test_the_last_verdict_of_a_person_counts(store: Store, url: str) -> None:
    """And each person has one."""
    await store.record_answer(ANSWER)
    await store.record_feedback("a1", helpful=False, user="U1")
    assert len(await store.gaps(recent(), 10)) == 1
    await store.record_feedback("a1", helpful=True, user="U1")
    assert await store.gaps(recent(), 10) == []
    await store.record_feedback("a1", helpful=False, user="U2")
    assert len(await store.gaps(recent(), 10)) == 1
    assert look(url, "select count(*) from feedback") == [(2,)]


async def test_verdicts_of_one_person_at_once_leave_one(store: Store, url: str) -> None:
    """A double click in one group commit does not clash."""
    await asyncio.gather(*(store.record_feedback("a1", helpful=bool(n % 2), user="U1") for n in range(20)))
    assert look(url, "select count(*) from feedback") == [(1,)]


async def test_a_suggestion_is_decided_once(open_store: OpenStore) -> None:
    """Of two curators in two processes, one decides."""
    first, second = await open_store(), await open_store()
    await first.add_suggestion(SUGGESTION)
    assert await second.suggestion("s1") == SUGGESTION
    decided = await asyncio.gather(
        first.decide_suggestion("s1", approved=True, by="U1"), second.decide_suggestion("s1", approved=False, by="U2")
    )
    assert sorted(decided) == [False, True]
    assert not await first.decide_suggestion("s1", approved=False, by="U3")


async def test_what_does_not_exist_cannot_be_decided_or_read(store: Store) -> None:
    """An id from a forged button is nothing."""
    assert not await store.decide_suggestion("never", approved=True, by="U1")
    assert await store.suggestion("never") is None


async def test_an_id_that_is_taken_is_a_store_error_for_its_writer_alone(store: Store, url: str) -> None:
    """Others in the same group commit are kept."""
    await store.record_answer(ANSWER)
    outcomes = await asyncio.gather(
        *(store.record_answer(replace(ANSWER, answer_id=f"b{n}")) for n in range(5)),
        store.record_answer(ANSWER),
        *(store.record_answer(replace(ANSWER, answer_id=f"c{n}")) for n in range(5)),
        return_exceptions=True,
    )
    assert [isinstance(outcome, StoreError) for outcome in outcomes] == [False] * 5 + [True] + [False] * 5
    assert look(url, "select count(*) from answers") == [(11,)]


@pytest.mark.parametrize("odd", ["\ud800", "a\x00b", "\u202e", "🧭", "漢字", "'; drop table answers; --"])
async def test_any_text_can_be_kept(open_store: OpenStore, odd: str) -> None:
    """Half a surrogate and NUL are replaced, the rest is kept as it is."""
    store = await open_store(store_questions=True)
    await store.record_answer(
        replace(ANSWER, question=odd, answered=False, user=odd, urls=(odd,), surface=odd, channel=odd)
    )
    await store.record_click("a1", odd, odd)
    await store.record_feedback("a1", helpful=False, user=odd)
    await store.record_refusal(odd, odd, odd)
    await store.add_suggestion(replace(SUGGESTION, title=odd, url=odd, user=odd))
    (gap,) = await store.gaps(recent(), 10)
    assert gap.count == 1


async def test_refusals_and_clicks_are_rows(store: Store, url: str) -> None:
    """Each one counts."""
    await store.record_refusal("x" * 10_000, "U1", "T1")
    await store.record_click("a1", "https://example.org/?q=<a|b>", "U1")
    await store.record_click("a1", "https://example.org/?q=<a|b>", "U1")
    assert look(url, "select length(action), team from refusals") == [(255, "T1")]
    assert look(url, "select url from clicks") == [("https://example.org/?q=<a|b>",)] * 2


async def test_the_figures_of_curators_are_those_of_what_was_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By day in UTC, by link and by verdict; only of the time that is asked for."""
    day = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
    for number, (ends, at) in enumerate(
        [("sure", day), ("perhaps", day), ("nothing", day + timedelta(seconds=1)), ("sure", day - timedelta(days=40))]
    ):
        monkeypatch.setattr("bot.store.store.wall_ms", lambda at=at: int(at.timestamp() * 1_000))
        ended = replace(ANSWER, answer_id=f"a{number}", answered=ends == "sure", doubtful=ends == "perhaps")
        await store.record_answer(replace(ended, urls=() if ends == "nothing" else ANSWER.urls))
        await store.record_click(f"a{number}", ANSWER.urls[0], "U1")
        await store.record_feedback(f"a{number}", helpful=ends == "sure", user="U1")
    use = await store.use(day - timedelta(days=1))
    assert [(str(one.day), one.sure, one.perhaps, one.nothing) for one in use.days] == [
        ("2026-03-01", 1, 1, 0),
        ("2026-03-02", 0, 0, 1),
    ]
    assert dict(use.shown) == dict.fromkeys(ANSWER.urls, 2)
    assert (dict(use.clicked), use.helpful, use.unhelpful) == ({ANSWER.urls[0]: 3}, 1, 2)
    assert (await store.own("U1", 5)).helpful == 2
    assert await store.shown("a0") == ANSWER.urls
    assert await store.shown("a2") == await store.shown("never") == ()


async def test_a_suggestion_goes_its_way_to_the_catalogue(store: Store) -> None:
    """Waiting, decided, on its way, there; each step once. A report of a link and a mending are told from it."""
    mending = Mending(questions=("why?", "漢字"), retired=True)
    await store.add_suggestion(SUGGESTION)
    await store.add_suggestion(replace(SUGGESTION, suggestion_id="s2", problem=Problem.BROKEN))
    await store.add_suggestion(replace(SUGGESTION, suggestion_id="s3", mending=mending, user="U2"))
    assert [one.suggestion_id for one in await store.waiting(10)] == ["s1", "s3"]
    assert [one.suggestion_id for one in await store.reported(10)] == ["s2"]
    assert await store.suggestion("s3") == replace(SUGGESTION, suggestion_id="s3", mending=mending, user="U2")
    assert [one.title for one in (await store.own(SUGGESTION.user, 5)).suggestions] == ["A title"]
    for suggestion_id in ("s1", "s3"):
        assert await store.decide_suggestion(suggestion_id, approved=True, by="U3", place=("C1", "1.0"))
    changes = await store.changes(ChangeState.WAITING)
    assert [(one.suggestion.suggestion_id, one.channel, one.message_ts) for one in changes] == [
        ("s1", "C1", "1.0"),
        ("s3", "C1", "1.0"),
    ]
    assert await store.move_change("s1", ChangeState.WAITING, ChangeState.WRITTEN, "a commit")
    assert not await store.move_change("s1", ChangeState.WAITING, ChangeState.STUCK, "too late")
    (written,) = await store.changes(ChangeState.WRITTEN, ChangeState.LIVE)
    assert written.detail == "a commit"
    assert await store.claim_report("gaps:2026-03-02")
    assert not await store.claim_report("gaps:2026-03-02")
    await store.release_report("gaps:2026-03-02")
    assert await store.claim_report("gaps:2026-03-02")


async def test_what_is_longer_than_a_column_is_cut(store: Store) -> None:
    """A forged button or a workflow can say anything; SQLite would take it, and others refuse the whole row."""
    long = "x" * 1_000
    await store.record_answer(replace(ANSWER, surface=long, team=long, channel=long, version=long))
    await store.record_click(long, long, long)
    await store.record_feedback(long, helpful=True, user=long)
    await store.record_refusal(long, long, long)
    await store.add_suggestion(replace(SUGGESTION, suggestion_id=long, team=long, user=long, section=long, title=long))
    assert await store.decide_suggestion(long[:64], approved=True, by=long, place=(long, long))
    (change,) = await store.changes(ChangeState.WAITING)
    kept = change.suggestion
    assert [len(text) for text in (kept.user, kept.team, kept.title, change.channel)] == [32, 32, 1_000, 32]
    assert await store.claim_report(long)
    await store.dismiss(long)
