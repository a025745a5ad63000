"""Reads catalogues: finds the files of the sources, tells their formats apart, and makes one reading of all."""

import codecs
import glob
import logging
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from index.catalogue.formats.markdown import KeptParts, Page, read_page
from index.catalogue.formats.native import read_native
from index.catalogue.formats.spreadsheet import names_columns, read_spreadsheet
from index.catalogue.link import Entry, Finding, Reading, Skip, Source
from index.catalogue.sources.sources import is_source_list
from index.errors import CatalogueError
from index.files import read_bounded, unix_lines


class Format(StrEnum):
    """The formats that are read."""

    NATIVE = "YAML"
    MARKDOWN = "Markdown"
    BOOKMARKS = "bookmarks"
    SPREADSHEET = "CSV"


SUFFIXES: Final = {
    ".yaml": Format.NATIVE,
    ".yml": Format.NATIVE,
    ".md": Format.MARKDOWN,
    ".markdown": Format.MARKDOWN,
    ".html": Format.BOOKMARKS,
    ".htm": Format.BOOKMARKS,
    ".csv": Format.SPREADSHEET,
    ".tsv": Format.SPREADSHEET,
}
#: The longest line of the catalogues that we know has 3,000 characters.
MAX_LINE_CHARS: Final = 1_000_000

BOOKMARKS_MARK: Final = "netscape-bookmark"
_NATIVE_FIELD: Final = re.compile(r"^(?:links|format)[ \t]*:", re.MULTILINE)
#: Other files of ours have a format too (golden questions); JSON is YAML.
_LINKS_FIELD: Final = re.compile(r"^links[ \t]*:|\"links\"[ \t]*:", re.MULTILINE)
_MARKDOWN_LINK: Final = re.compile(r"\]\(\s*<?[a-z]+://", re.IGNORECASE)
_SNIFFED_CHARS: Final = 4_096

logger = logging.getLogger(__name__)


def _unseen(_done: int, _files: int) -> None:
    """Tell nobody how far the reading is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A file, a folder or a pattern to read; of a copy, with the address that people know it by."""

    path: Path
    name: str = ""
    address: str = ""
    folder: Path | None = None
    """The folder of a copy: files are shown as `address#file in it`; the copy is one file where there is none."""

    def place(self, file: Path) -> str:
        """Return what a file of it is called in messages."""
        if not self.address or self.folder is None:
            return self.address or str(file)
        return f"{self.address}#{file.relative_to(self.folder).as_posix()}"


class Kept(KeptParts, Protocol):
    """Readings kept from an earlier run, by the content of their file; of Markdown, the parts of each page."""

    def get(self, text: str, place: str) -> Reading | None:
        """Return what a file with this content, read as `place` says, gave before."""

    def put(self, text: str, place: str, reading: Reading) -> None:
        """Keep what a file gave."""


def read(
    sources: Sequence[Path | Root],
    *,
    name: str = "",
    progress: Callable[[int, int], None] = _unseen,
    kept: Kept | None = None,
) -> Reading:
    """Read all sources, each a file, a folder or a glob, into one reading; the order of a folder is that of its names.

    A Markdown page that comes alone loses its first heading from the section paths when everything stands under it: it
    is the list's name. Pages of a folder keep it, or get the file's name, since it tells what their links are about.
    `progress` is called after each file with the number of files that are done and that there are; what `kept`
    knows is not parsed again. `name`, when given, is the reading's. Raises CatalogueError when there is nothing to
    read, when a file cannot be read, or when no link is in any.
    """
    return examine(sources, name=name, progress=progress, kept=kept).reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A reading with what lint has to say of the files' form."""

    reading: Reading
    findings: tuple[Finding, ...]
    entries_of: tuple[int, ...]
    """How many entries came from each source."""


def examine(
    sources: Sequence[Path | Root],
    *,
    name: str = "",
    progress: Callable[[int, int], None] = _unseen,
    kept: Kept | None = None,
) -> Examined:
    """Read like `read`, and keep what is wrong with the form of native files (of those that `kept` does not know)."""
    roots = [source if isinstance(source, Root) else Root(path=source) for source in sources]
    files = list(_files(roots))
    collected = _Collected(kept=kept, in_folder=any(file.found for file in files) or _pages(files) > 1)
    counts = dict.fromkeys(range(len(roots)), 0)
    for done, file in enumerate(files, start=1):
        before = len(collected.entries)
        collected.add(file)
        counts[file.root] += len(collected.entries) - before
        progress(done, len(files))
    if not collected.entries:
        raise CatalogueError(f"no link was found in {', '.join(root.place(root.path) for root in roots)}")
    reading = Reading(
        name=name or _name_of(roots, collected.names, alone=len(files) == 1),
        entries=tuple(collected.entries),
        skipped=tuple(collected.skipped),
        sections=tuple(dict.fromkeys(collected.sections)) if collected.all_declare else (),
    )
    return Examined(reading=reading, findings=tuple(collected.findings), entries_of=tuple(counts.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: Path
    found: bool
    """Whether it was found in a folder or by a glob: then it may be something else than a catalogue."""
    place: str
    """What it is called in messages."""
    root: int
    """Which source it is of, from 0."""


def _pages(files: Iterable[_File]) -> int:
    return sum(SUFFIXES.get(file.path.suffix.lower()) is Format.MARKDOWN for file in files)


def _name_of(roots: Sequence[Root], names: Sequence[str], *, alone: bool) -> str:
    """Name what was read: after the only file or source, else after a folder when there is one, else the first file."""
    if len(roots) == 1 and roots[0].name:
        return roots[0].name
    folder = next((root for root in roots if root.path.is_dir()), None)
    if alone or folder is None:
        return next(iter(names), roots[0].path.stem)
    return folder.name or folder.path.resolve().name


def _files(roots: Sequence[Root]) -> Iterator[_File]:
    """Yield the files of the sources, each once."""
    if not roots:
        raise CatalogueError("no catalogue was named; give a file, a folder or a pattern")
    seen: set[Path] = set()
    for number, root in enumerate(roots):
        paths, found = _expand(root)
        for path in paths:
            real = path.resolve()
            if real not in seen:
                seen.add(real)
                yield _File(path=path, found=found, place=root.place(path), root=number)


def files_in(path: Path) -> list[Path]:
    """Return the files that are read of a file, a folder or a pattern; CatalogueError where there are none."""
    return _expand(Root(path=path))[0]


def _expand(root: Root) -> tuple[list[Path], bool]:
    """Return the files of a source, and whether they were found rather than named."""
    try:
        if root.path.is_dir():
            files, missing = _in_folder(root.path), f"the folder holds no catalogue file ({', '.join(SUFFIXES)})"
        elif root.path.exists():
            return [root.path], False
        elif glob.has_magic(str(root.path)):
            files, missing = _by_pattern(root), "no file matches this pattern"
        else:
            files, missing = [], "there is no such file or folder"
    except (OSError, ValueError) as error:
        raise CatalogueError(_os_problem(error), path=root.place(root.path)) from None
    if not files:
        raise CatalogueError(missing, path=root.place(root.path))
    return files, True


def _in_folder(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _by_pattern(root: Root) -> list[Path]:
    pattern = str(root.path)
    if root.folder is not None:  # the folder of a copy is no pattern, whatever it is called
        pattern = str(Path(glob.escape(str(root.folder))) / root.path.relative_to(root.folder))
    matches = sorted(Path(name) for name in glob.glob(pattern, recursive=True))  # noqa: PTH207
    files = [path for path in matches if path.is_file()]
    return files + [file for path in matches if path.is_dir() for file in _in_folder(path)]


def _os_problem(error: OSError | ValueError) -> str:
    detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot be read: {' '.join(detail.split())}"


def text_of(path: Path, place: str = "") -> str:
    """Return a file's text with line feeds as line ends; CatalogueError, which calls it `place`, when it is no text."""
    place = place or str(path)
    try:
        data = read_bounded(path)
    except OSError as error:
        raise CatalogueError(_os_problem(error), path=place) from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CatalogueError("is UTF-16; save the file as UTF-8", path=place)
    at = data.find(0)
    if at != -1:
        raise CatalogueError("holds a NUL byte: this is no text file", path=place, line=_line_of(data, at))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8: byte 0x{data[error.start]:02x}; save the file as UTF-8"
        raise CatalogueError(message, path=place, line=_line_of(data, error.start)) from None
    text = unix_lines(text)
    _check_lines(text, place)
    return text


def _line_of(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def _check_lines(text: str, place: str) -> None:
    """Refuse lines that no curator wrote: parsers need seconds for each megabyte of them."""
    for number, line in enumerate(text.split("\n") if len(text) > MAX_LINE_CHARS else (), start=1):
        if len(line) > MAX_LINE_CHARS:
            message = f"the line has {len(line):,} characters; {MAX_LINE_CHARS:,} are read at most"
            raise CatalogueError(message, path=place, line=number)


def format_of(text: str, path: Path) -> Format | None:
    """Tell the format by content where that is certain, else by suffix; None when neither says anything."""
    head = text[:_SNIFFED_CHARS].lstrip()
    lowered = head.lower()
    if BOOKMARKS_MARK in lowered[:200]:
        return Format.BOOKMARKS
    suffix = SUFFIXES.get(path.suffix.lower())
    if suffix is Format.BOOKMARKS and "<dl" not in lowered and "<dt" not in lowered:
        return None
    if suffix is not None:
        return suffix
    if "<dl" in lowered and "<dt" in lowered:
        return Format.BOOKMARKS
    if _NATIVE_FIELD.search(head):
        return Format.NATIVE
    if names_columns(head):
        return Format.SPREADSHEET
    return Format.MARKDOWN if _MARKDOWN_LINK.search(text) else None


def _is_something_else(text: str, form: Format | None) -> str:
    """Return why a file that was found in a folder is no catalogue, empty when it is one."""
    if form is None:
        return "not a bookmark file or any other known format"
    if form is Format.NATIVE and is_source_list(text):
        return "a file of sources, which is read where it is named itself"
    if form is Format.NATIVE and not _LINKS_FIELD.search(text):
        return "YAML without the field links: not a catalogue"
    if form is Format.SPREADSHEET and not names_columns(text):
        return "CSV without a column url: not a catalogue"
    return "" if text.strip() else "the file is empty"


@dataclass(slots=True, kw_only=True)
class _Collected:
    """What the files read so far hold."""

    in_folder: bool
    kept: Kept | None
    names: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    sections: list[tuple[str, ...]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    all_declare: bool = True
    """Whether every file with links declares its sections; only then can a section be unknown."""

    def add(self, file: _File) -> None:
        text = text_of(file.path, file.place)
        form = format_of(text, file.path)
        reason = _is_something_else(text, form)
        if reason and file.found:
            self.skipped.append(Skip(source=Source(path=file.place), text=file.path.name, reason=reason))
            return
        if not text.strip():
            raise CatalogueError("the file is empty", path=file.place)
        if form is None:
            raise CatalogueError(
                "is none of the formats that are read: YAML, Markdown, bookmarks, CSV", path=file.place
            )
        reading = self._guarded(text, form, file)
        self.names.append(reading.name)
        self.entries.extend(reading.entries)
        self.skipped.extend(reading.skipped)
        self.sections.extend(reading.sections)
        if reading.entries and not reading.sections:
            self.all_declare = False

    def _guarded(self, text: str, form: Format, file: _File) -> Reading:
        """Read a file; whatever fails in a reader is a file that cannot be read, and the trace goes to the log."""
        try:
            if form is Format.MARKDOWN:
                page = read_page(text, file.place, self.kept)
                return _from_page(page, _readable(file.path.stem), keep_title=self.in_folder)
            return self._known(text, form, file)
        except CatalogueError as error:
            raise error if error.path else CatalogueError(str(error), path=file.place) from None
        except (OSError, sqlite3.Error):
            raise  # what is kept could not be written: the disk's fault, not the file's
        except Exception as error:
            reference = secrets.token_hex(4)
            logger.exception("the reader of %s failed on %s", form, file.place, extra={"reference": reference})
            message = f"the reader of {form} failed on this file: {type(error).__name__} (reference {reference})"
            raise CatalogueError(message, path=file.place) from error

    def _known(self, text: str, form: Format, file: _File) -> Reading:
        """Read a file unless one with this content at this place is known."""
        reading = self.kept.get(text, file.place) if self.kept else None
        if reading is None:
            reading = self._read(text, form, file)
            if self.kept:
                self.kept.put(text, file.place, reading)
        return reading

    def _read(self, text: str, form: Format, file: _File) -> Reading:
        path, name = file.place, _readable(file.path.stem)
        match form:
            case Format.BOOKMARKS:
                # Its parser takes longer to load than most catalogues to read.
                from index.catalogue.formats.bookmarks import read_bookmarks  # noqa: PLC0415

                return read_bookmarks(text, path, name=name)
            case Format.SPREADSHEET:
                return read_spreadsheet(text, path, name=name)
            case _:
                native = read_native(text, path, name=name)
                self.findings.extend(native.findings)
                return native.reading


def _readable(stem: str) -> str:
    """Return a file's name as a title: `message-queue` is `Message queue`."""
    words = re.sub(r"[-_\s]+", " ", stem).strip()
    return words[:1].upper() + words[1:] if words else stem


def _from_page(page: Page, name: str, *, keep_title: bool) -> Reading:
    """Make section paths start with the page's title, or leave it out where the page comes alone."""
    title = page.title or name
    under_title = all(entry.link.section[:1] == (page.title,) for entry in page.entries)
    entries = page.entries
    if not keep_title and under_title:
        entries = tuple(_in_section(entry, entry.link.section[1:]) for entry in entries)
    elif keep_title:
        entries = tuple(
            entry if entry.link.section[:1] == (title,) else _in_section(entry, (title, *entry.link.section))
            for entry in entries
        )
    return Reading(name=title, entries=entries, skipped=page.skipped)


def _in_section(entry: Entry, section: tuple[str, ...]) -> Entry:
    return replace(entry, link=replace(entry.link, section=section))
