"""Checks many links at once: each host at its own pace, all together within limits."""

import asyncio
import math
import random
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from typing import Final
from urllib.parse import urlsplit

import httpx2

from index.catalogue.checks.checker import Checker, Target, TryAgainError
from index.catalogue.checks.hosts import Host, Pace
from index.catalogue.checks.inside import Inside
from index.catalogue.checks.network import Network
from index.catalogue.checks.pages import ShownPage
from index.catalogue.checks.records import Outcome, Verdict
from index.catalogue.http import Addresses, Wire

#: Seconds until a failed check is repeated, doubled after each failure.
RETRY_S: Final = 1.0
#: Number of threads for the system's look-ups, which block.
_LOOKUPS: Final = 32
#: Number of hosts to work on for each request that may be under way, since most hosts wait because of their pace.
_HOSTS_A_SLOT: Final = 2
#: If no host is found and there are at least this many, there is no network.
_LEAST_HOSTS: Final = 3
_PORTS: Final = {"http": 80, "https": 443}


def user_agent(purpose: str = "checks the links") -> str:
    """Return the User-Agent, which tells sites in their logs who sent a request, and what for."""
    try:
        number = version("signpost-bot")
    except PackageNotFoundError:
        number = "0"
    return f"Signpost/{number} ({purpose} of a curated catalogue)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of a run: how fast links are checked, and how long to wait for an answer."""

    concurrency: int = 64
    """Requests that may be under way at a time, over all hosts."""
    per_host: int = 2
    delay_s: float = 0.25
    """Seconds between the starts of two requests to one host; more if its robots.txt says so."""
    timeout_s: float = 20.0
    """Seconds for one request, from connecting to the end of reading."""
    retries: int = 2
    user_agent: str = field(default_factory=user_agent)


@dataclass(slots=True)
class _Job:
    target: Target
    tries: int = 0
    not_before: float = 0.0


@dataclass(slots=True, kw_only=True)
class Run:
    """One run over some links. `found` is called once for each: for most at once, for those in doubt at the end.

    If not the sites themselves answered, or nothing did, the run is in `trouble`: `found` is then not called for links in
    doubt, and the caller must drop what was found before.
    """

    found: Callable[[Target, Verdict], None]
    bounds: Bounds = field(default_factory=Bounds)
    addresses: Addresses = field(default_factory=Addresses)
    context: ssl.SSLContext = field(default_factory=httpx2.create_ssl_context)
    network: Network = field(default_factory=Network)
    reader: Callable[[ShownPage], object] | None = None
    """What to do with each good page, see `Checker`."""
    inside: Inside = field(default_factory=Inside)
    """The hosts of which nothing bad is believed, since they answer from inside alone."""
    trouble: str = ""
    """Why the results must not be believed; empty if they may be."""
    _held: list[tuple[Target, Verdict]] = field(default_factory=list)

    async def check(self, targets: Iterable[Target]) -> None:
        """Check every target."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_LOOKUPS, "lookup"))
        host_of = self._hosts(self.addresses)
        checker = Checker(host_of, self.reader)
        queues: dict[str, deque[_Job]] = {}
        for target in targets:
            queues.setdefault(_name(target.url), deque()).append(_Job(target))
        turns = Turns(_HOSTS_A_SLOT * self.bounds.concurrency)

        async def work_off(queue: deque[_Job]) -> None:
            """Check one link of a host; its others wait until no slower host waits, since the slowest hosts would end last."""
            host = host_of(queue[0].target.url)
            async with turns.taken(first=math.inf), host.used():
                started = time.monotonic()
                await self._work(checker, queue, most=1)
                took = (time.monotonic() - started) * len(queue)
            if not queue:
                return
            async with turns.taken(first=took), host.used(), asyncio.TaskGroup() as workers:
                for _ in range(min(self.bounds.per_host, len(queue))):
                    workers.create_task(self._work(checker, queue))

        try:
            async with asyncio.TaskGroup() as group:
                for queue in sorted(queues.values(), key=len, reverse=True):
                    group.create_task(work_off(queue))
        except BaseExceptionGroup as errors:
            raise _first(errors) from None  # any error, such as a full disk, ends all tasks
        if len(queues) >= _LEAST_HOSTS and not self.addresses.any_found:
            self.trouble = "not one host could be looked up: is there a network?"
        else:
            self.trouble = await self.network.trouble(self._ask_anew)
        if not self.trouble:
            for target, verdict in self._held:
                self.found(target, self.network.weighed(target, verdict))

    def _hosts(self, addresses: Addresses) -> Callable[[str], Host]:
        """Return a function from an address to its host, with one Host for each."""
        pace = Pace(slots=asyncio.Semaphore(self.bounds.concurrency), delay_s=self.bounds.delay_s)
        hosts: dict[str, Host] = {}

        def connect() -> Wire:
            return Wire(
                addresses,
                self.context,
                user_agent=self.bounds.user_agent,
                timeout_s=self.bounds.timeout_s,
                connections=self.bounds.per_host,
            )

        def host_of(url: str) -> Host:
            name = _name(url)
            if name not in hosts:
                hosts[name] = Host(name, pace, connect)
            return hosts[name]

        return host_of

    async def _ask_anew(self, targets: Sequence[Target]) -> list[Verdict]:
        """Check some links once, with new connections and look-ups."""
        checker = Checker(self._hosts(Addresses(permitted=self.addresses.permitted, resolver=self.addresses.resolver)))

        async def verdict(target: Target) -> Verdict:
            try:
                return await checker.check(target, again=True)
            except TryAgainError as error:
                return error.verdict

        return await asyncio.gather(*map(verdict, targets))

    async def _work(self, checker: Checker, queue: deque[_Job], most: int | None = None) -> None:
        """Check the waiting links of one host, at most `most`; a link to try again goes to the end of the queue."""
        for _ in count() if most is None else range(most):
            if not queue:
                return
            job = queue.popleft()
            if (wait := job.not_before - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            try:
                verdict = await checker.check(job.target, again=job.tries > 0)
            except TryAgainError as error:
                verdict = error.verdict
                if job.tries < self.bounds.retries:
                    job.not_before = time.monotonic() + RETRY_S * 2**job.tries * random.uniform(0.75, 1.25)  # noqa: S311
                    job.tries += 1
                    queue.append(job)
                    continue
            except Exception as error:  # noqa: BLE001 - an error with one link must not stop the others
                verdict = Verdict(
                    outcome=Outcome.UNKNOWN, reason=f"could not be checked ({type(error).__name__}: {error!s:.100})"
                )
            self._tell(job.target, verdict)

    def _tell(self, target: Target, verdict: Verdict) -> None:
        """Pass a verdict on, or hold one in doubt until the end of the run."""
        name = urlsplit(target.url).hostname or ""
        at = verdict.at or self.addresses.known(name)
        verdict = self.inside.judged(name, target.before, replace(verdict, at=at))
        if self.network.add(target, verdict):
            self.found(target, verdict)
        else:
            self._held.append((target, verdict))


class Turns:
    """A semaphore with priorities: of the waiting tasks, the one that takes longest is next."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._came = count()

    @asynccontextmanager
    async def taken(self, *, first: float) -> AsyncIterator[None]:
        """Wait for a turn, and give it back at the end; the largest `first` is served first, equal ones in order."""
        if self._free:
            self._free -= 1
        else:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heappush(self._waiting, (-first, next(self._came), turn))
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._pass_on()
                raise
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


def _name(url: str) -> str:
    """Return the host and port that serve an address."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    name = (parts.hostname or "").rstrip(".")
    return f"{name}:{port}" if port and port != _PORTS.get(parts.scheme) else name
