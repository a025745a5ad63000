"""What all inputs of a target share, since making it would take longer than the input: a folder, an event loop."""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Awaitable
from functools import cache
from pathlib import Path
from typing import Any

#: Seconds of the clock after which something that waits is taken for hanging.
_WAITED_S = 60.0


@cache
def folder() -> Path:
    """Return the folder of the files that the targets write, in memory where there is a place for that."""
    path = Path(tempfile.mkdtemp(prefix="signpost-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    # After the tests too, which would fill the memory run by run.
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def finished(work: Awaitable[Any]) -> Any:
    """Return the result of something that waits; TimeoutError when it waits for ever."""
    return _loop().run_until_complete(asyncio.wait_for(work, _WAITED_S))


def clean_up() -> None:
    """Remove what the targets wrote."""
    if folder.cache_info().currsize:
        shutil.rmtree(folder(), ignore_errors=True)
        folder.cache_clear()
