"""Whose a host is: the name that somebody registered, and names that belong together."""

import ipaddress
from functools import cache, lru_cache
from typing import Final

from publicsuffixlist import PublicSuffixList

from index.catalogue.publishers import families, same_family
from index.catalogue.urls import host

#: A shorter name under another suffix is as likely somebody else's: `tot.com` and `tot.io`.
_MIN_SAME_NAME: Final = 5
#: Sites that exist to lead elsewhere; where they lead says nothing of an owner.
SHORTENERS: Final = frozenset(
    {
        "aka.ms", "amzn.to", "bit.ly", "buff.ly", "cutt.ly", "dlvr.it", "doi.org", "fb.me", "forms.gle", "git.io",
        "goo.gl", "hubs.ly", "hubs.la", "ift.tt", "is.gd", "j.mp", "lnkd.in", "mvnt.us", "ow.ly", "po.st",
        "purl.org", "rb.gy", "red.ht", "rebrand.ly", "t.co", "tiny.cc", "tinyurl.com", "trib.al", "w3id.org",
    }
)  # fmt: skip


@cache
def _suffixes() -> PublicSuffixList:
    """Return the list of public suffixes that the library brings along; nothing is downloaded."""
    return PublicSuffixList()


@lru_cache(maxsize=65_536)
def registrable(name: str) -> str:
    """Return the part of a host that somebody registered: `a.b.example.co.uk` is `example.co.uk`, an address itself."""
    try:
        return str(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return _suffixes().privatesuffix(name) or name


def owner(url: str) -> str:
    """Return the registered name that an address is under."""
    return registrable(host(url))


def same_owner(one: str, other: str) -> bool:
    """Whether two addresses may well be of one owner: one registered name, one family, one name under two suffixes."""
    first, second = owner(one), owner(other)
    if first == second:
        return True
    suffix = _suffixes().publicsuffix(first)
    if suffix == _suffixes().publicsuffix(second) and families(str(suffix)):
        return False  # neighbours on one platform, such as two of github.io
    if same_family(host(one), host(other)):
        return True
    label = first.partition(".")[0]
    return len(label) >= _MIN_SAME_NAME and not label.isdigit() and label == second.partition(".")[0]


def is_shortener(url: str) -> bool:
    """Whether an address is of a site that exists to lead elsewhere."""
    return host(url) in SHORTENERS
