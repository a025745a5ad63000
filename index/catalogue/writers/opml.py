"""Writes a catalogue as OPML 2.0: sections are outlines, links are outlines of the type `link`."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from email.utils import format_datetime
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from index.catalogue.formats.opml import FOLDER, NAMESPACE, OWN_ATTRIBUTES
from index.catalogue.link import Link, Reading
from index.catalogue.writers.outline import Folder, shown_title
from index.catalogue.writers.tables import cell_of

#: Characters that XML cannot contain.
_NOT_XML: Final = re.compile("[^\t\n\r -\ufffd\U00010000-\U0010ffff]")


def write_opml(reading: Reading) -> str:
    """Return a reading as OPML; fields without an OPML attribute are in our own namespace, which OPML allows."""
    root = Folder.of(reading.name, reading.links)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:signpost="{NAMESPACE}">',
        f"<head><title>{escape(_clean(root.name))}</title></head>",
        "<body>",
        *_outlines(root, ""),
        "</body>",
        "</opml>",
    ]
    return "\n".join(lines) + "\n"


def _outlines(folder: Folder, indent: str) -> Iterator[str]:
    for link in folder.links:
        yield f"{indent}<outline{''.join(_attributes(link))}/>"
    for below in folder.below.values():
        # A name with an address in it would be read as a link, as outliners write them.
        kind = f' type="{FOLDER}"' if "://" in below.name else ""
        yield f"{indent}<outline{kind} text={quoteattr(_clean(below.name))}>"
        yield from _outlines(below, f"{indent}  ")
        yield f"{indent}</outline>"


def _attributes(link: Link) -> Iterator[str]:
    is_plain = not any(mark in tag for tag in link.tags for mark in ",;|/#[")
    values = {
        "type": "link",
        "text": shown_title(link),
        "url": link.url,
        "description": link.description,
        "created": format_datetime(datetime.combine(link.added, time(12), UTC)) if link.added else "",
        "category": ",".join(link.tags) if is_plain else "",
        "signpost:tags": "" if is_plain else cell_of("tags", link),
        **{f"signpost:{name}": cell_of(name, link) for name in OWN_ATTRIBUTES},
    }
    for name, value in values.items():
        if value:
            yield f" {name}={quoteattr(_clean(value))}"


def _clean(text: str) -> str:
    return _NOT_XML.sub(" ", text)
