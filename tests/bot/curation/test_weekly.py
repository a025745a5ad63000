"""When the weekly message is due."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.curation.weekly import due
from bot.errors import StoreError
from tests.bot.tiny import services_of

MONDAY = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(), MONDAY),
        (timedelta(hours=23, minutes=59), MONDAY),
        (timedelta(hours=24), None),
        (timedelta(seconds=-1), None),
        (timedelta(days=7), MONDAY + timedelta(days=7)),
    ],
)
def test_it_is_due_for_a_day(after: timedelta, expected: datetime | None) -> None:
    """A bot that was down at the hour makes up for it; later than that the next week is nearer."""
    assert due(MONDAY + after, "monday", 9) == expected


def test_a_day_at_the_end_of_the_week_is_found_on_the_next() -> None:
    """Sunday 23 is still to be made up for on Monday."""
    assert due(MONDAY, "sunday", 23) == datetime(2026, 5, 3, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "settings", [{}, {"CURATORS_CHANNEL": "C0CURATORS", "GAPS_DAY": "off"}], ids=["no channel", "off"]
)
async def test_nobody_is_told_where_nobody_wants_to_be(settings: dict[str, str]) -> None:
    """Without a curators' channel, or turned off, there is nothing to wait for."""
    async with services_of(None, **settings) as services:
        await services.weekly.follow()


async def test_a_store_that_fails_for_a_moment_does_not_cost_the_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message is this process's to send; it could not be made, so that the next look must find it free."""
    monkeypatch.setattr("bot.curation.weekly.due", lambda *_: MONDAY)
    async with services_of(None, CURATORS_CHANNEL="C0CURATORS") as services:

        async def locked(*_: object) -> None:
            raise StoreError("the store cannot be read: database is locked")

        monkeypatch.setattr(services.store, "gaps", locked)
        with pytest.raises(StoreError):
            await services.weekly._look()
        assert await services.store.claim_report("gaps:2026-05-04")
