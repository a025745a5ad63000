"""`signpost enrich` as somebody runs it: against sites on this machine, with a file beside the list, up to the build."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.cli.main import run
from index.catalogue.pages.page_file import PAGES, PAGES_FILE, PageRecord
from index.catalogue.pages.page_text import MAX_TITLE, PageText

ROOT = Path(__file__).resolve().parents[3]


def today() -> date:
    """Return the day in UTC, which a run may see change."""
    return datetime.now(UTC).date()


Enrich = Callable[..., tuple[int, str, str]]

ARTICLE = """<html lang="en"><title>{name} explained | Docs</title><meta property="og:site_name" content="Docs">
<meta name="description" content="All about {name}.">
<nav><h2>Menu</h2></nav><h1>{name} explained</h1><h2>Why {name}</h2><p>Words of the page itself.</p></html>"""
PAGES_OF_KINDS = {
    "/captcha": "<title>Just a moment...</title><p>Enable JavaScript and cookies to continue</p>",
    "/login": '<title>Welcome back</title><form><input name="p" type="password"></form>',
    "/parked": "<title>sold</title><p>This domain is for sale. Make an offer.</p>",
    "/soft": "<title>Page not found</title><p>Sorry, the page you requested could not be found.</p>",
    "/silent": "<p>Only text, which is not kept.</p>",
    "/deep": "<div>" * 5_000,
    "/long": "<title>" + "long " * 40_000 + "</title>",
}


class _Site(BaseHTTPRequestHandler):
    """Articles at /a…, with an ETag, at /held… once they may be shown; one page of each kind; and pages that never end."""

    protocol_version = "HTTP/1.1"
    asked: list[str]
    names: dict[str, str]
    go_on: threading.Event

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        if self.path == "/robots.txt":
            self._answer(200, b"User-agent: *\nDisallow: /secret", "text/plain")
        elif self.path in PAGES_OF_KINDS:
            self._answer(200, PAGES_OF_KINDS[self.path].encode())
        elif self.path == "/moved":
            self._answer(301, b"", headers={"Location": "/amoved"})
        elif self.path == "/inside":
            self._answer(302, b"", headers={"Location": "http://169.254.169.254/latest/"})
        elif self.path == "/paper.pdf":
            self._answer(200, b"%PDF", "application/pdf")
        elif self.path == "/latin":
            self._answer(200, "<title>Größe und Überblick</title>".encode("latin-1"), "text/html")
        elif self.path in {"/endless", "/drip"}:
            self._stream(0.0 if self.path == "/endless" else 0.1)
        elif self.path.startswith(("/a", "/held")) and "signpost-" not in self.path:
            if self.path.startswith("/held"):
                self.go_on.wait(60)
            name = self.names.get(self.path, self.path.strip("/").title())
            tag = f'"{name}"'
            is_same = self.headers.get("If-None-Match") == tag
            body = b"" if is_same else ARTICLE.format(name=name).encode()
            self._answer(304 if is_same else 200, body, headers={"ETag": tag})
        else:
            self._answer(404, b"<title>404</title>")

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def _answer(
        self, status: int, body: bytes, kind: str = "text/html; charset=utf-8", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def _stream(self, pause_s: float) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self.wfile.write(b"<title>Without end, but with a title</title>")
            while True:
                self.wfile.write(b"word " if pause_s else b"word " * 2_000)
                time.sleep(pause_s)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that have gone."""


class Site:
    """The site while it runs."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.names: dict[str, str] = {}
        self.go_on = threading.Event()
        handler = type("Handler", (_Site,), {"asked": self.asked, "names": self.names, "go_on": self.go_on})
        self.server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def pages(self) -> list[str]:
        """Return the requests for pages: neither robots.txt nor a page that cannot exist."""
        return [one for one in self.asked if "robots.txt" not in one and "signpost-" not in one]


@pytest.fixture
def site() -> Iterator[Site]:
    """Run the site."""
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, args=(0.02,))
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


@pytest.fixture
def enrich(capsys: pytest.CaptureFixture[str]) -> Enrich:
    """Run the command in this process, without pauses."""

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["enrich", "--allow-private", "--delay", "0", "--retries", "0", *map(str, arguments)])
        found = capsys.readouterr()
        return code, found.out, found.err

    return command


def listed(folder: Path, site: Site, *paths: str) -> Path:
    """Write a list of links to some pages."""
    path = folder / "list.md"
    path.write_text("# List\n\n" + "".join(f"- [The link {place}]({site.url}{place})\n" for place in paths))
    return path


def kept(path: Path) -> dict[str, PageRecord]:
    """Return what is kept beside a list, by path."""
    return {url.partition("/")[2].partition("/")[2].partition("/")[2]: one for url, one in PAGES.read(path).items()}


def test_pages_are_fetched_once_and_kept_beside_the_list(enrich: Enrich, tmp_path: Path, site: Site) -> None:
    """One GET for each page, whatever part of it a link leads to; a run after that asks for nothing."""
    path = listed(tmp_path, site, "/a1", "/a2#one", "/a2#two", "/moved")
    code, out, err = enrich(path)
    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "3 pages requested, 3 of them with another text than before",
        "3 of 3 pages have a text",
        "the next `signpost build` takes them into the index",
    ]
    assert sorted(site.pages()) == ["GET /a1", "GET /a2", "GET /amoved", "GET /moved"]
    found = kept(tmp_path / PAGES_FILE)
    assert found["a1"] == PageRecord(
        url=f"{site.url}/a1",
        text=PageText(
            title="A1 explained", description="All about A1.", headings=("A1 explained", "Why A1"), language="en"
        ),
        asked=today(),
        etag='"A1"',
    )
    assert (found["moved"].page, found["moved"].text.title) == (f"{site.url}/amoved", "Amoved explained")
    before, text = site.asked.copy(), (tmp_path / PAGES_FILE).read_bytes()
    assert enrich(path)[2].startswith("0 pages requested")
    assert site.asked == before
    assert (tmp_path / PAGES_FILE).read_bytes() == text


def test_what_is_no_page_about_the_link_is_counted_by_reason(enrich: Enrich, tmp_path: Path, site: Site) -> None:
    """Nothing of such a page is kept, and each reason is said once, with its number."""
    kinds = [*PAGES_OF_KINDS, "/gone", "/gone2", "/secret", "/paper.pdf", "/inside", "/a1"]
    path = listed(tmp_path, site, *kinds)
    code, out, _ = enrich(path, "--json")
    row = json.loads(out)
    assert code == 0
    assert {key: row[key] for key in ("pages", "requested", "with_text", "waiting")} == {
        "pages": len(kinds), "requested": len(kinds), "with_text": 2, "waiting": 0,
    }  # fmt: skip
    assert row["files"] == [str(tmp_path / PAGES_FILE)]
    assert row["left_out"] == {
        "404 Not Found": 2,
        "this stands before the page: 'Just a moment...'": 1,
        "asks to sign in": 1,
        "the domain is parked or for sale": 1,
        "answers 200 and says that the page is not there": 1,
        "the page says nothing of itself": 1,
        "its HTML nests 5,000 elements; 2,000 are read at most": 1,
        "the site's robots.txt does not allow to look": 1,
        "is no HTML page": 1,
        "… is at …, an address of a private network": 1,
    }
    found = kept(tmp_path / PAGES_FILE)
    assert {name for name, one in found.items() if not one.text.is_empty} == {"long", "a1"}
    assert len(found["long"].text.title) <= MAX_TITLE
    _, _, err = enrich(path, "--verbose")
    assert f"{path}:3: {site.url}/captcha: this stands before the page" in err


def test_pages_without_an_end_and_in_other_encodings(enrich: Enrich, tmp_path: Path, site: Site) -> None:
    """The start of an endless page counts; one that drips is given up in time; Latin-1 that nobody named is read."""
    path = listed(tmp_path, site, "/endless", "/latin")
    code, _, err = enrich(path)
    assert code == 0
    listed(tmp_path, site, "/endless", "/latin", "/drip")
    code, _, err = enrich(path, "--timeout", "2")
    assert code == 0
    found = kept(tmp_path / PAGES_FILE)
    assert found["endless"].text.title == "Without end, but with a title"
    assert found["latin"].text.title == "Größe und Überblick"
    assert "no answer within 2 s" in found["drip"].left_out
    assert "1 no answer within 2 s" in err


def test_private_addresses_are_refused_unless_asked_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, site: Site
) -> None:
    """Nothing is sent to this machine."""
    path = listed(tmp_path, site, "/a1", "/a2")
    assert run(["enrich", str(path)]) == 0
    assert "2 … is at …, an address of a private network" in capsys.readouterr().err
    assert site.asked == []


def aged(path: Path, days: int) -> None:
    """Make every record older."""
    records = PAGES.read(path)
    PAGES.write(
        path,
        {
            url: PageRecord(url=url, text=one.text, asked=today() - timedelta(days=days), left_out=one.left_out,
                            page=one.page, etag=one.etag, modified=one.modified)
            for url, one in records.items()
        },
    )  # fmt: skip


def test_only_what_is_old_is_asked_for_again_and_only_whether_it_changed(
    enrich: Enrich, tmp_path: Path, site: Site
) -> None:
    """A page that did not change costs an answer without content; one without text is asked for after a week."""
    path, file = listed(tmp_path, site, "/a1", "/a2", "/gone"), tmp_path / PAGES_FILE
    enrich(path)
    aged(file, 8)
    site.asked.clear()
    enrich(path)
    assert site.pages() == ["GET /gone"]
    aged(file, 31)
    site.asked.clear()
    site.names["/a2"] = "Second"
    _, _, err = enrich(path)
    assert err.startswith("3 pages requested, 1 of them with another text than before")
    found = kept(file)
    assert (found["a1"].text.title, found["a1"].asked) == ("A1 explained", today())
    assert found["a2"].text.title == "Second explained"
    site.asked.clear()
    enrich(path, "--older-than", "0")
    assert len(site.pages()) == 3
    site.asked.clear()
    _, _, err = enrich(path, "--full")
    assert err.startswith("3 pages requested, 0 of them")


def test_a_page_that_is_down_keeps_its_text(enrich: Enrich, tmp_path: Path, site: Site) -> None:
    """It is counted; a page that another owner has now loses it."""
    path, file = listed(tmp_path, site, "/gone", "/parked", "/a1"), tmp_path / PAGES_FILE
    old = PageText(title="From before")
    PAGES.write(
        file,
        {
            f"{site.url}/{name}": PageRecord(url=f"{site.url}/{name}", text=old, asked=date(2026, 1, 1))
            for name in ("gone", "parked")
        },
    )
    _, _, err = enrich(path, "--verbose")
    found = kept(file)
    assert (found["gone"].text, found["gone"].left_out) == (old, "404 Not Found")
    assert found["parked"].text == PageText()
    assert "404 Not Found; the text of an earlier request is kept" in err


def test_a_limit_asks_first_for_what_was_never_asked_for(enrich: Enrich, tmp_path: Path, site: Site) -> None:
    """The next run goes on with the rest; links without a description come before others."""
    path = tmp_path / "list.md"
    path.write_text(
        "# List\n\n" + "".join(f"- [Link {n}]({site.url}/a{n}){' - Described already.' * (n < 2)}\n" for n in range(4))
    )
    _, _, err = enrich(path, "--limit", "2")
    assert set(kept(tmp_path / PAGES_FILE)) == {"a2", "a3"}
    assert "2 more are to be requested: run the same command again" in err
    site.asked.clear()
    enrich(path, "--limit", "2")
    assert sorted(site.pages()) == ["GET /a0", "GET /a1"]


def test_a_file_can_be_named(enrich: Enrich, tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """By option, by variable, and in signpost.toml, relative to it."""
    (tmp_path / "sub").mkdir()
    path = listed(tmp_path, site, "/a1")
    enrich("--pages", tmp_path / "option.jsonl", path)
    (tmp_path / "signpost.toml").write_text('pages = "kept.jsonl"\n')
    monkeypatch.chdir(tmp_path / "sub")
    enrich(path)
    assert {one.name for one in tmp_path.glob("*.jsonl")} == {"option.jsonl", "kept.jsonl"}
    code, _, err = enrich("--pages", "none", path)
    assert code == 2
    assert "--pages none names no file" in err


def test_a_damaged_line_is_named_and_left_out(enrich: Enrich, tmp_path: Path, site: Site) -> None:
    """The rest is kept; another format is left alone."""
    path, file = listed(tmp_path, site, "/a1", "/a2"), tmp_path / PAGES_FILE
    enrich(path)
    whole = file.read_text()
    lines = whole.splitlines(keepends=True)
    file.write_text("".join([lines[0], "<<<<<<< ours\n", *lines[1:]]))
    _, _, err = enrich(path)
    assert f"{file}:2: this is no line of a page's text" in err
    assert file.read_text() == whole
    file.write_text('{"format": 9}\n')
    code, _, err = enrich(path)
    assert code == 2
    assert err.count("\n") == 1
    assert file.read_text() == '{"format": 9}\n'


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_goes_on_where_it_stopped(
    enrich: Enrich, tmp_path: Path, site: Site, number: int
) -> None:
    """No page is fetched twice, none is left out."""
    path, file = (
        listed(tmp_path, site, *(f"/a{n}" for n in range(4)), *(f"/held{n}" for n in range(4))),
        tmp_path / PAGES_FILE,
    )
    command = [sys.executable, "-m", "bot.cli", "enrich", "--allow-private", "--delay", "0", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        give_up = time.monotonic() + 300
        while (not file.exists() or file.read_text().count("\n") < 3) and time.monotonic() < give_up:
            time.sleep(0.01)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    if number == signal.SIGINT:
        assert "what was fetched is kept, and the same command goes on from there" in err
    found = PAGES.read(file)
    assert 2 <= len(found) <= 4
    site.go_on.set()
    site.asked.clear()
    _, _, err = enrich(path)
    assert f"{8 - len(found)} pages requested" in err
    assert not [one for one in site.pages() if f"{site.url}{one.removeprefix('GET ')}" in found]
    assert len(PAGES.read(file)) == 8


def test_private_and_retired_links_are_not_asked_for(enrich: Enrich, tmp_path: Path, site: Site) -> None:
    """Private ones are with --include-private, as in a build."""
    path = tmp_path / "list.yaml"
    path.write_text(
        f"links:\n- {{url: '{site.url}/a1', title: A, private: true}}\n"
        f"- {{url: '{site.url}/a2', title: B, status: retired}}\n- {{url: '{site.url}/a3', title: C}}\n"
    )
    enrich(path)
    assert site.pages() == ["GET /a3"]
    enrich("--include-private", path)
    assert set(kept(tmp_path / PAGES_FILE)) == {"a1", "a3"}
