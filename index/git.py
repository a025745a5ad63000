"""Runs git without a shell or prompts, on the named repository only, with limits of time and output size."""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

_POLL_S: Final = 0.05
#: Variables that make git write what it sends, logins included, into its output or a file.
_TRACING: Final = re.compile(r"GIT_TRACE|GIT_CURL_VERBOSE")
#: Variables that make git use another repository than the named one, or read names as patterns. A git hook that runs us
#: sets some of them.
MISLEADING: Final = frozenset(
    {
        "GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_PREFIX", "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH",
        "GIT_NAMESPACE", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS",
        "GIT_CONFIG", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_LITERAL_PATHSPECS",
    }
)  # fmt: skip


class GitOutputError(Exception):
    """Git printed more than is allowed."""


def run_git(
    args: Sequence[str],
    cwd: Path | None,
    *,
    timeout_s: float,
    max_bytes: int,
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> "subprocess.CompletedProcess[bytes]":
    """Run git and return its exit code and output; `given` is its standard input.

    OSError when it cannot be run, subprocess.TimeoutExpired, GitOutputError; `meanwhile` is called now and then and may
    raise too. After any error, git and its child processes have ended.
    """
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        asked.write(given)
        asked.seek(0)
        process = subprocess.Popen(  # noqa: S603 - a list of arguments; the callers refuse values that start with a dash
            ["git", *args],  # noqa: S607 - the git on the PATH
            cwd=cwd,
            stdin=asked,
            stdout=out,
            stderr=err,
            env=_environment() | dict(environment or {}),
            start_new_session=True,  # no terminal to ask at, and its helpers end with it
        )
        give_up = time.monotonic() + timeout_s
        try:
            while process.returncode is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL_S)
                if process.returncode is None and time.monotonic() > give_up:
                    raise subprocess.TimeoutExpired(process.args, timeout_s)
                if os.fstat(out.fileno()).st_size + os.fstat(err.fileno()).st_size > max_bytes:
                    raise GitOutputError(f"git prints more than {max_bytes:,} bytes")
                meanwhile()
        finally:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return subprocess.CompletedProcess(process.args, process.returncode, _all(out), _all(err))


def _environment() -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if name not in MISLEADING and not _TRACING.match(name)
    }
    return {**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _all(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()
