"""Writes a catalogue as a web page, or as the bookmark file that every browser imports."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from html import escape
from itertools import chain
from typing import Final

from index.catalogue.formats.which import BOOKMARKS_MARK
from index.catalogue.link import Link, Reading, Status
from index.catalogue.writers.outline import STAR, Anchors, Folder, one_line, shown_title, with_addresses

_MAX_LEVEL: Final = 6
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_STYLE: Final = "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"


def write_html(reading: Reading) -> str:
    """Return a reading as a page without other files: contents, and a list for each section.

    Anchors have tags and date in the same attributes that bookmark services use.
    """
    return "\n".join(_page(Folder.of(reading.name, reading.links))) + "\n"


def _page(root: Folder) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield f"<title>{_text(root.name)}</title><style>{_STYLE}</style></head>"
    yield "<body>"
    yield f"<h1>{_text(root.name)}</h1>"
    yield from _list(root)
    sections = list(root.walk())
    anchors = Anchors()
    names = [anchors.of(one_line(folder.name)) for folder, _ in sections]
    if sections:
        yield "<nav><ul>"
        for (folder, depth), name in zip(sections, names, strict=True):
            margin = f' style="margin-left:{depth - 1}em"' if depth > 1 else ""
            yield f'<li{margin}><a href="#{escape(name)}">{_text(folder.name)}</a></li>'
        yield "</ul></nav>"
    for (folder, depth), name in zip(sections, names, strict=True):
        level = min(depth + 1, _MAX_LEVEL)
        yield f'<h{level} id="{escape(name)}">{_marked(folder.name)}</h{level}>'
        yield from _list(folder)
    yield "</body>"
    yield "</html>"


def _list(folder: Folder) -> Iterator[str]:
    if folder.links:
        yield "<ul>"
        yield from map(_item, folder.links)
        yield "</ul>"


def _item(link: Link) -> str:
    title = _text(shown_title(link))
    anchor = f'<a href="{escape(link.url)}"{_attributes(link)}>'
    anchor += f"=={title}==</a>" if link.highlight else f"{title}</a>"
    if link.status is Status.RETIRED:
        anchor = f"<s>{anchor}</s>"
    described = _marked(link.description)
    further = ", ".join(f'<a href="{escape(one.url)}">{_text(one.kind)}</a>' for one in link.further)
    parts = (anchor, STAR * link.stars, f"- {described}" if described else "", f"({further})" if further else "")
    return f"<li>{' '.join(filter(None, parts))}</li>"


def _text(text: str) -> str:
    return escape(_UNSEEN.sub(" ", text), quote=False)


def _marked(text: str) -> str:
    """Return the text as HTML; an address in it becomes code, so that readers do not take it for a link."""
    return with_addresses(text, _text, lambda address: f"<code>{_text(address)}</code>")


def _attributes(link: Link) -> str:
    tags = ",".join(tag for tag in link.tags if "," not in tag)
    moment = datetime.combine(link.added, time(12), UTC) if link.added else None
    return "".join(
        (
            f' add_date="{int(moment.timestamp())}"' if moment else "",
            f' tags="{escape(_UNSEEN.sub(" ", tags))}"' if tags else "",
        )
    )


def write_bookmarks(reading: Reading) -> str:
    """Return a reading as a Netscape bookmark file, with sections as folders, and with tags, dates and descriptions."""
    root = Folder.of(reading.name, reading.links)
    lines = [
        f"<!DOCTYPE {BOOKMARKS_MARK.upper().replace('BOOKMARK', 'Bookmark')}-file-1>",
        '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">',
        f"<TITLE>{_text(root.name)}</TITLE>",
        f"<H1>{_text(root.name)}</H1>",
        *_folder(root, ""),
    ]
    return "\n".join(lines) + "\n"


def _with_further(link: Link) -> Iterator[Link]:
    """Yield a link, then each of its further addresses as a bookmark of its own."""
    yield link
    for one in link.further:
        yield Link(url=one.url, title=f"{link.title} ({one.kind})", private=link.private)


def _folder(folder: Folder, indent: str) -> Iterator[str]:
    yield f"{indent}<DL><p>"
    inside = f"{indent}    "
    for link in chain.from_iterable(map(_with_further, folder.links)):
        marks = (' data-important="1"' if link.highlight else "") + (' private="1"' if link.private else "")
        title = " ".join(filter(None, (_text(shown_title(link)), STAR * link.stars)))
        yield f'{inside}<DT><A href="{escape(link.url)}"{_attributes(link)}{marks}>{title}</A>'
        if link.description.strip():
            yield f"{inside}<DD>{_text(one_line(link.description))}"
    for below in folder.below.values():
        yield f"{inside}<DT><H3>{_text(below.name)}</H3>"
        yield from _folder(below, inside)
    yield f"{indent}</DL><p>"
