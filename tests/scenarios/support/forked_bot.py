"""The bot as a fork of a process that has imported everything: it starts in a fraction of the time."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import MappingProxyType
from typing import Final

from tests.patience import be_patient

#: What the process is forked from: it imports the program once, and never starts it.
_SERVER: Final = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.scenarios.support.scripted_bot"])


def _run(
    log: Path,
    *,
    environment: Mapping[str, str],
    script: Path | None,
    arguments: Sequence[str],
    files: int,
    limits: Mapping[str, float],
) -> None:
    """Become a program of its own, with its output in a file, and serve."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(log.parent)
    if files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    from tests.scenarios.support import scripted_bot  # noqa: PLC0415 - where it is forked, not where it is asked for

    be_patient(limits)
    scripted_bot.serve(script, arguments)


class ForkedBot:
    """A fork, with as much of `subprocess.Popen` as tests want of a bot."""

    def __init__(
        self,
        environment: Mapping[str, str],
        arguments: Sequence[str],
        log: Path,
        *,
        script: Path | None = None,
        files: int = 0,
        limits: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self._process: ForkServerProcess = _SERVER.Process(
            target=_run,
            args=(log,),
            kwargs={
                "environment": dict(environment),
                "script": script,
                "arguments": tuple(arguments),
                "files": files,
                "limits": dict(limits),
            },
            daemon=True,
        )
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, below zero where a signal ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code; TimeoutExpired where it does not come."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("the bot", timeout or 0.0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)
