"""Text from Slack and to Slack: decode, clean, clamp, escape, in that order.

`plain_text` and `rich_text` show text as it is. `mrkdwn` and a message's top-level `text` interpret `<…>` and entities, so
text of people and catalogues must be escaped there.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

#: Slack refuses longer URLs.
MAX_URL_CHARS = 3_000
#: Slack's limit for the text of an option and for a button's label for screen readers.
MAX_LABEL_CHARS = 75

ELLIPSIS = "…"

#: Checked URLs that are remembered; most answers show the same few links.
_URLS_REMEMBERED = 1_024

# Control characters except tab and newline, single surrogates, and characters that change the reading direction.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")
_NO_HOST = re.compile(r"[\s<>|\"\\]")
_SPACES = re.compile(r"\s+")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: What mrkdwn reads as formatting at the edge of a word, and signs that look alike and mean nothing to it.
_TWINS = tuple(
    (re.compile(rf"(?<!\w){sign}|{sign}(?!\w)"), twin)
    for sign, twin in ((r"\*", "∗"), ("_", "ˍ"), ("~", "∼"), ("`", "ˋ"))
)
_FORMATTING = re.compile("[*_~`:>]")
_EMOJI = re.compile(r":([a-z0-9_+'-]+):")
_QUOTING = re.compile(r"^>", re.MULTILINE)
_ANGLES = re.compile(r"<([^<>]*)>")
_QUOTE = re.compile(r"\s*(?:(?P<all>(?:&gt;|>){3})|(?:&gt;|>)(?!>))")
_BARE_URL = re.compile(r"https?://[^\s<>|]+")
# Removed from questions that go into a catalogue: mentions of people and addresses of mail.
_PEOPLE = re.compile(r"<@[^>]*>|(?<!\w)@[\w.-]+|[\w.+-]+@[\w-]+\.[\w.-]+")
_URL_ESCAPES = str.maketrans({character: f"%{ord(character):02X}" for character in '|<> "'})


class FoundLink(NamedTuple):
    """A link in somebody's message."""

    url: str
    label: str


def clean(text: str) -> str:
    """Remove characters that cannot be shown or encoded."""
    # A text that is printable, as most are, has none of them.
    return text if text.isprintable() else _UNSHOWABLE.sub("", text)


def one_line(text: str) -> str:
    """Clean a text, and turn every run of white space into one blank."""
    return " ".join(clean(text).split())


def clamp(text: str, limit: int) -> str:
    """Cut to at most `limit` characters; a cut text ends with an ellipsis."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rstrip() + ELLIPSIS if limit > 0 else ""


def escape(text: str) -> str:
    """Escape text for mrkdwn, so that nothing in it becomes a link, a mention or an entity."""
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
    """Return the URL unchanged, except that `| < > "` and blanks are percent-encoded.

    None for anything but http and https with a host, and for a URL that is too long for Slack.
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


def inert(text: str) -> str:
    """Replace what mrkdwn would take for formatting by signs that look alike; the text still has to be escaped.

    Slack has no escapes for `* _ ~` and backticks, which style what is between two of them, for `:name:`, which becomes an
    emoji, and for `>`, which quotes its line. A sign that does none of this stays.
    """
    if not _FORMATTING.search(text):  # as in most titles
        return text
    text = _QUOTING.sub("›", _EMOJI.sub(r"∶\1∶", text))
    for edges, twin in _TWINS:
        if len(edges.findall(text)) > 1:
            text = edges.sub(twin, text)
    return text


def mrkdwn_link(url: str, title: str, limit: int) -> str:
    """Return `<url|title>` of at most `limit` characters; `url` comes from `safe_url` and is never cut.

    A bar in the title is replaced by one that looks alike, since Slack takes it for the end of the address. When the URL
    leaves no room for a title, the link has no title.
    """
    title = inert(title).replace("|", "∣")
    target = escape(url)
    room = limit - len(target) - len("<|>")
    if room < len("a…"):
        return f"<{target}>"
    return f"<{target}|{escape_clamped(title, room)}>"


def decode(text: str, *, drop_user: str = "") -> str:
    """Return a message as its author sees it, but without mentions of `drop_user`.

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


def split_quotes(text: str) -> tuple[str, str]:
    """Return what a message says itself, and what it quotes, both in Slack's encoding; `>>>` quotes all that follows."""
    own: list[str] = []
    quoted: list[str] = []
    rest = False
    for line in text.split("\n"):
        mark = _QUOTE.match(line)
        rest = rest or bool(mark and mark["all"])
        (quoted if mark or rest else own).append(line[mark.end() :] if mark else line)
    return "\n".join(own).strip(), "\n".join(quoted).strip()


def publishable(text: str, limit: int) -> str:
    """Return a text that may be published in a catalogue: one line, without mentions and addresses of mail."""
    return clamp(one_line(_PEOPLE.sub(" ", decode(_PEOPLE.sub(" ", text)))), limit)


def section_label(path: Sequence[str]) -> str:
    """Return a section's path as an option shows it, cut to Slack's limit."""
    return clamp(one_line(" > ".join(path)), MAX_LABEL_CHARS)


def section_of(label: str, known: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the known path that has this label; if there is none, the headings in the label."""
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
    """Yield every URL that a message shows, in its text, blocks and previews."""
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
                    # No more than Slack's three entities: `&region=` in an address is none of HTML's `&reg`.
                    yield unescape_slack(value)
                elif name == "text" and "<http" in value:
                    yield from (link.url for link in links_in(value))
            else:
                yield from _urls_within(value)
    elif isinstance(part, list):
        for item in part:
            yield from _urls_within(item)
