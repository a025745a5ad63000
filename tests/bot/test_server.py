"""What runs beside the requests as long as the bot."""

import asyncio

import pytest

from bot.server import _running


async def test_a_loop_that_ends_is_logged_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Not only when the bot stops, which may be weeks later."""

    async def failing() -> None:
        raise ZeroDivisionError

    async with _running(failing(), asyncio.sleep(60)):
        await asyncio.sleep(0.01)
        assert "should run all the time" in caplog.text
    assert caplog.text.count("should run all the time") == 1
