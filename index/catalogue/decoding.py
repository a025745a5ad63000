"""The text of a file, whatever wrote it: encodings are told apart, line ends become line feeds."""

import codecs
from pathlib import Path
from typing import Final

from index.errors import CatalogueError
from index.files import read_bounded, unix_lines

#: The longest line of the catalogues that we know has 3,000 characters.
MAX_LINE_CHARS: Final = 1_000_000
_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: What is looked at to tell an encoding; detection takes a second for each megabyte.
_DETECTED_BYTES: Final = 200_000
#: The encodings that lists and bookmarks are mostly found in; only a text that is in none of them is tried in others.
_ENCODINGS: Final = ["cp1252", "cp1251", "cp932", "gb18030"]
#: A file of text may hold a stray NUL; one of other data holds many.
_MAX_NUL_SHARE: Final = 0.001


def text_of(path: Path, place: str = "", *, only_utf8: bool = False) -> str:
    """Return a file's text with line feeds as line ends; CatalogueError, which calls it `place`, when it is no text.

    `only_utf8` takes no other encoding: what is written back must be what was read.
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
        found = None if only_utf8 else _detected(data)
        if found is None:
            message = f"is not UTF-8: byte 0x{data[error.start]:02x}; save the file as UTF-8"
            raise CatalogueError(message, path=place, line=_line_of(data, error.start)) from None
        return found


def _wide_encoding(data: bytes) -> str:
    """Return which UTF-16 a text is in, by its mark or by a NUL in every other place; empty for none."""
    if data.startswith(_UTF_16_MARKS):
        return "utf-16"
    head = data[:1_000]
    if len(head) >= 4 and not len(data) % 2:  # noqa: PLR2004
        for encoding, offset in (("utf-16-le", 1), ("utf-16-be", 0)):
            if head[offset::2].count(0) > len(head) * 0.4 and not head[1 - offset :: 2].count(0):
                return encoding
    return ""


def _detected(data: bytes) -> str | None:
    """Return the text in the encoding that it most probably is in; None where it is in none that reads as text."""
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
