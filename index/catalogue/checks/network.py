"""Detects that the sites themselves did not answer: a proxy or portal gave one answer for all, or the network is gone.

No single answer can show that. It shows when the sites of many owners answer the same, and when links that were fine before
are not any more.
"""

import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from index.catalogue.checks.checker import Target
from index.catalogue.checks.records import Outcome, Standing, Verdict
from index.catalogue.publishers import owner

#: It is no chance when the sites of this many owners give the same answer.
MANY_OWNERS: Final = 3
#: With this many owners, a same answer from most of their sites is proof, and nothing is checked again.
_CERTAIN_OWNERS: Final = 10
#: When it is in doubt who answers, this many links are checked again.
_CONTROLS: Final = 5
_GOOD: Final = frozenset({Outcome.ALIVE, Outcome.MOVED})
_GOOD_BEFORE: Final = frozenset({Standing.ALIVE, Standing.MOVED})
_PORTS: Final = {"http": 80, "https": 443}

#: Checks links again, with new connections and look-ups; returns a verdict for each.
Ask = Callable[[Sequence[str]], Awaitable[list[Verdict]]]


@dataclass(slots=True)
class _Scheme:
    """What was found by http, or by https: a portal often replaces the answers of only one of them."""

    owners: set[str] = field(default_factory=set)
    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Answer to the owners whose sites gave it."""
    said: dict[str, Verdict] = field(default_factory=dict)
    """Answer to one of the verdicts with it."""
    good: list[tuple[str, str, str]] = field(default_factory=list)
    """Owner, address and answer of each link that was fine."""
    order: dict[str, None] = field(default_factory=dict)
    """The owners in the order of their latest answer."""
    start_pages: dict[str, str] = field(default_factory=dict)

    def is_common(self, answer: str) -> bool:
        return len(self.answers.get(answer, ())) >= MANY_OWNERS

    @property
    def proofs(self) -> dict[str, str]:
        """The owners whose own sites certainly answered, each with an address."""
        return {who: url for who, url, answer in self.good if not self.is_common(answer)}


@dataclass(slots=True)
class Network:
    """Collects the verdicts of a run, and decides at its end whether to believe them."""

    known: Sequence[str] = ()
    """Addresses that were fine at their last check and are not checked in this run."""
    _schemes: dict[str, _Scheme] = field(default_factory=lambda: defaultdict(_Scheme))

    def add(self, target: Target, verdict: Verdict) -> bool:
        """Add a verdict; return whether it is certain already, independent of the rest of the run."""
        if not verdict.answer and verdict.outcome is Outcome.UNKNOWN:  # no request was sent to the site
            return False
        parts, who = urlsplit(target.url), owner(target.url)
        scheme = self._schemes[parts.scheme]
        scheme.owners.add(who)
        scheme.order.pop(who, None)
        scheme.order[who] = None
        scheme.start_pages.setdefault(who, f"{parts.scheme}://{parts.netloc}/")
        if verdict.answer:
            scheme.answers[verdict.answer].add(who)
            scheme.said.setdefault(verdict.answer, verdict)
        before = target.before.standing if target.before is not None else None
        if verdict.outcome not in _GOOD:
            return False
        scheme.good.append((who, target.url, verdict.answer))
        return not scheme.is_common(verdict.answer) and before in {None, Standing.UNKNOWN, *_GOOD_BEFORE}

    async def trouble(self, ask: Ask) -> str:
        """Return why the run must not be believed, in plain words; empty when it may be."""
        for name, scheme in self._schemes.items():
            proofs = scheme.proofs
            doubtful = scheme.owners - proofs.keys()
            tail = list(scheme.order)[-MANY_OWNERS:]
            if len(doubtful) < MANY_OWNERS or (
                2 * len(doubtful) < len(scheme.owners) and not doubtful.issuperset(tail)
            ):
                continue
            answer = max(scheme.answers, key=lambda one: len(scheme.answers[one] & doubtful), default="")
            if await self._is_bad(name, answer, ask):
                return self._told(name, answer)
        return ""

    async def _is_bad(self, name: str, answer: str, ask: Ask) -> bool:
        """Decide by the answer that most sites share, else by checking again links that are or were fine."""
        scheme = self._schemes[name]
        count = len(scheme.answers.get(answer, ()))
        is_most = count >= MANY_OWNERS and 2 * count >= len(scheme.owners)
        if is_most and count >= _CERTAIN_OWNERS and scheme.said[answer].outcome is Outcome.SUSPICIOUS:
            return True
        known = {owner(url): url for url in self.known if urlsplit(url).scheme == name}
        if controls := {**known, **scheme.proofs}:
            return not await self._answer_themselves(scheme, controls.values(), ask)
        if not is_most:
            return False
        if name == "http" and (secure := self._schemes.get("https")):  # ask the sites that answer by https
            controls = {who: url for who, one in secure.proofs.items() if (url := _by_http(one))}
        return not await self._answer_themselves(scheme, (controls or scheme.start_pages).values(), ask)

    async def _answer_themselves(self, scheme: _Scheme, urls: Iterable[str], ask: Ask) -> bool:
        """Whether at least half of some links are fine now, and do not give the answer that many share."""
        chosen = list(urls)
        chosen = random.sample(chosen, min(_CONTROLS, len(chosen)))
        verdicts = await ask(chosen)
        fine = sum(one.outcome in _GOOD and not scheme.is_common(one.answer) for one in verdicts)
        return 2 * fine >= len(chosen)

    def _told(self, name: str, answer: str) -> str:
        scheme = self._schemes[name]
        count = len(scheme.answers.get(answer, ()))
        if count < MANY_OWNERS:
            return "links that were fine are not any more, all at once: is the network still there?"
        reason = scheme.said[answer].reason
        told = f"{count} of {len(scheme.owners)} sites give one answer by {name}, such as {reason!r:.160}"
        return f"{told}: does a proxy or a portal answer in their place?"


def _by_http(url: str) -> str:
    """Return the address with http for https; empty when it has a port, for which the http one is not known."""
    parts = urlsplit(url)
    if (parts.port or _PORTS["https"]) != _PORTS["https"]:
        return ""
    netloc = parts.netloc if parts.port is None else f"{parts.hostname}:{_PORTS['http']}"
    return parts._replace(scheme="http", netloc=netloc).geturl()
