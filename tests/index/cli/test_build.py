"""`signpost build`: from a catalogue to an index that answers, and whatever goes wrong costs nothing."""

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from index.catalogue.checks.records import CHECKS, STATE_FILE, Record, Standing
from tests.index.cli.conftest import Outcome, Signpost
from tests.support import LINKS, bundle_of, content_of, extra, write_catalogue


@pytest.fixture
def build(signpost: Signpost, index: Path) -> Signpost:
    """Run `signpost build`."""

    def command(*arguments: str | Path) -> Outcome:
        return signpost("build", "--index", index, *arguments)

    return command


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Give one more link than the index has."""
    return write_catalogue(tmp_path / "catalogue.yaml", [*LINKS, extra(1)])


def test_a_build_says_what_is_current(build: Signpost, index: Path, catalogue: Path) -> None:
    """What changed; version, links, texts encoded; the second time that nothing has changed."""
    first = build("--catalogue", catalogue)
    version = (index / "current").read_text().strip()
    changes = f"+ {extra(1).url}\n1 added, 0 removed, 0 changed\n"
    size = sum(path.stat().st_size for path in bundle_of(index).rglob("*") if path.is_file())
    megabytes = f"{size / 1e6:.1f} MB"
    assert first == (0, "", f"{changes}{version} is current: 9 links, 2 texts encoded, {megabytes}\n")
    again = f"{version} was current already: 9 links, 0 texts encoded, {megabytes}\n"
    assert build("--catalogue", catalogue) == (0, "", again)


def test_json_is_the_report(build: Signpost, index: Path, catalogue: Path) -> None:
    """One object on stdout, nothing else anywhere."""
    code, out, err = build("--catalogue", catalogue, "--json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert report == {
        "version": (index / "current").read_text().strip(),
        "changed": True,
        "links": 9,
        "encoded": report["encoded"],
        "hijacked": 0,
        "pages": 0,
        "skipped": [],
        "diff": report["diff"],
        "overruled": [],
        "pruned": [],
        "notes": [],
        "sources": [],
    }
    assert report["diff"]["added"] == [extra(1).url]


def test_what_was_left_out_is_counted(build: Signpost, tmp_path: Path) -> None:
    """By reason, and listed where somebody wants to know."""
    page = tmp_path / "page.md"
    page.write_text(
        "# List\n\n## Links\n- [A link](https://a.example/x)\n- [No link](ftp://b.example/y)\n- [B](https://c.d/e)\n"
    )
    _, _, err = build("--catalogue", page)
    assert "2 links" in err
    reason = "     1 not an http or https address\n"
    assert err.endswith(f"of the sources' entries, 1 skipped (-v lists them)\n{reason}")
    line = f"{page}:5: skipped No link (ftp://b.example/y): not an http or https address\n"
    assert build("--catalogue", page, "-v").err.endswith(f"{line}of the sources' entries, 1 skipped\n{reason}")


def test_several_catalogues_are_one_index(build: Signpost, tmp_path: Path, catalogue: Path) -> None:
    """`--catalogue` may be given more than once."""
    other = write_catalogue(tmp_path / "other.yaml", [extra(2), extra(3)])
    assert ": 11 links," in build("--catalogue", catalogue, "--catalogue", other).err


def test_a_list_is_read_in_the_language_that_is_told(
    build: Signpost, index: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By option or variable; a code that is none is refused with those that are."""

    def language() -> object:
        return json.loads((bundle_of(index) / "tokens.json").read_text("utf-8")).get("language")

    assert build("--catalogue", catalogue).code == 0
    assert language() is None
    assert build("--catalogue", catalogue, "--language", "de", "--force").code == 0
    assert language() == "de"
    monkeypatch.setenv("SIGNPOST_LANGUAGE", "ja")
    assert build("--catalogue", catalogue, "--force").code == 0
    assert language() == "ja"
    assert build("--catalogue", catalogue, "--language", "en", "--force").code == 0
    assert language() is None
    code, out, err = build("--catalogue", catalogue, "--language", "xx")
    assert (code, out) == (2, "")
    assert "'xx'" in err
    assert "'de'" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_full_encodes_all(build: Signpost, catalogue: Path) -> None:
    """The report tells the texts."""
    build("--catalogue", catalogue)
    questions = sum(len(link.questions) for link in LINKS) + 1
    assert f"9 links, {9 + questions} texts encoded" in build("--catalogue", catalogue, "--full").err


def test_a_vanished_catalogue_needs_force(build: Signpost, catalogue: Path, index: Path) -> None:
    """One line that says so; the index stays."""
    before = (index / "current").read_text()
    write_catalogue(catalogue, LINKS[:2])
    assert "build with --force" in build("--catalogue", catalogue).complaint
    assert (index / "current").read_text() == before
    assert build("--catalogue", catalogue, "--force").code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"format: 1\nname: x\nlinks: []\n", "no link"),
        (b"format: 1\nlinks:\n\t- url: https://a.b/c\n", ":3:"),
        (b"\xff\xfe\x00\x01", ""),
        (b"links: 3\n", ""),
        (b"links:\n- title: no address\n", ""),
        (b"links: [" * 2_000, ""),
    ],
)
def test_a_catalogue_that_is_none_is_one_line_and_costs_nothing(
    build: Signpost, index: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    """No links, tabs, no text, no catalogue: file (and line) are named, and the bundles are as they were."""
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    before = content_of(index / "bundles"), (index / "current").read_bytes()
    complaint = build("--catalogue", path).complaint
    assert str(path) in complaint
    assert message in complaint
    assert (content_of(index / "bundles"), (index / "current").read_bytes()) == before


def test_a_catalogue_that_is_not_there_is_named(build: Signpost, tmp_path: Path) -> None:
    """A missing file, an empty folder, a pattern without files."""
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "missing.yaml", tmp_path / "empty", tmp_path / "*.none"):
        assert str(path) in build("--catalogue", path).complaint


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--vocabulary", "missing.yaml", "cannot read the vocabulary"),
        ("--adapter", "missing", "no such folder"),
        ("--precision", "fp16", "fp32"),
        ("--unknown", "x", "--unknown"),
    ],
)
def test_a_wrong_option_is_one_line(build: Signpost, catalogue: Path, option: str, value: str, message: str) -> None:
    """And costs nothing."""
    assert message in build("--catalogue", catalogue, option, value).complaint


def test_vocabularies_lie_in_layers(build: Signpost, index: Path, catalogue: Path, tmp_path: Path) -> None:
    """The shipped one is below those that are given; `none` leaves out what is before it."""
    for name, form in (("a", "netpol"), ("b", "netpol"), ("c", "polnet")):
        (tmp_path / name).write_text(
            f"entries:\n- {{forms: [{form}], means: [{'dns' if name == 'a' else 'network'}]}}\n"
        )

    def meanings(*given: str) -> dict[str, str]:
        options = [part for one in given for part in ("--vocabulary", one if one == "none" else tmp_path / one)]
        assert build("--catalogue", catalogue, *options).code == 0
        bundle = index / "bundles" / (index / "current").read_text().strip()
        rows = json.loads((bundle / "vocabulary.json").read_text())
        return {form: row["means"][0] for row in rows for form in row["forms"]}

    assert meanings()["netpol"] == "network policy"
    assert meanings("a")["netpol"] == "dns"
    assert "k8s" in meanings("a")
    assert meanings("a", "b", "c").items() >= {"netpol": "network", "polnet": "network"}.items()
    assert meanings("b", "none", "a") == {"netpol": "dns"}
    assert meanings("none") == {}


def test_a_wrong_vocabulary_names_its_line(build: Signpost, catalogue: Path, tmp_path: Path) -> None:
    """As any other file."""
    (tmp_path / "vocabulary.yaml").write_text("entries:\n- {forms: [a]}\n")
    complaint = build("--catalogue", catalogue, "--vocabulary", tmp_path / "vocabulary.yaml").complaint
    assert complaint.startswith(f"{tmp_path / 'vocabulary.yaml'}:2: ")


def test_a_built_index_is_asked(build: Signpost, signpost: Signpost, index: Path, catalogue: Path) -> None:
    """The commands agree on where the index is; an unfiltered question finds the new link too."""
    build("--catalogue", catalogue)
    out = signpost("ask", "--index", index, "--json", "section:mesh").out
    assert [result["url"] for result in json.loads(out)["results"]] == [extra(1).url]


@pytest.mark.parametrize("is_first", [True, False])
def test_an_index_of_the_few_links_that_are_left_is_refused(
    build: Signpost, index: Path, catalogue: Path, *, is_first: bool
) -> None:
    """What would be served counts: with nearly all called hijacked it ends with 2, also where there was no index yet."""
    before = (index / "current").read_text()
    if is_first:
        shutil.rmtree(index / "bundles")
        (index / "current").unlink()
    records = [
        Record(url=link.url, standing=Standing.HIJACKED, reason="sites of 7 owners", checked=datetime.now(UTC))
        for link in LINKS[:-1]
    ]
    CHECKS.write(catalogue.parent / STATE_FILE, {record.url: record for record in records})
    code, out, err = build("--catalogue", catalogue)
    assert (code, out) == (2, "")
    count = len(LINKS) + is_first  # the link that is new counts where all are
    assert (
        f": {len(records)} of the catalogue's {count} links would be left out, as another page is there; check them once more"
        in err
    )
    assert (index / "current").read_text() == before if not is_first else not (index / "current").exists()
    code, _, err = build("--catalogue", catalogue, "--force")
    assert code == 0
    assert f"{len(records)} links were left out: another page is at their addresses now" in err
    assert build("--catalogue", catalogue)[0] == 0  # what was forced once is no news


# Steps, and an end before the end


def test_an_interrupt_says_in_what_state_things_are(
    build: Signpost, index: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is current, whether there is any, and that it goes on from there."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = (index / "current").read_text().strip()
    kept = "what was encoded is kept, and the next build goes on from there"
    with monkeypatch.context() as patch:
        patch.setattr("index.builder.build.review", interrupted)
        stopped = build("--catalogue", catalogue)
        assert stopped.code == 130
        assert stopped.err.endswith(f"signpost: interrupted; {before} is still current; {kept}\n")
        (index / "current").unlink()
        assert f"there is no index in {index} yet; {kept}" in build("--catalogue", catalogue).err
        patch.undo()
        patch.setattr("index.builder.build.keep_places", interrupted)
        stopped = build("--catalogue", catalogue)
        now = (index / "current").read_text().strip()
        assert stopped.err.endswith(f"signpost: interrupted; {now} is current already\n")
    assert "0 texts encoded" in build("--catalogue", catalogue).err


def test_steps_are_told_on_a_terminal_alone(
    build: Signpost, catalogue: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever waits sees what is done; a program gets the result."""
    assert "reading" not in build("--catalogue", catalogue).err
    terminal = type(sys.stderr)
    monkeypatch.setattr(terminal, "isatty", lambda _: True)
    lines = build("--catalogue", write_catalogue(catalogue, [*LINKS, extra(2)])).err.splitlines()
    assert lines[0] == f"reading {catalogue} …"
    assert "indexing 9 links …" in lines
    assert any(line.startswith("Encoding") or "Encoding  [" in line for line in lines)
    assert "comparing it with the index before …" in lines
