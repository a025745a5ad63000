"""`signpost build` with sources from elsewhere: what fails is reported and costs nothing."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.index.catalogue.https_server import ListServer, status, tagged
from tests.index.cli.conftest import Outcome, Signpost
from tests.support import content_of

LIST = "# Links\n\n" + "".join(f"- [Link {number}](https://a.org/{number})\n" for number in range(10))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListServer]:
    """Serve a list over https."""
    (tmp_path / "server").mkdir()
    with ListServer.running(tmp_path / "server") as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        server.answers["/list.md"] = tagged(LIST, '"one"')
        yield server


@pytest.fixture
def sources(tmp_path: Path, server: ListServer) -> Path:
    """Give a file of sources: a file beside it, and the list on the web."""
    (tmp_path / "own.md").write_text("- [Own](https://own.org/x)\n", "utf-8")
    path = tmp_path / "sources.yaml"
    path.write_text(
        "name: All\nsources:\n- {name: own, path: own.md}\n"
        f"- {{name: web, url: '{server.url('/list.md')}', private: true}}\n",
        "utf-8",
    )
    return path


@pytest.fixture
def build(signpost: Signpost, index: Path, sources: Path) -> Signpost:
    """Run `signpost build` on the file of sources."""

    def command(*arguments: str | Path, index: Path = index) -> Outcome:
        return signpost("build", "--index", index, "--catalogue", sources, *arguments)

    return command


def test_a_build_refreshes_and_reports_its_sources(build: Signpost, server: ListServer, index: Path) -> None:
    """In the report, by name; and in the bundle, what each has, but never when it was fetched."""
    code, out, err = build("--json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert report["links"] == 11
    own, web = report["sources"]
    assert (own["name"], own["state"], own["links"], own["fetched_at"]) == ("own", "local", 1, "")
    assert (web["name"], web["state"], web["links"], web["problem"]) == ("web", "fetched", 10, "")
    assert web["address"] == server.url("/list.md")
    assert json.loads(build("--json").out)["sources"][1]["state"] == "unchanged"
    bundle = json.loads((index / "bundles" / report["version"] / "report.json").read_text())
    assert bundle["sources"] == [{"name": "own", "links": 1}, {"name": "web", "links": 10}]


def test_a_source_that_fails_is_one_line_and_costs_nothing(build: Signpost, server: ListServer, index: Path) -> None:
    """Exit code 0 and the same bundle as before, with the last good copy; the JSON has the problem too."""
    build()
    before = content_of(index / "bundles")
    server.answers["/list.md"] = status(500)
    code, out, err = build()
    assert (code, out) == (0, "")
    first, second = err.splitlines()
    assert first.startswith(f"source web: {server.url('/list.md')}: answers 500: build again later")
    assert "its 10 links of 20" in first
    assert "was current already: 11 links, 0 texts encoded" in second
    web = json.loads(build("--json").out)["sources"][1]
    assert (web["state"], web["links"]) == ("kept", 10)
    assert "answers 500" in web["problem"]
    assert content_of(index / "bundles") == before


def test_a_source_that_never_came_is_exit_2(build: Signpost, server: ListServer, index: Path) -> None:
    """And the index that answers is as it was."""
    before = content_of(index / "bundles"), (index / "current").read_bytes()
    server.answers.clear()
    assert "answers 404" in build().complaint
    assert "was never fetched" in build("--offline").complaint
    assert (content_of(index / "bundles"), (index / "current").read_bytes()) == before


def test_offline_asks_nobody(build: Signpost, server: ListServer) -> None:
    """The copies will do, and the bundle is the same."""
    version = json.loads(build("--json").out)["version"]
    asked = len(server.asked)
    report = json.loads(build("--offline", "--json").out)
    assert (report["version"], report["sources"][1]["state"]) == (version, "offline")
    assert len(server.asked) == asked


def test_the_same_sources_give_the_same_bundle_elsewhere(build: Signpost, index: Path, tmp_path: Path) -> None:
    """Whenever and wherever they were fetched."""
    shutil.copytree(index, tmp_path / "elsewhere")
    here, there = json.loads(build("--json").out), json.loads(build("--json", index=tmp_path / "elsewhere").out)
    assert here["version"] == there["version"]
    assert content_of(index / "bundles" / here["version"]) == content_of(
        tmp_path / "elsewhere/bundles" / here["version"]
    )


def test_import_and_check_take_the_same_sources(signpost: Signpost, sources: Path, server: ListServer) -> None:
    """Fetched for the occasion; findings and skips name the address."""
    assert signpost("import", sources, "-o", "all.yaml") == (0, "", "all.yaml: 11 links, 0 skipped\n")
    server.answers["/list.md"] = tagged(LIST + "- [Again](https://a.org/1)\n", '"two"')
    code, out, _ = signpost("check", "--strict", sources)
    assert code == 1
    assert re.search(rf"{re.escape(server.url('/list.md'))}:13: (warning|hint): duplicate-url: ", out)
    server.answers.clear()
    assert "answers 404" in signpost("check", sources).err


def test_an_address_on_the_command_line(signpost: Signpost, server: ListServer) -> None:
    """It is guarded: a list in one's own network is for a file of sources to allow."""
    err = signpost("import", f"web={server.url('/list.md')}", "-o", "all.yaml").err
    assert "is in a private network" in err
    assert "no address of a list" in signpost("build", "--catalogue", "http://example.com/list.md").complaint
