"""Tells who published a link and who owns a host: by curators' prefixes, registered names and families of sites."""

import ipaddress
import re
from functools import cache, lru_cache
from typing import Final

from publicsuffixlist import PublicSuffixList

from index.catalogue.sites import BRAND_SUFFIXES, BRANDS, FAMILIES, FILE_SUFFIXES, PLATFORMS
from index.catalogue.urls import host

#: A name and what follows it: `medium.com: …`, `ovh.com - …`, `youtube playlist: …`.
_PREFIX: Final = re.compile(r"^(?P<name>[^\s:]+(?:\s[^\s:]+)?)(?P<mark>\s?:|\s[-–—|])\s+(?P<rest>\S.*)$")
_DOMAIN: Final = re.compile(r"^(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+([A-Za-z]{2,})(?:/\S*)?$")
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9]+")
#: Shortest label that is looked for inside another name: `io` and `aws` are part of too many.
_MIN_LABEL: Final = 4

#: A shorter name under another suffix may well be somebody else's: `tot.com` and `tot.io`.
_MIN_SAME_NAME: Final = 5
#: Sites that only redirect; the target says nothing about the owner.
SHORTENERS: Final = frozenset(
    {
        "aka.ms", "amzn.to", "bit.ly", "buff.ly", "cutt.ly", "dlvr.it", "doi.org", "fb.me", "forms.gle", "git.io",
        "goo.gl", "hubs.ly", "hubs.la", "ift.tt", "is.gd", "j.mp", "lnkd.in", "mvnt.us", "ow.ly", "po.st",
        "purl.org", "rb.gy", "red.ht", "rebrand.ly", "t.co", "tiny.cc", "tinyurl.com", "trib.al", "w3id.org",
    }
)  # fmt: skip


def squash(text: str) -> str:
    """Return only the letters and digits, in lower case: `Cloud Native Now` and `cloudnativenow` are one name."""
    return _NOT_A_LETTER.sub("", text.lower())


@cache
def _suffixes(*, only_icann: bool = False) -> PublicSuffixList:
    """Return the library's own list of public suffixes; nothing is downloaded."""
    return PublicSuffixList(only_icann=only_icann)


@lru_cache(maxsize=16_384)
def registered(name: str) -> str:
    """Return a host's domain as a registry sold it: example.co.uk for `blog.example.co.uk`, github.io for `ann.github.io`."""
    return _suffixes(only_icann=True).privatesuffix(name) or name


@lru_cache(maxsize=65_536)
def registrable(name: str) -> str:
    """Return a host's domain of one owner: as `registered`, but all of `ann.github.io`; an IP address returns itself."""
    return name.strip("[]") if is_number(name) else _suffixes().privatesuffix(name) or name


def is_number(name: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _families() -> dict[str, frozenset[int]]:
    members: dict[str, set[int]] = {}
    for number, family in enumerate(FAMILIES):
        for name in family:
            members.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in members.items()}


_FAMILIES_OF: Final = _families()


@lru_cache(maxsize=16_384)
def families(name: str) -> frozenset[int]:
    """Return the rows of `sites.FAMILIES` that a host or its registered name is in."""
    return _FAMILIES_OF.get(name, frozenset()) | _FAMILIES_OF.get(registered(name), frozenset())


def is_platform(name: str) -> bool:
    """Whether a host belongs to `sites.PLATFORMS`, where anybody may publish."""
    return name in PLATFORMS or registered(name) in PLATFORMS


def same_family(one: str, other: str) -> bool:
    """Whether two hosts share a registered name or a row of `sites.FAMILIES`."""
    return registered(one) == registered(other) or bool(families(one) & families(other))


def owner(url: str) -> str:
    """Return the registered name of an address's host."""
    return registrable(host(url))


def same_owner(one: str, other: str) -> bool:
    """Whether two addresses may have one owner: same registered name, same family, or one name under two suffixes."""
    first, second = owner(one), owner(other)
    if first == second:
        return True
    suffix = _suffixes().publicsuffix(first)
    if suffix == _suffixes().publicsuffix(second) and families(str(suffix)):
        return False  # two accounts of one platform, such as github.io
    if same_family(host(one), host(other)):
        return True
    label = first.partition(".")[0]
    return len(label) >= _MIN_SAME_NAME and not label.isdigit() and label == second.partition(".")[0]


def is_shortener(url: str) -> bool:
    """Whether an address is on a site that only redirects."""
    return host(url) in SHORTENERS


def named_hosts(publisher: str) -> tuple[str, ...]:
    """Return the hosts that a publisher's name means; empty when it is neither a domain nor a known brand."""
    if _DOMAIN.match(publisher):
        return (publisher.partition("/")[0].lower().removeprefix("www."),)
    return BRANDS.get(publisher.partition(" ")[0].lower(), ())


def fits(publisher: str, url: str) -> bool:
    """Whether an address may be that publisher's.

    True for the same registered name or family, for a site named like the publisher (`loft.sh` on
    `loft-sh.medium.com`, `ovh.com` on `blog.ovhcloud.com`), and when the path names it (`github.com/weaveworks`).
    Also true on sites where anybody may publish (`Learnk8s: …` on docs.google.com), and for a name that is neither a
    domain nor a known brand, because nothing is known about it.
    """
    place = host(url)
    hosts = named_hosts(publisher)
    if not hosts or is_platform(place) or any(same_family(place, name) for name in hosts):
        return True
    where = squash(url.partition("://")[2])
    for name in hosts:
        label = squash(registered(name).partition(".")[0])
        if squash(registered(name)) in where or (len(label) >= _MIN_LABEL and label in where):
            return True
        site = squash(registered(place).partition(".")[0])
        if len(site) >= _MIN_LABEL and site in squash(name):
            return True
    return False


def split_publisher(title: str, url: str) -> tuple[str, str]:
    """Return publisher and title without it; the publisher is empty when the title names none.

    The prefix must be a domain (one that does not fit the address must be in lower case and must not look like a file:
    `Node.js: …` is a title) or a brand of `sites.BRANDS`, alone or with a word such as `playlist`.
    """
    found = _PREFIX.match(title)
    if found is None:
        return "", title
    name, rest = found["name"], found["rest"]
    words = name.lower().split(" ")
    domain = _DOMAIN.match(name)
    if domain is not None:
        known = fits(name, url) or (name.islower() and domain[1] not in FILE_SUFFIXES)
    else:
        known = words[0] in BRANDS and set(words[1:]) <= BRAND_SUFFIXES
    return (name, rest) if known else ("", title)
