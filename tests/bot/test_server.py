"""What runs beside the requests as long as the bot."""

import asyncio

import pytest

from bot.server import _started, _stop


async def test_a_loop_that_ends_is_logged_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    """Not only when the bot stops, which may be weeks later."""

    async def failing() -> None:
        raise ZeroDivisionError

    loops = [_started(failing()), _started(asyncio.sleep(60))]
    await asyncio.sleep(0.01)
    assert "should run all the time" in caplog.text
    await _stop(loops)
    assert caplog.text.count("should run all the time") == 1
