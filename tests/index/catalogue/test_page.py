"""Pages are read as a browser shows them, whether written in Markdown, in HTML, or in one inside the other."""

import time
from contextlib import suppress

import pytest

from index.catalogue.formats.markdown import read_page
from index.catalogue.link import Link, Status
from index.errors import CatalogueError


def links(text: str) -> list[Link]:
    """Return the links of a page."""
    return [entry.link for entry in read_page(text, "x.md").entries]


def titles(text: str) -> list[str]:
    """Return the titles of a page's links."""
    return [link.title for link in links(text)]


def reasons(text: str) -> list[str]:
    """Return why links of a page were left out."""
    return [str(skip.reason) for skip in read_page(text, "x.md").skipped]


A, B, C = "https://a.example/1", "https://b.example/2", "https://c.example/3"


@pytest.mark.parametrize(
    "text",
    [
        f'<p>\n🔸 <a href="{A}"><b>Ant</b></a> - bites.<br>\n🔸 <a href="{B}">Bee</a> - stings.<br>\n</p>',
        f'- <a href="{A}">Ant</a> - bites.\n- <a target=_blank href={B}>Bee</a>: stings.',
        f'<ul>\n<li><a href="{A}">Ant</a> bites.</li>\n<li><a href="{B}">Bee</a> - stings.\n</ul>',
        (
            f'<table><tr><th>Name<th>About\n<tr><td><a href="{A}">Ant</a><td>bites.\n'
            f'<tr><td><a href="{B}">Bee</a><td>stings.</table>'
        ),
        f'<dl><dt><a href="{A}">Ant</a><dd>bites.<dt><a href="{B}">Bee</a><dd>stings.</dl>',
        f"> - [Ant]({A}) - bites.\n> - [Bee]({B}) - stings.",
        f"> [!NOTE]\n> [Ant]({A}) - bites.\n>\n> [Bee]({B}) - stings.",
        f"[Ant]({A}) - bites.\n[Bee]({B}) - stings.",
        f"🐜 [Ant]({A}) - bites.\n\n:bee: [Bee]({B}) - stings.",
        f"1) [Ant]({A}) - bites.\n2) [Bee]({B}) - stings.",
        f"<div align=center>\n\n- [Ant]({A}) - bites.\n\n</div>\n<div>\n- [Bee]({B}) - stings.\n</div>",
        f"<table><tr><td>\n\n- [Ant]({A}) - bites.\n\n</td><td>\n\n- [Bee]({B}) - stings.\n\n</td></tr></table>",
        f"<p>[Ant]({A}) - bites.<br>[Bee]({B}) - stings.</p>",
        f"- <{A}|Ant> bites.\n- <{B}|Bee> - stings.",
        f"- [Ant] ({A}) - bites.\n- (Bee)[{B}] stings.",
        f"- Ant: {A} bites.\n- Bee: {B} stings.",
        f"### Ant\n\n{A}\n\nbites.\n\n### Bee\n\nHomepage: {B}\n\nstings.",
        f"| # | Name | Link |\n|---|---|---|\n| 1 | Ant | {A} bites. |\n| 2 | Bee | {B} stings. |",
        f"- [x] [Ant]({A}) -> bites.\n- [ ] [Bee]({B}) => stings.",
        f"- [Ant]({A})：bites.\n- [Bee]({B})，stings.",
        f'- [Ant]({A} "bites.")\n- [Bee]({B} "stings.")',
    ],
)
def test_two_links_however_they_are_written(text: str) -> None:
    """HTML and Markdown in every mixture, lines, quotations, tables, and forms that Markdown does not know."""
    assert [(link.url, link.title, link.description) for link in links(text)] == [
        (A, "Ant", "bites."),
        (B, "Bee", "stings."),
    ]


def test_a_bare_www_address_is_one() -> None:
    """As a browser takes it; the case of the scheme does not matter, code is no link."""
    assert [link.url for link in links("- www.a.example/x - text\n- HTTPS://A.example/y\n- `https://a.example/z`")] == [
        "http://www.a.example/x",
        "HTTPS://A.example/y",
    ]


@pytest.mark.parametrize("end", ["（说明）", "。", "，推荐", "、", "」", "》", "；"])
def test_punctuation_of_chinese_and_japanese_ends_an_address(end: str) -> None:
    """Letters of any script stay."""
    assert [link.url for link in links(f"- 见 https://a.example/汉字{end}了解")] == ["https://a.example/汉字"]


def sections(text: str) -> list[tuple[str, ...]]:
    """Return the sections of a page's links."""
    return [link.section for link in links(text)]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("## C#", "C#"),
        ("## F# ##", "F#"),
        ("## C++:", "C++"),
        ("## Talks {#talks}", "Talks"),
        ("## Talks {: .wide #talks }", "Talks"),
        ("## Tools <sup>[[TOC]](#toc)</sup>", "Tools"),
        ("## Books [🔝](#top)", "Books"),
        ("## [Tools](#contents)", "Tools"),
        ("## :rocket: Tools", "🚀 Tools"),
        ("##### :black_small_square: Network", "Network"),
        ('<h2 id="ada">Ada</h2>', "Ada"),
        ('<h3 align="center">\n  <a name=x></a>Ada\n</h3>', "Ada"),
        ("<details>\n<summary>Parsers</summary>", "Parsers"),
        ("<details><summary><b>Parsers</b> (3)</summary>", "Parsers (3)"),
    ],
)
def test_sections_are_as_written(heading: str, name: str) -> None:
    """In Markdown, in HTML and folded; ids and links to the contents leave no trace."""
    assert sections(f"{heading}\n\n- [Ant]({A}) - bites.\n") == [(name,)]


def test_a_folded_part_ends() -> None:
    """Its summary names what it holds, unless it only says that one can click."""
    text = (
        f"## S\n\n<details><summary>In</summary>\n\n- [Ant]({A})\n\n### Sub\n\n- [Bee]({B})\n\n</details>\n\n- [Cat]({C})\n"
        "<details><summary>Click to expand!</summary>\n\n- [Dog](https://d.example)\n\n</details>"
    )
    assert sections(text) == [("S", "In"), ("S", "In", "Sub"), ("S",), ("S",)]


def test_groups_in_lists_are_sections() -> None:
    """A short label is a name, one with a colon says what the links are."""
    text = f"- Audio\n  - Editors\n    - [Ant]({A}) - bites\n- Video\n  - [Bee]({B})\n- Links:\n  - [Cat]({C})"
    assert sections(text) == [("Audio", "Editors"), ("Video",), ()]
    assert links(text)[2].description == "Links"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"- [Ant]({A}) - bites. ([Source Code]({B}), [Demo]({C})) `MIT`", ["Ant", "Ant (Source Code)", "Ant (Demo)"]),
        (f"- [Ant]({A}) ([Paper]({B}) | [Website]({C})) - bites.", ["Ant", "Ant (Paper)", "Ant (Website)"]),
        (f"- **Ant** - ([Repo]({A}), [Docs]({B})) bites.", ["Ant (Repo)", "Ant (Docs)"]),
        (f"- [ant]({A}) [[ant]({B})] - bites.", ["ant", "ant (b.example)"]),
        (f"- [Ant]({A}) - bites. ([Clients]({A}))", ["Ant"]),
        (f"- [Docs]({A}) - An editor for teams.", ["Docs"]),
        (f"- **Ant** - bites - [link]({A})", ["Ant (link)"]),
        (f"| Name | Link |\n|---|---|\n| Ant | [Link]({A}) |", ["Ant (Link)"]),
        (
            f"| Name | Source | Demo | About |\n|-|-|-|-|\n| Ant | [GitHub]({A}) | [Demo]({B}) | bites |",
            ["Ant (GitHub)", "Ant (Demo)"],
        ),
        (f"### Ant\n\n[Website]({A}) | [Docs]({B})", ["Ant (Website)", "Ant (Docs)"]),
        (f"- [Ant]({A}) | [docs]({B}) | [demo]({C}) - bites", ["Ant", "Ant (docs)", "Ant (demo)"]),
        (f"- Ant ({A}) bites", ["Ant"]),
        (f"- Ant {A}", ["Ant"]),
        (f"- see {A}", ["a.example/1"]),
    ],
)
def test_an_item_names_its_links(text: str, expected: list[str]) -> None:
    """Further addresses have the item's name and kind, and its description, uncut."""
    found = links(text)
    assert [link.title for link in found] == expected
    assert all(link.description.count("(") == link.description.count(")") for link in found)
    if "bites" in text:
        assert all("bites" in link.description for link in found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"- [Ant]({A}) by [B. Writer]({B})", "names who made it"),
        (f"- [Ant]({A}) - bites, by [B. Writer]({B}) and [C. Drawer](https://b.example/c)", "names who made it"),
        (f"- [Ant]({A}) - bites. [MIT]({B})", "names who made it"),
        (f"- [Ant]({A}) © [B. Corp]({B}) | [MIT License]({C})", "names who made it"),
        (f"- [Ant]({A}) ⚠ - bites (not [Bee]({B})).", "inside the description"),
        ("[Ants](https://en.wikipedia.org/wiki/Ant) are insects.\n\n" + f"- [Ant]({A})", "stands in running text"),
        (f"- [Ant]({A})\n- [Bee](https//b.example)", "the address of this link is broken"),
        (f"- [Ant]({A}) - bites like a [bee]({B}).", "inside the description"),
        (f"- [Ant]({A}) [![build](https://img.shields.io/x.svg)]({B}) - bites.", "a link around an image"),
        (
            f'| A | B |\n|---|---|\n| [Ant]({A}) | <a href="{B}"><img src=x.png alt="Run it"></a> |',
            "a link around an image",
        ),
        (f"- [Ant]({A})\n\n[![Our sponsor](s.png)]({B})", "a link around an image"),
        (f"- [Ant]({A})\n\nWritten after [this]({B}).", "stands in running text"),
        (
            f'- [Ant]({A})\n\n<blockquote class="twitter-tweet"><a href="{B}">now</a></blockquote>',
            "inside an embedded post",
        ),
        (f"- [Ant]({A})\n- [Bee](//b.example)", "the address does not say https://"),
        (f"- [Ant]({A})\n- [Bee](www.b.example)", "the address does not say https://"),
        (f"- [Ant]({A})\n- [Bee](https://b.example", "the address of this link is broken"),
        (f'- [Ant]({A})\n\n<pre>\n<a href="{B}">x</a>\n</pre>', "inside a block of code"),
    ],
)
def test_what_is_no_link_of_the_list(text: str, reason: str) -> None:
    """Each is reported with its reason, and its words stay in the description."""
    assert titles(text) == ["Ant"]
    found = reasons(text)
    assert found
    assert all(one.startswith(reason) for one in found)
    if "Writer" in text:
        assert "B. Writer" in links(text)[0].description


def test_a_logo_is_a_title_where_it_is_all_there_is() -> None:
    """Its words are those that stand for the image."""
    assert titles(f"- [![Ant tool](logo.png)]({A}) - bites.") == ["Ant tool"]


@pytest.mark.parametrize(
    ("text", "stars", "description"),
    [
        ("[355⭐] - bites.", 0, "bites."),
        ("⭐ 1.2k - bites.", 0, "bites."),
        ("(★ 4.8k): bites.", 0, "bites."),
        ("- bites. ⭐12,034", 0, "bites."),
        ("⭐⭐ - bites.", 2, "bites."),
        ("- bites 1.18 ⭐", 1, "bites 1.18"),
    ],
)
def test_counts_of_a_forge_are_no_stars(text: str, stars: int, description: str) -> None:
    """What a curator gives stands without a number."""
    (link,) = links(f"- [Ant]({A}) {text}")
    assert (link.stars, link.description) == (stars, description)


def test_a_star_before_the_link_is_one() -> None:
    """As one behind it is; a shortcode is the emoji that it names."""
    assert [link.stars for link in links(f"- ⭐ [Ant]({A}) - bites.\n- :star: [Bee]({B})")] == [1, 1]


@pytest.mark.parametrize(
    "text", [f"- ~~[Ant]({A})~~ - gone.", f"- ~~{A}~~ gone", f"- <del><a href='{A}'>Ant</a></del>"]
)
def test_what_is_struck_through_is_retired(text: str) -> None:
    """It stays in the catalogue, and no mark stays in it."""
    (link,) = links(text)
    assert (link.url, link.status) == (A, Status.RETIRED)
    assert "~" not in link.title + link.description


def test_lines_are_those_of_the_source() -> None:
    """Of anchors in blocks of HTML, across lines of a tag, and of what follows."""
    text = f'# L\n\n<p>\n<a\n href="{A}">Ant</a><br>\n<a href="{B}">Bee</a>\n</p>\n\n> x\n>\n> [Cat]({C})\n'
    assert [entry.source.line for entry in read_page(text, "x.md").entries] == [4, 6, 11]


@pytest.mark.parametrize(
    "odd",
    ['<a href="https://o.example">open', "<iframe src=x>", "text <title> text", "<div><textarea>", "<select>", "<svg>",
     "<div>\n<!-- open", "<template>", "<b><i>open", "</ul></div>", "<xmp>", "<noscript>"],
)  # fmt: skip
def test_what_is_left_open_hides_nothing(odd: str) -> None:
    """It ends with its block."""
    assert links(f"# L\n\n{odd}\n\n- [Ant]({A}) - bites.\n\n## S\n\n- [Bee]({B})")[-2:] == [
        Link(url=A, title="Ant", publisher="a.example", description="bites.", section=("L",)),
        Link(url=B, title="Bee", publisher="b.example", section=("L", "S")),
    ]


@pytest.mark.alone
@pytest.mark.parametrize(
    "text",
    ["<![foo[", "![" * 20_000, "<![if " * 80_000, "[" * 1_000_000, "<DT" * 20_000, "<div>" * 100_000, "<b>" * 20_000,
     "<div>\n" * 50_000, "- <a href=x>" * 5_000, "<!--" * 100_000, "> " * 50_000, "<p>[x](" * 8_000, "~~" * 100_000],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_hostile_pages_take_no_time(text: str) -> None:
    """They are read or refused."""
    start = time.process_time()
    with suppress(CatalogueError):
        read_page(text, "x.md")
    assert time.process_time() - start < 2
