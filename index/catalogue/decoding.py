"""Decodes the text of files and pages, in an encoding of the web alone."""

import codecs
import re
from pathlib import Path
from typing import Final

from index.catalogue.charsets import WEB_CODECS, codec_of
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
_CHARSET: Final = re.compile(rb"""charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
#: A page names its encoding near its beginning, or not at all.
_NAMED_WITHIN: Final = 2_048
#: The encoding of a page with more wrong characters than this in its beginning is detected.
_FEW_WRONG: Final = 1
_DETECTED_OF_PAGE: Final = 20_000


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
    """Return the text in its most probable encoding of the web; None when it is not text in any."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - needed for few files

    head = data[:_DETECTED_BYTES]
    others = sorted(codec for codec in WEB_CODECS.difference(_ENCODINGS) if not codec.startswith("utf-16"))
    best = from_bytes(head, cp_isolation=_ENCODINGS).best() or from_bytes(head, cp_isolation=others).best()
    if best is None:
        return None
    try:
        return data.decode(best.encoding)
    except UnicodeDecodeError:
        return None


def page_of(content_type: str, body: bytes) -> str:
    """Return the text of a web page, or of its first part; wrong bytes are replaced.

    Its encoding is that of its byte order mark, else the one that its header or the page names, if it is one of the web's,
    else UTF-8. A page with many wrong characters in that one is decoded in its most probable one.
    """
    codec = _marked(body) or _named(content_type.encode("ascii", "ignore")) or _named_inside(body) or "utf-8"
    text = body.decode(codec, "replace")
    if text.count("\ufffd", 0, _DETECTED_OF_PAGE) > _FEW_WRONG:
        text = detected(body[:_DETECTED_OF_PAGE]) or text
    return text


def _marked(body: bytes) -> str | None:
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    return "utf-16" if body.startswith(_UTF_16_MARKS) else None


def _named(text: bytes) -> str | None:
    """Return the codec of the encoding that a header or a page names; None for none, or one that is not the web's."""
    found = _CHARSET.search(text)
    return codec_of(found[1].decode("ascii")) if found else None


def _named_inside(body: bytes) -> str | None:
    codec = _named(body[:_NAMED_WITHIN])
    # A page whose ASCII can be read is not UTF-16, whatever it says of itself.
    return "utf-8" if codec is not None and codec.startswith("utf-16") else codec


def _line_of(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1
