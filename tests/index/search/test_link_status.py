"""What the link checks found decides where a link stands in an answer, and whether it is shown at all."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.asking.index_holder import open_holder
from bot.cli.main import run
from bot.running.health import Health
from bot.running.metrics import Metrics
from bot.settings import Settings
from index.builder.build import build
from index.builder.verdict import BuildRefusedError
from index.catalogue.checks.evidence import advance
from index.catalogue.checks.records import CHECKS, STATE_FILE, Outcome, Record, Recorder, Standing, Verdict
from index.catalogue.link import DeadLinks, HijackedLinks, Link, Status
from index.errors import BuildError
from index.search.searcher import Searcher
from index.types import Question
from tests.support import LINKS, SHIPPED, urls, write_catalogue

CHECKED = datetime(2026, 3, 1, tzinfo=UTC)
QUESTION = "how do I isolate namespaces?"
Built = Callable[..., Path]


@pytest.fixture
def built(tmp_path: Path, small_index: Path) -> Built:
    """Build the small catalogue with what checks are said to have found."""

    def build_with(
        standings: dict[str, tuple[Standing, str]],
        links: tuple[Link, ...] = LINKS,
        hijacked: HijackedLinks = HijackedLinks.HIDE,
    ) -> Path:
        folder = tmp_path / "catalogue"
        folder.mkdir(exist_ok=True)
        records = {
            url: Record(url=url, standing=standing, reason="as told", to=to, checked=CHECKED)
            for url, (standing, to) in standings.items()
        }
        CHECKS.write(folder / STATE_FILE, records)
        index = tmp_path / "index"
        if not index.exists():
            shutil.copytree(small_index, index)
        build([write_catalogue(folder / "tiny.yaml", links)], index, encoder=SHIPPED, hijacked=hijacked)
        return index

    return build_with


def everything(searcher: Searcher) -> set[str]:
    """Return every address that any surface can show."""
    found = {url for hit in searcher.ask(Question(text=QUESTION, top_k=50)).hits for url in (hit.link.url, *hit.also)}
    found |= {link.url for path, _ in searcher.info.sections for link in searcher.browse(path[-1], limit=50)}
    found |= {link.url for link in searcher.newest(limit=50)}
    found |= set(urls(searcher.ask(Question(text="stars:0", top_k=50))))
    return found


def test_dead_links_come_last_and_are_marked(built: Built, small_index: Path) -> None:
    """The best hit is dead: it stands last, the others keep their order, and the confidence is that of the new first."""
    before = Searcher.open(small_index).ask(Question(text=QUESTION, top_k=50))
    index = built({before.hits[0].link.url: (Standing.DEAD, "")})
    searcher = Searcher.open(index)
    answer = searcher.ask(Question(text=QUESTION, top_k=50))
    assert urls(answer) == [*urls(before)[1:], urls(before)[0]]
    assert answer.hits[-1].link.mark == "no longer there when it was last checked"
    hidden = Searcher.open(index, dead_links=DeadLinks.HIDE).ask(Question(text=QUESTION, top_k=50))
    assert answer.confidence == pytest.approx(hidden.confidence, abs=0.02)
    assert answer.confidence != before.confidence
    assert everything(searcher) == {link.url for link in LINKS}


def test_dead_links_can_be_left_out_everywhere(built: Built) -> None:
    """With `hide` no surface shows them: answers, other addresses of an article, sections, what is new."""
    dead = [LINKS[0].url, LINKS[4].url]
    index = built(dict.fromkeys(dead, (Standing.DEAD, "")))
    assert everything(Searcher.open(index, dead_links=DeadLinks.HIDE)) == {link.url for link in LINKS} - set(dead)


def test_dead_links_stand_last_in_sections_and_news(built: Built) -> None:
    """Stars and dates order the rest."""
    links = tuple(replace(link, section=("All",), added=date(2025, 1, day)) for day, link in enumerate(LINKS, start=1))
    index = built({LINKS[1].url: (Standing.DEAD, ""), LINKS[-1].url: (Standing.DEAD, "")}, links)
    searcher = Searcher.open(index)
    assert {link.url for link in searcher.browse("All", limit=50)[-2:]} == {LINKS[1].url, LINKS[-1].url}
    assert [link.url for link in searcher.newest(limit=50)[-2:]] == [LINKS[-1].url, LINKS[1].url]
    assert searcher.newest(limit=1)[0].url == LINKS[-2].url


def test_a_hijacked_link_is_marked_where_the_setting_says_so(built: Built) -> None:
    """It stays in the index, and people see what it is."""
    hijacked = LINKS[4].url
    searcher = Searcher.open(built({hijacked: (Standing.HIJACKED, "")}, hijacked=HijackedLinks.MARK))
    assert everything(searcher) == {link.url for link in LINKS}
    hits = searcher.ask(Question(text=LINKS[4].title, top_k=50)).hits
    assert [hit.link.mark for hit in hits if hit.link.url == hijacked] == ["probably somebody else's page now"]


def test_a_hijacked_link_is_shown_nowhere(built: Built) -> None:
    """Neither as a hit, nor as another address, nor as a neighbour of a suggestion; it is in no file of the bundle."""
    hijacked = LINKS[4].url
    index = built({hijacked: (Standing.HIJACKED, "https://casino.example/")})
    searcher = Searcher.open(index)
    assert everything(searcher) == {link.url for link in LINKS} - {hijacked}
    assert hijacked not in {one.link.url for one in searcher.neighbours(hijacked, LINKS[4].title, limit=50)}
    bundle = index / "bundles" / (index / "current").read_text().strip()
    assert not [path for path in bundle.rglob("*") if path.is_file() and hijacked.encode() in path.read_bytes()]


@pytest.mark.parametrize("days", [0, 1])
def test_what_fix_wrote_is_no_hijacking(built: Built, days: int) -> None:
    """A repository moved to another account: the build takes what `check --links --fix` wrote, and not what a hand did."""
    old, new = "https://github.com/before/tool", "https://github.com/after/tool"
    moved = replace(LINKS[0], url=old, title="A tool that moved")
    index = built({}, (*LINKS, moved))
    fixed = (*LINKS, replace(moved, url=new))
    with pytest.raises(BuildRefusedError, match=r"leads to github\.com and led to github\.com, another owner's"):
        built({}, fixed)
    folder = index.parent / "catalogue"
    CHECKS.write(
        folder / STATE_FILE, {old: Record(url=old, standing=Standing.MOVED, reason="", to=new, checked=CHECKED)}
    )
    with Recorder({old: [folder]}).writing() as recorder:
        recorder.rename(old, new)
    for day in range(days):  # checked again before the build
        with Recorder({new: [folder]}).writing() as recorder:
            alive = Verdict(outcome=Outcome.ALIVE, reason="200 OK")
            recorder.add(advance(recorder.records[new], new, alive, now=CHECKED + timedelta(days=day), dead_after=3))
    build([folder / "tiny.yaml"], index, encoder=SHIPPED)
    assert new in {link.url for link in Searcher.open(index).links}


def test_a_page_that_many_publishers_titles_share_is_hijacked_unless_a_check_found_it_alive(built: Built) -> None:
    """Lint's evidence is enough for an address that was never checked."""
    taken = tuple(
        replace(
            LINKS[5], url=f"https://spins.example/?x={number}", publisher="weave.works", title=f"GitOps, part {number}"
        )
        for number in range(3)
    )
    assert {link.url for link in Searcher.open(built({}, (*LINKS, *taken))).links} == {link.url for link in LINKS}
    checked = {link.url: (Standing.ALIVE, "") for link in taken}
    assert len(Searcher.open(built(checked, (*LINKS, *taken))).links) == len(LINKS) + len(taken)


def test_moved_and_suspicious_links_keep_their_place_and_are_marked(built: Built, small_index: Path) -> None:
    """The address stays the curator's; programs get the new one beside it."""
    moved, suspicious = LINKS[0].url, LINKS[1].url
    new = "https://docs.example.com/isolating"
    index = built({moved: (Standing.MOVED, new), suspicious: (Standing.SUSPICIOUS, "https://cilium.io/")})
    answer = Searcher.open(index).ask(Question(text=QUESTION, top_k=50))
    assert urls(answer) == urls(Searcher.open(small_index).ask(Question(text=QUESTION, top_k=50)))
    rows = {row["url"]: row for row in answer.as_row()["results"]}
    assert (rows[moved]["status"], rows[moved]["moved_to"]) == ("moved", new)
    assert rows[suspicious]["status"] == "suspicious"
    marks = {hit.link.url: hit.link.mark for hit in answer.hits}
    assert marks[moved] == "moved to docs.example.com/isolating"
    assert marks[suspicious] == "may lead elsewhere now"
    assert {url for url, mark in marks.items() if mark} == {moved, suspicious}


def test_the_terminal_marks_links_and_hides_dead_ones_when_asked(
    built: Built, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is a line of its own, byte for byte; the option and the variable are the bot's own setting."""
    index = built({LINKS[0].url: (Standing.DEAD, ""), LINKS[1].url: (Standing.MOVED, "https://cilium.io/editor")})
    ask = ["ask", "--index", str(index), "--top", "50", "stars:0"]
    assert run(ask) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[lines.index(LINKS[1].url) + 1] == "moved to cilium.io/editor"
    assert lines[lines.index(LINKS[0].url) + 1] == "no longer there when it was last checked"
    assert run([*ask, "--dead-links", "hide"]) == 0
    assert LINKS[0].url not in capsys.readouterr().out
    monkeypatch.setenv("DEAD_LINKS", "hide")
    assert run(ask) == 0
    assert LINKS[0].url not in capsys.readouterr().out


def test_the_bot_hides_dead_links_when_the_setting_says_so(built: Built) -> None:
    """The setting reaches the index that is served, also after another bundle was made current."""
    index = built({LINKS[0].url: (Standing.DEAD, "")})
    for value, shown in (("last", True), ("hide", False)):
        settings = Settings.for_store({"SIGNPOST_INDEX": str(index), "DEAD_LINKS": value})
        holder = open_holder(settings, health=Health(Metrics()), metrics=Metrics())
        holder.reload()
        found = {hit.link.url for hit in holder.now().ask(Question(text=QUESTION, top_k=50)).hits}
        assert (LINKS[0].url in found) is shown


@pytest.mark.parametrize("standing", [Standing.FAILING, Standing.UNKNOWN, Standing.ALIVE])
def test_links_that_are_not_known_to_be_bad_are_served_as_they_are(
    built: Built, small_index: Path, standing: Standing
) -> None:
    """One failed check, or one that says nothing, changes no answer and no byte of the bundle."""
    index = built({LINKS[0].url: (standing, "")})
    expected = Searcher.open(small_index).ask(Question(text=QUESTION, top_k=50))
    assert Searcher.open(index).ask(Question(text=QUESTION, top_k=50)).hits == expected.hits
    assert Searcher.open(index).links[0].status is Status.ALIVE


def test_what_a_curator_wrote_wins(built: Built) -> None:
    """A status in the catalogue is not overruled by a check."""
    links = (replace(LINKS[0], status=Status.DEAD), *LINKS[1:])
    index = built({LINKS[0].url: (Standing.MOVED, "https://example.com/new")}, links)
    assert Searcher.open(index).links[0].status is Status.DEAD


def test_an_index_of_hijacked_links_alone_is_refused(built: Built) -> None:
    """The index that answers stays."""
    index = built({})
    before = (index / "current").read_text()
    with pytest.raises(BuildError, match="hijacked"):
        built({link.url: (Standing.HIJACKED, "") for link in LINKS})
    assert (index / "current").read_text() == before
