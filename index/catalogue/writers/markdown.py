"""Writes a catalogue as an awesome list: a heading, contents, sections of bullets, `- [title](address) - description`."""

import re
from collections.abc import Iterator
from typing import Final

from index.catalogue.link import Link, Reading, Status
from index.catalogue.writers.outline import STAR, Anchors, Folder, one_line, shown_title, with_addresses

#: Characters that Markdown, or the HTML in it, would not show as written.
_MARKS: Final = re.compile(r"[\\`*\[\]<>~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|(?<= )#(?=#*$)")
_MARKS_OF_ADDRESS: Final = re.compile(r"[\\<>]|&(?=#?\w+;)")
_MAX_LEVEL: Final = 6
CONTENTS: Final = "Contents"


def write_markdown(reading: Reading) -> str:
    """Return a reading as Markdown; equal readings are written as equal text.

    A link is written with its title, address, stars, highlight, description and section, and with its publisher unless
    that is the address's host. Further addresses follow in brackets. A retired link is struck through. Sections below
    the sixth level of headings are written as sixth-level headings.
    """
    root = Folder.of(one_line(reading.name), reading.links)
    return "\n".join(_lines(root)).rstrip("\n") + "\n"


def _lines(root: Folder) -> Iterator[str]:
    yield f"# {_escaped(root.name)}"
    yield ""
    if root.links:
        yield from map(_bullet, root.links)
        yield ""
    sections = [(one_line(folder.name), min(depth + 1, _MAX_LEVEL), folder) for folder, depth in root.walk()]
    if sections:
        anchors = Anchors()
        anchors.of(root.name)
        anchors.of(CONTENTS)
        yield f"## {CONTENTS}"
        yield ""
        for name, level, _ in sections:
            yield f"{'  ' * (level - 2)}- [{_escaped(name)}](#{anchors.of(name)})"
        yield ""
    for name, level, folder in sections:
        yield f"{'#' * level} {_marked(name)}"
        yield ""
        if folder.links:
            yield from map(_bullet, folder.links)
            yield ""


def _bullet(link: Link) -> str:
    title = _escaped(one_line(shown_title(link)))
    written = f"[=={title}==]" if link.highlight else f"[{title}]"
    written += f"({_address(link.url)})"
    if link.status is Status.RETIRED:
        written = f"~~{written}~~"
    described = _marked(link.description)
    further = ", ".join(f"[{_escaped(one_line(one.kind))}]({_address(one.url)})" for one in link.further)
    parts = [written, STAR * link.stars, f"- {described}" if described else "", f"({further})" if further else ""]
    return "- " + " ".join(filter(None, parts))


def _marked(text: str) -> str:
    """Return the text as Markdown; an address in it becomes code, so that readers do not take it for a link."""
    return with_addresses(text, _escaped, "`{}`".format)


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\g<0>", text)


def _address(url: str) -> str:
    written = _MARKS_OF_ADDRESS.sub(r"\\\g<0>", url)
    return f"<{written}>" if _has_odd_brackets(url) or written != url else url


def _has_odd_brackets(url: str) -> bool:
    """Whether an address has unpaired round brackets; Markdown would end it at one of them."""
    depth = 0
    for mark in re.findall(r"[()]", url):
        depth += 1 if mark == "(" else -1
        if depth < 0:
            return True
    return depth != 0
