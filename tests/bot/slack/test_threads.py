"""Long threads: the start and the newest messages are read, in few calls."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.slack.threads import ENOUGH, MOST_PAGES, answered_since, read_thread
from tests.bot.tiny import IDENTITY, RecordingApi


class Thread(RecordingApi):
    """A thread as Slack gives it: the oldest first, with the first message of all in each page."""

    def __init__(self, times: list[int]) -> None:
        super().__init__()
        self.messages = [{"user": "U1", "ts": f"{time}.000000", "text": f"said at {time}"} for time in times]

    async def call(self, method: str, arguments: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
        """Take a call."""
        await super().call(method, arguments, **rest)
        given = arguments or {}
        oldest, latest = float(given.get("oldest", 0)), float(given.get("latest", "inf"))
        root, *replies = self.messages
        root["latest_reply"] = self.messages[-1]["ts"]
        found = [root, *(one for one in replies if oldest < float(one["ts"]) < latest)]
        return {"ok": True, "messages": found[: given["limit"]], "has_more": len(found) > given["limit"]}


@pytest.mark.parametrize(
    "when",
    [
        lambda number: number * 60,
        lambda number: number,
        lambda number: number * number,
        lambda number: number if number < 700 else 10_000_000 + number,
        lambda number: number if number < 7 else 10_000_000 + number,
        lambda number: (number // 300) * 86_400 + number % 300,
    ],
    ids=["even", "fast", "slower", "two bursts", "late burst", "daily"],
)
@pytest.mark.parametrize("count", [1, 99, 201, 500, 1_499, 3_000])
async def test_the_newest_hundred_messages_are_read(count: int, when: Callable[[int], int]) -> None:
    """However they are spread in time; and the first one."""
    times = [1_600_000_000 + when(number) for number in range(count)]
    slack = Thread(times)
    thread = await read_thread(slack, IDENTITY, "C1", f"{times[0]}.000000", "1900000000.000000")  # type: ignore[arg-type]
    texts = [turn.text for turn in thread.turns]
    expected = [f"said at {time}" for time in times]
    assert texts[-min(count, ENOUGH) :] == expected[-ENOUGH:]
    assert texts[0] == expected[0]
    assert ENOUGH == 100
    assert len(slack.calls) <= MOST_PAGES


async def test_whether_the_bot_has_answered_since() -> None:
    """What it wrote before is no answer."""
    slack = Thread([1, 2, 3])
    slack.messages[1]["user"] = IDENTITY.user_id
    assert [await answered_since(slack, IDENTITY, "C1", "1.000000", f"{ts}.000000") for ts in (1, 2)] == [True, False]  # type: ignore[arg-type]
