"""Keeps what was found out about links in files beside the catalogue, with a line for each address."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Protocol, Self, TextIO, TypeVar

from index.catalogue.link import Entry
from index.errors import CatalogueError
from index.files import FileLock, read_text, write_atomically

#: Folder for the records of remote lists (web and git), in the working folder.
ELSEWHERE: Final = Path(".signpost")
FORMAT: Final = 1


class Recorded(Protocol):
    """A record of one address."""

    @property
    def url(self) -> str:
        """The address; a file has one record of it."""


T = TypeVar("T", bound=Recorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordForm(Generic[T]):
    """How the records of one kind are kept: JSON Lines, the first line `{"format": 1}`, then sorted by address."""

    name: str
    """Name of the file, in the folder of the catalogue's file."""
    all_of_them: str
    """What the file holds, for messages: `the link checks`."""
    one_of_them: str
    """What a line of it is: `record of a link check`."""
    anew: str
    """What deleting the file leads to: `check everything again`."""
    to_row: Callable[[T], dict[str, Any]]
    from_row: Callable[[dict[str, Any]], T]
    """May raise ValueError, KeyError, TypeError, AttributeError and OverflowError for a row that is no record."""
    age: Callable[[T], Any]
    """Of two records of one address the one with the larger value counts."""
    stays: Callable[[T], bool] = lambda _: False
    """Whether a record stays in its file although the catalogue does not have its address."""
    is_ascii: bool = True
    """Whether other letters are written as escapes."""

    def read(self, path: Path, damaged: Callable[[CatalogueError], None] | None = None) -> dict[str, T]:
        """Return the records of a file by address; empty when the file does not exist.

        CatalogueError when the file cannot be read, or is of another format; for a damaged line too, unless `damaged` takes
        it. Of several lines for one address the last counts. A last line that was cut off by a crash is ignored.
        """
        try:
            lines = read_text(path).split("\n")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise CatalogueError(f"cannot read {self.all_of_them} ({reason})", path=path) from error
        found: dict[str, T] = {}
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if (number == 1) if damaged is None else ("format" in row and "url" not in row):
                    self._check_format(row.get("format"), path)
                    continue
                record = self.from_row(row)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                if number == len(lines):  # it has no line feed: it was cut off
                    continue
                message = f"this is no {self.one_of_them}; delete the line, or the file to {self.anew}"
                problem = CatalogueError(message, path=path, line=number)
                if damaged is None:
                    raise problem from error
                damaged(problem)
            else:
                found[record.url] = record
        return found

    def _check_format(self, form: object, path: Path) -> None:
        if form != FORMAT:
            message = f"format is {form!r}, this program reads format {FORMAT}; delete the file to {self.anew}"
            raise CatalogueError(message, path=path, line=1)

    def read_all(self, paths: Iterable[Path], damaged: Callable[[CatalogueError], None] | None = None) -> dict[str, T]:
        """Return the records of several files together; of each address the newest one. Errors as in `read`."""
        found: dict[str, T] = {}
        for path in paths:
            for url, record in self.read(path, damaged).items():
                if url not in found or self.age(record) > self.age(found[url]):
                    found[url] = record
        return found

    def write(self, path: Path, records: Mapping[str, T]) -> None:
        """Write a file, sorted by address. OSError."""
        rows = [{"format": FORMAT}, *(self.to_row(records[url]) for url in sorted(records))]
        write_atomically(path, "".join(map(self.line, rows)).encode())

    def line(self, row: dict[str, Any]) -> str:
        """Return a row as a line of the file."""
        return json.dumps(row, ensure_ascii=self.is_ascii) + "\n"


def folder_of(place: str) -> Path:
    """Return the folder of the records of a file's links: that of the file, or ELSEWHERE for one not on this disk."""
    folder = Path(place).parent
    return folder if "://" not in place and folder.is_dir() else ELSEWHERE


def folders_of(entries: Iterable[Entry]) -> tuple[Path, ...]:
    """Return the folders of the records for the files of some entries, in their order."""
    files = dict.fromkeys(entry.source.path for entry in entries)
    return tuple(dict.fromkeys(folder_of(file) for file in files))


class RecordWriter(Generic[T]):
    """Adds records to some files during a run; each is written at once."""

    def __init__(self, form: RecordForm[T], files_of: Mapping[str, Sequence[Path]]) -> None:
        """Take the files in which the record of each address is kept."""
        self.form = form
        self.records: dict[str, T] = {}
        self._files_of = dict(files_of)
        self._before: dict[str, T] = {}
        self._staying: dict[Path, dict[str, T]] = {}
        self._open: dict[Path, TextIO] = {}

    @contextmanager
    def writing(self, damaged: Callable[[CatalogueError], None] | None = None) -> Iterator[Self]:
        """Read and lock the files; at the end write each again, without addresses that left the catalogue.

        CatalogueError when a file cannot be read or written (a damaged line goes to `damaged`, if that is given), or when
        another run has locked it. What was added is kept, even if the block ends by an error.
        """
        paths = tuple(dict.fromkeys(path for several in self._files_of.values() for path in several))
        with _held({path.parent for path in paths}):
            for path in paths:
                found = self.form.read(path, damaged)
                self._staying[path] = {
                    url: one for url, one in found.items() if url not in self._files_of and self.form.stays(one)
                }
            self.records = self.form.read_all(paths, lambda _: None) if damaged else self.form.read_all(paths)
            self._before = dict(self.records)
            try:
                try:
                    for path in paths:
                        self._write(path)
                        self._open[path] = path.open("a", encoding="utf-8")
                    yield self
                finally:
                    for path, file in self._open.items():
                        file.close()
                        self._write(path)
            except OSError as error:
                message = f"cannot write {self.form.all_of_them} ({error.strerror or error})"
                raise CatalogueError(message, path=error.filename or paths[0]) from error

    def _write(self, path: Path) -> None:
        own = {url: self.records[url] for url, where in self._files_of.items() if path in where and url in self.records}
        self.form.write(path, self._staying[path] | own)

    def add(self, record: T) -> None:
        """Keep a record; it is written to the files at once, so it survives a kill of this process."""
        self.records[record.url] = record
        for path in self._files_of[record.url]:
            file = self._open[path]
            file.write(self.form.line(self.form.to_row(record)))
            file.flush()

    def take_back(self) -> None:
        """Return to the records of the start, without those added since."""
        self.records = dict(self._before)


@contextmanager
def _held(folders: Iterable[Path]) -> Iterator[None]:
    """Hold a lock for each folder."""
    with ExitStack() as locks:
        for folder in sorted(folders):
            try:
                if folder == ELSEWHERE:
                    folder.mkdir(exist_ok=True)
                locks.enter_context(FileLock(folder))
            except BlockingIOError:
                message = "another check of its links, or `signpost enrich`, is running; wait for it to end"
                raise CatalogueError(message, path=folder) from None
            except OSError as error:
                raise CatalogueError(f"cannot be locked ({error.strerror})", path=folder) from error
        yield
