"""Hosts inside: of an intranet, behind a VPN. From elsewhere they look gone, or like somebody else's, and are not."""

import ipaddress
from dataclasses import dataclass, replace
from typing import Final

from index.catalogue.checks.records import Outcome, Record, Verdict
from index.catalogue.http import is_public
from index.catalogue.publishers import is_number

#: Names that no registry sells (RFC 6762, 8375, ICANN's `.internal`), and those that companies took for their own.
SUFFIXES: Final = (
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intra",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "private",
)
_BAD: Final = frozenset({Outcome.GONE, Outcome.SUSPICIOUS, Outcome.HIJACKED})


@dataclass(frozen=True, slots=True)
class Inside:
    """The hosts inside: by the ends of their names, beside those that nobody can have outside, and by where they were."""

    suffixes: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        """Whether a host is inside by its name: one of the suffixes, or a name without a dot."""
        if is_number(name) or name == "localhost":
            return False
        bare = name.lower().rstrip(".")
        ends = (*SUFFIXES, *(suffix.lower().strip(".*") for suffix in self.suffixes))
        return "." not in bare or any(bare == end or bare.endswith(f".{end}") for end in ends if end)

    def judged(self, name: str, before: Record | None, verdict: Verdict) -> Verdict:
        """Return a verdict that says nothing bad of a host inside, be it now or when it was last seen."""
        seen = verdict.at or (before.at if before is not None else "")
        if verdict.outcome not in _BAD or not (self.has(name) or _is_private(seen)):
            return verdict
        reason = f"{verdict.reason}; {name} is inside, where only some networks reach it"
        return replace(verdict, outcome=Outcome.UNKNOWN, reason=reason, signs=(), to="")


def _is_private(address: str) -> bool:
    """Whether an IP address is of a private network, and not this machine's."""
    if not address or is_public(address):
        return False
    try:
        return not ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
