"""From a catalogue to a bundle: content decides its name and its bytes, and nothing that fails costs the current one."""

import errno
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.builder.arrays import build_lexical
from index.builder.build import build
from index.builder.verdict import BuildRefusedError
from index.bundle import IndexFolder
from index.catalogue.link import Link, Status
from index.encoder.choice import EncoderChoice
from index.encoder.onnx import OnnxEncoder
from index.errors import BuildError, BundleMissingError, CatalogueError, EncoderError
from index.search.fields import link_text
from index.search.links import LinkFile
from index.search.searcher import Searcher
from index.types import Question
from tests.support import (
    COREDNS,
    ISOLATE,
    LINKS,
    ROOT,
    SHIPPED,
    answers,
    bundle_of,
    content_of,
    extra,
    prepare,
    replace_file,
    run_python,
    write_catalogue,
)


def command(catalogue: Path, index: Path) -> list[str]:
    """Return the arguments of Python for `signpost build`."""
    return f"-m bot.cli build --catalogue {catalogue} --index {index}".split()


# What a bundle is


def test_an_unchanged_catalogue_is_the_same_bundle_and_encodes_nothing(index: Path, catalogue: Path) -> None:
    """The bundle is named by its content, and every vector comes from the cache."""
    before = (index / "current").read_text()
    report = build([catalogue], index, encoder=SHIPPED)
    assert (report.encoded, report.changed, report.links) == (0, False, len(LINKS))
    assert (index / "current").read_text() == before == f"{report.version}\n"
    assert len(list((index / "bundles").iterdir())) == 1
    assert len(IndexFolder(index).history()) == 1


def test_only_what_changed_is_encoded(index: Path, catalogue: Path) -> None:
    """A link with another description is one text; its questions are cached; a new link is its texts."""
    write_catalogue(catalogue, [replace(ISOLATE, description="Other words."), *LINKS[1:], extra(1)])
    report = build([catalogue], index, encoder=SHIPPED)
    assert report.changed
    assert report.encoded == 1 + 2


@pytest.mark.slow
def test_full_encodes_everything_and_gives_the_same_bundle(index: Path, catalogue: Path) -> None:
    """`--full` distrusts the cache and comes to the same result."""
    before = content_of(bundle_of(index))
    report = build([catalogue], index, encoder=SHIPPED, full=True)
    assert report.encoded == len(LINKS) + sum(len(link.questions) for link in LINKS)
    assert not report.changed
    assert content_of(bundle_of(index)) == before


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.lists(
            st.one_of(
                st.sampled_from(LINKS),
                st.integers(0, 9).map(extra),
                st.sampled_from(LINKS).map(lambda link: replace(link, title=f"{link.title}!", questions=())),
            ),
            min_size=1,
            max_size=12,
            unique_by=lambda link: link.url,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_an_incremental_bundle_equals_a_full_one_byte_for_byte(
    edits: list[list[Link]], tmp_path_factory: pytest.TempPathFactory, small_index: Path
) -> None:
    """After any adding, changing, removing and reordering, every file of the bundle is the one of a build from nothing."""
    folder = tmp_path_factory.mktemp("edits")
    for name in ("fresh", "grown"):
        prepare(folder / name, small_index)
    catalogue = folder / "catalogue.yaml"
    for links in (list(LINKS), *edits):
        write_catalogue(catalogue, links)
        grown = build([catalogue], folder / "grown", encoder=SHIPPED, force=True)
    fresh = build([catalogue], folder / "fresh", encoder=SHIPPED, workers=1)
    assert grown.version == fresh.version
    assert content_of(bundle_of(folder / "grown")) == content_of(bundle_of(folder / "fresh"))


@pytest.mark.slow
def test_the_same_catalogue_is_the_same_bundle_in_another_process(index: Path, catalogue: Path, tmp_path: Path) -> None:
    """Neither the order of sets and dictionaries, nor the number of workers, nor the place leaves a trace."""
    here = content_of(bundle_of(index))
    for seed in ("1", "2"):
        other = tmp_path / seed
        prepare(other, index)
        code = (
            "from pathlib import Path; from index.builder.build import build; from tests.support import SHIPPED\n"
            f"build([Path({str(catalogue)!r})], Path('.'), encoder=SHIPPED, workers={seed})"
        )
        done = run_python("-c", code, folder=other, environment={"PYTHONHASHSEED": seed})
        assert done.returncode == 0, done.stderr
        assert content_of(bundle_of(other)) == here


def test_a_bundle_holds_the_links_as_they_were_read(small_index: Path) -> None:
    """Save and load give equal links."""
    assert tuple(LinkFile(bundle_of(small_index))) == LINKS


def test_a_catalogue_without_questions_sections_or_descriptions_is_built(index: Path, catalogue: Path) -> None:
    """An awesome list says no more than address and title."""
    bare = [Link(url=link.url, title=link.title) for link in LINKS]
    write_catalogue(catalogue, bare)
    build([catalogue], index, encoder=SHIPPED)
    assert answers(index)
    write_catalogue(catalogue, bare[:1])
    build([catalogue], index, encoder=SHIPPED, force=True)
    assert [hit.link for hit in Searcher.open(index).ask(Question(text="isolate")).hits] == bare[:1]


def test_a_title_of_no_words_is_built(index: Path, catalogue: Path) -> None:
    """Stars alone, or another script, have no place in the lexical index and one in the dense."""
    odd = [Link(url="https://example.com/a", title="★★★"), Link(url="https://example.com/b", title="网络策略 שלום")]
    write_catalogue(catalogue, odd)
    build([catalogue], index, encoder=SHIPPED, force=True)
    assert len(Searcher.open(index).ask(Question(text="网络策略")).hits) == 2


def test_links_whose_titles_are_no_unicode_never_give_a_trace(index: Path, catalogue: Path) -> None:
    """A lone surrogate, which JSON and YAML can write, is repaired or refused when the catalogue is read."""
    write_catalogue(catalogue, [*LINKS, Link(url="https://example.com/x", title="half \ud800 a pair")])
    with suppress(CatalogueError):
        build([catalogue], index, encoder=SHIPPED)
    assert answers(index)


@pytest.mark.slow
def test_progress_counts_every_text_once(index: Path, catalogue: Path) -> None:
    """`progress(done, total)` rises to the total."""
    seen: list[tuple[int, int]] = []
    build([catalogue], index, encoder=SHIPPED, full=True, progress=lambda done, total: seen.append((done, total)))
    total = len(LINKS) + sum(len(link.questions) for link in LINKS)
    assert seen == [(done, total) for done in range(1, total + 1)]


def test_the_encoder_sees_title_description_and_section() -> None:
    """The publisher is left to the lexical channel, and a long description is cut."""
    assert link_text(ISOLATE) == (
        "Network policies that isolate namespaces. How to keep pods of one namespace from reaching those of another. "
        "(Kubernetes Network Policy)"
    )
    assert link_text(Link(url="https://a.b/c", title="Bare")) == "Bare"
    assert len(link_text(replace(ISOLATE, description="x" * 9_999))) < 400


# The vector cache


def caches(index: Path) -> list[Path]:
    """Return the files of the vector cache, one for each encoder."""
    return list((index / "cache").glob("vectors-*.sqlite3"))


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00" + b"\xff" * 5_000])
def test_a_damaged_cache_is_replaced(index: Path, catalogue: Path, content: bytes) -> None:
    """It is only a cache: the bundle comes out the same."""
    before = (index / "current").read_text()
    (cache,) = caches(index)
    replace_file(cache, content)
    report = build([catalogue], index, encoder=SHIPPED)
    assert report.encoded > 0
    assert (index / "current").read_text() == before
    assert build([catalogue], index, encoder=SHIPPED).encoded == 0


@pytest.mark.slow
def test_a_flipped_byte_anywhere_in_the_cache_never_reaches_a_bundle(index: Path, catalogue: Path) -> None:
    """Each row carries its checksum: a vector that is not as it was written is made again."""
    before = (index / "current").read_text()
    (cache,) = caches(index)
    whole = cache.read_bytes()
    chance = random.Random(7)
    for place in (chance.randrange(len(whole)) for _ in range(12)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        replace_file(cache, bytes(damaged))
        build([catalogue], index, encoder=SHIPPED)
        assert (index / "current").read_text() == before


def test_a_cache_of_other_columns_is_replaced(index: Path, catalogue: Path) -> None:
    """A cache of another version of the program is no obstacle."""
    (cache,) = caches(index)
    cache.unlink()
    database = sqlite3.connect(cache)
    database.execute("CREATE TABLE vectors (text BLOB PRIMARY KEY, vector BLOB)")
    database.commit()
    database.close()
    assert not build([catalogue], index, encoder=SHIPPED).changed


@pytest.mark.slow
def test_the_cache_may_be_deleted(index: Path, catalogue: Path) -> None:
    """Deleting it costs time, nothing else."""
    shutil.rmtree(index / "cache")
    assert not build([catalogue], index, encoder=SHIPPED).changed


def test_a_missing_adapter_is_named(catalogue: Path, tmp_path: Path) -> None:
    """A wrong path is not mistaken for weights that are not installed."""
    with pytest.raises(EncoderError, match="no such folder"):
        build([catalogue], tmp_path / "none", encoder=EncoderChoice(adapter=tmp_path / "nowhere"))


# What is refused


def test_a_catalogue_that_lost_most_of_its_links_is_refused_unless_forced(index: Path, catalogue: Path) -> None:
    """Far more often an accident than an edit; the message names place, both numbers and the way out."""
    write_catalogue(catalogue, LINKS[: len(LINKS) // 2])
    build([catalogue], index, encoder=SHIPPED, force=True)
    write_catalogue(catalogue, LINKS[:1])
    before = (index / "current").read_text()
    gone = r"catalogue.yaml:1: 3 of the catalogue's 4 links are gone.*nothing was changed.*--force"
    with pytest.raises(BuildRefusedError, match=gone):
        build([catalogue], index, encoder=SHIPPED)
    assert (index / "current").read_text() == before
    assert build([catalogue], index, encoder=SHIPPED, force=True).links == 1


def test_builds_that_are_refused_again_and_again_leave_one_bundle(index: Path, catalogue: Path) -> None:
    """Whoever fetches a broken list every night does not fill the disk with what was refused."""
    before = {path.name for path in (index / "bundles").iterdir()}
    for number in range(3):
        write_catalogue(catalogue, [replace(LINKS[0], description=f"Night {number}")])
        with pytest.raises(BuildRefusedError) as refused:
            build([catalogue], index, encoder=SHIPPED)
    assert {path.name for path in (index / "bundles").iterdir()} == {*before, refused.value.diff.new}


def test_another_catalogue_may_be_smaller(index: Path, catalogue: Path) -> None:
    """Pointing an index at one's own short list is no accident."""
    write_catalogue(catalogue, LINKS[:1], name="Mine")
    assert build([catalogue], index, encoder=SHIPPED).links == 1


@pytest.mark.parametrize("content", ["format: 1\nname: Tiny\nlinks: []\n", "links:\n\t- url: x\n", "", "nothing here"])
def test_a_catalogue_without_links_leaves_the_index_alone(index: Path, catalogue: Path, content: str) -> None:
    """No links, tabs, an empty file: CatalogueError names the file."""
    before = content_of(index)
    catalogue.write_text(content)
    with pytest.raises(CatalogueError, match=str(catalogue)):
        build([catalogue], index, encoder=SHIPPED)
    assert content_of(index) == before


def test_two_builds_at_once_is_one_build(index: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one says so at once, and goes on to succeed when the first is done."""
    refused: list[str] = []

    def meanwhile(*arguments: Any, **named: Any) -> object:
        with pytest.raises(BuildError) as caught:
            build([catalogue], index, encoder=SHIPPED)
        refused.append(str(caught.value))
        return build_lexical(*arguments, **named)

    monkeypatch.setattr("index.builder.write.build_lexical", meanwhile)
    build([catalogue], index, encoder=SHIPPED)
    monkeypatch.undo()
    assert refused == [f"{index}: another build is running; wait for it to end"]
    build([catalogue], index, encoder=SHIPPED)


def test_an_index_that_is_a_file_is_refused(catalogue: Path, tmp_path: Path) -> None:
    """One line that names it."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BuildError, match="cannot write an index there"):
        build([catalogue], tmp_path / "file", encoder=SHIPPED)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("step", ["np.save", "os.fsync", "os.link", "sqlite3.connect"])
def test_a_full_disk_leaves_the_current_bundle_answering(
    index: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whichever step the disk refuses: one line, nothing half done, and the next build succeeds."""

    def full(*_: object, **__: object) -> None:
        if step == "sqlite3.connect":
            raise sqlite3.OperationalError("database or disk is full")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(index / "bundles"))

    write_catalogue(catalogue, [*LINKS, extra(1)])
    before = (index / "current").read_text()
    module, name = step.split(".")
    with monkeypatch.context() as patch:
        patch.setattr({"np": np, "os": os, "sqlite3": sqlite3}[module], name, full)
        if step == "os.link":
            patch.setattr(shutil, "copyfile", full)
        with pytest.raises(BuildError, match=r"cannot write the index \(.*; the one that is current is untouched"):
            build([catalogue], index, encoder=SHIPPED)
    assert (index / "current").read_text() == before
    assert answers(index)
    assert [path.name for path in (index / "bundles").iterdir()] == [before.strip()]
    assert build([catalogue], index, encoder=SHIPPED).changed


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_is_one_line_and_exit_2(index: Path, catalogue: Path) -> None:
    """The real thing: the system refuses to write on, in the cache, in the bundle, in its manifest."""
    write_catalogue(catalogue, [extra(number) for number in range(40)], name="Large")
    before = (index / "current").read_text()
    for limit in (0, 100, 2_000, 8_192, 12_000):
        done = subprocess.run(
            [sys.executable, *command(catalogue, index)],
            cwd=ROOT,
            env={**os.environ, "XDG_STATE_HOME": str(index.parent)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)),
        )
        assert done.returncode == 2, done.stderr
        assert "cannot write the index" in done.stderr, (limit, done.stderr)
        assert done.stderr.count("\n") == 1, done.stderr
        assert (index / "current").read_text() == before
    assert answers(index)


def test_a_hard_link_that_is_refused_is_a_copy(index: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems have no links."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    write_catalogue(catalogue, [*LINKS, extra(1)])
    build([catalogue], index, encoder=SHIPPED)
    assert (bundle_of(index) / "encoder" / "encoder.onnx").stat().st_nlink == 1
    assert answers(index)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Drop root's right to write everywhere; anybody else has no such right."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("folder", ["", "bundles", "cache"])
def test_an_index_that_may_not_be_written_is_refused_in_one_line(catalogue: Path, index: Path, folder: str) -> None:
    """A read-only folder anywhere in it: nothing is changed, and what is current answers."""
    for path in (index, *index.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    for parent in index.parents:
        if parent.owner() == Path(__file__).owner() and not parent.stat().st_mode & 0o001:
            parent.chmod(0o755)
    (index / folder).chmod(0o555)
    (index / "build.lock").unlink(missing_ok=True) if not folder else None
    write_catalogue(catalogue, [*LINKS, extra(1)])
    before = (index / "current").read_text()
    with as_nobody(), pytest.raises(BuildError, match=r"cannot write .*index.* \((Permission denied|.*readonly.*)\)"):
        build([catalogue], index, encoder=SHIPPED)
    assert (index / "current").read_text() == before
    assert answers(index)
    (index / folder).chmod(0o755)
    assert build([catalogue], index, encoder=SHIPPED).changed


# Killing the build

#: Builds in children that share the imports; each is killed at its next step that touches a file.
_KILLER = """
import os, signal, sys
from pathlib import Path
from index.builder.build import build
from index.bundle import IndexFolder
from tests.support import SHIPPED

catalogues, index = sys.argv[1].split(":"), Path(sys.argv[2])
EVENTS = {"open", "os.rename", "os.mkdir", "os.link", "os.remove", "os.rmdir", "shutil.rmtree", "sqlite3.connect"}

def run(catalogue, killed_at):
    child = os.fork()
    if child == 0:
        seen = 0
        def hook(event, arguments):
            nonlocal seen
            if event in EVENTS and arguments and str(index) in str(arguments[0]):
                seen += 1
                if seen == killed_at:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        build([Path(catalogue)], index, encoder=SHIPPED, workers=1, replace=True)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

step = -1
while True:
    step += 2
    code = run(catalogues[step // 2 % len(catalogues)], step)
    name = IndexFolder(index).open()[0].name  # every byte of the bundle is checked
    print(step, code, name, flush=True)
    if code == 0:
        break
"""


def left_behind(index: Path) -> list[str]:
    """Return what only a build that was killed leaves."""
    return [path.name for pattern in (".*", "*/.*", "*/*.new", "*/*-journal") for path in index.glob(pattern)]


@pytest.mark.slow
def test_a_build_killed_at_any_step_leaves_a_whole_current_bundle(index: Path, tmp_path: Path) -> None:
    """SIGKILL before every second operation on a file: what is current opens, whole, and the next build succeeds."""
    catalogues = [
        write_catalogue(tmp_path / f"{number}.yaml", [*LINKS, *(extra(number * 100 + n) for n in range(3))])
        for number in range(3)
    ]
    done = run_python(
        "-c",
        _KILLER,
        ":".join(map(str, catalogues)),
        str(index),
        folder=ROOT,
    )
    assert done.returncode == 0, done.stderr
    steps = [line.split() for line in done.stdout.splitlines()]
    assert {code for _, code, _ in steps[:-1]} == {str(-signal.SIGKILL)}
    assert len(steps) > 20
    assert len({name for _, _, name in steps}) > 1
    assert build([catalogues[0]], index, encoder=SHIPPED, replace=True).links == len(LINKS) + 3
    assert answers(index)
    assert left_behind(index) == []


@pytest.mark.slow
def test_a_build_killed_at_random_moments_leaves_the_index_answering(index: Path, tmp_path: Path) -> None:
    """The command itself, killed by the clock, from before its first step to after its last."""
    chance = random.Random(11)
    for attempt in range(8):
        catalogue = write_catalogue(tmp_path / "catalogue.yaml", [*LINKS, *(extra(n) for n in range(attempt, 30))])
        (index / "build.lock").unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, *command(catalogue, index)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not (index / "build.lock").exists() and process.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.5))
        process.kill()
        process.wait()
        assert answers(index)
    report = build([catalogue], index, encoder=SHIPPED)
    assert report.links == len(LINKS) + 30 - 7
    assert left_behind(index) == []


# Opening by the version


def test_a_bundle_can_be_opened_by_its_name(index: Path, catalogue: Path) -> None:
    """An older bundle stays where it is and answers as it did."""
    first = (index / "current").read_text().strip()
    write_catalogue(catalogue, [*LINKS, extra(1)])
    second = build([catalogue], index, encoder=SHIPPED).version
    assert Searcher(index, first).info.link_count == len(LINKS)
    assert Searcher(index).info.version == second
    assert [entry.version for entry in IndexFolder(index).history()] == [first, second]
    with pytest.raises(BundleMissingError, match="build one with `signpost build`"):
        Searcher(index, "0123456789abcdef")


def test_the_vectors_of_a_bundle_are_those_of_its_encoder(small_index: Path) -> None:
    """What is stored is what the encoder says of the link's text, rounded to int8."""
    opened = Searcher.open(small_index)
    vector = OnnxEncoder(bundle_of(small_index) / "encoder").encode_documents([link_text(COREDNS)])[0]
    row = LINKS.index(COREDNS)
    stored = opened.dense.vectors[row].astype(np.float32) * opened.dense.scales[row]
    assert np.abs(stored - vector).max() <= opened.dense.scales[row] / 2 * 1.001


def test_reports_are_json(small_index: Path) -> None:
    """The bundle's own report says what was read."""
    report = json.loads((bundle_of(small_index) / "report.json").read_text())
    assert report == {"links": len(LINKS), "entries": len(LINKS), "skipped": 0, "hijacked": 0, "sources": []}


def test_a_retired_link_is_in_no_bundle(catalogue: Path, index: Path) -> None:
    """It stays in the catalogue alone."""
    write_catalogue(catalogue, [*LINKS, replace(extra(1), status=Status.RETIRED)])
    build([catalogue], index, encoder=SHIPPED)
    assert Searcher(index).info.link_count == len(LINKS)
