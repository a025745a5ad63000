"""Detects the format of a file."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Final

from index.catalogue.formats.plain import holds_list
from index.catalogue.formats.spreadsheet import names_columns


class Format(StrEnum):
    """The formats that are read."""

    NATIVE = "YAML"
    MARKDOWN = "Markdown"
    BOOKMARKS = "bookmarks"
    HTML = "HTML"
    SPREADSHEET = "CSV"
    JSON = "JSON"
    OPML = "OPML"
    RST = "reStructuredText"
    ASCIIDOC = "AsciiDoc"
    ORG = "org-mode"
    TEXT = "plain text"


SUFFIXES: Final = {
    ".yaml": Format.NATIVE,
    ".yml": Format.NATIVE,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".mdx": Format.MARKDOWN,
    ".html": Format.BOOKMARKS,
    ".htm": Format.BOOKMARKS,
    ".csv": Format.SPREADSHEET,
    ".tsv": Format.SPREADSHEET,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
    ".ndjson": Format.JSON,
    ".opml": Format.OPML,
    ".rst": Format.RST,
    ".rest": Format.RST,
    ".adoc": Format.ASCIIDOC,
    ".asciidoc": Format.ASCIIDOC,
    ".asc": Format.ASCIIDOC,
    ".org": Format.ORG,
    ".txt": Format.TEXT,
    ".text": Format.TEXT,
}
#: Formats whose files are pages, with headings of which the first names the page.
PAGES: Final = frozenset({Format.MARKDOWN, Format.RST, Format.ASCIIDOC, Format.ORG})
#: Suffixes that are read in folders; JSON is read only when the file itself is named, since most JSON is no catalogue.
FOLDER_SUFFIXES: Final = tuple(suffix for suffix, form in SUFFIXES.items() if form is not Format.JSON)
#: Suffixes of files that may contain a list but are not read; in a folder they are reported.
UNREAD_SUFFIXES: Final = frozenset(
    {
        ".doc",
        ".docx",
        ".epub",
        ".numbers",
        ".ods",
        ".odt",
        ".pdf",
        ".rtf",
        ".textile",
        ".webarchive",
        ".wiki",
        ".xls",
        ".xlsx",
    }
)

BOOKMARKS_MARK: Final = "netscape-bookmark"
#: How every program begins a folder. Web pages have lists of terms, which begin alike.
_FOLDER: Final = re.compile(r"<dl\b[^<>]*>\s*<p\b")
_PAGE_STARTS: Final = ("<!doctype html", "<html")
_NATIVE_FIELD: Final = re.compile(r"^(?:links|format)[ \t]*:", re.MULTILINE)
#: OPML, and the XML of Delicious and Pinboard, whose `<post>` is like an outline.
_OPML: Final = re.compile(r"<(?:opml|posts)\b")
_XML_STARTS: Final = ("<?xml", "<opml", "<posts", "<!--")
_MARKDOWN_LINK: Final = re.compile(r"\]\(\s*<?[a-z]+://", re.IGNORECASE)
_JSON: Final = re.compile(r"[\[{]\s*[\[{\"]")
SNIFFED_CHARS: Final = 4_096


def holds_folders(head: str) -> bool:
    """Whether the start of a file, in small letters, has folders of bookmarks."""
    is_page = head.lstrip().startswith(_PAGE_STARTS) and not _FOLDER.search(head)
    return "<dl" in head and "<dt" in head and not is_page


def format_of(text: str, path: Path) -> Format | None:
    """Return the format by content if that is certain, else by suffix; None when neither tells."""
    head = text[:SNIFFED_CHARS].lstrip()
    lowered = head.lower()
    has_folders = holds_folders(lowered)
    if BOOKMARKS_MARK in lowered[:200]:
        return Format.BOOKMARKS
    if lowered.startswith(_XML_STARTS) and _OPML.search(lowered):
        return Format.OPML
    suffix = SUFFIXES.get(path.suffix.lower())
    if suffix is Format.BOOKMARKS:
        return Format.BOOKMARKS if has_folders else Format.HTML
    if suffix is not None and suffix is not Format.TEXT:  # people use .txt for anything
        return suffix
    return Format.BOOKMARKS if has_folders else _by_content(text, head, path)


def _by_content(text: str, head: str, path: Path) -> Format | None:
    """Return the format of a file whose name does not tell it."""
    if _JSON.match(head):
        return Format.JSON
    if _NATIVE_FIELD.search(head):
        return Format.NATIVE
    if names_columns(head):
        return Format.SPREADSHEET
    if _MARKDOWN_LINK.search(text):
        return Format.MARKDOWN
    is_markup = path.suffix.lower() in UNREAD_SUFFIXES  # whose marks would be words of titles
    return Format.TEXT if holds_list(text) and not is_markup else None
