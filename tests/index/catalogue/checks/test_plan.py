"""Which links are due, and what many links say together."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from index.catalogue.checks.plan import Catalogue, Terms
from index.catalogue.checks.records import Day, Outcome, Record, Standing
from index.catalogue.link import Entry, Link, Source
from index.catalogue.publishers import registrable, same_owner

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(url: str, standing: Standing, *, hours: float = 0, to: str = "", unclear: str = "") -> Record:
    """Return a record of a check some hours ago."""
    checked = NOW - timedelta(hours=hours)
    outcomes = {
        Standing.FAILING: Outcome.GONE,
        Standing.SUSPICIOUS: Outcome.SUSPICIOUS,
        Standing.HIJACKED: Outcome.HIJACKED,
    }
    days = (Day(on=checked.date(), outcome=outcomes[standing], reason=""),) if standing in outcomes else ()
    return Record(url=url, standing=standing, reason="", checked=checked, to=to, days=days, unclear=unclear)


@pytest.mark.parametrize(
    ("standing", "hours", "unclear", "due"),
    [
        (Standing.ALIVE, 5 * 24, "", False),
        (Standing.ALIVE, 6 * 24, "", True),
        (Standing.DEAD, 5 * 24, "", False),
        (Standing.FAILING, 11, "", False),
        (Standing.FAILING, 13, "", True),
        (Standing.SUSPICIOUS, 11, "", False),
        (Standing.SUSPICIOUS, 13, "", True),
        (Standing.HIJACKED, 11, "", False),
        (Standing.HIJACKED, 13, "", True),
        (Standing.UNKNOWN, 19, "", False),
        (Standing.UNKNOWN, 20, "", True),
        (Standing.ALIVE, 19, "no answer", False),
        (Standing.ALIVE, 20, "no answer", True),
    ],
)
def test_fresh_results_are_not_asked_for_again(standing: Standing, hours: float, unclear: str, due: bool) -> None:  # noqa: FBT001
    """Six days for what is known, a day for what is not; one that fails, or that shows a wrong page, once on each day."""
    one = record("https://a.test/", standing, hours=hours, unclear=unclear)
    assert Terms().is_due(one, NOW) is due
    assert Terms(again=True).is_due(one, NOW)
    assert Terms().is_due(None, NOW)


def entry(url: str, title: str = "A title", publisher: str = "", file: str = "list.yaml") -> Entry:
    """Return an entry of a list."""
    return Entry(link=Link(url=url, title=title, publisher=publisher), source=Source(path=file, line=3))


def test_an_address_is_checked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many entries have it; what is found goes beside each list, or to one place for lists from elsewhere."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    catalogue = Catalogue.of(
        [entry("https://a.test/"), entry("https://a.test/", file="sub/b.yaml"), entry("https://b.test/")]
    )
    assert [target.url for target in catalogue.due({}, Terms(), NOW)] == ["https://a.test/", "https://b.test/"]
    assert [str(folder) for folder in catalogue.folders_of["https://a.test/"]] == [".", "sub"]
    remote = Catalogue.of(
        [entry("https://a.test/", file="https://lists.test/a.md"), entry("https://b.test/", file="u@git.test:x/y.md")]
    )
    assert {str(folder) for folders in remote.folders_of.values() for folder in folders} == {".signpost"}


def test_a_page_that_titles_of_several_publishers_share_should_mention_them() -> None:
    """What lint suspects, the check looks into."""
    entries = [entry(f"https://spins.test/?x={n}", f"GitOps {n}", "weave.works") for n in range(3)]
    catalogue = Catalogue.of([*entries, entry("https://a.test/")])
    names = {target.url: target.publishers for target in catalogue.due({}, Terms(), NOW)}
    assert names == {
        **{f"https://spins.test/?x={n}": frozenset({"weave"}) for n in range(3)},
        "https://a.test/": frozenset(),
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://blog.example.co.uk/a", "https://www.example.co.uk/", True),
        ("https://one.co.uk/", "https://two.co.uk/", False),
        ("https://ann.github.io/", "https://bob.github.io/", False),
        ("https://medium.com/a", "https://faun.pub/a", True),
        ("https://example.io/", "https://example.com/", True),
        ("https://abc.io/", "https://abc.com/", False),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", True),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
        ("http://localhost:1/", "http://localhost/", True),
        ("https://bücher.de/", "https://www.bücher.de/x", True),
    ],
)
def test_owners(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    """One registered name, one family, or one name of some length under two suffixes."""
    assert same_owner(one, other) is same
    assert same_owner(other, one) is same


def test_the_list_of_suffixes_is_the_librarys_own() -> None:
    """Nothing is downloaded, and names that no list has are fine."""
    assert registrable("a.b.example.co.jp") == "example.co.jp"
    assert registrable("nothing") == "nothing"
    assert registrable("a.b.unheard-of") == "b.unheard-of"
