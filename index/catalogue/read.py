"""Reads catalogues: finds the files of the sources, detects their formats, and makes one reading of all."""

import glob
import logging
import re
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from index.amounts import amount
from index.catalogue.decoding import text_of
from index.catalogue.forges import WebFile, WebPages, checkout_of, raw_file
from index.catalogue.formats.asciidoc import read_asciidoc
from index.catalogue.formats.markdown import KeptParts, read_page
from index.catalogue.formats.native import read_native
from index.catalogue.formats.objects import holds_entries, is_native, read_entries, read_objects
from index.catalogue.formats.opml import read_opml
from index.catalogue.formats.page import Page, read_html
from index.catalogue.formats.plain import holds_list, read_plain
from index.catalogue.formats.spreadsheet import names_columns, read_spreadsheet
from index.catalogue.formats.which import FOLDER_SUFFIXES, PAGES, SUFFIXES, UNREAD_SUFFIXES, Format, format_of
from index.catalogue.link import Entry, Finding, Level, Reading, Reason, Rule, Skip, Source
from index.catalogue.sources.sources import is_source_list
from index.catalogue.translations import other_translations
from index.errors import CatalogueError
from index.files import MAX_FILE_BYTES, matching, read_bounded
from index.timing import OutOfTimeError, at_most

#: The field `links`, which other YAML files of ours (golden questions) do not have; also as JSON, which is YAML.
_LINKS_FIELD: Final = re.compile(r"^links[ \t]*:|\"links\"[ \t]*:", re.MULTILINE)
#: The start of a link in the native form: a file with one was meant as a catalogue, even if it is broken.
_NATIVE_LINK: Final = re.compile(r"^[ \t]*-[ \t]+(?:url|title)[ \t]*:", re.MULTILINE)

#: What the name of a list says of itself.
_LIST_NAME: Final = re.compile(r"\bawesome\b", re.IGNORECASE)
#: A heading with a larger share of the links directly below it is a section.
_MOST_DIRECT: Final = 0.1
#: A file may take this long to be read, and as much again for each of so many characters: several times what any list of
#: that length takes on a slow machine.
_LEAST_S: Final = 30.0
_CHARS_PER_S: Final = 50_000
#: The files of a source are no more than this, and have MAX_FILE_BYTES together at most.
MAX_FILES: Final = 20_000
#: What people call a heading above all others.
_CONTENTS: Final = re.compile(
    r"\W*(?:the |full )?(?:contents?|table of contents|index|list|links|resources|projects|collection)\W*",
    re.IGNORECASE,
)

logger = logging.getLogger(__name__)


def seconds_for(chars: int) -> float:
    """Return how long a file, or a source, of this many characters may take to be read."""
    return _LEAST_S + chars / _CHARS_PER_S


def _unseen(_done: int, _files: int) -> None:
    """Do nothing: the default for `progress`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A file, a folder or a pattern to read; for the copy of a remote source, with the source's address."""

    path: Path
    name: str = ""
    address: str = ""
    folder: Path | None = None
    """The folder of a copy: its files are named `address#file in it`; None when the copy is one file."""
    language: str = ""
    """Language of the translation to read, if a list has several."""
    include_private: bool = False
    """Whether its marks of private links do not count."""
    pages: WebPages | None = None
    """The web pages of the git repository that it is a copy of."""

    def web_file(self, file: Path) -> WebFile | None:
        """Return one of its files on the web; None if it is in no git repository with web pages."""
        if self.pages is not None and self.folder is not None:
            return WebFile(pages=self.pages, path=file.relative_to(self.folder).as_posix())
        if self.address:
            return raw_file(self.address)
        checkout = checkout_of(file)
        return checkout.file(file) if checkout else None

    def place(self, file: Path) -> str:
        """Return the name of one of its files in messages."""
        if not self.address or self.folder is None:
            return self.address or str(file)
        return f"{self.address}#{file.relative_to(self.folder).as_posix()}"


class Kept(KeptParts, Protocol):
    """Readings kept from an earlier run, by the content of the file; for Markdown, by the parts of each page."""

    def get(self, text: str, place: str) -> Reading | None:
        """Return the kept reading of a file with this content at this `place`, or None."""

    def put(self, text: str, place: str, reading: Reading) -> None:
        """Keep the reading of a file."""


def read(
    sources: Sequence[Path | Root],
    *,
    name: str = "",
    progress: Callable[[int, int], None] = _unseen,
    kept: Kept | None = None,
    share: float = 1.0,
) -> Reading:
    """Read all sources, each a file, a folder or a glob, into one reading; files of a folder are read in order of name.

    If a single Markdown page has everything under its first heading, that heading is the list's name and no part of the
    section paths. Pages of a folder keep it in the paths (without one, the file's name), since it says what their links are
    about. `progress(done, files)` is called after each file. Files that `kept` has are not parsed again. `name`, if given,
    becomes the reading's name. `share` is how much of its time a file may take. CatalogueError when there is nothing to
    read, a file cannot be read, or no link is found.
    """
    return examine(sources, name=name, progress=progress, kept=kept, share=share).reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A reading with lint's findings about the form of its files."""

    reading: Reading
    findings: tuple[Finding, ...]
    entries_of: tuple[int, ...]
    """Number of entries from each source."""


def _left_out(skipped: Sequence[Skip]) -> str:
    """Return what is said of a list in which every entry was left out; nothing where it has none."""
    if not skipped:
        return ""
    [(reason, _)] = Counter(skip.reason for skip in skipped).most_common(1)
    return f"; {amount(len(skipped), 'entry was', 'entries were')} left out, most often: {reason}"


def examine(
    sources: Sequence[Path | Root],
    *,
    name: str = "",
    progress: Callable[[int, int], None] = _unseen,
    kept: Kept | None = None,
    tolerant: bool = False,
    share: float = 1.0,
) -> Examined:
    """Read as `read` does, and collect findings about the form of native files, except those that `kept` has.

    Where `tolerant`, a native file that cannot be read is a finding, and so is each wrong entry and value of it.
    """
    roots = [source if isinstance(source, Root) else Root(path=source) for source in sources]
    files = list(_files(roots))
    _check_sizes(roots, files)
    collected = _Collected(
        kept=kept,
        tolerant=tolerant,
        share=share,
        in_folder=any(file.found for file in files) or _pages(files) > 1,
        pages={file.web.address for file in files if file.web and not file.left_out},
    )
    counts = dict.fromkeys(range(len(roots)), 0)
    for done, file in enumerate(files, start=1):
        before = len(collected.entries)
        collected.add(file)
        counts[file.root] += len(collected.entries) - before
        progress(done, len(files))
    if not collected.entries and not (tolerant and collected.findings):
        places = ", ".join(root.place(root.path) for root in roots)
        raise CatalogueError(f"no link was found in {places}{_left_out(collected.skipped)}")
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
    """Whether it was found in a folder or by a glob: then it may be no catalogue."""
    place: str
    """Its name in messages."""
    root: int
    """Number of its source, from 0."""
    left_out: str
    """Why it is not read; empty when it is read."""
    include_private: bool
    """Whether its marks of private links do not count."""
    web: WebFile | None
    """The file on the web, if it is in a git repository with web pages."""


def _check_sizes(roots: Sequence[Root], files: Iterable[_File]) -> None:
    """Refuse a source whose files are too many, or too large together. CatalogueError."""
    sizes = [0] * len(roots)
    counts = [0] * len(roots)
    for file in files:
        with suppress(OSError):  # told when it is read
            sizes[file.root] += 0 if file.left_out else file.path.stat().st_size
            counts[file.root] += 1
    for root, size, count in zip(roots, sizes, counts, strict=True):
        if count > 1 and (size > MAX_FILE_BYTES or count > MAX_FILES):
            limits = f"{MAX_FILES:,} files or {MAX_FILE_BYTES:,} bytes"
            raise CatalogueError(
                f"holds more than {limits}; name a folder or a pattern in it", path=root.place(root.path)
            )


def _pages(files: Iterable[_File]) -> int:
    return sum(SUFFIXES.get(file.path.suffix.lower()) in PAGES for file in files)


def _name_of(roots: Sequence[Root], names: Sequence[str], *, alone: bool) -> str:
    """Return a name for the reading: that of the only file or source, else of a folder, else of the first file."""
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
        translated = other_translations(paths, root.language) if found else {}
        for path in paths:
            real = path.resolve()
            if real not in seen:
                seen.add(real)
                reason = translated.get(path, "")
                form = SUFFIXES.get(path.suffix.lower())
                web = root.web_file(path) if form in PAGES or form is Format.BOOKMARKS else None
                yield _File(
                    path=path,
                    found=found,
                    place=root.place(path),
                    root=number,
                    left_out=reason,
                    include_private=root.include_private,
                    web=web,
                )


def files_in(path: Path) -> list[Path]:
    """Return the files to read for a file, a folder or a pattern; CatalogueError when there are none."""
    return _expand(Root(path=path))[0]


def _expand(root: Root) -> tuple[list[Path], bool]:
    """Return the files of a source, and whether they were found in a folder or by a pattern."""
    try:
        if root.path.is_dir():
            files, missing = _in_folder(root.path), f"the folder holds no catalogue file ({', '.join(FOLDER_SUFFIXES)})"
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
    """Return the files of a folder that are read or reported as left out; JSON is read only when named itself."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in {*FOLDER_SUFFIXES, *UNREAD_SUFFIXES}
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def _by_pattern(root: Root) -> list[Path]:
    pattern = str(root.path)
    if root.folder is not None:  # the folder of a copy is never a pattern, even if its name looks like one
        pattern = str(Path(glob.escape(str(root.folder))) / root.path.relative_to(root.folder))
    matches = sorted(matching(pattern))
    files = [path for path in matches if path.is_file()]
    return files + [file for path in matches if path.is_dir() for file in _in_folder(path)]


def _os_problem(error: OSError | ValueError) -> str:
    detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot be read: {' '.join(detail.split())}"


def _is_entry(text: str, path: Path) -> bool:
    """Whether YAML holds entries: a list of them, or one where another file of its folder holds one too.

    One alone is rather what a site or a program is called.
    """
    if not holds_entries(text):
        return False
    beside = (other for other in path.parent.iterdir() if other != path and other.suffix == path.suffix)
    return text.lstrip().startswith("- ") or any(
        holds_entries(read_bounded(other).decode("utf-8", "replace")) for other in sorted(beside) if other.is_file()
    )


def _is_something_else(text: str, form: Format | None, path: Path) -> str:
    """Return why a file that was found in a folder is no catalogue, empty when it is one."""
    if form is None:
        return "not a bookmark file or any other known format"
    if form is Format.HTML:
        return "a web page, which is read where it is named itself"
    if form is Format.JSON:
        return "JSON, which is read where it is named itself"
    if form is Format.NATIVE and is_source_list(text):
        return "a file of sources, which is read where it is named itself"
    if form is Format.NATIVE and not _LINKS_FIELD.search(text) and not _is_entry(text, path):
        return "YAML without the field links: not a catalogue"
    if form is Format.SPREADSHEET and not names_columns(text):
        return "CSV without a column url: not a catalogue"
    if form is Format.TEXT and not holds_list(text):
        return "text of which few lines hold an address: no list"
    return "" if text.strip() else "the file is empty"


def _without_marks(reading: Reading) -> Reading:
    """Return a reading without marks of private links."""
    entries = tuple(replace(entry, link=replace(entry.link, private=False)) for entry in reading.entries)
    return replace(reading, entries=entries)


def _without_place(error: CatalogueError, file: _File) -> str:
    return str(error).removeprefix(f"{file.place}:").strip()


def _is_meant(path: Path) -> bool:
    """Whether a YAML file was meant as a catalogue; a broken one is then an error, not silently left out."""
    return _NATIVE_LINK.search(read_bounded(path).decode("latin-1")) is not None


@dataclass(slots=True, kw_only=True)
class _Collected:
    """The contents of the files read so far."""

    in_folder: bool
    kept: Kept | None
    tolerant: bool
    share: float
    pages: AbstractSet[str]
    """The web pages of the files that are read: links to them are left out, since their own links are entries."""
    names: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skip] = field(default_factory=list)
    sections: list[tuple[str, ...]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    all_declare: bool = True
    """Whether every file with links declares its sections; only then can a section be undeclared."""

    def add(self, file: _File) -> None:
        """Read a file; one that was found in a folder and is not a catalogue is left out without an error."""
        form = SUFFIXES.get(file.path.suffix.lower())
        if file.left_out:
            self._left_out(file, file.left_out)
            return
        if file.found and file.path.suffix.lower() in UNREAD_SUFFIXES:
            self._left_out(file, f"{file.path.suffix} files are not read")
            return
        is_yaml = form is Format.NATIVE
        try:
            text = text_of(file.path, file.place, only_utf8=is_yaml)
        except CatalogueError as error:
            if not file.found or (is_yaml and _is_meant(file.path)):
                raise
            self._left_out(file, _without_place(error, file))
            return
        form = format_of(text, file.path)
        reason = _is_something_else(text, form, file.path) if file.found else ""
        if reason:
            self._left_out(file, reason)
            return
        if not text.strip():
            raise CatalogueError("the file is empty", path=file.place)
        if form is None:
            raise CatalogueError(f"is none of the formats that are read: {', '.join(Format)}", path=file.place)
        try:
            reading = self._guarded(text, form, file)
        except CatalogueError as error:
            self._unreadable(error, file, form)
        else:
            self._collect(_without_marks(reading) if file.include_private else reading)

    def _unreadable(self, error: CatalogueError, file: _File, form: Format) -> None:
        """Leave a file out that was not meant; else it ends the reading, or is a finding where it holds links."""
        is_meant = form is Format.NATIVE and _is_meant(file.path)
        if file.found and not is_meant:
            self._left_out(file, _without_place(error, file))
        elif self.tolerant and is_meant:
            source = Source(path=file.place, line=error.line or 0)
            self.findings.append(Finding(rule=Rule.UNREADABLE, level=Level.ERROR, source=source, message=error.problem))
        else:
            raise error

    def _collect(self, reading: Reading) -> None:
        self.names.append(reading.name)
        self.skipped.extend(reading.skipped)
        for entry in reading.entries:
            if self.pages and entry.link.url.partition("#")[0] in self.pages:
                text = f"{entry.link.title} ({entry.link.url})"
                self.skipped.append(Skip(source=entry.source, text=text, reason=Reason.OTHER_PAGE))
            else:
                self.entries.append(entry)
        self.sections.extend(reading.sections)
        if reading.entries and not reading.sections:
            self.all_declare = False

    def _left_out(self, file: _File, reason: str) -> None:
        self.skipped.append(Skip(source=Source(path=file.place), text=file.path.name, reason=reason.strip()))

    def _guarded(self, text: str, form: Format, file: _File) -> Reading:
        """Read a file; any error of a reader becomes a CatalogueError, and its trace goes to the log."""
        seconds = self.share * seconds_for(len(text))
        try:
            with at_most(seconds):
                return self._read_any(text, form, file)
        except OutOfTimeError:
            raise CatalogueError(
                f"reading it took more than {seconds:.0f} s of the processor; split it", path=file.place
            ) from None
        except CatalogueError as error:
            raise error if error.path else CatalogueError(str(error), path=file.place) from None
        except (OSError, sqlite3.Error):
            raise  # the cache could not be written: the disk's fault, not the file's
        except Exception as error:
            reference = secrets.token_hex(4)
            logger.exception("the reader of %s failed on %s", form, file.place, extra={"reference": reference})
            message = f"the reader of {form} failed on this file: {type(error).__name__} (reference {reference})"
            raise CatalogueError(message, path=file.place) from error

    def _read_any(self, text: str, form: Format, file: _File) -> Reading:
        """Read a file, or return what is kept of it."""
        if form is Format.MARKDOWN:
            page = read_page(text, file.place, self.kept, file.web)
        else:
            reading = self._known(text, form, file)
            if form not in PAGES:
                return reading
            page = Page(title=reading.name, entries=reading.entries, skipped=reading.skipped)
        return _from_page(page, _readable(file.path.stem), keep_title=self.in_folder)

    def _known(self, text: str, form: Format, file: _File) -> Reading:
        """Read a file, or return the kept reading of the same content at the same place."""
        key = f"{file.web.address}\0{text}" if file.web else text
        reading = self.kept.get(key, file.place) if self.kept else None
        if reading is None:
            reading = self._read(text, form, file)
            if self.kept:
                self.kept.put(key, file.place, reading)
        return reading

    def _read(self, text: str, form: Format, file: _File) -> Reading:
        path, name = file.place, _readable(file.path.stem)
        match form:
            case Format.BOOKMARKS:
                # Loading its parser takes longer than reading most catalogues.
                from index.catalogue.formats.bookmarks import read_bookmarks  # noqa: PLC0415

                return read_bookmarks(text, path, name=name)
            case Format.HTML:
                return read_html(text, path, name=name, web=file.web)
            case Format.RST | Format.ASCIIDOC | Format.ORG:
                page = _markup_reader(form)(text, path, file.web)
                return Reading(name=page.title, entries=page.entries, skipped=page.skipped)
            case Format.TEXT:
                return read_plain(text, path, name=name)
            case Format.OPML:
                return read_opml(text, path, name=name)
            case Format.SPREADSHEET:
                return read_spreadsheet(text, path, name=name)
            case Format.NATIVE if not _LINKS_FIELD.search(text) and holds_entries(text):
                return read_entries(text, path, name=name)
            case Format.JSON if not (_LINKS_FIELD.search(text) and is_native(text)):
                return read_objects(text, path, name=name)
            case _:
                native = read_native(text, path, name=name, tolerant=self.tolerant and _is_meant(file.path))
                self.findings.extend(native.findings)
                return native.reading


def _markup_reader(form: Format) -> Callable[[str, str, WebFile | None], Page]:
    """Return what reads pages of a markup; its parser is loaded for those who have such pages."""
    match form:
        case Format.RST:
            from index.catalogue.formats.rst import read_rst  # noqa: PLC0415

            return read_rst
        case Format.ORG:
            from index.catalogue.formats.org import read_org  # noqa: PLC0415

            return read_org
        case _:
            return read_asciidoc


def _readable(stem: str) -> str:
    """Return a file's name as a title: `message-queue` is `Message queue`."""
    words = re.sub(r"[-_\s]+", " ", stem).strip()
    return words[:1].upper() + words[1:] if words else stem


def _from_page(page: Page, name: str, *, keep_title: bool) -> Reading:
    """Put the page's title in front of its section paths if `keep_title`, else leave it out."""
    title = page.title or name
    if keep_title:
        entries = tuple(
            entry if entry.link.section[:1] == (title,) else _in_section(entry, (title, *entry.link.section))
            for entry in page.entries
        )
    else:
        entries = _without_root(page.entries, title)
    return Reading(name=title, entries=entries, skipped=page.skipped)


def _without_root(entries: tuple[Entry, ...], title: str) -> tuple[Entry, ...]:
    """Leave out headings that are above everything: the list's own name, and `Contents` with all chapters under it.

    A title that says what the list is goes also where a further heading of its level follows it.
    """
    heads = {entry.link.section[:1] for entry in entries}
    is_named = (title,) in heads and (len(heads) == 1 or _LIST_NAME.search(title) is not None)
    if is_named:
        entries = tuple(
            _in_section(entry, entry.link.section[1:]) if entry.link.section[:1] == (title,) else entry
            for entry in entries
        )
    while root := _container(entries, is_named=is_named):
        entries = tuple(_in_section(entry, entry.link.section[len(root) :]) for entry in entries)
        is_named = True
    return entries


def _container(entries: tuple[Entry, ...], *, is_named: bool) -> tuple[str, ...]:
    """Return the heading above all chapters, if it is no chapter itself; empty if there is none.

    Below a heading that names the list, only one such as `Contents` is none.
    """
    root = entries[0].link.section[:1] if entries else ()
    chapters = {entry.link.section[:2] for entry in entries} - {root}
    direct = sum(entry.link.section == root for entry in entries)
    if not root or len(chapters) < 2 - is_named or any(entry.link.section[:1] != root for entry in entries):
        return ()
    is_contents = _CONTENTS.fullmatch(root[0]) is not None and not direct
    return root if is_contents or (not is_named and direct <= len(entries) * _MOST_DIRECT) else ()


def _in_section(entry: Entry, section: tuple[str, ...]) -> Entry:
    return replace(entry, link=replace(entry.link, section=section))
