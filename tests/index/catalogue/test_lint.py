"""What a curator would want to mend."""

from collections import Counter
from pathlib import Path

import pytest

from index.catalogue.link import Entry, Level, Link, Reading, Rule, Source
from index.catalogue.lint import MAX_TITLE_CHARS, lint, lint_reading, similar
from index.catalogue.read import read
from index.errors import CatalogueError

SAMPLES = Path(__file__).parent / "samples"


def found(*links: Link, sections: tuple[tuple[str, ...], ...] = ()) -> list[tuple[Rule, int]]:
    """Return rule and line of the findings for links that stand on lines 1, 2, ….."""
    entries = tuple(Entry(link=link, source=Source(path="x", line=line)) for line, link in enumerate(links, start=1))
    return [(f.rule, f.source.line) for f in lint_reading(Reading(name="x", entries=entries, sections=sections))]


def link(url: str = "https://a.org/x", title: str = "A title", publisher: str = "", **other: object) -> Link:
    """Return a link without faults but for what is given."""
    return Link(url=url, title=title, publisher=publisher, **other)  # type: ignore[arg-type]


def test_a_sound_catalogue_has_no_findings() -> None:
    """The rules are about faults, not about taste."""
    assert found(link(), link("https://b.org/y", "Another title", "b.org")) == []


def test_duplicate_addresses() -> None:
    """After normalisation; the later one is named."""
    assert found(link("https://a.org/x/"), link("http://A.org/x?utm_source=z")) == [(Rule.DUPLICATE_URL, 2)]


def test_same_article() -> None:
    """Under two addresses; a duplicate address is not named twice."""
    one = link("https://medium.com/@a/title-2ce79ca4a27b")
    other = link("https://a.medium.com/title-2ce79ca4a27b")
    assert found(one, other, other) == [(Rule.DUPLICATE_URL, 3), (Rule.SAME_ARTICLE, 2)]


def test_titles() -> None:
    """Nothing to read, or too much."""
    assert found(link(title="…"), link("https://b.org/y", "x" * (MAX_TITLE_CHARS + 1))) == [
        (Rule.EMPTY_TITLE, 1),
        (Rule.LONG_TITLE, 2),
    ]


def test_unknown_sections() -> None:
    """Only where the file declares its sections; a part of a declared path is not that path."""
    links = [link(section=("A",)), link("https://b.org/y", section=("A", "B"))]
    assert found(*links) == []
    assert found(*links, sections=(("A", "B"),)) == [(Rule.UNKNOWN_SECTION, 1)]


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://cilium.io/", "cilium.io"),
        ("https://www.kube-router.io/", "kube-router"),
        ("https://k3s.io", "K3s"),
        ("https://gateway-api.sigs.k8s.io/", "Gateway API, the successor of Ingress"),
        ("https://labs.play-with-docker.com", "Play with docker and learn it here"),
        ("https://a.org/?p=12", "An article on a blog with parameters"),
        ("https://a.org/#/view", "An article in a single page application"),
        ("http://osr-machine.example/", "Open Sound Routing Machine (OSR)"),
        ("https://statbook.example", "An Introduction to Statistics with Applications in R"),
        ("https://rust-exercises.example", "100 Exercises To Learn Rust"),
        ("https://data.example", "Bank of Somewhere Open Data Portal"),
    ],
)
def test_start_pages_of_products_are_fine(url: str, title: str) -> None:
    """A site may be the recommendation."""
    assert found(link(url, title)) == []


def test_start_page_instead_of_an_article() -> None:
    """The article has moved or is gone; only what is called as articles are is named."""
    for title in (
        "How we ship Spark images to everyone",
        "Spark vs Flink for small teams",
        "10 ways to build an image",
    ):
        assert found(link("https://www.datamechanics.co", title)) == [(Rule.SITE_ROOT, 1)]


def test_publisher_does_not_fit() -> None:
    """A warning: articles move."""
    assert found(link("https://logz.io/x", "Kibana tutorial", "dzone")) == [(Rule.PUBLISHER_MISMATCH, 1)]


def test_one_page_instead_of_many_articles() -> None:
    """Three titles of one publisher at one page of another owner, whatever its parameters: an error for each link."""
    links = [link(f"https://gamble.biz/?r=1/blog/{n}", f"About GitOps {n}", "weave.works") for n in range(3)]
    bystander = link("https://gamble.biz/?r=2", "AWS networking options", "gamble.biz")
    assert found(*links, bystander) == [(Rule.SHARED_ADDRESS, line) for line in (1, 2, 3, 4)]
    assert found(*links[:2]) == [(Rule.PUBLISHER_MISMATCH, 1), (Rule.PUBLISHER_MISMATCH, 2)]


def test_one_address_with_many_titles() -> None:
    """Five titles at one address of their own publisher: a warning, besides the duplicates."""
    links = [link("https://f5.com/products", f"Article {n} of nginx", "nginx.com") for n in range(5)]
    assert found(*links)[4:] == [(Rule.SHARED_ADDRESS, line) for line in (1, 2, 3, 4, 5)]


def test_findings_come_by_file_and_line_with_the_form_of_native_files(tmp_path: Path) -> None:
    """`file:line: level: rule: message`, also for what the reader found."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "links:\n- url: https://a.org/x\n  title: t\n  star: 1\n- url: ftp://a.org\n  title: t\n- url: http://a.org/x\n"
        "  title: u\n",
        "utf-8",
    )
    findings = lint([path])
    assert [str(finding).split(": ")[:3] for finding in findings] == [
        [f"{path}:4", "error", "unknown-field"],
        [f"{path}:5", "error", "bad-scheme"],
        [f"{path}:7", "warning", "duplicate-url"],
    ]


def test_samples_are_clean() -> None:
    """A native file that uses every field has no fault."""
    assert lint([SAMPLES / "native.yaml"]) == ()


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("- [Ant](https://a.example", True),
        ("- [Ant](https://a.example/x y)", True),
        ("- [Ant](htps://a.example)", True),
        ("- [Ant](http:/a.example)", True),
        ("- [Ant](www.a.example)", True),
        ("- [Ant](a.example.com/x)", True),
        ("- [Ant](https//a.example)", True),
        ("- [Ant](http://)", True),
        ("- [Ant](<https://a b>)", True),
        ("- [Ant]()", True),
        ("- <a href=''>Ant</a>", True),
        ("- [Ant](https://a..example)", True),
        ("- [Ant](https://https://a.example)", True),
        ("- [Ant](http://http//a.example/x)", True),
        ("- [Ant](https://a,example/x)", True),
        ("- [![Ant](https://a.example/x.svg)]([https://a.example](https://b.example))", True),
        ("- [Ant](http://wiki/)", False),
        ("- [Ant](https://localhost:8080/x)", False),
        ("- [Ant](https://ä.example/x)", False),
        ("- [Ant](https://[::1]/x)", False),
        ("- [Ant](docs/a.com.md)", False),
        ("- [Ant](mailto:a@a.example)", False),
        ("- [Ant](ftp://a.example)", False),
        ("- [Ant](other.md)", False),
        ("- [Ant](#ant)", False),
    ],
)
def test_broken_addresses_of_markdown(tmp_path: Path, line: str, *, named: bool) -> None:
    """What was meant as a link and leads nowhere is an error; what leads elsewhere on purpose is none."""
    path = tmp_path / "list.md"
    path.write_text(f"- [Bee](https://b.example/x)\n{line}\n", "utf-8")
    assert [(finding.rule, finding.source.line) for finding in lint([path])] == [(Rule.BROKEN_ADDRESS, 2)] * named


def test_an_item_may_name_an_address_twice(tmp_path: Path) -> None:
    """The duplicate is on the same line."""
    path = tmp_path / "list.md"
    path.write_text("- [Bee](https://b.example/x) - [Bee again](https://b.example/x)\n", "utf-8")
    assert lint([path]) == ()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://good@evil/", "leads to evil: good, before the @, is only a user's name"),
        ("https://good.example%2F@evil.example/", "leads to evil.example"),
        ("https://me:secret@host.example/x", "https://me:…@host.example/x holds a password"),
        ("https://:secret@host.example/x", "https://:…@host.example/x holds a password"),
        ("https://medium.com/@someone/x", ""),
        ("https://a.example/?mail=me@b.example", ""),
    ],
)
def test_users_in_addresses(tmp_path: Path, url: str, says: str) -> None:
    """People read what stands before the @ as where it leads; a password is never shown again."""
    path = tmp_path / "list.yaml"
    path.write_text(f"links:\n- url: {url}\n  title: Ant\n- url: {url}\n  title: Ant\n", "utf-8")
    findings = [str(finding) for finding in lint([path])]
    assert any(says in finding and "error: user-in-address" in finding for finding in findings) == bool(says)
    assert not any("secret" in finding for finding in findings)


def test_the_same_link_in_another_section_is_a_hint() -> None:
    """It may be meant so; words of a sentence and further addresses may repeat without a word."""
    source = [Source(path="x", line=line) for line in range(1, 6)]
    entries = (
        Entry(link=link(section=("A",)), source=source[0]),
        Entry(link=link(section=("B",)), source=source[1]),
        Entry(link=link(section=("A",)), source=source[2]),
        Entry(link=link(section=("A",)), source=source[3], is_mention=True),
        Entry(link=link(section=("A",)), source=source[4], item="https://b.org", kind="Demo"),
    )
    findings = list(lint_reading(Reading(name="x", entries=entries)))
    assert [(f.source.line, f.level) for f in findings] == [(2, Level.HINT), (3, Level.WARNING)]
    assert findings[0].message == "https://a.org/x stands already at line 1, in another section"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"eBPF": 5, "ebpf": 1, "e-bpf": 2}, [("e-bpf", "eBPF"), ("ebpf", "eBPF")]),
        ({"load balancer": 3, "Load-Balancer": 1}, [("Load-Balancer", "load balancer")]),
        ({"kubernetes": 9, "kuberntes": 1}, [("kuberntes", "kubernetes")]),
        ({"kubernetes": 9, "kubernetse": 1}, [("kubernetse", "kubernetes")]),
        ({"operator": 3, "operators": 1}, []),
        ({"IPv4-only": 3, "IPv6-only": 1}, []),
        ({"C++": 3, "C#": 1, "C": 2}, []),
        ({"testing": 3, "nesting": 1}, []),
        ({"tracing": 2, "tracign": 1}, []),
    ],
)
def test_names_that_are_one(names: dict[str, int], expected: list[tuple[str, str]]) -> None:
    """Written in two ways, or typed wrongly once; other names stay other names."""
    assert list(similar(Counter(names))) == expected


def test_tags_and_sections_that_filters_would_part() -> None:
    """Of sections those beside each other."""
    links = [
        *(link(f"https://a.org/{n}", section=("Tools", "Load balancers"), tags=("ebpf",)) for n in range(3)),
        link("https://a.org/3", section=("Tools", "Load-Balancers"), tags=("eBPF",)),
        link("https://a.org/4", section=("Other", "Load-Balancers")),
    ]
    assert found(*links) == [(Rule.SIMILAR_NAME, 4), (Rule.SIMILAR_NAME, 4)]


def test_what_a_section_is_meant_for(tmp_path: Path) -> None:
    """The nearest of those that the file declares."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "sections:\n- Network Policy\nlinks:\n- {url: 'https://a.org/x', title: A b, section: Network Polcy}\n", "utf-8"
    )
    (finding,) = lint([path])
    assert finding.message.endswith("; did you mean 'Network Policy'?")


BROKEN = """\
links:
- url: https://a.example/1
  title: Foo: bar
- url: https://a.example/2
   title: One space more
- url: https://a.example/3
  title: "Not closed
- url: https://a.example/4
  titel: Fine
  title: Fine
  stars: many
  status: retird
  added: yesterday
- url: https://a.example/5
\ttitle: Tab
- title: @home
- title: [Beta] thing
- title: "Foo" bar
- url: https://a.example/6
  title: Twice
  title: Twice
-url: https://a.example/7
- url:https://a.example/8
  title: Eight
- url: https://a.example/9
title: at the left
- just text
- title: *star
- url: https://a.example/10
  tags: [a, b
  title: Ten
<<<<<<< HEAD
- url: https://a.example/11
  title: Ours
=======
- url: https://a.example/12
  title: Theirs
>>>>>>> other
- url: https://a.example/13
  title: Last
name: A name behind the links
"""


def test_all_mistakes_of_a_file_at_once(tmp_path: Path) -> None:
    """Per entry, each at its line with what to do; what is right beside them is checked as ever."""
    path = tmp_path / "a.yaml"
    path.write_text(BROKEN, "utf-8")
    found = {finding.source.line: finding.message for finding in lint([path])}
    expected = {
        3: "text with a colon needs quotes: title: 'Foo: bar'",
        5: "column 4, the one before it in column 3",
        7: "is never closed",
        9: "did you mean 'title'?",
        11: "stars must be a number from 0 to 3, and not 'many'",
        12: "did you mean 'retired'?",
        13: "added must be a date",
        15: "tabs",
        16: "text that begins with @ needs quotes: title: '@home'",
        17: "does not end with `]`",
        18: "text goes on after the closing quotation mark",
        21: "the field 'title'",
        22: "put a space after the dash",
        24: "put a space after the colon",
        26: "column 1, the one before it in column 3",
        27: "and not 'just text'",
        28: "aliases are not read",
        30: "does not end with `]`",
        32: "an unresolved conflict of git",
    }
    assert found.keys() == expected.keys()
    assert {line: text for line, text in expected.items() if text not in found[line]} == {}


def test_a_build_names_the_first_mistake_and_how_many_there_are(tmp_path: Path) -> None:
    """One line; `check` has them all."""
    path = tmp_path / "a.yaml"
    path.write_text("links:\n" + "- {url: 'https://a.org/x', title: Ant, stars: 9}\n" * 3, "utf-8")
    with pytest.raises(
        CatalogueError, match=r"a\.yaml:2: stars must .* \(2 more mistakes in this file; `signpost check`"
    ):
        read([path])
