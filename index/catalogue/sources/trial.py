"""Reads what was fetched for the first time in a process of its own, which can be stopped.

The readers are Python and three libraries in C, which no thread can stop. What a stranger's server sends may take as long
as it likes in them, or end the process: then it is a source that failed, and its last good copy is kept. Content that
was read here has used a share of its time alone, so that the build, which reads it again, does not fail by a hair.
"""

import json
import logging
import math
import pickle
import resource
import secrets
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from index.catalogue.read import Root, read, seconds_for
from index.errors import CatalogueError

#: Less than this cannot take long, since every reader's time is proportional to the text; a process takes half a second.
LEAST_BYTES: Final = 32 * 1024
#: The process is ended when it has used the processor this much longer than after which the reader should have stopped by
#: itself; and by the clock after so many times that, since other programs may keep the processor busy.
_GRACE_S: Final = 5.0
_CLOCK_FACTOR: Final = 10
#: Of the time that a file may take. Two runs of the same work differ by less.
_SHARE: Final = 0.6
_MEMORY_BYTES: Final = 1024**3
#: Of what such a process wrote before it ended this much goes into the log.
_MOST_SAID: Final = 4_000
#: Memory that a reader may take for each byte of a source, in addition.
_MEMORY_FACTOR: Final = 100

logger = logging.getLogger(__name__)


def links_in(root: Root) -> int:
    """Return how many links a new copy has. CatalogueError, also when reading it takes too long or too much memory."""
    size = _size(root.folder or root.path)
    if size < LEAST_BYTES:
        return len(read([root]).entries)
    seconds = seconds_for(size) + _GRACE_S
    try:
        done = subprocess.run(  # noqa: S603 - this Python, and this module
            [sys.executable, "-m", __name__, str(size)],
            input=pickle.dumps(root),
            capture_output=True,
            timeout=_CLOCK_FACTOR * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CatalogueError(f"cannot be read within {seconds:g} s", path=root.address) from None
    except OSError as error:
        raise CatalogueError(f"no process can be started to read it ({error.strerror})", path=root.address) from error
    with suppress(ValueError, KeyError, TypeError):
        found = json.loads(done.stdout)
        if "links" in found:
            return int(found["links"])
        raise CatalogueError(found["problem"], path=found["path"], line=found["line"])
    if done.returncode == -signal.SIGXCPU:
        raise CatalogueError(f"cannot be read within {seconds:g} s", path=root.address)
    reason = f"signal {-done.returncode}" if done.returncode < 0 else f"exit {done.returncode}"
    reference = secrets.token_hex(4)
    said = done.stderr.decode("utf-8", "replace")[-_MOST_SAID:]
    logger.error("the reader of %s ended with %s: %s", root.address, reason, said, extra={"reference": reference})
    message = f"its reader ended without a result ({reason}; reference {reference}); it is left out"
    raise CatalogueError(message, path=root.address)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _limit(size: int) -> None:
    """Limit what this process may take, where the system can do that."""
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: math.ceil(seconds_for(size) + _GRACE_S),
        resource.RLIMIT_AS: _MEMORY_BYTES + _MEMORY_FACTOR * size,
    }
    for kind, most in limits.items():
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most + 1))


def _main() -> None:
    root: Root = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    _limit(int(sys.argv[1]))
    try:
        found: dict[str, object] = {"links": len(read([root], share=_SHARE).entries)}
    except CatalogueError as error:
        found = {"problem": error.problem, "path": str(error.path or root.address), "line": error.line}
    except MemoryError:
        found = {"problem": "needs more memory than a list may take", "path": root.address, "line": None}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _main()
