"""Decodes the text of a file: detects its encoding and turns line ends into line feeds."""

import codecs
from pathlib import Path
from typing import Final

from index.errors import CatalogueError
from index.files import read_bounded, unix_lines

#: The longest line of the catalogues that we know has 3,000 characters; longer than this is refused.
MAX_LINE_CHARS: Final = 1_000_000
_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Only this much is used to detect an encoding: detection takes a second for each megabyte.
_DETECTED_BYTES: Final = 200_000
#: The usual encodings of lists and bookmarks; others are tried only if none of these fits.
_ENCODINGS: Final = ["cp1252", "cp1251", "cp932", "gb18030"]
#: A text file may have a stray NUL; a binary file has many.
_MAX_NUL_SHARE: Final = 0.001


def text_of(path: Path, place: str = "", *, only_utf8: bool = False) -> str:
    """Return a file's text with line feeds as line ends; CatalogueError, with `place` as its name, when it is not text.

    `only_utf8` refuses other encodings, for files that are edited: the same bytes must be written back.
    """
    place = place or str(path)
    try:
        data = read_bounded(path)
    except OSError as error:
        detail = error.strerror or str(error)
        raise CatalogueError(f"cannot be read: {' '.join(detail.split())}", path=place) from None
    text = unix_lines(_decoded(data, place, only_utf8=only_utf8))
    for number, line in enumerate(text.split("\n") if len(text) > MAX_LINE_CHARS else (), start=1):
        if len(line) > MAX_LINE_CHARS:
            message = f"the line has {len(line):,} characters; {MAX_LINE_CHARS:,} are read at most"
            raise CatalogueError(message, path=place, line=number)
    return text


def _decoded(data: bytes, place: str, *, only_utf8: bool) -> str:
    encoding = _wide_encoding(data)
    if encoding and not only_utf8:
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError:
            raise CatalogueError("is UTF-16, but broken; save the file as UTF-8", path=place) from None
    if encoding and data.startswith(_UTF_16_MARKS):
        raise CatalogueError("is UTF-16; save the file as UTF-8", path=place)
    at = data.find(0)
    if at != -1:
        if only_utf8 or data.count(0) > len(data) * _MAX_NUL_SHARE:
            raise CatalogueError("holds a NUL byte: this is no text file", path=place, line=_line_of(data, at))
        data = data.replace(b"\0", b"")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = None if only_utf8 else detected(data)
        if found is None:
            message = f"is not UTF-8: byte 0x{data[error.start]:02x}; save the file as UTF-8"
            raise CatalogueError(message, path=place, line=_line_of(data, error.start)) from None
        return found


def _wide_encoding(data: bytes) -> str:
    """Return the UTF-16 encoding of a text, by its byte order mark or a NUL in every other byte; empty for none."""
    if data.startswith(_UTF_16_MARKS):
        return "utf-16"
    head = data[:1_000]
    if len(head) >= 4 and not len(data) % 2:  # noqa: PLR2004
        for encoding, offset in (("utf-16-le", 1), ("utf-16-be", 0)):
            if head[offset::2].count(0) > len(head) * 0.4 and not head[1 - offset :: 2].count(0):
                return encoding
    return ""


def detected(data: bytes) -> str | None:
    """Return the text in its most probable encoding; None when it is not text in any."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - needed for few files

    head = data[:_DETECTED_BYTES]
    best = from_bytes(head, cp_isolation=_ENCODINGS).best() or from_bytes(head).best()
    if best is None:
        return None
    try:
        return data.decode(best.encoding)
    except UnicodeDecodeError:
        return None


def _line_of(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1
