"""What builds write down of what is new, moved and retired, and how much of it is told."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bot.cli.main import run
from index.builder.build import build
from index.builder.diff import ChangedLink, LinkDiff
from index.builder.news import KEPT, MOST, news_of, record
from index.bundle import IndexFolder
from index.catalogue.link import Link, Status
from index.feeds import Feed, as_atom, as_json_feed, as_markdown
from index.search.news import NEWS_FILE, read_news
from index.search.searcher import Searcher
from index.types import News, NewsKind
from tests.support import COREDNS, EBPF, EDITOR, INGRESS, ISOLATE, LINKS, SHIPPED, extra, prepare, write_catalogue

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MOVED = replace(INGRESS, status=Status.MOVED, moved_to="https://nginx.example/tls")
RENAMED = replace(EDITOR, url="https://networkpolicy.example/")


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory, small_index: Path) -> Path:
    """Give an index that was built, and built again after an edit of each kind."""
    folder = tmp_path_factory.mktemp("edited")
    prepare(folder / "index", small_index)
    catalogue = write_catalogue(folder / "links.yaml")
    build([catalogue], folder / "index", encoder=SHIPPED)
    assert not (folder / "index" / NEWS_FILE).exists()
    struck = replace(COREDNS, status=Status.RETIRED)
    rest = [link for link in LINKS if link not in {EDITOR, INGRESS, COREDNS}]
    write_catalogue(catalogue, [*rest, RENAMED, MOVED, struck, extra(1)])
    build([catalogue], folder / "index", encoder=SHIPPED, force=True)
    return folder / "index"


def told(index: Path, **asked: object) -> set[tuple[str, str, str]]:
    """Return kind, address and former address of the news."""
    news = Searcher(index).news(**asked)  # type: ignore[arg-type]
    return {(str(one.kind), one.link.url, one.was) for one in news}


EDITS = {
    ("new", extra(1).url, ""),
    ("moved", RENAMED.url, EDITOR.url),
    ("moved", MOVED.url, ""),
    ("retired", COREDNS.url, ""),
}


def test_an_edit_is_news(edited: Path) -> None:
    """Links that were there before are new on the day that they were added; the first build is none."""
    assert told(edited) == {*EDITS, ("new", ISOLATE.url, "")}
    assert told(edited, since=datetime.now(UTC) - timedelta(days=1)) == EDITS
    assert told(edited, limit=1) < EDITS
    assert told(edited, public_only=True) == {("moved", MOVED.url, ""), ("new", ISOLATE.url, "")}


def test_what_is_not_true_any_more_is_not_told(edited: Path, tmp_path: Path) -> None:
    """After a rollback, or where a build was killed before its bundle was current."""
    older = IndexFolder(edited).previous()
    assert older is not None
    dated = {("new", link.url, "") for link in (EDITOR, ISOLATE, COREDNS)}
    (tmp_path / "current").write_text(older)
    for name in ("bundles", "encoders", "history.jsonl", NEWS_FILE):
        (tmp_path / name).symlink_to(edited / name)
    assert told(tmp_path) == dated


def test_strangers_hear_of_no_link_that_lost_its_mark(edited: Path, tmp_path: Path) -> None:
    """What was public when it was news may not be any more."""
    index = tmp_path / "index"
    shutil.copytree(edited, index, symlinks=True)
    hidden = [replace(link, tags=()) for link in (*LINKS[:4], MOVED)]
    build([write_catalogue(tmp_path / "links.yaml", hidden)], index, encoder=SHIPPED, force=True, replace=True)
    shutil.copy(edited / NEWS_FILE, index / NEWS_FILE)
    assert ("moved", MOVED.url, "") in told(index)
    assert told(index, public_only=True) == set()


def test_a_build_of_another_catalogue_forgets_them(edited: Path, tmp_path: Path) -> None:
    """Its links are none of the new one's."""
    index = tmp_path / "index"
    prepare(index, edited)
    for name, links in (("a", LINKS[:4]), ("a", LINKS)):
        build([write_catalogue(tmp_path / f"{name}.yaml", links)], index, encoder=SHIPPED)
    assert (index / NEWS_FILE).exists()
    build([write_catalogue(tmp_path / "b.yaml", LINKS[:3], name="B")], index, encoder=SHIPPED, replace=True)
    assert not (index / NEWS_FILE).exists()


def test_news_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    """A damaged line costs itself alone."""
    record(IndexFolder(tmp_path), LinkDiff(added=(EBPF,)), now=NOW)
    whole = (tmp_path / NEWS_FILE).read_bytes()
    wrong = [b"{", b"[]", b'"x"', b"[" * 9_000, b"\xff"]
    wrong += [b'{"at": "2026-01-01", "kind": "new", "link": {"url": "x", "title": "x"}}']
    (tmp_path / NEWS_FILE).write_bytes(b"\n".join([*wrong, whole]))
    assert read_news(tmp_path) == (News(kind=NewsKind.NEW, link=EBPF, at=NOW),)


def test_the_file_stays_small(tmp_path: Path) -> None:
    """The oldest go."""
    folder = IndexFolder(tmp_path)
    record(folder, LinkDiff(added=(EBPF,)), now=NOW - KEPT - timedelta(days=1))
    record(folder, LinkDiff(added=tuple(map(extra, range(MOST - 1)))), now=NOW - timedelta(days=1))
    record(folder, LinkDiff(removed=(EDITOR,)), now=NOW)
    kept = read_news(tmp_path)
    assert (len(kept), kept[0].link, kept[-1].kind) == (MOST, extra(0), NewsKind.RETIRED)


def test_a_change_of_words_is_no_news() -> None:
    """Nor is a link that had moved before."""
    changes = (
        ChangedLink(before=EBPF, after=replace(EBPF, title="x")),
        ChangedLink(before=MOVED, after=replace(MOVED, stars=3)),
        ChangedLink(before=INGRESS, after=replace(INGRESS, status=Status.DEAD)),
    )
    assert list(news_of(LinkDiff(changed=changes), NOW)) == []


EVIL = Link(
    url="javascript:alert(1)",
    title="<b>]]>&\x00\x0b\ud800 [x](y) `",
    description='"quoted" <script>',
    section=("a > b",),
    tags=('"<',),
)


def feed(*links: Link) -> Feed:
    """Return a feed with each link in each kind of news."""
    news = tuple(
        News(kind=kind, link=link, at=NOW, was="data:<x>" if kind is NewsKind.MOVED else "")
        for link in links
        for kind in NewsKind
    )
    return Feed(name='<Tiny> & "co"', news=news, updated=NOW, home="https://list.example/?a&b")


def test_feeds_are_whole_whatever_a_catalogue_holds() -> None:
    """XML that parses, an id for each entry, and no address that runs."""
    ns = {"a": "http://www.w3.org/2005/Atom"}
    atom = ET.fromstring(as_atom(feed(EVIL, EDITOR)))
    ids = [entry.findtext("a:id", namespaces=ns) for entry in atom.findall("a:entry", ns)]
    assert len(set(ids)) == 6
    links = [link.get("href") for link in atom.iterfind("a:entry/a:link", ns)]
    assert links == ["https://list.example/?a&b"] * 3 + [EDITOR.url, EDITOR.url, "https://list.example/?a&b"]
    assert [item["id"] for item in as_json_feed(feed(EVIL, EDITOR))["items"]] == ids
    assert "](<javascript" not in as_markdown(feed(EVIL))
    assert "\\[x\\](y) \\`" in as_markdown(feed(EVIL))
    bare = as_json_feed(feed(replace(EBPF, section=(), description="")))["items"][0]
    assert bare["content_text"] == bare["title"]  # no brackets around a section that there is not
    assert as_atom(feed()).count("<updated>2026-05-04T12:00:00+00:00</updated>") == 1


@pytest.mark.parametrize(
    ("form", "has"),
    [
        (
            "text",
            f"moved    {RENAMED.title}  [Kubernetes Network Policy > Cilium]\n{'':21}{RENAMED.url} (was {EDITOR.url})",
        ),
        ("markdown", f"## Retired\n\n- {datetime.now(UTC):%Y-%m}"),
        ("atom", f'<link rel="alternate" href="{RENAMED.url}"/>'),
        ("json", '"version": "https://jsonfeed.org/version/1.1"'),
    ],
)
def test_the_command_prints_them(edited: Path, capsys: pytest.CaptureFixture[str], form: str, has: str) -> None:
    """As text, Markdown and two kinds of feeds."""
    assert run(["news", "--index", str(edited), "--format", form]) == 0
    out = capsys.readouterr().out
    assert has in out
    assert ISOLATE.url not in out
    if form == "json":
        assert {item["title"].split(":")[0] for item in json.loads(out)["items"]} == {
            "Moved",
            "Retired",
            extra(1).title,
        }


def test_the_command_takes_spans_and_days(edited: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says what it takes."""
    assert run(["news", "--index", str(edited), "--since", "2024-01-01", "--public"]) == 0
    assert ISOLATE.url in capsys.readouterr().out
    assert run(["news", "--index", str(edited), "--since", "2099-01-01"]) == 0
    assert "nothing is new since 2099-01-01 00:00 UTC" in capsys.readouterr().err
    assert run(["news", "--index", str(edited), "--since", "yesterday"]) == 2
    assert "neither a span, such as 24h, 7d or 2w, nor a day" in capsys.readouterr().err
