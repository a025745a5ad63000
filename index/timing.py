"""Stops Python code that takes too long."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


class OutOfTimeError(Exception):
    """The code took longer than it may."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError in the code inside once it has used the processor this long, also in the middle of a pattern.

    The time of the processor counts, not that of the clock: on a machine that is busy with something else nothing is stopped.
    Only the system's timer can do that, and only in the main thread; elsewhere, and where somebody else uses the timer, the
    code runs on. A call into a library in C ends first.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getitimer(signal.ITIMER_PROF)[0]:
        yield
        return
    before = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stop(*_: object) -> NoReturn:
    raise OutOfTimeError
