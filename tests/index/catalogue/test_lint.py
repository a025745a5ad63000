"""What a curator would want to mend."""

from pathlib import Path

import pytest

from index.catalogue.link import Entry, Level, Link, Reading, Rule, Source
from index.catalogue.lint import MAX_TITLE_CHARS, lint, lint_reading

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
    """`file:line: rule: message`, also for what the reader found."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "links:\n- url: https://a.org/x\n  title: t\n  star: 1\n- url: ftp://a.org\n  title: t\n- url: http://a.org/x\n"
        "  title: u\n",
        "utf-8",
    )
    findings = lint([path])
    assert [str(finding).split(": ")[:2] for finding in findings] == [
        [f"{path}:4", "unknown-field"],
        [f"{path}:5", "bad-scheme"],
        [f"{path}:7", "duplicate-url"],
    ]
    assert [finding.level for finding in findings] == [Level.ERROR, Level.ERROR, Level.WARNING]


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
