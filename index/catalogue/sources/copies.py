"""The last good copies of remote sources: a refresh replaces a copy completely or not at all.

COPIES/KEY/copy.json       what the copy is; replaced last, by one rename
COPIES/KEY/CONTENT/        the files of the copy, named by their content
COPIES/KEY/clone.git/      of a git remote: what was fetched of it
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from index.amounts import amount
from index.catalogue.decoding import text_of
from index.catalogue.forges import WebPages
from index.catalogue.formats.which import FOLDER_SUFFIXES
from index.catalogue.read import Root
from index.catalogue.sources import remotes
from index.catalogue.sources.sources import (
    AnySource,
    GitSource,
    LocalSource,
    RemoteSource,
    WebSource,
    check_names,
    is_source_list,
    name_of,
    read_source_list,
)
from index.catalogue.sources.trial import links_in
from index.errors import CatalogueError
from index.files import write_atomically

FORMAT: Final = 1
STATE_FILE: Final = "copy.json"
#: A source that has less than this share of its last good copy's links is taken for damaged.
LEAST_LEFT: Final = 0.5
_AT_ONCE: Final = 4


class State(StrEnum):
    """The result of refreshing a source."""

    LOCAL = "local"
    FETCHED = "fetched"
    UNCHANGED = "unchanged"
    """The remote has not changed since the copy was made."""
    KEPT = "kept"
    """The refresh failed; the last good copy was read."""
    OFFLINE = "offline"
    """No refresh was wanted; the last good copy was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The last good copy of a source."""

    format: int
    address: str
    content: str
    """The folder of its files: 16 digits of the SHA-256 of their names and content."""
    file: str
    """The name of the file, for a list on the web; empty for git."""
    links: int
    etag: str
    last_modified: str
    commit: str
    fetched_at: str
    """When the remote was last seen with this content; ISO 8601 in UTC."""
    branch: str = ""
    """The branch or tag of a git remote; empty in copies of older versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A source that can be read from this disk, and the result of its refresh."""

    name: str
    address: str
    state: State
    root: Root
    links: int = 0
    """Number of entries read from it."""
    fetched_at: str = ""
    """When the remote was last seen with this content (UTC); empty for a local source."""
    problem: str = ""
    """Why the refresh failed, in one line; empty otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All sources of a catalogue, ready to be read from this disk."""

    name: str
    """The catalogue's name from a file of sources; empty when none names it."""
    sources: tuple[Refreshed, ...]

    @property
    def roots(self) -> tuple[Root, ...]:
        """What to read."""
        return tuple(source.root for source in self.sources)


def gather(
    catalogue: Sequence[Path | AnySource], copies: Path, *, refresh: bool = True, force: bool = False
) -> Gathered:
    """Fetch the remote sources of a catalogue, git and web, also those listed in files of sources.

    A source that fails, or that has lost most of its links (unless `force` is given), keeps its last good copy in the
    folder `copies`. CatalogueError when it has no such copy, and for a wrong file of sources.
    """
    sources, name = expanded(catalogue)
    check_names(sources)
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        found = list(pool.map(partial(_attempt, copies=copies, refresh=refresh, force=force), sources))
    wrong = [error for error in found if isinstance(error, CatalogueError)]
    if wrong:
        raise CatalogueError("; ".join(map(str, wrong)))
    return Gathered(name=name, sources=tuple(one for one in found if isinstance(one, Refreshed)))


def expanded(catalogue: Sequence[Path | AnySource]) -> tuple[list[AnySource], str]:
    """Replace each file of sources by the sources that it lists; return all, and the name in the first such file."""
    sources: list[AnySource] = []
    name = ""
    for given in catalogue:
        source = LocalSource(path=given) if isinstance(given, Path) else given
        text = _source_list_text(source)
        if text is None or not isinstance(source, LocalSource):
            sources.append(source)
            continue
        listed = read_source_list(text, source.path)
        sources += listed.sources
        name = name or source.name or listed.name
    return sources, name


def _source_list_text(source: AnySource) -> str | None:
    """Return the text of a file of sources; None for any other source."""
    if not isinstance(source, LocalSource) or source.path.suffix.lower() not in {".yaml", ".yml"}:
        return None
    try:
        if not source.path.is_file():
            return None
    except OSError:  # such as a name that is too long; the reader will report it
        return None
    text = text_of(source.path)
    return text if is_source_list(text) else None


def _attempt(source: AnySource, copies: Path, *, refresh: bool, force: bool) -> Refreshed | CatalogueError:
    try:
        if isinstance(source, LocalSource):
            root = Root(
                path=source.path, name=source.name, language=source.language, include_private=source.include_private
            )
            return Refreshed(name=source.name, address=source.address, state=State.LOCAL, root=root)
        return _Copies(source, copies / source.key).get(refresh=refresh, force=force)
    except CatalogueError as error:
        return error


class _Copies:
    """The copies of one source, in their folder."""

    def __init__(self, source: RemoteSource, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self._name = source.name or name_of(source.address)

    def get(self, *, refresh: bool, force: bool) -> Refreshed:
        """Return the refreshed copy, or the last good one. CatalogueError when there is neither."""
        before = self._before()
        if not refresh:
            if before is None:
                raise CatalogueError("was never fetched; build once without --offline", path=self._source.address)
            return self._refreshed(before, State.OFFLINE)
        try:
            if isinstance(self._source, GitSource):
                copy = self._git(self._source, before, force=force)
            else:
                copy = self._web(self._source, before, force=force)
        except CatalogueError as error:
            if before is None:
                raise
            return self._refreshed(before, State.KEPT, problem=str(error))
        state = State.UNCHANGED if before and before.content == copy.content else State.FETCHED
        return self._refreshed(copy, state)

    def _refreshed(self, copy: Copy, state: State, *, problem: str = "") -> Refreshed:
        return Refreshed(
            name=self._name,
            address=self._source.address,
            state=state,
            root=self._root(self._folder / copy.content, copy.file, copy.branch),
            fetched_at=copy.fetched_at,
            problem=problem,
        )

    def _root(self, content: Path, file: str, branch: str) -> Root:
        source = self._source
        if isinstance(source, WebSource):
            return Root(
                path=content / file, name=source.name, address=source.address, include_private=source.include_private
            )
        return Root(
            path=content / source.path,
            name=self._name,
            address=source.address,
            folder=content,
            language=source.language,
            include_private=source.include_private,
            pages=WebPages.of(source.remote, branch or source.branch or "HEAD", source.forge),
        )

    def _before(self) -> Copy | None:
        """Return the last good copy; None when it is missing or damaged."""
        try:
            copy = Copy(**json.loads((self._folder / STATE_FILE).read_text(encoding="utf-8")))
            if copy.format != FORMAT or _digest(_files_of(self._folder / copy.content)) != copy.content:
                return None
        except (OSError, ValueError, TypeError):
            return None
        return copy

    def _web(self, source: WebSource, before: Copy | None, *, force: bool) -> Copy:
        from index.catalogue.sources import web  # noqa: PLC0415 - an HTTP client is loaded only to fetch

        known = (before.etag, before.last_modified) if before else ("", "")
        found = web.fetch(source, etag=known[0], last_modified=known[1])
        if found is None:
            if before is None:
                raise CatalogueError("answers 304 although nothing was fetched before", path=source.address)
            return self._keep(replace(before, fetched_at=_now()))
        copy = self._new({found.file: found.data}, before, file=found.file, force=force)
        return self._keep(replace(copy, etag=found.etag, last_modified=found.last_modified))

    def _git(self, source: GitSource, before: Copy | None, *, force: bool) -> Copy:
        commit = remotes.newest(source)
        if before is not None and before.commit == commit.id:
            return self._keep(replace(before, fetched_at=_now()))
        self._folder.mkdir(parents=True, exist_ok=True)
        files = remotes.fetch(source, commit, self._folder / "clone.git", FOLDER_SUFFIXES)
        copy = self._new(files, before, file="", branch=commit.branch, force=force)
        return self._keep(replace(copy, commit=commit.id))

    def _new(
        self, files: Mapping[str, bytes], before: Copy | None, *, file: str, force: bool, branch: str = ""
    ) -> Copy:
        """Check that files can be read as a catalogue, then write them as a new copy beside the old one."""
        content = _digest(files)
        self._folder.mkdir(parents=True, exist_ok=True)
        for abandoned in self._folder.glob(".aside-*"):  # left by a build that was killed
            shutil.rmtree(abandoned)
        aside = Path(tempfile.mkdtemp(dir=self._folder, prefix=".aside-"))
        try:
            for name, data in files.items():
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                (aside / name).write_bytes(data)
            links = links_in(self._root(aside, file, branch))
            if before is not None and links < before.links * LEAST_LEFT and not force:
                raise CatalogueError(
                    f"has {amount(links, 'link')}, its last good copy {before.links:,}; build with --force if so many "
                    "were meant to go",
                    path=self._source.address,
                )
            place = self._folder / content
            # Unchanged content is not rewritten: a kill between two steps would leave no copy.
            if before is None or before.content != content:
                shutil.rmtree(place, ignore_errors=True)
                aside.replace(place)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return Copy(
            format=FORMAT,
            address=self._source.address,
            content=content,
            file=file,
            links=links,
            etag="",
            last_modified="",
            commit="",
            fetched_at=_now(),
            branch=branch,
        )

    def _keep(self, copy: Copy) -> Copy:
        """Make a copy the last good one, then remove the others."""
        row = json.dumps(asdict(copy), indent=1, ensure_ascii=False) + "\n"
        write_atomically(self._folder / STATE_FILE, row.encode("utf-8", "backslashreplace"))
        for other in self._folder.iterdir():
            if other.is_dir() and other.name not in {copy.content, "clone.git"}:
                shutil.rmtree(other)
        return copy


def _files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{len(name)} {name} {len(files[name])} ".encode())
        whole.update(files[name])
    return whole.hexdigest()[:16]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
