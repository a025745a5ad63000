"""The slash command."""

import asyncio
import json

import pytest

from bot.app import Dispatch
from bot.store import AnswerRecord
from tests.bot.tiny import services_of

COMMAND = {
    "command": "/links",
    "text": "cilium",
    "team_id": "TOURS",
    "channel_id": "C0ONE",
    "user_id": "U0ASKER",
    "trigger_id": "1.2.a",
}


async def test_an_answer_does_not_wait_for_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store writes to a disk, which may take its time; the record is kept all the same."""
    shown, kept = asyncio.Event(), []

    async with services_of() as services:

        async def record(answer: AnswerRecord) -> None:
            await shown.wait()
            kept.append(answer.question)

        monkeypatch.setattr(services.store, "record_answer", record)
        async with asyncio.timeout(60):
            _, _, content = await Dispatch(services)(dict(COMMAND), {})
        assert "Links for: " in json.dumps(json.loads(content))
        assert not kept
        shown.set()
        await services.work.drain(10.0)
    assert kept == ["cilium"]
