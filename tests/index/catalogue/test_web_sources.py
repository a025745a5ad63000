"""Lists on the web: refreshed over real https, and whatever goes wrong keeps the last good copy."""

import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from index.builder.build import build
from index.catalogue.read import read
from index.catalogue.sources import copies as copies_module
from index.catalogue.sources.copies import Refreshed, State, gather
from index.catalogue.sources.sources import WebSource
from index.errors import CatalogueError
from tests.index.catalogue.https_server import Answer, Handler, ListServer, dripping, status, tagged, text
from tests.support import SHIPPED

LIST = "# Links\n\n" + "".join(f"- [Link {number}](https://a.org/{number})\n" for number in range(10))
PAGE = "<!DOCTYPE html><html><body><a href='https://a.org'>a</a></body></html>"


@pytest.fixture(name="server")
def _server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListServer]:
    with ListServer.running(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        server.answers["/list.md"] = tagged(LIST, '"one"')
        yield server


@pytest.fixture(name="source")
def _source(server: ListServer) -> WebSource:
    return WebSource(url=server.url("/list.md"), private=True, timeout_s=60)


def refresh(source: WebSource, tmp_path: Path, *, offline: bool = False, force: bool = False) -> Refreshed:
    """Refresh one source."""
    (found,) = gather([source], tmp_path / "copies", refresh=not offline, force=force).sources
    return found


def urls(found: Refreshed) -> list[str]:
    """Return the addresses that are read from a source."""
    return [link.url for link in read([found.root]).links]


def test_a_list_is_fetched_once(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """The second time the server is asked whether it has changed, and says no."""
    first = refresh(source, tmp_path)
    second = refresh(source, tmp_path)
    assert (first.state, second.state) == (State.FETCHED, State.UNCHANGED)
    assert urls(first) == urls(second) == [f"https://a.org/{number}" for number in range(10)]
    assert [headers.get("If-None-Match") for _, headers in server.asked] == [None, '"one"']


def test_a_date_will_do(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """Where a server has no ETag; one that ignores the question and sends the same again changes nothing."""
    server.answers["/list.md"] = text(LIST, Last_Modified="Wed, 25 Nov 2026 00:00:00 GMT")
    refresh(source, tmp_path)
    assert refresh(source, tmp_path).state is State.UNCHANGED
    assert server.asked[1][1]["If-Modified-Since"] == "Wed, 25 Nov 2026 00:00:00 GMT"


def test_a_change_is_fetched(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """The old copy goes."""
    old = refresh(source, tmp_path)
    server.answers["/list.md"] = tagged(LIST + "- [New](https://a.org/new)\n", '"two"')
    new = refresh(source, tmp_path)
    assert new.state is State.FETCHED
    assert urls(new)[-1] == "https://a.org/new"
    assert not old.root.path.exists()


def test_messages_name_the_address(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """And the line in the list, not the copy's path."""
    server.answers["/list.md"] = text(LIST + "- [Mail](mailto:a@b.c)\n")
    reading = read([refresh(source, tmp_path).root])
    assert str(reading.skipped[0].source) == f"{source.url}:13"
    assert str(reading.entries[0].source) == f"{source.url}:3"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (status(404), "answers 404: there is nothing at this address"),
        (status(401), "answers 401: it wants a login"),
        (status(410), "answers 410: it is gone"),
        (status(500), "answers 500: build again later"),
        (status(204), "answers 204"),
        (text(""), "the file is empty"),
        (text("# Moved\n\nto another place"), "no link was found"),
        (text("\x00\x01"), "NUL byte"),
        (text(PAGE, "text/html"), "is a web page and no list"),
        (text("<!doctype html><dl><dt>Ant<dd>bites</dl>", "text/html"), "is a web page and no list"),
        (text("- [Link 1](https://a.org/1)\n"), "has 1 link, its last good copy 10; build with --force"),
        (text("a" * 2_000_000), "has more than 1,048,576 bytes"),
        (lambda h: h.send(200, gzip.compress(b" " * 10_000_000, 1), {"Content-Encoding": "gzip"}), "more than 1,048,576"),
        (lambda h: h.send(200, gzip.compress(b"- [a]")[:9], {"Content-Encoding": "gzip"}), "ends in the middle"),
        (lambda h: h.send(200, b"no gzip", {"Content-Encoding": "gzip"}), "cannot be unpacked"),
        (lambda h: h.send(200, b"", {"Content-Encoding": "gzip, gzip"}), "packed as gzip, gzip"),
        (lambda h: h.send(200, b"- [a](https", {"Content-Length": "99"}), "cannot be fetched"),
        (lambda h: h.wfile.write(b"no http\r\n\r\n"), "cannot be fetched"),
        (lambda h: None, "cannot be fetched"),
        (dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"), "did not come whole within 0.5 s"),
        (dripping(b"HTTP/1.1 200 OK\r\nX: "), "did not come whole within 0.5 s"),
        (status(302, Location="http://localhost/list.md"), "leads to http://localhost, which is not https"),
        (status(302, Location="/list.md"), "more than 5 redirects"),
        (status(302, Location="file:///etc/passwd"), "which is not https"),
        (status(302, Location="https://nowhere.invalid/x"), "nowhere.invalid is not known"),
    ],
)  # fmt: skip
def test_a_source_that_fails_keeps_its_last_good_copy(
    server: ListServer, source: WebSource, tmp_path: Path, answer: Answer, says: str
) -> None:
    """One line says what is wrong and where; what was read before is read again, also offline."""
    before = urls(refresh(source, tmp_path))
    server.answers["/list.md"] = answer
    started = time.monotonic()
    found = refresh(replace(source, timeout_s=0.5 if "within" in says else 60, max_bytes=1_048_576), tmp_path)
    assert time.monotonic() - started < 200
    assert found.state is State.KEPT
    assert says in found.problem
    assert source.url in found.problem
    assert "\n" not in found.problem
    assert urls(found) == before
    offline = refresh(source, tmp_path, offline=True)
    assert (offline.state, urls(offline)) == (State.OFFLINE, before)


def test_a_source_that_never_came_stops(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """There is nothing to read; all that fail are named at once, and nothing is left behind."""
    server.answers.clear()
    server.answers["/list.md"] = status(304)
    other = replace(source, url=server.url("/other.md"))
    with pytest.raises(CatalogueError, match=r"list\.md: answers 304.*; .*other\.md: answers 404"):
        gather([source, other], tmp_path / "copies")
    with pytest.raises(CatalogueError, match="was never fetched; build once without --offline"):
        refresh(source, tmp_path, offline=True)
    assert list((tmp_path / "copies").rglob("*.md")) == []


def test_most_links_may_go_by_force(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """When somebody says so."""
    refresh(source, tmp_path)
    server.answers["/list.md"] = text("- [Link 1](https://a.org/1)\n")
    assert urls(refresh(source, tmp_path, force=True)) == ["https://a.org/1"]


def test_a_server_that_is_gone_or_not_trusted(
    server: ListServer, source: WebSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that nobody has, ports where nobody listens, certificates of nobody that is known."""
    refresh(source, tmp_path)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "its certificate is not trusted" in refresh(source, tmp_path).problem
    monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
    for url, says in (
        (server.url("/list.md", host="127.0.0.1"), "its certificate is not trusted"),
        ("https://no-such-name.invalid/list.md", "the name no-such-name.invalid is not known"),
        ("https://127.0.0.1:1/list.md", "cannot be fetched"),
    ):
        with pytest.raises(CatalogueError, match=says):
            refresh(replace(source, url=url), tmp_path)


def test_a_private_network_is_asked_only_where_allowed(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """A redirect may name anything: the guard looks at what each name leads to."""
    for host in ("localhost", "127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:127.0.0.1]"):
        with pytest.raises(CatalogueError, match="is in a private network"):
            refresh(replace(source, url=server.url("/list.md", host=host), private=False), tmp_path)
    assert server.asked == []


def test_redirects_to_https_are_followed(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """Also relative ones; the address that people gave is the one that is shown."""
    server.answers["/old"] = status(301, Location="newer")
    server.answers["/newer"] = status(307, Location=server.url("/list.md"))
    found = refresh(replace(source, url=server.url("/old")), tmp_path)
    assert len(urls(found)) == 10
    assert found.root.place(found.root.path) == server.url("/old")


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/list", "text/csv", "url,title\nhttps://a.org/x,X\n"),
        ("/list.php", "application/yaml", "links:\n- url: https://a.org/x\n  title: X\n"),
        ("/list", "text/plain", "- [X](https://a.org/x)\n"),
        ("/bookmarks", "text/html", "<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p><DT><A HREF='https://a.org/x'>X</A></DL>"),
        ("/%2e%2e%2f..%00", "text/markdown", "- [X](https://a.org/x)\n"),
    ],
)  # fmt: skip
def test_formats_are_told_by_server_address_and_content(
    server: ListServer, source: WebSource, tmp_path: Path, *, path: str, kind: str, body: str
) -> None:
    """The file's name on the disk is ours, whatever the address holds."""
    server.answers[path] = text(body, kind)
    found = refresh(replace(source, url=server.url(path)), tmp_path)
    assert [link.title for link in read([found.root]).links] == ["X"]
    assert found.root.path.parent.parent.parent == tmp_path / "copies"


def test_a_password_goes_to_its_host_alone(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """It is sent, never shown, and not carried along a redirect to another host."""
    server.answers["/secret.md"] = status(302, Location=server.url("/list.md"))
    found = refresh(replace(source, url=server.url("/secret.md", host="ann:t0ken@localhost")), tmp_path)
    assert [("Authorization" in headers) for _, headers in server.asked] == [True, False]
    assert "t0ken" not in str(found)
    assert all("t0ken" not in path.read_text("utf-8") for path in (tmp_path / "copies").rglob("copy.json"))


def test_a_damaged_copy_is_fetched_again(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """A copy is held against the digest that it is named by."""
    found = refresh(source, tmp_path)
    found.root.path.write_text("- [other](https://b.org/x)\n", "utf-8")
    assert len(urls(refresh(source, tmp_path))) == 10
    (state,) = (tmp_path / "copies").glob("*/copy.json")
    state.write_text('{"format": 1', "utf-8")
    assert refresh(source, tmp_path).state is State.FETCHED


class _KilledError(BaseException):
    pass


def test_killed_before_the_copy_is_made_the_last(
    server: ListServer, source: WebSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new files are there, and the old copy is still the one that is read; the next refresh cleans up."""
    before = urls(refresh(source, tmp_path))
    server.answers["/list.md"] = text(LIST + "- [New](https://a.org/new)\n")

    def killed(path: Path, content: bytes) -> None:
        raise _KilledError

    with monkeypatch.context() as patch:
        patch.setattr(copies_module, "write_atomically", killed)
        with pytest.raises(_KilledError):
            refresh(source, tmp_path)
    assert urls(refresh(source, tmp_path, offline=True)) == before
    assert len(urls(refresh(source, tmp_path))) == 11
    (folder,) = (tmp_path / "copies").iterdir()
    assert sorted(path.is_dir() for path in folder.iterdir()) == [False, True]


def test_killed_while_a_list_comes(server: ListServer, source: WebSource, tmp_path: Path) -> None:
    """A process that ends in the middle of a download leaves the last good copy."""
    before = urls(refresh(source, tmp_path))
    server.answers["/list.md"] = dripping(b"HTTP/1.1 200 OK\r\n\r\n- [a](https://a.org/a)\n")
    program = (
        "import sys; from pathlib import Path; from index.catalogue.sources.copies import gather;"
        "from index.catalogue.sources.sources import WebSource;"
        "gather([WebSource(url=sys.argv[1], private=True)], Path(sys.argv[2]))"
    )
    asked = len(server.asked)
    process = subprocess.Popen(
        [sys.executable, "-c", program, source.url, str(tmp_path / "copies")],
        env=os.environ,
        cwd=Path(__file__).parents[3],
    )
    until = time.monotonic() + 60
    while len(server.asked) == asked and time.monotonic() < until:
        time.sleep(0.01)
    assert len(server.asked) > asked
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    server.answers.clear()
    found = refresh(source, tmp_path)
    assert (found.state, urls(found)) == (State.KEPT, before)


def test_a_reader_that_fails_is_a_source_that_fails(
    server: ListServer,
    source: WebSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever it raises: the good copy is kept, a person gets one line, and the log has the trace."""
    before = urls(refresh(source, tmp_path))
    server.answers["/list.md"] = text("- [New](https://a.org/new)\n" * 9)
    with monkeypatch.context() as broken:
        broken.setattr("index.catalogue.read.read_page", Mock(side_effect=AssertionError("unexpected\ncall")))
        found = refresh(source, tmp_path)
    assert (found.state, urls(found)) == (State.KEPT, before)
    (record,) = caplog.records
    reference = record.__dict__["reference"]
    assert found.problem == (
        f"{source.url}: the reader of Markdown failed on this file: AssertionError (reference {reference})"
    )
    assert "unexpected\ncall" in (record.exc_text or "")


def test_a_header_is_sent_to_its_own_host_alone(
    server: ListServer,
    source: WebSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With the secret of the environment, which is in no message, log or copy; another host is asked without it."""
    caplog.set_level("DEBUG")
    secret = "s3cr3t-of-the-wiki"
    monkeypatch.setenv("WIKI_TOKEN", secret)
    source = replace(source, header="Authorization: Bearer $WIKI_TOKEN")

    def guarded(handler: Handler) -> None:
        is_known = handler.headers.get("Authorization") == f"Bearer {secret}"
        (text(LIST) if is_known else status(401))(handler)

    server.answers["/list.md"] = guarded
    assert len(urls(refresh(source, tmp_path))) == 10
    with pytest.raises(CatalogueError, match=r"answers 401: it wants a login: give it a `header`"):
        refresh(replace(source, header="", url=server.url("/list.md?x=1")), tmp_path)
    with ListServer.running(tmp_path / "other") as other:
        other.answers["/list.md"] = text(LIST)
        monkeypatch.setenv("SSL_CERT_FILE", str(both_authorities(server, other, tmp_path)))
        server.answers["/away.md"] = status(302, Location=other.url("/list.md"))
        refresh(replace(source, url=server.url("/away.md")), tmp_path)
        assert [headers.get("Authorization") for _, headers in other.asked] == [None]
    monkeypatch.setenv("WIKI_TOKEN", "")
    failed = refresh(source, tmp_path)
    assert failed.state is State.KEPT
    assert "needs WIKI_TOKEN in the environment" in failed.problem
    assert secret not in caplog.text
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_header_is_in_no_index(
    server: ListServer, source: WebSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in a bundle nor in the history, the copies or the report of a build that used it."""
    secret = "s3cr3t-of-the-wiki"
    monkeypatch.setenv("WIKI_TOKEN", secret)

    def guarded(handler: Handler) -> None:
        is_known = handler.headers.get("Authorization") == f"Bearer {secret}"
        (text(LIST) if is_known else status(401))(handler)

    server.answers["/list.md"] = guarded
    source = replace(source, header="Authorization: Bearer $WIKI_TOKEN")
    report = build([source], tmp_path / "index", encoder=SHIPPED)
    assert report.links == 10
    assert secret not in repr(report)
    written = [path for path in (tmp_path / "index").rglob("*") if path.is_file()]
    assert {"current", "history.jsonl", "links.jsonl"} <= {path.name for path in written}
    assert not any(secret.encode() in path.read_bytes() for path in written)


def both_authorities(one: ListServer, other: ListServer, folder: Path) -> Path:
    """Return a file with the certificate authorities of two servers."""
    path = folder / "authorities.pem"
    path.write_bytes(one.authority.read_bytes() + other.authority.read_bytes())
    return path
