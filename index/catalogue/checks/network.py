"""Tells sites from what stands in their place: a proxy or a portal with one answer for all, a network that has gone.

No single answer shows that. What many owners' sites have in common does, and what links say that were fine before.
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

#: The sites of this many owners do not give one answer by chance.
MANY_OWNERS: Final = 3
#: When most of this many owners' sites give one answer, that is certain, and nothing is asked again.
_CERTAIN_OWNERS: Final = 10
#: Links that are asked again when it is in doubt who answers.
_CONTROLS: Final = 5
_GOOD: Final = frozenset({Outcome.ALIVE, Outcome.MOVED})
_GOOD_BEFORE: Final = frozenset({Standing.ALIVE, Standing.MOVED})
_PORTS: Final = {"http": 80, "https": 443}

#: Checks links anew, over new connections and look-ups; says of each what it found.
Ask = Callable[[Sequence[str]], Awaitable[list[Verdict]]]


@dataclass(slots=True)
class _Scheme:
    """What was found by http, or by https: a portal often stands in the way of one of them alone."""

    owners: set[str] = field(default_factory=set)
    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Whose sites gave each answer."""
    said: dict[str, Verdict] = field(default_factory=dict)
    """A verdict with each answer."""
    good: list[tuple[str, str, str]] = field(default_factory=list)
    """Owner, address and answer of what was fine."""
    order: dict[str, None] = field(default_factory=dict)
    """The owners, who answered last at the end."""
    start_pages: dict[str, str] = field(default_factory=dict)

    def is_common(self, answer: str) -> bool:
        return len(self.answers.get(answer, ())) >= MANY_OWNERS

    @property
    def proofs(self) -> dict[str, str]:
        """The owners who surely answered themselves, each with an address."""
        return {who: url for who, url, answer in self.good if not self.is_common(answer)}


@dataclass(slots=True)
class Network:
    """Collects what a run finds, and says at its end whether that may be believed."""

    known: Sequence[str] = ()
    """Addresses that were fine when they were checked last, which this run does not check."""
    _schemes: dict[str, _Scheme] = field(default_factory=lambda: defaultdict(_Scheme))

    def add(self, target: Target, verdict: Verdict) -> bool:
        """Take what was found; return whether it may be kept at once, whatever the rest of the run finds."""
        if not verdict.answer and verdict.outcome is Outcome.UNKNOWN:  # the site was not asked
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
        """Return why nothing of the run may be believed, in a person's words; empty where it may."""
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
        """Decide by the answer that most have in common, else by asking anew for links that are or were fine."""
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
        if name == "http" and (secure := self._schemes.get("https")):  # what sites that answer by https say by http
            controls = {who: url for who, one in secure.proofs.items() if (url := _by_http(one))}
        return not await self._answer_themselves(scheme, (controls or scheme.start_pages).values(), ask)

    async def _answer_themselves(self, scheme: _Scheme, urls: Iterable[str], ask: Ask) -> bool:
        """Whether at least half of some links are fine now, and do not say what all the others say."""
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
    """Return the address with http for https; empty where its port leaves open what is asked then."""
    parts = urlsplit(url)
    if (parts.port or _PORTS["https"]) != _PORTS["https"]:
        return ""
    netloc = parts.netloc if parts.port is None else f"{parts.hostname}:{_PORTS['http']}"
    return parts._replace(scheme="http", netloc=netloc).geturl()
