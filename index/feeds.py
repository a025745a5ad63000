"""Writes news for readers of feeds, for terminals and for pages."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from index.types import News, NewsKind

ATOM_TYPE: Final = "application/atom+xml"
JSON_FEED_TYPE: Final = "application/feed+json"
#: Characters that XML cannot contain.
_NOT_XML: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>])")
_WEB: Final = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_SAID: Final = {NewsKind.NEW: "New", NewsKind.MOVED: "Moved", NewsKind.RETIRED: "Retired"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """News of a catalogue, with where they and the catalogue are on the web."""

    name: str
    news: tuple[News, ...]
    updated: datetime
    """With time zone, for a feed without news."""
    home: str = ""
    """The address of the page; empty where there is none."""
    address: str = ""
    """The feed's own address; empty where it has none."""


def as_text(news: Iterable[News]) -> Iterator[str]:
    """Yield a line for each piece of news, and below it the address."""
    for one in news:
        place = f"  [{_line(one.link.section_path)}]" if one.link.section else ""
        yield f"{one.at:%Y-%m-%d}  {one.kind:<7}  {_line(one.link.title)}{place}"
        yield f"{'':21}{_line(one.link.url)}{_whither(one)}"


def as_markdown(feed: Feed) -> str:
    """Return news as Markdown, a list for each kind."""
    parts = [f"# What is new in {_escaped(feed.name)}"]
    for kind, said in _SAID.items():
        lines = [_item(one) for one in feed.news if one.kind is kind]
        if lines:
            parts.append(f"## {said}\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _item(one: News) -> str:
    title = _escaped(one.link.title or one.link.url)
    # What is retired may belong to somebody else by now.
    linked = f"[{title}](<{one.link.url}>)" if one.kind is not NewsKind.RETIRED and _is_web(one.link.url) else title
    place = f" · {_escaped(one.link.section_path)}" if one.link.section else ""
    return f"- {one.at:%Y-%m-%d} {linked}{_escaped(_whither(one))}{place}"


def as_atom(feed: Feed) -> str:
    """Return news as Atom, RFC 4287: https://www.rfc-editor.org/rfc/rfc4287."""
    updated = max((one.at for one in feed.news), default=feed.updated)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{_urn(feed.name)}</id>",
        f"<title>{_xml(_title(feed))}</title>",
        f"<updated>{updated.isoformat(timespec='seconds')}</updated>",
        f"<author><name>{_xml(feed.name)}</name></author>",
        "<generator>Signpost</generator>",
    ]
    if feed.home:
        lines.append(f'<link rel="alternate" type="text/html" href={_attribute(feed.home)}/>')
    if feed.address:
        lines.append(f'<link rel="self" type="{ATOM_TYPE}" href={_attribute(feed.address)}/>')
    for one in feed.news:
        lines += _entry(one, feed)
    return "\n".join([*lines, "</feed>"]) + "\n"


def _entry(one: News, feed: Feed) -> Iterator[str]:
    yield "<entry>"
    yield f"<id>{_id(one)}</id>"
    yield f"<title>{_xml(_headline(one))}</title>"
    yield f"<updated>{one.at.isoformat(timespec='seconds')}</updated>"
    if target := _target(one, feed):
        yield f'<link rel="alternate" href={_attribute(target)}/>'
    yield f"<category term={_attribute(str(one.kind))}/>"
    for tag in one.link.tags:
        yield f"<category term={_attribute(tag)}/>"
    yield f"<summary>{_xml(_summary(one))}</summary>"
    yield "</entry>"


def as_json_feed(feed: Feed) -> dict[str, Any]:
    """Return news as a JSON Feed 1.1, https://www.jsonfeed.org/version/1.1/."""
    shown: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(feed),
        "home_page_url": feed.home,
        "feed_url": feed.address,
    }
    return {
        **{key: value for key, value in shown.items() if value},
        "items": [
            {
                "id": _id(one),
                **({"url": target} if (target := _target(one, feed)) else {}),
                "title": _headline(one),
                "content_text": _summary(one) or _headline(one),
                "date_published": one.at.isoformat(timespec="seconds"),
                "tags": [str(one.kind), *one.link.tags],
            }
            for one in feed.news
        ],
    }


def as_json(feed: Feed) -> str:
    """Return a JSON Feed as text."""
    return json.dumps(as_json_feed(feed), ensure_ascii=False, indent=1) + "\n"


def _title(feed: Feed) -> str:
    return f"What is new in {_line(feed.name)}"


def _headline(one: News) -> str:
    title = _line(one.link.title) or one.link.url
    return title if one.kind is NewsKind.NEW else f"{_SAID[one.kind]}: {title}"


def _summary(one: News) -> str:
    moved = f"{_line(one.was or one.link.url)}{_whither(one)}." if one.kind is NewsKind.MOVED else ""
    place = f"({one.link.section_path})" if one.link.section else ""
    return " ".join(filter(None, (moved, _line(one.link.description), place)))


def _whither(one: News) -> str:
    """Return where a link that moved is now."""
    if one.kind is not NewsKind.MOVED:
        return ""
    return f" (was {_line(one.was)})" if one.was else f" -> {_line(one.link.moved_to)}" if one.link.moved_to else ""


def _target(one: News, feed: Feed) -> str:
    """Return what an entry leads to; a retired link's page may belong to somebody else by now."""
    return one.link.url if one.kind is not NewsKind.RETIRED and _is_web(one.link.url) else feed.home


def _id(one: News) -> str:
    return _urn(f"{one.kind} {one.at.isoformat()} {one.link.url}")


def _urn(text: str) -> str:
    return uuid5(NAMESPACE_URL, text.encode("utf-8", "replace").decode()).urn


def _is_web(url: str) -> bool:
    return _WEB.fullmatch(url) is not None


def _line(text: str) -> str:
    return " ".join(_NOT_XML.sub("", text).split())


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _line(text))


def _xml(text: str) -> str:
    return escape(_line(text))


def _attribute(text: str) -> str:
    return quoteattr(_line(text))
