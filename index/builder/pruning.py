"""Removes old bundles of an index, and the encoders and vectors that only they needed."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from index.builder.vectors import DOCUMENTS, QUESTIONS
from index.bundle import IndexFolder
from index.errors import BundleError
from index.files import FileLock

#: A folder is renamed with this prefix before it is deleted: after a crash, the next build deletes what is left of it.
_GONE: Final = ".gone-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Which bundles are kept; the current one and the one before it are always kept."""

    count: int = 10
    """The most bundles to keep, including the current one."""
    days: int = 30
    """The most days to keep a bundle after it was last current."""


RETENTION: Final = Retention()


def prune(folder: IndexFolder, keep: Retention, *, now: datetime | None = None) -> tuple[str, ...]:
    """Remove old bundles and what only they needed; return their names. The caller must hold the build lock.

    The current bundle, the one before it, and every bundle that a process has open are kept. Of the bundles that were never
    current because their build was refused, the newest is kept.
    """
    removed = tuple(name for name in outdated(folder, keep, now or datetime.now(UTC)) if _remove_bundle(folder, name))
    names = {path.name for path in _bundles(folder)}
    for places in folder.cache.glob("places-*.json"):
        if places.stem.removeprefix("places-") not in names:
            places.unlink(missing_ok=True)
    _prune_encoders(folder)
    return removed


def outdated(folder: IndexFolder, keep: Retention, now: datetime) -> list[str]:
    """Return the bundles that `keep` does not keep."""
    history = folder.history()
    ends = [*(entry.built_at for entry in history[1:]), now]
    last_current = dict(zip((entry.version for entry in history), ends, strict=False))
    there = {path.name: path for path in _bundles(folder)}
    safe = {folder.current_or_none(), folder.previous()}
    published = sorted(there.keys() & last_current.keys(), key=lambda name: last_current[name])
    never = sorted(there.keys() - last_current.keys() - safe, key=lambda name: there[name].stat().st_mtime)
    surplus = set(published[: max(len(published) - keep.count, 0)])
    age = timedelta(days=keep.days)
    old = [name for name in published if name in surplus or now - last_current[name] > age]
    return [name for name in (*never[:-1], *old) if name not in safe]


def _bundles(folder: IndexFolder) -> Iterator[Path]:
    return (path for path in folder.bundles.iterdir() if path.name.isalnum() and path.is_dir())


def _remove_bundle(folder: IndexFolder, name: str) -> bool:
    """Remove a bundle unless a process has it open; return whether it was removed."""
    aside = folder.bundles / f"{_GONE}{name}"
    try:
        with FileLock(folder.folder(name)):
            if folder.current_or_none() == name:  # somebody rolled back to it a moment ago
                return False
            folder.folder(name).replace(aside)
    except OSError:  # a process has it open, or this file system has no locks
        return False
    shutil.rmtree(aside, ignore_errors=True)
    return True


def _prune_encoders(folder: IndexFolder) -> None:
    """Remove the exported encoders that no bundle uses, and the vectors that they made."""
    in_use = set()
    for path in _bundles(folder):
        with suppress(BundleError):
            in_use.add(folder.manifest(path.name).encoder)
    if not in_use:
        return
    for encoder in folder.encoders.iterdir() if folder.encoders.is_dir() else ():
        if encoder.name.isalnum() and encoder.name not in in_use:
            aside = encoder.with_name(f"{_GONE}{encoder.name}")
            encoder.replace(aside)
            shutil.rmtree(aside, ignore_errors=True)
    for kind in (DOCUMENTS, QUESTIONS):
        for vectors in folder.cache.glob(f"{kind}-*.sqlite3"):
            if vectors.stem.removeprefix(f"{kind}-") not in in_use:
                vectors.unlink(missing_ok=True)
