"""What goes on in the background, and its end."""

import asyncio

import pytest

from bot.running.metrics import Metrics
from bot.running.work import Work


async def test_what_does_not_finish_is_said_once_for_each_kind(caplog: pytest.LogCaptureFixture) -> None:
    """Hundreds of answers may wait for Slack's pace when the process is told to end."""
    work, done = Work(Metrics()), []

    async def quick() -> None:
        await asyncio.sleep(0)
        done.append(True)

    for _ in range(300):
        work.start(asyncio.sleep(60), "a mention")
    work.start(asyncio.sleep(60), "a follow-up")
    work.start(quick(), "a mention")
    assert await work.drain(0.1) == 301
    assert done == [True]
    assert sorted(record.getMessage() for record in caplog.records) == [
        "not finished before the end: a follow-up (1)",
        "not finished before the end: a mention (300)",
    ]
