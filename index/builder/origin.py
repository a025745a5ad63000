"""Remembers which catalogue an index was built from, so that no other catalogue replaces it by mistake.

The origin is in the index's history, beside the bundle's name; the bundle itself does not say where it was built.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from index import defaults
from index.bundle import IndexFolder, Origin
from index.catalogue.read import read
from index.catalogue.sources.copies import expanded
from index.catalogue.sources.sources import AnySource, GitSource, LocalSource, WebSource, holds_secret
from index.errors import CatalogueError, OtherCatalogueError
from index.files import matching

_SHIPPED: Final = "the shipped catalogue"
#: At most this many sources are named in one line.
_NAMED: Final = 3


def origin_of(sources: Iterable[AnySource], index: Path) -> Origin:
    """Return what an index records of its sources: enough to build from them again in any working folder."""
    return [_row(source, index) for source in sources]


def own_sources(folder: IndexFolder) -> tuple[AnySource, ...]:
    """Return the sources that an index was built from; without an index, the shipped catalogue.

    CatalogueError when they cannot be known: their secrets are not kept, or an older version recorded no sources.
    """
    rows = folder.origin()
    if rows:
        return tuple(_source(row, folder.path) for row in rows)
    name = folder.manifest().catalogue if folder.current_or_none() else ""
    if name and name != read([defaults.CATALOGUE]).name:
        raise CatalogueError(
            f"the index of {name!r:.80} does not remember its catalogue yet; name it once, with --catalogue",
            path=folder.path,
        )
    return (LocalSource(path=defaults.CATALOGUE),)


def is_another(folder: IndexFolder, sources: Sequence[AnySource]) -> bool:
    """Whether these sources lack one that the index was built from; a file of sources also counts as those it lists."""
    there = [*sources, *expanded(sources)[0]]
    return not all(any(_same(row, source, folder.path) for source in there) for row in folder.origin())


def refuse_another(folder: IndexFolder, sources: Sequence[AnySource]) -> None:
    """Raise OtherCatalogueError, which names both catalogues and says what to type."""
    old = _listed([_shown(row, folder.path) for row in folder.origin()])
    new = _listed([_shown(row, folder.path) for row in origin_of(sources, folder.path)])
    raise OtherCatalogueError(
        f"{folder.path}: is the index of {old}, and not of {new}; nothing was changed; build with --index DIR to have "
        "both, or with --replace to put this one in its place"
    )


def described(sources: Sequence[AnySource], index: Path) -> str:
    """Return one line for people that names the sources."""
    return _listed([_shown(row, index) for row in origin_of(sources, index)])


def _row(source: AnySource, index: Path) -> dict[str, Any]:
    name = {"name": source.name} if source.name else {}
    if isinstance(source, LocalSource):
        if _same_path(source.path, defaults.CATALOGUE):
            return {"shipped": True, **name}  # no path: an upgrade may move it
        path = str(_absolute(source.path))
        return {"path": path, "from_index": os.path.relpath(path, index), **name}
    row: dict[str, Any] = {"key": source.key, **name}
    if holds_secret(source.remote if isinstance(source, GitSource) else source.url):
        return {"address": source.address, **row}
    if isinstance(source, GitSource):
        return {"git": source.remote, "branch": source.branch, "path": source.path, **row}
    return {"url": source.url, "private": source.private, **row}


def _source(row: dict[str, Any], index: Path) -> AnySource:
    name = str(row.get("name", ""))
    if "key" not in row:
        return LocalSource(path=_path(row, index), name=name)
    if "git" in row:
        return GitSource(remote=row["git"], branch=row["branch"], path=row["path"], name=name)
    if "url" in row:
        return WebSource(url=row["url"], private=row["private"], name=name)
    raise CatalogueError(
        "the index was built of it, and passwords and parameters of addresses are not kept; give it again with --catalogue",
        path=row["address"],
    )


def _path(row: dict[str, Any], index: Path) -> Path:
    """Return the path of a catalogue: its recorded path, or its place beside an index that was moved together with it."""
    if "shipped" in row:
        return defaults.CATALOGUE
    beside, before = _beside(row, index), Path(row["path"])
    return beside if beside.exists() or matching(str(beside)) else before


def _beside(row: dict[str, Any], index: Path) -> Path:
    return _absolute(index / row["from_index"])


def _same(row: dict[str, Any], source: AnySource, index: Path) -> bool:
    if not isinstance(source, LocalSource):
        return row.get("key") == source.key
    if "key" in row:
        return False
    places = [defaults.CATALOGUE] if "shipped" in row else [Path(row["path"]), _beside(row, index)]
    return any(_same_path(place, source.path) for place in places)


def _absolute(path: Path) -> Path:
    """Return an absolute path without `..`; symbolic links are kept, because they may point elsewhere later."""
    return Path(os.path.normpath(path.absolute()))


def _same_path(one: Path, other: Path) -> bool:
    """Whether two paths name the same place, as written or after symbolic links are followed."""
    absolute = [_absolute(path) for path in (one, other)]
    try:
        return absolute[0] == absolute[1] or absolute[0].resolve() == absolute[1].resolve() or one.samefile(other)
    except (OSError, RuntimeError):
        return False


def _shown(row: dict[str, Any], index: Path) -> str:
    if "shipped" in row:
        return _SHIPPED
    return str(row["address"]) if "address" in row else _source(row, index).address


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return " and ".join(names[:_NAMED]) + more
