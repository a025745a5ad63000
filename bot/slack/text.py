"""Text on its way in from Slack and out to it: decode, clean, clamp, escape, in that order.

Two kinds of place take text. `plain_text` and `rich_text` show it as it is; `mrkdwn` and a message's top-level `text`
read `<…>` and entities, so there everything that a person or a catalogue wrote is escaped.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import urlsplit

#: Slack refuses longer ones.
MAX_URL_CHARS = 3_000
#: Of an option, and of what a screen reader says of a button.
MAX_LABEL_CHARS = 75

ELLIPSIS = "…"

#: A link is looked at whenever it is shown, and few links are shown most.
_URLS_REMEMBERED = 1_024

# Control characters but tab and newline, halves of surrogate pairs, and what turns the reading direction around.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
_NO_HOST = re.compile(r"[\s<>|\"\\]")
_SPACES = re.compile(r"\s+")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ANGLES = re.compile(r"<([^<>]*)>")
_BARE_URL = re.compile(r"https?://[^\s<>|]+")
# Names of people have no place in a file that many read.
_PEOPLE = re.compile(r"<@[^>]*>|(?<!\w)@[\w.-]+|[\w.+-]+@[\w-]+\.[\w.-]+")
_URL_ESCAPES = str.maketrans({character: f"%{ord(character):02X}" for character in '|<> "'})


class FoundLink(NamedTuple):
    """A link in somebody's message."""

    url: str
    label: str


def clean(text: str) -> str:
    """Take out what no surface can show, or no encoder can encode."""
    # What is printable through and through, as most text is, holds none of it.
    return text if text.isprintable() else _UNSHOWABLE.sub("", text)


def one_line(text: str) -> str:
    """Clean, with every run of white space made one blank."""
    return " ".join(clean(text).split())


def clamp(text: str, limit: int) -> str:
    """Cut to at most `limit` characters, with an ellipsis where something is missing."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + ELLIPSIS if limit > 0 else ""


def escape(text: str) -> str:
    """Make text inert in mrkdwn: nothing in it can be a link, a mention or an entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_clamped(text: str, limit: int) -> str:
    """Escape, and cut to `limit` characters of the escaped text, never inside an entity."""
    escaped = escape(text)
    if len(escaped) <= limit:
        return escaped
    parts: list[str] = []
    room = limit - len(ELLIPSIS)
    for character in text:
        part = _ENTITIES.get(character, character)
        if len(part) > room:
            break
        parts.append(part)
        room -= len(part)
    return "".join(parts).rstrip() + ELLIPSIS if limit > 0 else ""


def safe_url(url: str) -> str | None:
    """Return the URL as a person may be sent to it: byte for byte, but `| < > "` and blanks percent-encoded.

    None for anything but http and https with a host, and for what Slack would refuse as too long.
    """
    return _safe_url(url) if len(url) <= MAX_URL_CHARS else None


@lru_cache(maxsize=_URLS_REMEMBERED)
def _safe_url(url: str) -> str | None:
    if clean(url) != url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or _NO_HOST.search(parts.netloc):
        return None
    encoded = url.translate(_URL_ESCAPES)
    if _SPACES.search(encoded) or len(encoded) > MAX_URL_CHARS:
        return None
    return encoded


def mrkdwn_link(url: str, title: str, limit: int) -> str:
    """Return `<url|title>` of at most `limit` characters; `url` comes from `safe_url` and is never cut.

    Where the URL alone leaves no room for a title, the link has none.
    """
    target = escape(url)
    room = limit - len(target) - len("<|>")
    if room < len("a…"):
        return f"<{target}>"
    return f"<{target}|{escape_clamped(title, room)}>"


def decode(text: str, *, drop_user: str = "") -> str:
    """Return a message as its author sees it, without mentions of `drop_user`.

    Slack sends `<@U1|ann>`, `<#C1|general>`, `<https://x|label>` and the entities `&lt; &gt; &amp;`.
    """
    return one_line(unescape_slack(_ANGLES.sub(lambda match: _decoded(match[1], drop_user), text)))


def unescape_slack(text: str) -> str:
    """Decode the three entities that Slack encodes, and no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _decoded(inside: str, drop_user: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return "" if target[1:] == drop_user else f" @{label} " if label else " "
    if target.startswith("#"):
        return f" #{label} " if label else " "
    if target.startswith("!"):
        return f" {label} " if label else " "
    return f" {label or target} "


def publishable(text: str, limit: int) -> str:
    """Return what somebody wrote as it may stand in a catalogue: one line, without mentions and addresses of mail."""
    return clamp(one_line(_PEOPLE.sub(" ", decode(_PEOPLE.sub(" ", text)))), limit)


def section_label(path: Sequence[str]) -> str:
    """Return a section's path as an option shows it, cut where it is long."""
    return clamp(one_line(" > ".join(path)), MAX_LABEL_CHARS)


def section_of(label: str, known: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the path of a label: the known one that is shown so, else its headings."""
    found = next((path for path in known if section_label(path) == label), None)
    return tuple(part.strip() for part in label.split(">") if part.strip()) if found is None else found


def links_in(text: str) -> list[FoundLink]:
    """Return the http and https links of a message in Slack's encoding, in order, each URL once."""
    found: dict[str, FoundLink] = {}
    for match in _ANGLES.finditer(text):
        target, _, label = match[1].partition("|")
        url = unescape_slack(target)
        if _BARE_URL.match(url):
            found.setdefault(url, FoundLink(url, one_line(unescape_slack(label)) if label else ""))
    for match in _BARE_URL.finditer(_ANGLES.sub(" ", text)):
        url = unescape_slack(match[0]).rstrip(".,;:!?)]}'\"")
        found.setdefault(url, FoundLink(url, ""))
    return list(found.values())


def urls_of_message(message: dict[str, Any]) -> Iterator[str]:
    """Yield every URL that a message of Slack shows: in its text, its blocks and its previews."""
    text = message.get("text")
    if isinstance(text, str):
        yield from (link.url for link in links_in(text))
    for part in (message.get("blocks"), message.get("attachments")):
        yield from _urls_within(part)


def _urls_within(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if isinstance(value, str):
                if name in {"url", "from_url", "title_link", "original_url"}:
                    yield unescape(value) if name != "url" else value
                elif name == "text" and "<http" in value:
                    yield from (link.url for link in links_in(value))
            else:
                yield from _urls_within(value)
    elif isinstance(part, list):
        for item in part:
            yield from _urls_within(item)
