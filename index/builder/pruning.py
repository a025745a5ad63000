"""What an index keeps of earlier builds, and for how long."""

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

#: What is deleted is renamed to this first, so that a crash leaves no half: the next build deletes the rest.
_GONE: Final = ".gone-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many bundles are kept; the current one and the one before it always are."""

    count: int = 10
    """So many at most, the current one among them."""
    days: int = 30
    """So many days at most after a bundle was current last."""


RETENTION: Final = Retention()


def prune(folder: IndexFolder, keep: Retention, *, now: datetime | None = None) -> tuple[str, ...]:
    """Remove old bundles, and what only they needed; return their names. Only whoever holds the build lock may do so.

    The current bundle, the one before it, and every bundle that is open somewhere stay. Of those that were never current,
    since their build was refused, the newest stays.
    """
    removed = tuple(name for name in outdated(folder, keep, now or datetime.now(UTC)) if _remove_bundle(folder, name))
    names = {path.name for path in _bundles(folder)}
    for places in folder.cache.glob("places-*.json"):
        if places.stem.removeprefix("places-") not in names:
            places.unlink(missing_ok=True)
    _prune_encoders(folder)
    return removed


def outdated(folder: IndexFolder, keep: Retention, now: datetime) -> list[str]:
    """Return the bundles that need not be kept."""
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
    """Remove a bundle that nobody has open; return whether it is gone."""
    aside = folder.bundles / f"{_GONE}{name}"
    try:
        with FileLock(folder.folder(name)):
            if folder.current_or_none() == name:  # somebody rolled back to it a moment ago
                return False
            folder.folder(name).replace(aside)
    except OSError:  # it is open somewhere, or this file system cannot tell
        return False
    shutil.rmtree(aside, ignore_errors=True)
    return True


def _prune_encoders(folder: IndexFolder) -> None:
    """Remove exported encoders, and the vectors that they made, that no bundle was built with."""
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
