"""Runs our own commands as processes beside the bot, and ends them when they are no longer waited for."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence

from bot.settings import without_secrets

#: The longest line of output that can be read.
_LINE_BYTES = 16 * 1024 * 1024


#: Seconds that a `spared` process still gets to finish.
_LAST_TIMEOUT_S = 1.0


@contextlib.asynccontextmanager
async def command(*arguments: str, spared: bool = False) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run Python with these arguments and without the bot's secrets; kill it at the end of the block if it still runs.

    Processes that it started are killed too. A `spared` process gets a moment to finish first, and the processes that it
    started are not killed: a killed git would leave its lock behind.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # import nothing from the working folder
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=without_secrets(),
        start_new_session=True,
        limit=_LINE_BYTES,
    )
    try:
        yield process
    finally:
        await _end(process, spared=spared)


async def _end(process: asyncio.subprocess.Process, *, spared: bool) -> None:
    if spared and process.returncode is None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _LAST_TIMEOUT_S)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            if spared:
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def signpost(*arguments: str) -> Sequence[str]:
    """Return Python's arguments for a command of `signpost`."""
    return ("-m", "bot.cli", *arguments)
