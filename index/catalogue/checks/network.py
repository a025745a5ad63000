"""Detects that the sites themselves did not answer: a proxy or portal gave one answer for all, or the network is gone.

No single answer can show that. It shows when the sites of many owners answer the same, and when many that were fine before
are not any more, all at once.
"""

import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from index.catalogue.checks.checker import Target
from index.catalogue.checks.evidence import MANY_OWNERS
from index.catalogue.checks.records import Outcome, Sign, Standing, Verdict
from index.catalogue.publishers import owner

#: With this many owners, a same answer from most of their sites is proof, and nothing is checked again.
_CERTAIN_OWNERS: Final = 10
#: When it is in doubt who answers, this many links are checked again.
_CONTROLS: Final = 5
_GOOD: Final = frozenset({Outcome.ALIVE, Outcome.MOVED})
_GOOD_BEFORE: Final = frozenset({Standing.ALIVE, Standing.MOVED})
_BAD: Final = frozenset({Outcome.GONE, Outcome.SUSPICIOUS, Outcome.HIJACKED})
#: What a page shows that stands at any address.
_ONLY_ALIKE: Final = frozenset({Sign.ANYWHERE, Sign.NOTICE, Sign.MISSING})
_PORTS: Final = {"http": 80, "https": 443}

#: Checks links again, with new connections and look-ups; returns a verdict for each.
Ask = Callable[[Sequence[Target]], Awaitable[list[Verdict]]]


@dataclass(slots=True)
class _Scheme:
    """What was found by http, or by https: a portal often replaces the answers of only one of them."""

    owners: set[str] = field(default_factory=set)
    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Answer to the owners whose sites gave it."""
    said: dict[str, Verdict] = field(default_factory=dict)
    """Answer to one of the verdicts with it."""
    good: list[tuple[str, Target, str]] = field(default_factory=list)
    """Owner, link and answer of each link that was fine."""
    wrong: dict[tuple[str, tuple[Sign, ...]], set[str]] = field(default_factory=lambda: defaultdict(set))
    """Answer and signs of a wrong page to the owners whose sites gave it."""
    order: dict[str, None] = field(default_factory=dict)
    """The owners in the order of their latest answer."""
    start_pages: dict[str, str] = field(default_factory=dict)

    def is_common(self, answer: str) -> bool:
        return len(self.answers.get(answer, ())) >= MANY_OWNERS

    @property
    def proofs(self) -> dict[str, Target]:
        """The owners whose own sites certainly answered, each with a link, whose title is needed to know its page again."""
        return {who: replace(target, before=None) for who, target, answer in self.good if not self.is_common(answer)}


@dataclass(slots=True)
class Network:
    """Collects the verdicts of a run, and decides at its end whether to believe them."""

    known: Sequence[Target] = ()
    """Links that were fine at their last check and are not checked in this run."""
    turned_share: float = 0.3
    """A run is not believed when of the owners whose sites were fine this share, and `turned_count`, turn bad at once."""
    turned_count: int = 5
    _now: dict[str, set[Outcome]] = field(default_factory=lambda: defaultdict(set))
    """The owners whose sites were fine at their last check, each with what was found of these links now."""
    _schemes: dict[str, _Scheme] = field(default_factory=lambda: defaultdict(_Scheme))

    def add(self, target: Target, verdict: Verdict) -> bool:
        """Add a verdict; return whether it is certain already, independent of the rest of the run."""
        if not verdict.answer and verdict.outcome is Outcome.UNKNOWN:  # no request was sent to the site
            return False
        parts, who = urlsplit(target.url), owner(target.url)
        before = target.before.standing if target.before is not None else None
        if before in _GOOD_BEFORE:
            self._now[who].add(verdict.outcome)
        scheme = self._schemes[parts.scheme]
        scheme.owners.add(who)
        scheme.order.pop(who, None)
        scheme.order[who] = None
        scheme.start_pages.setdefault(who, f"{parts.scheme}://{parts.netloc}/")
        if verdict.answer:
            scheme.answers[verdict.answer].add(who)
            scheme.said.setdefault(verdict.answer, verdict)
        if verdict.outcome not in _GOOD:
            scheme.wrong[verdict.answer, verdict.signs].add(who)
            return False
        scheme.good.append((who, target, verdict.answer))
        return not scheme.is_common(verdict.answer) and before in {None, Standing.UNKNOWN, *_GOOD_BEFORE}

    def weighed(self, target: Target, verdict: Verdict) -> Verdict:
        """Return how much a verdict in doubt counts at the end of the run.

        What the sites of several owners show alike may come from in between. So it takes two days to hide them, and a page
        against which nothing speaks but that it is at any address of these sites does not.
        """
        scheme = self._schemes[urlsplit(target.url).scheme]
        alike = len(scheme.wrong.get((verdict.answer, verdict.signs), ())) if verdict.answer else 0
        if alike < MANY_OWNERS:
            return verdict
        if Sign.ANYWHERE in verdict.signs and _ONLY_ALIKE.issuperset(verdict.signs):
            reason = f"{verdict.reason}, and so do the sites of {alike} owners"
            return replace(verdict, outcome=Outcome.UNKNOWN, reason=reason, signs=(), to="")
        if verdict.outcome is Outcome.HIJACKED and Sign.AWAY not in verdict.signs:
            return replace(verdict, signs=tuple(sign for sign in verdict.signs if sign is not Sign.TEXT))
        return verdict

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
        turned = sum(bool(found & _BAD) and not found & _GOOD for found in self._now.values())
        if turned >= self.turned_count and turned >= self.turned_share * len(self._now):
            return (
                f"the sites of {turned} of {len(self._now)} owners that were fine are not any more, all at once: does "
                "something answer in their place? If not, give a larger --turned-share or --turned-count."
            )
        return ""

    async def _is_bad(self, name: str, answer: str, ask: Ask) -> bool:
        """Decide by the answer that most sites share, else by checking again links that are or were fine."""
        scheme = self._schemes[name]
        count = len(scheme.answers.get(answer, ()))
        is_most = count >= MANY_OWNERS and 2 * count >= len(scheme.owners)
        if is_most and count >= _CERTAIN_OWNERS and _leads_away(scheme.said[answer]):
            return True
        known = {owner(one.url): one for one in self.known if urlsplit(one.url).scheme == name}
        if controls := {**known, **scheme.proofs}:
            return not await self._answer_themselves(scheme, controls.values(), ask)
        if not is_most:
            return False
        if name == "http" and (secure := self._schemes.get("https")):  # ask the sites that answer by https
            controls = {who: replace(one, url=url) for who, one in secure.proofs.items() if (url := _by_http(one.url))}
        controls = controls or {who: Target(url=url) for who, url in scheme.start_pages.items()}
        return not await self._answer_themselves(scheme, controls.values(), ask)

    async def _answer_themselves(self, scheme: _Scheme, links: Iterable[Target], ask: Ask) -> bool:
        """Whether at least half of some links are fine now, and do not give the answer that many share.

        Which links does not depend on chance, nor on which site was the fastest: the same run has the same end.
        """
        ordered = sorted(links, key=lambda one: one.url)
        chosen = ordered[:: math.ceil(len(ordered) / _CONTROLS)]
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


def _leads_away(verdict: Verdict) -> bool:
    """Whether an answer is another page than the one that was meant, also one that lets nobody through."""
    return verdict.outcome is Outcome.SUSPICIOUS or Sign.AWAY in verdict.signs


def _by_http(url: str) -> str:
    """Return the address with http for https; empty when it has a port, for which the http one is not known."""
    parts = urlsplit(url)
    if (parts.port or _PORTS["https"]) != _PORTS["https"]:
        return ""
    netloc = parts.netloc if parts.port is None else f"{parts.hostname}:{_PORTS['http']}"
    return parts._replace(scheme="http", netloc=netloc).geturl()
