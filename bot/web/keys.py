"""Who asks over HTTP, and what they may: the page's key, and keys with scopes and limits, from a file of their hashes."""

import hashlib
import hmac
import logging
import re
import secrets
import time
import tomllib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bot.errors import SettingsError

logger = logging.getLogger("signpost.keys")

PREFIX: Final = "signpost_"
KEY_BYTES: Final = 32
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
PER_MINUTE: Final = 600
MOST_PER_MINUTE: Final = 1_000_000
_HASH: Final = re.compile(r"[0-9a-f]{64}")
#: The name of whoever has the page's own key.
PAGE: Final = "WEB_KEY"
_FIELDS: Final = frozenset({"sha256", "scopes", "links", "per_minute"})
#: Visitors whose use is remembered; whoever was away longest is forgotten first.
_REMEMBERED: Final = 10_000


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "read"
    """To ask, and to list links, sections, tags and news."""
    FEEDBACK = "feedback"
    """To say whether an answer helped."""
    SUGGEST = "suggest"
    """To suggest links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody who asks over HTTP: the holder of a key, or anybody."""

    name: str
    scopes: frozenset[Scope]
    per_minute: int = 0
    """How many requests a minute that a key may make; 0 for any number. Others are limited by their address."""
    public_only: bool = False
    """Whether they get only links with the tag `public`."""
    user: str = ""
    """Slack's user id, and `team` the workspace, where Slack says who asks."""
    team: str = ""
    delivery: str = ""
    """What marks one delivery of a request that may come again, such as one that Slack has signed; empty otherwise."""


class KeyFile:
    """The file of keys, read again when it changes: a key that is taken out of it is refused from then on."""

    def __init__(self, path: Path) -> None:
        """Read the file; SettingsError lists everything that is wrong with it."""
        self._path = path
        self._seen = self._state()
        self._visitors = read_keys(path)

    def visitor(self, key: str) -> Visitor | None:
        """Return the holder of a key; None for a key that is not in the file."""
        self._refresh()
        # Keys are long and random, so that a plain hash cannot be turned round and needs no slow one.
        return self._visitors.get(hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest())

    def _refresh(self) -> None:
        """Read the file again if it has changed; a wrong one is told in the log, and the keys stay as they were."""
        state = self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            self._visitors = read_keys(self._path)
        except SettingsError as error:
            logger.error("the keys stay as they were: %s", error)  # noqa: TRY400 - the file is wrong, not the program

    def _state(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    def __repr__(self) -> str:
        return f"<KeyFile {self._path}, {len(self._visitors)} keys>"


class Keys:
    """Every key that opens something over HTTP: the page's own, which opens all of it, and those of the file."""

    def __init__(self, page_key: str, file: KeyFile | None) -> None:
        self._page_key = page_key.encode()
        self._file = file

    @property
    def page_key(self) -> bytes:
        """What people type to see the page; empty without one."""
        return self._page_key

    def opens_page(self, key: str) -> bool:
        """Return whether this is the page's key."""
        return bool(self._page_key) and hmac.compare_digest(key.encode("utf-8", "replace"), self._page_key)

    def holder(self, key: str) -> Visitor | None:
        """Return who has a key; None for one that is not known."""
        if self.opens_page(key):
            return Visitor(name=PAGE, scopes=frozenset(Scope))
        return None if self._file is None else self._file.visitor(key)


def read_keys(path: Path) -> dict[str, Visitor]:
    """Return the holder of each hash of a key; SettingsError lists everything that is wrong with the file."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError((f"API_KEYS_FILE: {path} cannot be read ({error.strerror})",)) from error
    except ValueError as error:
        raise SettingsError((f"API_KEYS_FILE: {path} is not TOML ({error})",)) from error
    problems: list[str] = []
    visitors: dict[str, Visitor] = {}
    for name, fields in table.items():
        if wrong := _wrong(fields):
            problems.append(f"API_KEYS_FILE: {path}: [{name:.60}] {wrong}")
        else:
            visitors[fields["sha256"]] = Visitor(
                name=name,
                scopes=frozenset(map(Scope, fields.get("scopes", (Scope.READ,)))),
                per_minute=fields.get("per_minute", PER_MINUTE),
                public_only=fields.get("links", "all") == "public",
            )
    if problems:
        raise SettingsError(tuple(problems))
    return visitors


def _wrong(fields: Any) -> str:
    """Return what is wrong with the table of a key; empty if nothing is."""
    if not isinstance(fields, dict):
        return "is no table"
    if unknown := sorted(fields.keys() - _FIELDS):
        return f"has {unknown[0]!r:.60}, which is no field; there are {', '.join(sorted(_FIELDS))}"
    if not isinstance(fields.get("sha256"), str) or not _HASH.fullmatch(fields["sha256"]):
        return "needs sha256, the hash that `signpost api-key` prints"
    scopes = fields.get("scopes", [])
    if not isinstance(scopes, list) or not all(isinstance(one, str) and one in set(Scope) for one in scopes):
        return f"has wrong scopes; there are {', '.join(Scope)}"
    if fields.get("links", "all") not in ("all", "public"):
        return "has links that are neither all nor public"
    per_minute = fields.get("per_minute", PER_MINUTE)
    if type(per_minute) is not int or not 0 <= per_minute <= MOST_PER_MINUTE:
        return f"has a per_minute that is no number from 0 to {MOST_PER_MINUTE}"
    return ""


def new_key() -> tuple[str, str]:
    """Return a new key, and its hash for the file."""
    key = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    return key, hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a visitor."""

    allowed: bool
    left: int
    wait_s: int
    """Seconds until the next request is allowed; 0 if one is allowed now."""


class Limiter:
    """Counts requests: each visitor has a bucket of one minute's requests, which fills evenly."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str, per_minute: int) -> Allowance:
        """Count a request of a visitor, unless the bucket is empty."""
        if not per_minute:
            return Allowance(allowed=True, left=0, wait_s=0)
        now = self._clock()
        left, at = self._buckets.pop(who, (float(per_minute), now))
        left = min(float(per_minute), left + (now - at) * per_minute / 60)
        allowed = left >= 1
        left -= allowed
        self._buckets[who] = (left, now)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        wait_s = 0 if left >= 1 else int((1 - left) * 60 / per_minute) + 1
        return Allowance(allowed=allowed, left=int(left), wait_s=wait_s)
