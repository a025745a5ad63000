"""Old bundles go, by count and by age; never the current one, the one before it, or one that is open."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from index.builder.arrays import save_links
from index.builder.pruning import Retention, prune
from index.builder.vectors import BATCH, STALE, VectorCache
from index.bundle import IndexFolder, hold
from index.catalogue.link import Link
from index.encoder.config import EncoderConfig
from index.errors import BundleMissingError
from tests.support import ROOT

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FEW = Retention(count=2, days=30)


def keep(folder: IndexFolder, number: int, *, encoder: str = "e1") -> str:
    """Write a bundle and return its name."""
    with folder.writing() as aside:
        save_links([Link(url=f"https://a.example/{number}", title=f"Link {number}")], (), aside)
        return folder.keep(aside, catalogue="list", encoder=encoder, links=1)


def make(path: Path, count: int, *, every: timedelta = timedelta(days=1)) -> tuple[IndexFolder, list[str]]:
    """Make bundles current one after the other, the last one now."""
    folder = IndexFolder(path)
    names = [keep(folder, number) for number in range(count)]
    rows = [
        {"version": name, "built_at": (NOW - every * (count - 1 - number)).isoformat(), "links": 1}
        for number, name in enumerate(names)
    ]
    (path / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    folder.pointer.write_text(f"{names[-1]}\n")
    folder.cache.mkdir()
    for name in names:
        (folder.cache / f"places-{name}.json").write_text("[]")
    return folder, names


def left(folder: IndexFolder) -> set[str]:
    """Return what stands in the folder of bundles."""
    return {path.name for path in folder.bundles.iterdir()}


def test_by_count(tmp_path: Path) -> None:
    """The newest stay, and what is known of the others' places goes with them."""
    folder, names = make(tmp_path, 6)
    assert set(prune(folder, Retention(count=4, days=30), now=NOW)) == set(names[:2])
    assert left(folder) == set(names[2:])
    assert {path.stem.removeprefix("places-") for path in folder.cache.iterdir()} == set(names[2:])


def test_by_age_since_it_was_current(tmp_path: Path) -> None:
    """A bundle that was current until yesterday is a day old, however long ago it was built."""
    folder, names = make(tmp_path, 5, every=timedelta(days=20))
    prune(folder, Retention(count=10, days=30), now=NOW)
    assert left(folder) == set(names[2:])


def test_the_current_one_and_the_one_before_it_stay_whatever_their_age(tmp_path: Path) -> None:
    """Also after a rollback to the oldest."""
    folder, names = make(tmp_path, 4)
    folder.publish(names[0], 1)
    prune(folder, Retention(count=2, days=0), now=NOW + timedelta(days=900))
    assert left(folder) == {names[0], names[3]}


def test_of_refused_builds_the_newest_stays(tmp_path: Path) -> None:
    """It was never current; `signpost diff` can still look at it."""
    folder, names = make(tmp_path, 2)
    refused = [keep(folder, 100), keep(folder, 101)]
    for age, name in enumerate(reversed(refused)):
        os.utime(folder.folder(name), (1_000_000 - age, 1_000_000 - age))
    prune(folder, FEW, now=NOW)
    assert left(folder) == {*names, refused[1]}


@contextmanager
def opened_elsewhere(bundle: Path) -> Iterator[None]:
    """Hold a bundle in another process, as a bot does that is opening it."""
    program = f"import sys; from pathlib import Path; from index.bundle import hold; h = hold(Path({str(bundle)!r})); "
    program += "print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
        process.kill()  # the lock must not outlive it


def test_a_bundle_that_a_bot_has_open_stays_until_the_bot_is_gone(tmp_path: Path) -> None:
    """However the bot ends."""
    folder, names = make(tmp_path, 4)
    with opened_elsewhere(folder.folder(names[0])):
        prune(folder, FEW, now=NOW)
        assert left(folder) == {names[0], *names[2:]}
    prune(folder, FEW, now=NOW)
    assert left(folder) == set(names[2:])


def test_a_bundle_that_is_being_removed_cannot_be_held(tmp_path: Path) -> None:
    """Whoever rolls back to it hears so, and the pointer does not lead to nothing."""
    folder, names = make(tmp_path, 1)
    handle = os.open(folder.folder(names[0]), os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(BundleMissingError, match="being removed"):
        hold(folder.folder(names[0]))
    os.close(handle)
    assert hold(folder.folder(names[0])) is not None


def test_a_crash_while_removing_leaves_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was renamed is no bundle any more, and the next build deletes the rest."""
    folder, names = make(tmp_path, 4)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("index.builder.pruning.shutil.rmtree", crash)
        with pytest.raises(KeyboardInterrupt):
            prune(folder, FEW, now=NOW)
    assert not folder.folder(names[0]).exists()
    with folder.writing():
        pass
    assert not [name for name in left(folder) if name.startswith(".")]


def test_encoders_and_vectors_that_no_bundle_needs_go(tmp_path: Path) -> None:
    """Those of a bundle that is kept stay, also when it is not current."""
    folder, names = make(tmp_path, 3)
    folder.publish(keep(folder, 9, encoder="e2"), 1)
    for key in ("e1", "e2", "e3"):
        (folder.encoders / key).mkdir(parents=True)
        (folder.cache / f"vectors-{key}.sqlite3").touch()
        (folder.cache / f"questions-{key}.sqlite3").touch()
    prune(folder, Retention(count=10, days=3_000), now=NOW)
    assert {path.name for path in folder.encoders.iterdir()} == {"e1", "e2"}
    kept = {f"{kind}-{key}.sqlite3" for kind in ("vectors", "questions") for key in ("e1", "e2")}
    assert {path.name for path in folder.cache.glob("*.sqlite3")} == kept
    assert len(names) == 3


class Counting:
    """Gives each text a vector."""

    def encode_documents(self, texts: list[str], **_: object) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
        """Return ones."""
        return np.ones((len(texts), 4), dtype=np.float32)


def test_vectors_of_texts_that_are_gone_are_forgotten_when_they_are_many(tmp_path: Path) -> None:
    """A few are kept, for an edit that is taken back."""
    config = EncoderConfig(
        source="x", choice="x", key="k", dimensions=4, max_length=8, query_prompt="", document_prompt="",
        precision="fp32", inputs=(),
    )  # fmt: skip
    many = [f"text {number}" for number in range(STALE * 10 + BATCH + 1)]
    with VectorCache(tmp_path, config) as cache:
        cache.fill(Counting(), cache.missing(many), workers=1)  # type: ignore[arg-type]
        assert cache.forget_unused() == 0
    with VectorCache(tmp_path, config) as cache:
        assert cache.missing(many[:11]) == []
        assert cache.forget_unused() == 0
    with VectorCache(tmp_path, config) as cache:
        assert cache.missing(many[:10]) == []
        assert cache.forget_unused() == len(many) - 10
        assert cache.missing(many) == many[10:]
