"""Background work that goes on after its request was answered: counted, limited, and waited for at the end."""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from bot.running.metrics import Metrics

logger = logging.getLogger("signpost.work")

#: From this many running tasks on, Slack is asked to deliver events again later.
MAX_IN_FLIGHT = 2_000


class Work:
    """The background tasks that are running."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def full(self) -> bool:
        """Whether events should be refused for now."""
        return len(self._tasks) >= MAX_IN_FLIGHT

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run `work` in the background; an exception is logged, with a trace and a reference."""
        task = asyncio.create_task(self._run(work, name), name=name)
        self._tasks.add(task)
        self._metrics.work.set(len(self._tasks))
        task.add_done_callback(self._done)

    async def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except Exception:
            logger.exception("%s failed", name)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._metrics.work.set(len(self._tasks))

    async def drain(self, timeout_s: float) -> int:
        """Wait for all tasks, cancel those that still run after `timeout_s`, and return how many were cancelled."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while self._tasks and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(tuple(self._tasks), timeout=left)
        unfinished = tuple(self._tasks)
        for name, count in Counter(task.get_name() for task in unfinished).items():
            logger.warning("not finished before the end: %s (%d)", name, count)
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished, timeout=0.5)
        return len(unfinished)

    def __repr__(self) -> str:
        return f"<Work {len(self._tasks)} under way>"
