"""One host: sends its requests at its pace, obeys its robots.txt, and gives up when it does not answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from protego import Protego

from index.catalogue.http import Response, UnreachableError, Wire, WireError

#: The name that robots.txt rules are looked up by.
ROBOT: Final = "Signpost"
#: Longest delay between two requests, even if robots.txt wants more.
MAX_CRAWL_DELAY_S: Final = 30.0
#: A host that asks for a longer pause is left for the next run.
MAX_PAUSE_S: Final = 60.0
#: After this many failures in a row a host is left for the next run: if it never answered, and if it has before.
_PATIENCE_NEVER: Final = 3
_PATIENCE: Final = 12
_ROBOTS_REDIRECTS: Final = 3
_MAX_ROBOTS_CHARS: Final = 100_000
_TOO_MANY: Final = 429


class DisallowedError(WireError):
    """The host's robots.txt forbids the request."""


class GivenUpError(WireError):
    """The host is left for the next run: it has failed too often, or asked for too long a pause."""


@dataclass(slots=True, kw_only=True)
class Pace:
    """Limits of simultaneous requests, for all hosts together and for each."""

    slots: asyncio.Semaphore
    """Limits the requests to all hosts together that may be under way."""
    delay_s: float
    """Seconds between the starts of two requests to one host."""


@dataclass(slots=True)
class Host:
    """One host in a run; every request to it goes through `ask`."""

    name: str
    pace: Pace
    connect: Callable[[], Wire]
    wire: Wire | None = None
    users: int = 0
    next_at: float = 0.0
    """Time of the monotonic clock from which the next request may start."""
    delay_s: float = 0.0
    answered: bool = False
    failures: int = 0
    """Number of failures in a row."""
    closed: str = ""
    """Why no more requests are sent to it in this run; empty while they are."""
    robots: dict[str, "asyncio.Future[Protego | None]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.delay_s = self.pace.delay_s

    async def ask(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        """Return the response to one request, which is sent when the host's pace allows. WireError."""
        rules = await self._rules(url)
        if rules is not None and not rules.can_fetch(url, ROBOT):
            raise DisallowedError("the site's robots.txt does not allow to look")
        return await self._ask(method, url, headers)

    async def _ask(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        await self._turn()
        async with self.pace.slots:
            if self.closed:
                raise GivenUpError(self.closed)
            if self.wire is None:
                self.wire = self.connect()
            try:
                reply = await self.wire.ask(method, url, headers)
            except UnreachableError as error:
                self._failed(str(error))
                raise
        self.answered, self.failures = True, 0
        return reply

    async def _turn(self) -> None:
        """Wait until the next request may start; then look again, since the host may have asked for a pause meanwhile."""
        while not self.closed:
            now = time.monotonic()
            if now >= self.next_at:
                self.next_at = now + self.delay_s
                return
            await asyncio.sleep(self.next_at - now)

    def _failed(self, reason: str) -> None:
        self.failures += 1
        if self.failures >= (_PATIENCE if self.answered else _PATIENCE_NEVER):
            self.closed = f"{reason}, {self.failures} times in a row"

    def wait(self, seconds: float, reason: str) -> None:
        """Send no requests for some seconds, as the host asks; GivenUpError when that is longer than a run can wait."""
        if seconds > MAX_PAUSE_S:
            self.closed = f"{reason}, and asks to come back in {seconds:.0f} s"
            raise GivenUpError(self.closed)
        self.next_at = max(self.next_at, time.monotonic() + seconds)

    async def _rules(self, url: str) -> Protego | None:
        """Return the robots.txt rules for an address, or None."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        known = self.robots.get(origin)
        if known is None:
            known = self.robots[origin] = asyncio.get_running_loop().create_future()
            rules = None
            try:
                rules = await self._read_rules(f"{origin}/robots.txt")
            finally:
                known.set_result(rules)
            if rules is not None and (delay := rules.crawl_delay(ROBOT)) is not None:
                self.delay_s = max(self.delay_s, min(float(delay), MAX_CRAWL_DELAY_S))
        return await asyncio.shield(known)

    async def _read_rules(self, url: str) -> Protego | None:
        """Read a robots.txt. If there is none, or no response, nothing is forbidden: the request for the page will tell."""
        for _ in range(_ROBOTS_REDIRECTS):
            try:
                reply = await self._ask("GET", url, {})
            except WireError:
                return None
            if reply.location.startswith("/") and not reply.location.startswith("//"):
                parts = urlsplit(url)
                url = f"{parts.scheme}://{parts.netloc}{reply.location}"
                continue
            if reply.status != 200 or "html" in reply.content_type:  # noqa: PLR2004
                return None
            return Protego.parse(reply.body.decode("utf-8", "replace")[:_MAX_ROBOTS_CHARS])
        return None

    @asynccontextmanager
    async def used(self) -> AsyncIterator["Host"]:
        """Keep the connections open while any task uses the host; they are opened again when needed."""
        self.users += 1
        try:
            yield self
        finally:
            self.users -= 1
            if self.users == 0 and self.wire is not None:
                wire, self.wire = self.wire, None
                await wire.close()


def wanted_pause(reply: Response) -> float | None:
    """Return the pause in seconds that a response asks for (429 or 503 with Retry-After), or None."""
    after = reply.headers.get("retry-after", "").strip()
    if not after:
        return 5.0 if reply.status == _TOO_MANY else None
    if after.isascii() and after.isdigit():
        return float(after[:6])
    try:
        moment = parsedate_to_datetime(after)
    except (ValueError, TypeError, IndexError, OverflowError):  # whatever a host writes there
        return None
    # A date whose zone is -0000 has none: it is UTC.
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
