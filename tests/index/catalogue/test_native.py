"""The native form, there and back."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.catalogue.formats.native import read_native, write_native
from index.catalogue.link import Entry, Further, Link, Reading, Rule, Source, Status
from index.errors import CatalogueError

SAMPLES = Path(__file__).parent / "samples"
LINK = "links:\n- url: https://a.org\n  title: t\n"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
words = st.one_of(
    texts,
    st.text(alphabet="aA1 :#-'\"[]{},&*!|>%@`\\~?=.\n\t\u00e9\u2028\U0001f31f", max_size=12),
    st.sampled_from(
        ["no", "Yes", "null", "~", "1.20", "0x1f", "2024-01-01", "- a", "a: b", "a #b", "...", "---", "NaN"]
    ),
)
titles = words.filter(lambda text: bool(text.strip()))
links = st.builds(
    Link,
    url=st.text(alphabet="abc/?#&=:%'\"[]{}, \u00e4".replace(" ", ""), max_size=20).map(
        lambda path: "https://example.com/" + path
    ),
    title=titles,
    publisher=words,
    description=words,
    section=st.lists(words, max_size=3).map(tuple),
    tags=st.lists(words, max_size=3).map(tuple),
    stars=st.integers(0, 3),
    highlight=st.booleans(),
    questions=st.lists(words, max_size=2).map(tuple),
    added=st.none() | st.dates(),
    status=st.sampled_from(Status),
)


def reading(*found: Link, name: str = "List", sections: tuple[tuple[str, ...], ...] = ()) -> Reading:
    """Return a reading of these links."""
    source = Source(path="x", line=1)
    return Reading(name=name, entries=tuple(Entry(link=link, source=source) for link in found), sections=sections)


@settings(max_examples=300)
@given(st.lists(links, max_size=4), titles, st.lists(st.lists(titles, min_size=1, max_size=2).map(tuple), max_size=2))
def test_what_is_written_reads_back(found: list[Link], name: str, sections: list[tuple[str, ...]]) -> None:
    """Every value of every link comes back equal, whatever its text."""
    written = write_native(reading(*found, name=name, sections=tuple(dict.fromkeys(sections))))
    native = read_native(written, "x.yaml", name="other")
    assert native.reading.links == tuple(found)
    assert native.reading.name == name
    assert native.reading.sections == tuple(dict.fromkeys(sections))
    assert native.findings == ()


@settings(max_examples=100)
@given(links)
@example(Link(url="https://example.com/", title="Why?", tags=("A?",), section=("What now?",)))
def test_other_yaml_readers_read_the_same_text(link: Link) -> None:
    """What is written without quotes is text to everybody."""
    (found,) = yaml.safe_load(write_native(reading(link)))["links"]
    assert (found["url"], found["title"]) == (link.url, link.title)
    assert found.get("section", []) == list(link.section)
    assert found.get("questions", []) == list(link.questions)


def test_sample() -> None:
    """Every field of the format, with the line that each link begins on."""
    native = read_native((SAMPLES / "native.yaml").read_text("utf-8"), "native.yaml", name="x")
    first, second = native.reading.entries
    assert first.link == Link(
        url="https://cilium.io/",
        title="cilium.io",
        publisher="cilium.io",
        description="eBPF: networking, observability and security",
        section=("Network Policy", "Cilium"),
        tags=("ebpf", "public"),
        stars=2,
        highlight=True,
        questions=("What is Cilium?",),
        added=date(2024, 5, 31),
        status=Status.MOVED,
    )
    assert second.link.title == "1.20"
    assert [str(entry.source) for entry in native.reading.entries] == ["native.yaml:7", "native.yaml:19"]
    assert native.reading.name == "Sample"
    assert native.reading.sections == (("Introduction",), ("Network Policy", "Cilium"))


def test_defaults_are_not_written() -> None:
    """A link of address and title takes two lines: diffs stay readable."""
    written = write_native(reading(Link(url="https://a.org/b", title="A title")))
    assert written == "format: 1\nname: List\nlinks:\n- url: https://a.org/b\n  title: A title\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("links:\n\t- url: x", 2, "tabs"),
        ("links:\n- url: https://a.org\n\ttitle: t", 3, "tabs"),
        ("links:\n- url: [", 3, "not valid YAML"),
        ("links:\n- url: a: b", 2, "not valid YAML"),
        (LINK + "  stars: many", 4, "stars must be a number from 0 to 3, and not 'many'"),
        (LINK + "  stars: 4", 4, "stars must be a number from 0 to 3, and not '4'"),
        (LINK + "  stars: [1]", 4, "and not a list"),
        (LINK + "  highlight: maybe", 4, "highlight must be true or false"),
        (LINK + "  added: yesterday", 4, "added must be a date"),
        (LINK + "  status: gone", 4, "status must be one of alive, moved, dead, hijacked"),
        (LINK + "  tags: {a: b}", 4, "tags must be a list, and not a mapping"),
        (LINK + "  questions: one", 4, "questions must be a list, and not 'one'"),
        (LINK + "  tags: [{a: b}]", 4, "tags must be text, and not a mapping"),
        (LINK + "  section: {a: b}", 4, "section must be a list"),
        (LINK + "  title: x", 4, "the field 'title' is here twice"),
        ("links: many", 1, "links must be a list"),
        ("format: 1\nlinks: [\n", 3, "`[` begins a list here, which does not end with `]`"),
        ("links:\n- https://a.org", 2, "a link is a mapping"),
        ("- a", 1, "a catalogue is a mapping"),
        ("format: 2\nlinks: []", 1, "format is '2', this program reads format 1"),
        ("sections: x\nlinks: []", 1, "sections must be a list of paths"),
        ("a: &x [1]\nlinks: *x", 1, "anchors are not read; remove &x"),
        ("links: *x", 1, "aliases are not read"),
        ("links: !!python/object:os.system x", 1, "links must be a list"),
        ("links: !x []", 1, "tags are not read; remove !x"),
        ("links:\n  " + "[" * 5000, 2, "nested deeper than 8 levels"),
        ("{" * 5000, 1, "nam"),
        ("links: []\n---\nlinks: []", 2, "one YAML document"),
        ("? [a]\n: b", 1, "the name of a field must be text"),
    ],
)
def test_wrong_files_are_refused_with_line_and_reason(text: str, line: int, says: str) -> None:
    """One line for a person: where and what."""
    with pytest.raises(CatalogueError) as caught:
        read_native(text, "x.yaml", name="x")
    assert says in str(caught.value)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["# only a comment", "", "---\n...\n# end"])
def test_nothing_in_it(text: str) -> None:
    """Neither a trace nor an empty catalogue."""
    with pytest.raises(CatalogueError):
        read_native(text, "x.yaml", name="x")


def test_alias_bomb_is_refused_at_once() -> None:
    """A few lines of aliases could otherwise mean gigabytes."""
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(CatalogueError, match="anchors"):
        read_native(bomb, "x.yaml", name="x")


def test_links_that_cannot_be_shown_are_skipped_and_found() -> None:
    """A bad address or no title does not keep the other links from being read."""
    native = read_native(
        LINK + "- url: javascript:x\n  title: t\n- title: t\n- url: https://b.org\n", "x.yaml", name="x"
    )
    assert [link.url for link in native.reading.links] == ["https://a.org"]
    assert [(finding.rule, finding.source.line) for finding in native.findings] == [
        (Rule.BAD_SCHEME, 4),
        (Rule.BAD_SCHEME, 6),
        (Rule.EMPTY_TITLE, 7),
    ]
    assert [skip.source.line for skip in native.reading.skipped] == [4, 6, 7]


def test_unknown_fields_are_found() -> None:
    """Fields of a link and of the file; the link is read all the same."""
    native = read_native("licence: x\n" + LINK + "  star: 2\n", "x.yaml", name="x")
    assert [(finding.rule, finding.source.line) for finding in native.findings] == [
        (Rule.UNKNOWN_FIELD, 1),
        (Rule.UNKNOWN_FIELD, 5),
    ]
    assert len(native.reading.entries) == 1


def test_what_unknown_fields_hold_is_not_lost_in_silence() -> None:
    """Whoever imports or builds reads of each once that it is left out."""
    text = f"{LINK}  mine: 1\n- url: https://b.org\n  title: t\n  mine: 2\n"
    skipped = read_native(text, "x.yaml", name="x").reading.skipped
    assert [(skip.text, skip.source.line, skip.reason) for skip in skipped] == [("mine", 4, "a field that is not read")]


def test_empty_values_are_defaults() -> None:
    """A field that a template left empty is as good as none."""
    text = LINK + "  publisher:\n  tags: ~\n  stars: null\n  section: ''\n"
    assert read_native(text, "x.yaml", name="x").reading.links == (Link(url="https://a.org", title="t"),)


def test_half_a_character_is_not_written() -> None:
    """A lone surrogate has no place in a file."""
    with pytest.raises(CatalogueError, match="surrogate"):
        write_native(reading(Link(url="https://a.org", title="\ud800")))


def test_tags_may_be_one_text() -> None:
    """As in CSV: parted by commas."""
    (link,) = read_native(LINK + "  tags: go, cli, go", "x.yaml", name="x").reading.links
    assert link.tags == ("go", "cli")


def test_further_addresses_and_sections_read_back() -> None:
    """Two of one kind get numbers."""
    further = tuple(
        Further(kind=kind, url=f"https://d.example/{n}") for n, kind in enumerate(("Demo", "Source: Code", ""))
    )
    link = Link(url="https://a.org", title="A", section=("S",), also_in=(("T", "U"), ("V",)), further=further)
    reading = Reading(name="x", entries=(Entry(link=link, source=Source(path="x")),))
    assert read_native(write_native(reading), "x.yaml", name="x").reading.links == (link,)
    twice = replace(link, further=(further[0], further[0]))
    text = write_native(replace(reading, entries=(Entry(link=twice, source=Source(path="x")),)))
    assert [one.kind for one in read_native(text, "x.yaml", name="x").reading.links[0].further] == ["Demo", "Demo 2"]
