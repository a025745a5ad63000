"""Commands of our own as processes beside the bot: bounded in time, and gone when nobody waits for them any more."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence

from bot.settings import without_secrets

#: Longest line of output that is read.
_LINE_BYTES = 16 * 1024 * 1024


#: How long a process that must not be cut short may go on when nobody waits for it any more.
_PATIENCE_S = 1.0


@contextlib.asynccontextmanager
async def command(*arguments: str, spared: bool = False) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run Python with these arguments, without the bot's secrets; at the end of the block it is killed if it still runs.

    It leads a group of its own, and what it started is killed with it. One that is `spared` gets a moment first, and what
    it started goes on: a git that is killed leaves its lock behind.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # whatever lies in the folder that the bot runs in is no module of ours
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
            await asyncio.wait_for(process.wait(), _PATIENCE_S)
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
