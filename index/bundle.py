"""Bundles on disk: immutable, named by their content, verified when opened, made current by one rename.

    INDEX/
      current                  name of the bundle that answers, one line
      history.jsonl            one line for each build that made a bundle current
      bundles/NAME/            manifest.json and the files that it lists
      encoders/KEY/            exported encoders, linked into bundles
      cache/                   vectors by text, safe to delete

The exact bytes are described in docs/storage.md.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from index.encoder.config import ENCODER_FILES
from index.errors import (
    BuildError,
    BundleDamagedError,
    BundleError,
    BundleIncompatibleError,
    BundleMissingError,
    EncoderError,
    SignpostError,
)
from index.files import FileLock, read_bounded, read_text, sha256, sync, write_atomically

#: Raised when an older program could not read the new bundles.
FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
#: The file with the weights of a bundle and its thresholds.
SCORE_FILE: Final = "score.json"
REPORT_FILE: Final = "report.json"
NAME_LENGTH: Final = 16
#: The sources that a bundle was built from, one object each; `index.builder.origin` defines their fields.
Origin = list[dict[str, Any]]
_MOST_SAID: Final = 120
_ADVICE: Final = "restore it, or run `signpost build --full`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The manifest of a bundle: what it is and its files; the manifest's hash is the bundle's name."""

    format: int
    catalogue: str
    encoder: str
    """Key of the encoder that made the vectors."""
    links: int
    files: dict[str, str]
    """Relative path to sha256, for every file except the manifest."""

    def to_bytes(self) -> bytes:
        """Return the file's content; equal values are written as equal bytes."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One line of the history: a bundle was made current."""

    version: str
    built_at: datetime
    links: int
    origin: Origin = field(default_factory=list)
    """Empty when it was not recorded."""


def hold(folder: Path) -> FileLock | None:
    """Keep a bundle from being removed until the lock is released; several processes may hold the same bundle.

    BundleMissingError when it is being removed right now. None when it is missing (opening it then fails), and on a file
    system without locks (where no bundle is removed).
    """
    try:
        return FileLock(folder, shared=True)
    except BlockingIOError:
        raise BundleMissingError(f"{folder}: the bundle is being removed; run `signpost build`") from None
    except OSError:
        return None


class IndexFolder:
    """An index: the folder that `--index` names."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pointer = path / "current"
        self.bundles = path / "bundles"
        self.encoders = path / "encoders"
        self.cache = path / "cache"
        self._history = path / "history.jsonl"

    def __repr__(self) -> str:
        return f"<IndexFolder {self.path}>"

    def current(self) -> str:
        """Return the name of the current bundle; BundleMissingError without one, BundleDamagedError for a bad pointer."""
        try:
            name = read_text(self.pointer).strip()
        except FileNotFoundError:
            raise BundleMissingError(f"{self.path}: no index here; {BundleMissingError.ADVICE}") from None
        except NotADirectoryError:
            raise BundleMissingError(
                f"{self.path}: is no folder; name an index with --index or SIGNPOST_INDEX"
            ) from None
        except UnicodeDecodeError:
            raise BundleDamagedError(f"{self.pointer}: names no bundle (not text); run `signpost build`") from None
        except OSError as error:
            raise BundleMissingError(
                f"{self.pointer}: cannot read ({error.strerror}); check the folder's permissions"
            ) from error
        if not name or not name.isalnum():
            raise BundleDamagedError(f"{self.pointer}: names no bundle ({name!r:.40}); run `signpost build`")
        return name

    def current_or_none(self) -> str | None:
        """Return the name of the current bundle; None when the pointer is missing or damaged, which a build repairs."""
        try:
            return self.current()
        except BundleError:
            return None

    def require(self, name: str) -> None:
        """Check that a bundle of this name exists; BundleMissingError otherwise."""
        if not name.isalnum() or not self.folder(name).is_dir():
            raise BundleMissingError(
                f"{self.path}: there is no bundle {name!r:.80}; `signpost log` lists what there is"
            )

    def thresholds(self, name: str) -> tuple[float, float] | None:
        """Return from which confidence a bundle is sure and from which it says perhaps; None when missing or damaged."""
        try:
            row = json.loads((self.folder(name) / SCORE_FILE).read_bytes())
            return float(row["threshold"]), float(row.get("perhaps", row["threshold"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def with_page(self, name: str) -> int:
        """Return how many links of a bundle have text of their own pages; 0 when its report is missing or damaged."""
        try:
            return int(json.loads((self.folder(name) / REPORT_FILE).read_bytes()).get("pages", 0))
        except (OSError, ValueError, TypeError, AttributeError):
            return 0

    def folder(self, name: str) -> Path:
        """Return the folder of a bundle, which may not exist."""
        return self.bundles / name

    def size(self, name: str) -> int:
        """Return how many bytes the files of a bundle have."""
        return sum(path.stat().st_size for path in self.folder(name).rglob("*") if path.is_file())

    def open(self, name: str | None = None, *, checked: bool = False) -> tuple[Path, Manifest]:
        """Return folder and manifest of a bundle (the current one by default) after verifying every byte of it.

        If the caller has just `checked` it, only the manifest is verified.
        """
        name = name or self.current()
        folder = self.folder(name)
        return folder, read_manifest(folder, name) if checked else check(folder, name)

    def manifest(self, name: str | None = None) -> Manifest:
        """Return the manifest of a bundle (the current one by default) without verifying its files."""
        name = name or self.current()
        return read_manifest(self.folder(name), name)

    def publish(self, name: str, links: int, origin: Origin | None = None) -> None:
        """Make a bundle current by one atomic rename; nothing changes if it is already current with this origin."""
        is_current = self.current_or_none() == name
        if is_current and (not origin or origin == self.origin()):
            return
        built_at = self.built_at(name) if is_current else datetime.now(UTC)
        row = {"version": name, "built_at": built_at.isoformat(timespec="seconds"), "links": links}
        line = json.dumps({**row, "catalogue": origin} if origin else row).encode() + b"\n"
        with self._history.open("a+b") as history:
            if history.seek(0, os.SEEK_END):
                history.seek(-1, os.SEEK_END)
                if history.read(1) != b"\n":  # a crash cut the last line off: the new one needs its own line
                    line = b"\n" + line
            history.write(line)
            history.flush()
            os.fsync(history.fileno())
        write_atomically(self.pointer, f"{name}\n".encode())

    def history(self) -> list[Published]:
        """Return which bundles were made current and when, oldest first; a line cut off by a crash is left out."""
        found: list[Published] = []
        for line in self._history.read_bytes().splitlines() if self._history.exists() else []:
            try:
                row = json.loads(line)
                built_at = datetime.fromisoformat(row["built_at"])
                entry = Published(
                    version=row["version"], built_at=built_at, links=row["links"], origin=row.get("catalogue", [])
                )
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
            if found and (found[-1].version, found[-1].built_at) == (entry.version, entry.built_at):
                found[-1] = replace(entry, origin=entry.origin or found[-1].origin)  # only its origin was added
            else:
                found.append(entry)
        return found

    def origin(self) -> Origin:
        """Return the sources of the current bundle (without one, of the last bundle); empty when not recorded."""
        current = self.current_or_none()
        known = [entry.origin for entry in self.history() if entry.origin and current in {None, entry.version}]
        return known[-1] if known else []

    def built_at(self, name: str) -> datetime:
        """Return when a bundle was last made current; if the history does not say, when its manifest was written."""
        times = [entry.built_at for entry in self.history() if entry.version == name]
        if times:
            return times[-1]
        return datetime.fromtimestamp((self.folder(name) / MANIFEST).stat().st_mtime, UTC)

    def previous(self) -> str | None:
        """Return the bundle that was current before the current one and still exists; None without one."""
        current = self.current_or_none()
        older = (entry.version for entry in reversed(self.history()) if entry.version != current)
        return next((version for version in older if self.folder(version).is_dir()), None)

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """Yield a folder to write a bundle in; it is always removed afterwards."""
        self.bundles.mkdir(parents=True, exist_ok=True)
        # Left by a killed build: this build holds the lock, so no other one is running.
        for abandoned in (*self.bundles.glob(".*-*"), *self.encoders.glob(".*-*")):
            shutil.rmtree(abandoned, ignore_errors=True)
        for place, what in ((self.path, ".current-*"), (self.path, ".news.jsonl-*"), (self.cache, ".*-*")):
            for abandoned in place.glob(what):
                abandoned.unlink(missing_ok=True)
        aside = Path(tempfile.mkdtemp(dir=self.bundles, prefix=".aside-"))
        aside.chmod(0o755)
        try:
            yield aside
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def keep(self, aside: Path, *, catalogue: str, encoder: str, links: int) -> str:
        """Write the manifest of the bundle in `aside`, and move the bundle to its place; return its name."""
        files = {str(path.relative_to(aside)): path for path in sorted(aside.rglob("*")) if path.is_file()}
        digests = {name: sha256(path) for name, path in files.items()}
        manifest = Manifest(format=FORMAT, catalogue=catalogue, encoder=encoder, links=links, files=digests)
        content = manifest.to_bytes()
        (aside / MANIFEST).write_bytes(content)
        name = hashlib.sha256(content).hexdigest()[:NAME_LENGTH]
        for path in (*files.values(), aside / MANIFEST):
            sync(path)
        place = self.folder(name)
        if place.exists():
            try:
                check(place, name)
            except BundleError:
                _remove(place)
            else:
                return name
        try:
            aside.replace(place)
        except OSError as error:
            raise BuildError(
                f"{place}: cannot put the bundle there ({error.strerror}); the current one stays"
            ) from error
        sync(self.bundles)
        return name

    def link_encoder(self, key: str, aside: Path) -> None:
        """Put an exported encoder into a bundle, as hard links where the file system has them."""
        target = aside / "encoder"
        target.mkdir()
        for name in ENCODER_FILES:
            link_or_copy(self.encoders / key / name, target / name)


def damaged(path: Path, problem: str) -> BundleDamagedError:
    """Return the error of a file of a bundle: what is wrong with it, and what to do."""
    return BundleDamagedError(f"{path}: {problem}; {_ADVICE}")


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Make of every error inside a BundleDamagedError: whole by its checksums, a bundle may still hold nonsense."""
    try:
        yield
    except EncoderError as error:
        raise damaged(folder / "encoder", f"cannot be opened ({_one_line(error.__cause__ or error)})") from error
    except SignpostError:
        raise
    except Exception as error:
        raise damaged(folder, f"its files hold what no build writes ({_one_line(error)})") from error


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_MOST_SAID]


def link_or_copy(source: Path, target: Path) -> None:
    """Make a hard link to a file, or copy it where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def read_manifest(folder: Path, name: str) -> Manifest:
    """Return the manifest of a bundle after verifying it; the files that it lists are not verified.

    BundleMissingError, BundleDamagedError or BundleIncompatibleError says what is wrong and what to do.
    """
    try:
        content = read_bounded(folder / MANIFEST)
    except FileNotFoundError:
        if folder.is_dir():
            raise BundleDamagedError(f"{folder / MANIFEST}: missing; {_ADVICE}") from None
        raise BundleMissingError(f"{folder}: the bundle is not there; {BundleMissingError.ADVICE}") from None
    except OSError as error:
        raise BundleDamagedError(f"{folder / MANIFEST}: cannot read ({error.strerror}); {_ADVICE}") from error
    manifest = _parse(content, folder / MANIFEST)
    if hashlib.sha256(content).hexdigest()[:NAME_LENGTH] != name:
        raise BundleDamagedError(f"{folder / MANIFEST}: its content is not that of bundle {name}; {_ADVICE}")
    return manifest


def check(folder: Path, name: str) -> Manifest:
    """Return the manifest of a bundle after verifying every file; errors as in `read_manifest`."""
    manifest = read_manifest(folder, name)
    for file, expected in manifest.files.items():
        try:
            found = sha256(folder / file)
        except OSError as error:
            raise BundleDamagedError(f"{folder / file}: cannot read ({error.strerror}); {_ADVICE}") from error
        if found != expected:
            raise BundleDamagedError(
                f"{folder / file}: damaged, its sha256 is {found[:12]}… instead of {expected[:12]}…; {_ADVICE}"
            )
    return manifest


def _parse(content: bytes, path: Path) -> Manifest:
    try:
        fields: dict[str, Any] = json.loads(content)
        found = fields["format"]
        if found != FORMAT:
            raise BundleIncompatibleError(
                f"{path}: the bundle has format {found}, this program reads format {FORMAT}; build it again with "
                "`signpost build`, or run the version that wrote it"
            )
        return Manifest(**fields)
    except (ValueError, KeyError, TypeError) as error:
        raise BundleDamagedError(f"{path}: not a manifest; {_ADVICE}") from error


def _remove(place: Path) -> None:
    """Remove a damaged bundle, even if a file has taken the place of its folder."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink()
