"""Bundles on disk: whole or refused, in one line that names the file and says what to do."""

import io
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.builder.build import build
from index.bundle import FORMAT, IndexFolder, check
from index.errors import BundleDamagedError, BundleError, BundleIncompatibleError, BundleMissingError
from index.files import write_atomically
from index.search.searcher import Searcher
from index.types import Question
from tests.support import LINKS, SHIPPED, bundle_of, content_of, replace_file, run_python

#: Every file of a bundle.
FILES = (
    "manifest.json",
    "links.jsonl",
    "links.npy",
    "facets.json",
    "columns.npy",
    "vectors.npy",
    "scales.npy",
    "question_rows.npy",
    "question_numbers.npy",
    "tokens.json",
    "starts.npy",
    "rows.npy",
    "scores.npy",
    "idf.npy",
    "vocabulary.json",
    "score.json",
    "small_talk.npy",
    "small_talk_scales.npy",
    "glossary.npy",
    "glossary_scales.npy",
    "glossary_starts.npy",
    "glossary_rows.npy",
    "report.json",
    "encoder/encoder.onnx",
    "encoder/tokenizer.json",
    "encoder/encoder.json",
)


def flipped(content: bytes) -> bytes:
    """Change one bit in the middle."""
    damaged = bytearray(content)
    damaged[len(damaged) // 2] ^= 1
    return bytes(damaged)


def truncated(content: bytes) -> bytes:
    """Cut the second half off."""
    return content[: len(content) // 2]


def grown(content: bytes) -> bytes:
    """Put one byte more at the end."""
    return content + b"\n"


def test_every_file_of_a_bundle_is_known_here(small_index: Path) -> None:
    """The tests below damage each of them."""
    assert set(content_of(bundle_of(small_index))) == set(FILES)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("damage", [flipped, truncated, grown, None], ids=["flipped", "truncated", "grown", "missing"])
def test_damage_to_any_file_is_refused_by_its_name(
    index: Path, file: str, damage: Callable[[bytes], bytes] | None
) -> None:
    """One line: which file, what is wrong, what to do."""
    path = bundle_of(index) / file
    if damage is None:
        path.unlink()
    else:
        replace_file(path, damage(path.read_bytes()))
    with pytest.raises((BundleDamagedError, BundleIncompatibleError)) as caught:
        Searcher.open(index)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "signpost build" in str(caught.value)


def test_a_file_that_is_a_folder_is_damage(index: Path) -> None:
    """Whatever stands there instead, nothing is opened."""
    path = bundle_of(index) / "vectors.npy"
    path.unlink()
    path.mkdir()
    with pytest.raises(BundleDamagedError, match=r"vectors\.npy: cannot read"):
        Searcher.open(index)


@pytest.mark.parametrize("field", ["catalogue", "encoder", "links", "files", "format"])
def test_an_edited_manifest_is_refused(index: Path, field: str) -> None:
    """The name of a bundle is the hash of its manifest: no field of it can be changed, or left out."""
    path = bundle_of(index) / "manifest.json"
    manifest = json.loads(path.read_text())
    for edited in ({**manifest, field: None}, {key: value for key, value in manifest.items() if key != field}):
        replace_file(path, json.dumps(edited).encode())
        with pytest.raises(BundleError, match=r"manifest\.json: .*signpost build"):
            Searcher.open(index)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=60), st.sampled_from([b"[]", b"null", b'"x"', b"1", b'{"format": 1}'])))
def test_any_other_manifest_is_refused(index: Path, content: bytes) -> None:
    """Whatever the bytes: an error of ours."""
    path = bundle_of(index) / "manifest.json"
    replace_file(path, content)
    with pytest.raises((BundleDamagedError, BundleIncompatibleError), match=r"manifest\.json"):
        check(path.parent, path.parent.name)


def test_another_format_version_says_what_to_do(index: Path) -> None:
    """A bundle of a later program: build again, or run that program."""
    path = bundle_of(index) / "manifest.json"
    replace_file(path, json.dumps({**json.loads(path.read_text()), "format": FORMAT + 1}).encode())
    with pytest.raises(
        BundleIncompatibleError,
        match=r"has format 2, this program reads format 1; build it again with `signpost build`",
    ):
        Searcher.open(index)


def test_vectors_of_another_encoder_say_what_to_do(index: Path) -> None:
    """A bundle put together by hand from two others: whole by its checksums, and of no use."""
    folder = IndexFolder(index)
    with folder.writing() as aside:
        for name, content in content_of(bundle_of(index)).items():
            if name != "manifest.json":
                (aside / name).parent.mkdir(exist_ok=True)
                (aside / name).write_bytes(content)
        version = folder.keep(aside, catalogue="Tiny", encoder="0000000000000000", links=8)
    folder.publish(version, 8)
    with pytest.raises(BundleIncompatibleError, match=r"its vectors are of encoder 0{16}, .*signpost build --full"):
        Searcher.open(index)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"../../etc", b"a b", b"\xff\xfe\x00", b"0123456789abcdef", b"\x00" * 2_000]
)
def test_a_damaged_pointer_is_refused_and_mended_by_a_build(index: Path, catalogue: Path, content: bytes) -> None:
    """Empty, outside, not text, naming nothing: the message says to build, and a build does mend it."""
    before = (index / "current").read_bytes()
    replace_file(index / "current", content)
    with pytest.raises((BundleDamagedError, BundleMissingError), match="signpost build") as caught:
        Searcher.open(index)
    assert "\n" not in str(caught.value)
    build([catalogue], index, encoder=SHIPPED)
    assert (index / "current").read_bytes() == before
    Searcher.open(index)


@pytest.mark.parametrize("place", ["current", "manifest.json", "links.jsonl"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(index: Path, place: str) -> None:
    """Whoever opened it would wait for ever, and a running bot would take no later bundle."""
    folder = IndexFolder(index)
    path = index / place if place == "current" else folder.folder(folder.current()) / place
    assert path.exists()
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(BundleError, match="it is a pipe or a device"):
        Searcher.open(index)


def test_a_missing_index_says_what_to_do(tmp_path: Path) -> None:
    """No folder, and a folder without a pointer."""
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(BundleMissingError, match="no index here; build one with `signpost build`"):
            Searcher.open(folder)


@pytest.mark.parametrize("file", ["manifest.json", "links.jsonl", "encoder/encoder.onnx", "score.json"])
@pytest.mark.parametrize("damage", [flipped, truncated, None], ids=["flipped", "truncated", "missing"])
def test_a_build_mends_a_damaged_bundle(
    index: Path,
    catalogue: Path,
    file: str,
    damage: Callable[[bytes], bytes] | None,
) -> None:
    """What the message advises works, also where the catalogue is the same and so is the bundle's name."""
    whole = content_of(bundle_of(index))
    path = bundle_of(index) / file
    content = path.read_bytes()
    path.unlink()
    if damage is not None:
        path.write_bytes(damage(content))
    build([catalogue], index, encoder=SHIPPED)
    assert content_of(bundle_of(index)) == whole


def test_a_build_mends_a_bundle_of_another_format(index: Path, catalogue: Path) -> None:
    """Also where the edited manifest stands in a folder of the right name."""
    path = bundle_of(index) / "manifest.json"
    replace_file(path, json.dumps({**json.loads(path.read_text()), "format": 99}).encode())
    build([catalogue], index, encoder=SHIPPED)
    Searcher.open(index)


def test_a_damaged_history_costs_no_answer(index: Path) -> None:
    """The history tells when a bundle was built; the file's age does too."""
    for content in (b"", b"\xff\xfe\x00\n", b'{"version": 1}\n[]\n"x"\n', b'{"version"'):
        replace_file(index / "history.jsonl", content)
        assert Searcher.open(index).ask(Question(text="dns")).built_at.year > 2000
    (index / "history.jsonl").unlink()
    assert Searcher.open(index).info.built_at.tzinfo is not None


def test_a_line_cut_off_by_a_crash_does_not_take_the_next_one_along(index: Path) -> None:
    """The history goes on after a line that has no end."""
    folder = IndexFolder(index)
    (first,) = folder.history()
    whole = (index / "history.jsonl").read_bytes()
    replace_file(index / "history.jsonl", whole + whole[:20])
    folder.publish("fedcba9876543210", 3)
    assert [entry.version for entry in folder.history()] == [first.version, "fedcba9876543210"]


def test_the_pointer_is_replaced_not_rewritten(index: Path) -> None:
    """A reader sees one name or the other at any moment, never a part or nothing."""
    pointer = index / "current"
    names = ["a" * 16, "b" * 16]
    write_atomically(pointer, names[0].encode())
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(pointer.read_text())

    reader = threading.Thread(target=look)
    reader.start()
    number, end = 0, time.monotonic() + 30
    while number < 200 or (not seen.issuperset(names) and time.monotonic() < end):
        write_atomically(pointer, names[number % 2].encode())
        number += 1
    done.set()
    reader.join()
    assert seen == set(names)


def test_a_failed_write_leaves_the_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file goes when the rename fails."""
    path = tmp_path / "current"
    path.write_text("before")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"after")
    assert path.read_text() == "before"
    assert [found.name for found in tmp_path.iterdir()] == ["current"]


def test_the_manifest_lists_every_other_file(small_index: Path) -> None:
    """Nothing in a bundle is without a checksum."""
    _, manifest = IndexFolder(small_index).open()
    assert set(manifest.files) == set(FILES) - {"manifest.json"}
    assert (manifest.format, manifest.catalogue, manifest.links) == (FORMAT, "Tiny", 8)


def resealed(index: Path, file: str, content: bytes) -> str:
    """Give a bundle other content, with checksums and a name that fit, and make it current; return its name."""
    folder = IndexFolder(index)
    with folder.writing() as aside:
        for name, before in content_of(bundle_of(index)).items():
            if name != "manifest.json":
                (aside / name).parent.mkdir(exist_ok=True)
                (aside / name).write_bytes(content if name == file else before)
        manifest = folder.manifest()
        version = folder.keep(aside, catalogue=manifest.catalogue, encoder=manifest.encoder, links=manifest.links)
    folder.publish(version, manifest.links)
    return version


@pytest.mark.parametrize("file", [file for file in FILES if file not in {"manifest.json", "report.json"}])
@pytest.mark.parametrize("content", [b"", b"{}", b"\x93NUMPY\x01\x00"], ids=repr)
def test_nonsense_under_a_new_seal_is_damage(index: Path, file: str, content: bytes) -> None:
    """Whole by its checksums, and still nothing that a build writes: one line, and never the end of a file in the middle."""
    resealed(index, file, content)
    with pytest.raises(BundleDamagedError, match="signpost build") as caught:
        Searcher.open(index)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("vectors.npy", lambda old: old[:, :-1]),
        ("vectors.npy", lambda old: old[:-3]),
        ("vectors.npy", lambda old: old.astype(np.float32)),
        ("scales.npy", lambda old: old * np.float32("nan")),
        ("question_rows.npy", lambda old: old + 1_000_000),
        ("question_rows.npy", lambda old: old[::-1]),
        ("question_numbers.npy", lambda old: old - 9),
        ("starts.npy", lambda old: old[::-1]),
        ("rows.npy", lambda old: old + len(LINKS)),
        ("rows.npy", lambda old: -old - 1),
        ("scores.npy", lambda old: old[:, :2]),
        ("idf.npy", lambda old: old[1:]),
        ("links.npy", lambda old: old + 7),
        ("links.npy", lambda old: old[:-1]),
        ("columns.npy", lambda old: old + 10_000),
        ("columns.npy", lambda old: old[:4]),
        ("columns.npy", lambda old: np.zeros((5, 0), dtype=np.int32)),
        ("small_talk.npy", lambda old: old[:, :-1]),
        ("small_talk.npy", lambda old: old[:-1]),
        ("small_talk_scales.npy", lambda old: old * np.float32("nan")),
    ],
)
def test_numbers_that_lead_out_of_the_bundle_are_damage(
    index: Path, file: str, change: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
) -> None:
    """Each is an array like the one before; the first question would have failed on it, or read what is not there."""
    content = io.BytesIO()
    np.save(content, change(np.load(bundle_of(index) / file)))
    resealed(index, file, content.getvalue())
    with pytest.raises(BundleDamagedError, match="signpost build"):
        Searcher.open(index)


def test_files_that_shrink_under_an_open_bundle_change_no_answer(small_index: Path, tmp_path: Path) -> None:
    """A mapped file that becomes shorter ends a process without a line; so what answers is in memory."""
    index = tmp_path / "index"
    shutil.copytree(small_index, index)
    program = (
        "import os, sys\nfrom pathlib import Path\n"
        "from index.search.searcher import Searcher\nfrom index.types import Question\n"
        "searcher = Searcher.open(Path(sys.argv[1]))\n"
        "for path in Path(sys.argv[1], 'bundles').rglob('*.*'):\n"
        "    os.truncate(path, 0)\n"
        "print(*(hit.link.url for text in ('isolate namespaces', 'dns', 'tag:public')\n"
        "    for hit in searcher.ask(Question(text=text)).hits), len(searcher.newest()), len(list(searcher.links)))\n"
    )
    expected = [
        hit.link.url
        for text in ("isolate namespaces", "dns", "tag:public")
        for hit in Searcher.open(small_index).ask(Question(text=text)).hits
    ]
    done = run_python("-c", program, str(index), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == [*expected, "3", str(len(LINKS))]


def test_links_of_a_large_bundle_are_read_one_by_one(
    small_index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not kept in memory; a file that has been shortened is damage, not the end of the process."""
    index = tmp_path / "index"
    shutil.copytree(small_index, index)
    monkeypatch.setattr("index.search.stored.MOST_KEPT", 0)
    searcher = Searcher.open(index)
    assert tuple(searcher.links) == LINKS
    assert len(searcher.newest()) == 3
    os.truncate(bundle_of(index) / "links.jsonl", 100)
    with pytest.raises(BundleDamagedError, match=r"links\.jsonl: has been shortened"):
        list(searcher.links)
