"""`signpost check --links` as somebody runs it: against sites on this machine, with a state file beside the list."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.cli.main import run
from index.catalogue.checks.records import CHECKS, STATE_FILE, Standing

ROOT = Path(__file__).resolve().parents[4]
PAGE = b"<title>How services work</title><p>A service gives a set of pods one name and one address.</p>"
Check = Callable[..., tuple[int, str, str]]


class _Site(BaseHTTPRequestHandler):
    """A page at /good, a move at /moved, nothing at /gone, and pages at /held that wait until they may be shown."""

    protocol_version = "HTTP/1.1"
    asked: list[str]
    go_on: threading.Event

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        if self.path.startswith("/held"):
            self.go_on.wait(60)
        moved = self.path == "/moved"
        found = moved or (self.path.startswith(("/good", "/held")) and "signpost" not in self.path)
        self.send_response(301 if moved else 200 if found else 404)
        if moved:
            self.send_header("Location", "/good")
        body = b"" if moved or not found else PAGE
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the library's name

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
        self.go_on = threading.Event()
        handler = type("Handler", (_Site,), {"asked": self.asked, "go_on": self.go_on})
        self.server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


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
def listed(tmp_path: Path, site: Site) -> Path:
    """Write a list with one link of each kind."""
    rows = "".join(
        f"- url: {site.url}/{name}   # {name}\n  title: The page {name}\n" for name in ("good", "moved", "gone")
    )
    path = tmp_path / "list.yaml"
    path.write_text(f"links:\n{rows}")
    return path


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the command in this process, without pauses."""

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["check", "--links", "--allow-private", "--delay", "0", *map(str, arguments)])
        found = capsys.readouterr()
        return code, found.out, found.err

    return command


def test_problems_are_named_by_file_and_line(check: Check, listed: Path, site: Site) -> None:
    """A moved link is a problem; one that failed once is named, and is none yet."""
    code, out, err = check(listed)
    assert code == 1
    assert out.splitlines() == [
        f"{listed}:4: moved: {site.url}/moved: redirects for good to {site.url}/good",
        f"{listed}:6: failing: {site.url}/gone: 404 Not Found (gone on 1 day)",
    ]
    assert err == "3 links checked, 0 known from before: 1 alive, 1 moved, 1 failing\n"


def test_what_is_fresh_is_not_asked_for_again(check: Check, listed: Path, site: Site) -> None:
    """The answer is the same one from the state file; `--again` asks."""
    first = check(listed)
    site.asked.clear()
    code, out, err = check(listed)
    assert (code, out) == first[:2]
    assert site.asked == []
    assert err.startswith("0 links checked, 3 known from before")
    check(listed, "--again")
    assert "HEAD /good" in site.asked


def test_addresses_can_be_left_out(check: Check, listed: Path, site: Site) -> None:
    """They are neither asked for nor judged; what is known of them from before is kept."""
    check(listed)
    before = CHECKS.read(listed.parent / STATE_FILE)
    site.asked.clear()
    code, out, err = check(listed, "--again", "--exclude", "/moved$", "--exclude", "gone")
    assert (code, out) == (0, "")
    assert err.startswith("1 link checked, 0 known from before: 1 alive")
    assert not [one for one in site.asked if "moved" in one or "gone" in one]
    assert CHECKS.read(listed.parent / STATE_FILE).keys() == before.keys()
    code, _, err = check(listed, "--exclude", "(")
    assert code == 2
    assert "is no regular expression" in err


def test_json_has_every_link(check: Check, listed: Path, site: Site) -> None:
    """One object for tools, with file, line and what is held of each."""
    code, out, _ = check(listed, "--json")
    found = json.loads(out)
    assert code == 1
    assert found["counts"] == {
        "alive": 1, "moved": 1, "failing": 1, "dead": 0, "suspicious": 0, "hijacked": 0, "unknown": 0,
    }  # fmt: skip
    assert [(row["line"], row["standing"]) for row in found["links"]] == [(2, "alive"), (4, "moved"), (6, "failing")]
    assert found["links"][1]["to"] == f"{site.url}/good"


def test_dead_comes_after_as_many_days_as_asked_for(check: Check, listed: Path, site: Site) -> None:
    """With one day a first failure is enough."""
    code, out, _ = check(listed, "--dead-after", "1")
    assert code == 1
    assert f"{listed}:6: dead: {site.url}/gone: 404 Not Found (gone on 1 day)" in out


def test_a_fine_list_is_exit_code_0(check: Check, tmp_path: Path, site: Site) -> None:
    """Nothing on stdout."""
    path = tmp_path / "list.yaml"
    path.write_text(f"links:\n- url: {site.url}/good\n  title: Good\n")
    assert check(path)[:2] == (0, "")


def test_private_addresses_are_refused_unless_asked_for(
    capsys: pytest.CaptureFixture[str], listed: Path, site: Site
) -> None:
    """Nothing is sent to this machine; its links are unknown, which is no problem of the list."""
    assert run(["check", "--links", "--verbose", str(listed)]) == 0
    out = capsys.readouterr().out
    assert out.count("an address of a private network") == 3
    assert site.asked == []


def test_without_a_network_it_could_not_run(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2 and one line; nothing is held against any link."""

    async def nowhere(_loop: object, *_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", nowhere)
    path = tmp_path / "list.yaml"
    path.write_text("links:\n" + "".join(f"- url: https://h{n}.example/\n  title: Host {n}\n" for n in range(3)))
    code, out, err = check(path)
    assert (code, out) == (2, "")
    assert err == "signpost: not one host could be looked up: is there a network? No link was judged\n"
    assert CHECKS.read(tmp_path / STATE_FILE) == {}


def test_fix_writes_moved_addresses_back(check: Check, listed: Path, site: Site) -> None:
    """Only the address changes, and what was found of it is known under the new one."""
    before = listed.read_text()
    code, out, err = check(listed, "--fix")
    assert listed.read_text() == before.replace(f"{site.url}/moved ", f"{site.url}/good ")
    assert code == 0
    assert ": moved:" not in out
    assert f"{listed}: 1 moved address replaced" in err
    assert set(CHECKS.read(listed.parent / STATE_FILE)) == {f"{site.url}/good", f"{site.url}/gone"}
    site.asked.clear()
    assert check(listed, "--fix")[0] == 0
    assert site.asked == []


def test_fix_says_what_it_cannot_write(check: Check, tmp_path: Path, site: Site) -> None:
    """A Markdown list stays as it is; the line says what to do."""
    path = tmp_path / "list.md"
    text = f"# List\n\n- [Moved]({site.url}/moved)\n"
    path.write_text(text)
    code, out, err = check(path, "--fix")
    assert code == 1
    assert f"{path}:3: moved" in out
    assert "1 moved link in Markdown, which --fix does not write: make YAML of it with `signpost import`" in err
    assert path.read_text() == text


def test_a_user_in_an_address_is_remarked_on(check: Check, tmp_path: Path, site: Site) -> None:
    """The page is there, and people take what stands before the @ for where the link leads; no password is shown."""
    path = tmp_path / "list.yaml"
    path.write_text(
        f"links:\n- url: {site.url.replace('//', '//docs.example.org@')}/good\n  title: Good\n"
        f"- url: {site.url.replace('//', '//ann:geheim@')}/good\n  title: Secret\n"
    )
    code, out, err = check(path)
    assert code == 1
    first, second = out.splitlines()
    assert first.startswith(f"{path}:2: error: user-in-address: ")
    assert first.endswith("leads to 127.0.0.1: docs.example.org, before the @, is only a user's name")
    assert "holds a password" in second
    assert "geheim" not in out + err
    assert [row["rule"] for row in json.loads(check(path, "--json")[1])["remarks"]] == ["user-in-address"] * 2


def test_what_was_seen_is_explained(check: Check, listed: Path, site: Site) -> None:
    """The days and what would change the verdict, from the state file alone; of an address in another spelling too."""
    code, _, err = check(listed, "--explain", f"{site.url}/gone")
    assert (code, err) == (2, f"signpost: {site.url}/gone was never checked; `signpost check --links` does\n")
    check(listed)
    site.asked.clear()
    code, out, _ = check(listed, "--explain", f"{site.url}/gone/")
    today = datetime.now(UTC).date()
    assert code == 0
    assert out.splitlines() == [
        f"{site.url}/gone: failing: 404 Not Found",
        f"  {today}: gone: 404 Not Found",
        (
            "  what would change it: one check that finds the page makes it alive; gone on 2 more days without another answer "
            "makes it dead"
        ),
    ]
    row = json.loads(check(listed, "--json", "--explain", f"{site.url}/gone")[1])
    assert (row["standing"], row["left_out"]) == ("failing", False)
    assert row["days"] == [{"on": str(today), "outcome": "gone", "reason": "404 Not Found"}]
    code, _, err = check(listed, "--explain", "https://other.example/")
    assert (code, err.count("\n")) == (2, 1)
    assert "is not in this catalogue" in err
    assert site.asked == []


def test_hosts_inside_are_a_setting(check: Check, listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By option or by variable: nothing bad is said of them, and the rest of the list is judged as ever."""
    text = listed.read_text().replace("127.0.0.1", "localhost")
    listed.write_text(text.replace("localhost", "wiki.acme.localhost"))

    async def here(_loop: object, _host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", here)
    assert ":6: failing:" in check(listed)[1]
    code, out, _ = check(listed, "--again", "--inside", "acme.localhost", "--verbose")
    assert ":6: failing:" in out  # what is known stays
    (listed.parent / STATE_FILE).unlink()
    monkeypatch.setenv("SIGNPOST_INSIDE", "other.example acme.localhost")
    code, out, _ = check(listed, "--verbose")
    assert code == 1  # for the link that moved
    assert ":6: unknown:" in out
    assert "404 Not Found; wiki.acme.localhost is inside, where only some networks reach it" in out


def test_fix_needs_links(capsys: pytest.CaptureFixture[str], listed: Path) -> None:
    """Lint has nothing to write."""
    assert run(["check", "--fix", str(listed)]) == 2
    assert "--fix writes what --links found; give both" in capsys.readouterr().err


@pytest.mark.parametrize("content", ['{"format": 9}\n', '{"format": 1}\nnonsense\n{}\n'])
def test_a_state_that_cannot_be_read_is_exit_code_2(check: Check, listed: Path, site: Site, content: str) -> None:
    """One line that names the file; nothing is asked and nothing is overwritten."""
    state = listed.parent / STATE_FILE
    state.write_text(content)
    code, out, err = check(listed)
    assert (code, out) == (2, "")
    assert err.startswith(f"signpost: {state}:")
    assert state.read_text() == content
    assert site.asked == []


def test_lint_asks_nothing(capsys: pytest.CaptureFixture[str], listed: Path, site: Site) -> None:
    """Without --links the network is left alone, and no library for it is loaded."""
    code = "import sys; from bot.cli.main import run; run(['check', sys.argv[1]]); sys.exit('httpx2' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code, str(listed)],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.returncode == 0, result.stderr
    assert site.asked == []
    assert not (listed.parent / STATE_FILE).exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_keeps_what_it_found(check: Check, tmp_path: Path, site: Site, number: int) -> None:
    """The next run goes on where it stopped: no link is checked twice, none is left out."""
    path = tmp_path / "list.yaml"
    pages = [*(f"good/{n}" for n in range(4)), *(f"held/{n}" for n in range(4))]
    path.write_text("links:\n" + "".join(f"- url: {site.url}/{page}\n  title: Page {page}\n" for page in pages))
    command = [sys.executable, "-m", "bot.cli", "check", "--links", "--allow-private", "--delay", "0", str(path)]
    with subprocess.Popen(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE
    ) as process:
        state = tmp_path / STATE_FILE
        give_up = time.monotonic() + 60
        while (not state.exists() or state.read_text().count("\n") < 3) and time.monotonic() < give_up:
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(60) == (130 if number == signal.SIGINT else -number)
    kept = CHECKS.read(state)
    assert 2 <= len(kept) <= 4
    site.go_on.set()
    site.asked.clear()
    code, _, err = check(path)
    assert code == 0
    assert err.startswith(f"{8 - len(kept)} links checked, {len(kept)} known from before: 8 alive")
    assert not [one for one in site.asked if any(one == f"HEAD {url.removeprefix(site.url)}" for url in kept)]


def test_a_full_disk_is_one_line(check: Check, listed: Path) -> None:
    """What cannot be kept ends the run; the list is untouched."""
    state = listed.parent / STATE_FILE
    CHECKS.write(state, {})
    before = listed.read_text()
    code = (
        "import resource, sys; from bot.cli.main import run; resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "sys.exit(run(['check', '--links', '--allow-private', '--delay', '0', sys.argv[1]]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(listed)], check=False, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert result.returncode == 2
    assert result.stderr.startswith(f"signpost: {state}: cannot write the link checks"), result.stderr
    assert listed.read_text() == before
    assert all(one.standing is Standing.ALIVE for one in CHECKS.read(state).values())
