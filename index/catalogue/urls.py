"""Compares addresses (`normalise`), and returns their parts.

Does not use `urllib.parse`, which raises on `http://[x` and takes five times as long.
"""

import re
from functools import lru_cache
from typing import Final

#: Parameters that say where a visitor came from and do not change the page. A name that ends in `*` is a prefix.
TRACKING_PARAMETERS: Final = frozenset(
    {
        "_ga", "_gl", "_hsenc", "_hsmi", "dclid", "fbclid", "gbraid", "gclid", "gclsrc", "igshid", "mc_cid", "mc_eid",
        "mkt_tok", "msclkid", "oly_anon_id", "oly_enc_id", "ref_src", "ref_url", "s_kwcid", "twclid", "vero_id",
        "wbraid", "yclid",
    }
)  # fmt: skip
TRACKING_PREFIXES: Final = ("utm_", "hsa_")

_PASSWORD: Final = re.compile(r"(://[^\s/?#:@\\]*):[^\s/?#\\]*@")
_DEFAULT_PORTS: Final = (":80", ":443")
#: Size of the caches: a build needs the parts of each address several times.
_REMEMBERED: Final = 131_072


@lru_cache(maxsize=_REMEMBERED)
def _split(url: str) -> tuple[str, str, str]:
    """Return scheme in lower case, authority and the rest; the scheme is empty without `://`."""
    scheme, colon, after = url.partition("://")
    if not colon or not scheme.isascii() or not scheme.replace("+", "").replace("-", "").replace(".", "").isalnum():
        return "", "", url
    end = len(after)
    for stop in "/?#\\":
        found = after.find(stop)
        if found != -1:
            end = min(end, found)
    return scheme.lower(), after[:end], after[end:]


def _bare_host(authority: str) -> str:
    """Return the authority with a lower-case host, without user, default port and final dot."""
    name = authority.rpartition("@")[2].lower()
    for port in _DEFAULT_PORTS:
        name = name.removesuffix(port)
    return name.rstrip(".")


def _is_tracking(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in TRACKING_PARAMETERS or name.startswith(TRACKING_PREFIXES)


def _kept_query(query: str) -> str:
    return "&".join(part for part in query.split("&") if part and not _is_tracking(part))


def _kept_fragment(fragment: str) -> str:
    """Return a fragment without a text directive (`:~:text=…`), which only highlights; the rest may name a sheet or page."""
    return fragment.partition(":~:")[0]


def _normalise_once(url: str) -> str:
    url = url.strip()
    scheme, authority, rest = _split(url)
    if scheme not in {"http", "https"}:
        return url
    rest, _, fragment = rest.partition("#")
    path, _, query = rest.partition("?")
    user, at, _ = authority.rpartition("@")
    query = _kept_query(query)
    fragment = _kept_fragment(fragment)
    name = f"{user}{at}{_bare_host(authority)}{path.rstrip('/')}"
    return f"https://{name}{'?' if query else ''}{query}{'#' if fragment else ''}{fragment}"


@lru_cache(maxsize=_REMEMBERED)
def normalise(url: str) -> str:
    """Return a form of an address that is equal for all addresses of the same page.

    Ignored: http or https, case of the host, a default port, slashes at the end of the path, tracking parameters
    (`utm_*`, `fbclid`, …), an empty fragment or one that only highlights text. Every other difference means another page:
    `www.`, order of parameters, case of the path, the fragment (a sheet of a document, a view of a single-page
    application). Text that is not an http(s) address is returned without the white space around it. Never raises;
    `normalise(normalise(url)) == normalise(url)`.
    """
    once = _normalise_once(url)
    # After one cut there may be another to make (`/ ?utm_source=x`); each round shortens the text, so this ends.
    while (again := _normalise_once(once)) != once:
        once = again
    return once


@lru_cache(maxsize=_REMEMBERED)
def host(url: str) -> str:
    """Return the host in lower case without `www.` and port; empty when the address has none."""
    _, authority, _ = _split(url.strip())
    name = authority.rpartition("@")[2].lower()
    bracket = name.find("]") + 1  # an IPv6 address has colons of its own
    name = (name[:bracket] + name[bracket:].partition(":")[0]).strip()
    return name.rstrip(".").removeprefix("www.")


def path_of(url: str) -> str:
    """Return the path without its last slashes, parameters and fragment; empty for a site's root."""
    _, _, rest = _split(url.strip())
    return rest.partition("#")[0].partition("?")[0].rstrip("/")


def query_of(url: str) -> str:
    """Return the parameters that `normalise` keeps."""
    _, _, rest = _split(url.strip())
    return _kept_query(rest.partition("#")[0].partition("?")[2])


def is_web_url(url: str) -> bool:
    """Whether a text is an http or https address with a host and without white space or control characters."""
    scheme, _, _ = _split(url)
    if scheme not in {"http", "https"} or not any(map(str.isalnum, host(url))):
        return False
    return url.isprintable() and " " not in url


def user_of(url: str) -> str:
    """Return what stands before an `@` in front of the host: a name, perhaps with a password; empty where nothing."""
    _, authority, _ = _split(url.strip())
    return authority.rpartition("@")[0]


def without_passwords(text: str) -> str:
    """Return a text with the passwords of the addresses in it as dots: it may be shown."""
    return _PASSWORD.sub(r"\1:…@", text) if "@" in text else text
