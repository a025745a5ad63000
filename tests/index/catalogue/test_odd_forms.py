"""Forms that people write and no standard has: each small file with the links that its author meant."""

from pathlib import Path

import pytest

from index.catalogue.link import Link, Reading, Status
from index.catalogue.read import read
from index.errors import CatalogueError

A, B, C = "https://a.example/1", "https://a.example/2", "https://a.example/3"

#: What each line says of its only link: title and description.
LINES = {
    f"**Ant** [link]({A}) - bites.": ("Ant (link)", "bites."),
    f"The Art of Ants. [pdf]({A})": ("The Art of Ants (pdf)", ""),
    f"Ant [{A}]({A}) bites": ("Ant", "bites"),
    f"See the [guide]({A}) on ants.": None,
    f"Ant, see {A}": ("Ant", ""),
    f"Ant → {A}": ("Ant", ""),
    f'"Ant" {A}': ("Ant", ""),
    f"[R]({A}) - a language.": ("R", "a language."),
    f"[蚁]({A})，咬人。": ("蚁", "咬人。"),
    f"「[蚁]({A})」—— 咬人。": ("蚁", "咬人。"),
    f'"[Ant]({A})", by A. Writer': ("Ant", "by A. Writer"),
    f"[Ant]({A}) ➡ bites": ("Ant", "bites"),
    f"[Ant]({A}) ― bites": ("Ant", "bites"),
    f"[Ant]({A}) ، يعض": ("Ant", "يعض"),
    f"1️⃣ [Ant]({A})": ("Ant", ""),
    f"[Ant]({A})[^1] - bites.[^2]": ("Ant", "bites."),
    f"[Ant]({A}) (:star:355) - bites.": ("Ant", "bites."),
    f"[Ant]({A}) ⭐ 200+ bites.": ("Ant", "bites."),
    f"[Ant]({A}) :no_such_code: bites.": ("Ant", "bites."),
    f"[Ant]({A}) bites at 10:30:45": ("Ant", "bites at 10:30:45"),
    f"[Ant]: {A}": ("Ant", ""),
    f"[Ant]({A}) from [Bug Company](https://bug.example)": ("Ant", "from Bug Company"),
    f"[Ant]({A}) – Автор: [Иван](https://bug.example)": ("Ant", "Автор: Иван"),
    f"[Ant]({A}), J. Doe ([@jane](https://bug.example))": ("Ant", "J. Doe (@jane)"),
    f"<details><summary>more</summary>\n\n  [Ant]({A}) - bites.</details>": ("Ant", "bites."),
}


def of(text: str, tmp_path: Path, name: str = "list.md") -> Reading:
    """Return the reading of a file with this text."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read([tmp_path / name])


def rows(links: tuple[Link, ...]) -> list[tuple[str, str, str]]:
    """Return title, section and description of links."""
    return [(link.title, link.section_path, link.description) for link in links]


@pytest.mark.parametrize("line", LINES)
def test_one_line(line: str, tmp_path: Path) -> None:
    """The name before or in the link, and what it does; without marks, credits and footnotes."""
    links = of(f"## S\n- {line}\n", tmp_path).links
    expected = LINES[line]
    assert len(links) == 1
    if expected is not None:
        assert (links[0].url, links[0].title, links[0].description) == (A, *expected)
    else:
        assert "See the" not in links[0].title


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"## S\n### Sub\n- [a a]({A})\n## T\n- [b b]({B})", ["S > Sub", "T"]),
        (f"# Ants\n## Tools\n- [a a]({A})\n### Sub\n- [b b]({B})", ["Tools", "Tools > Sub"]),
        (f"## S\n\n**Bold group:**\n\n- [a a]({A})\n\n## T\n- [b b]({B})", ["S > Bold group", "T"]),
        (f"## S\n\n**A sentence.**\n\n- [a a]({A})\n## T\n- [b b]({B})", ["S", "T"]),
        (f"## [Ants](#ants) {{-}}\n- [a a]({A})\n## :nosuch: Bees :nosuch:\n- [b b]({B})", ["Ants", "Bees"]),
        (f"# L\n## C++/CLI\n- [a a]({A})\n## F\\#\n- [b b]({B})", ["C++/CLI", "F#"]),
    ],
)
def test_sections(text: str, expected: list[str], tmp_path: Path) -> None:
    """A section with links of its own is one; a bold line before a list is one too; marks in headings are none."""
    assert [link.section_path for link in of(text, tmp_path).links] == expected


def test_tables(tmp_path: Path) -> None:
    """Cells over several rows and columns, links under names of columns, authors and counts of stars."""
    table = (
        f"<table><tr><th>Group<th>Name<th>What\n<tr><td rowspan=2>Six legs<td><a href={A}>Ant</a><td>bites"
        f"\n<tr><td><a href={B}>Bee</a><td>stings\n<tr><td colspan=3>Eight legs"
        f"\n<tr><td>Webs<td><a href={C}>Cob</a><td>spins</table>"
    )
    assert rows(of(f"## S\n{table}", tmp_path).links) == [
        ("Ant", "S", "bites; Group: Six legs"),
        ("Bee", "S", "stings; Group: Six legs"),
        ("Cob", "S > Eight legs", "spins; Group: Webs"),
    ]
    table = f"|Name|Stars|Link|Author|\n|-|-|-|-|\n|Ant|12345|[Go!]({A})|[Ann](https://ann.example)|"
    assert rows(of(table, tmp_path).links) == [("Ant", "", "Author: Ann")]
    table = f"|Name|Homepage|Repository|\n|-|-|-|\n|Ant<br>bites|{A}|{B}|"
    reading = of(table, tmp_path)
    assert rows(reading.links) == [("Ant (Homepage)", "", "bites"), ("Ant (Repository)", "", "bites")]
    assert {entry.item for entry in reading.entries} == {A}


def test_of_cells_over_many_rows_a_hundred_are_repeated(tmp_path: Path) -> None:
    """Each would be looked at again in every row: a page of such cells alone would take minutes."""
    cells = "".join(f"<tr><td rowspan=999>c{number}" for number in range(150))
    (link,) = of(f"<table>{cells}<tr><td><a href={A}>Ant</a></table>", tmp_path).links
    assert "c99" in link.description
    assert "c100" not in link.description


@pytest.mark.parametrize(
    "text",
    [
        f"- [Ant]({A}) - Bites. [Website]({B})",
        f"- [Ant]({A}) - Bites. [Docs]({C}) | [Website]({B})",
        f"- The Art of Ants. [pdf]({A}) | [slides]({B})",
        f"- **Ant** ([Site]({A}), [Code]({B})): bites",
    ],
)
def test_further_addresses_wherever_they_stand(text: str, tmp_path: Path) -> None:
    """After the description too: all links of the item belong to the first."""
    entries = of(text, tmp_path).entries
    assert len(entries) == text.count("](")
    assert {entry.item for entry in entries} == {A}


@pytest.mark.parametrize("struck", [f"~[Ant]({A})~", f"~~[Ant]({A})~~ gone", f"[~~Ant~~]({A})", f"<s>[Ant]({A})</s>"])
def test_struck(struck: str, tmp_path: Path) -> None:
    """One tilde strikes as two do, as on GitHub."""
    (link,) = of(f"- {struck}", tmp_path).links
    assert (link.title, link.status) == ("Ant", Status.RETIRED)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Ant\n{A}\nbites", [("Ant", "", "bites")]),
        (f"Ant - {A} - bites", [("Ant", "", "bites")]),
        (f"**Ant**\n<{A}>", [("Ant", "", "")]),
        (f"Ant\n: [link]({A}) bites", [("Ant (link)", "", "bites")]),
        (
            f"[![x](https://img.shields.io/x.svg)](https://b.example)\nTo the law, [An]({B})\n- [Ant]({A})",
            [("Ant", "", "")],
        ),
    ],
)
def test_paragraphs(text: str, expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    """A name above or before its address, a term above its definition, a card that is a link as a whole."""
    assert rows(of(text, tmp_path).links) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("x.adoc", f"== Tools (((index)))\n\n* {A}[Ant]", [("Ant", "Tools", "")]),
        (
            "x.adoc",
            f"|===\n|Name |About\n\n2+|Six legs\n|Ant |{A}[link] bites\n|===",
            [("Ant (link)", "Six legs", "bites")],
        ),
        ("x.adoc", f"Ant::\n  {A}[site] bites", [("Ant (site)", "", "bites")]),
        ("x.adoc", f"== A &amp; B\n\n* +++<del>+++{A}[Ant]+++</del>+++", [("Ant", "A & B", "")]),
        ("x.html", f'<a href="{A}"><h4>Ant</h4><p>It bites</p></a>', [("Ant", "", "It bites")]),
        ("x.org", f"#+TITLE: L\n* Ants [1/3] [33%]\n| [[{A}][Ant \\vert x]] | bites |", [("Ant |x", "Ants", "bites")]),
        ("x.rst", f"L\n=\n\nAnt\n    See `this <{A}>`_.", [("Ant (this)", "", "Ant See this.")]),
        ("x.txt", f"{A}?x=1|2 | Ant\n[Bee] {B}", [("Ant", "", ""), ("Bee", "", "")]),
        ("x.txt", f"{A},{B}", [("a.example/1", "", ""), ("a.example/2", "", "")]),
        ("x.txt", f"Ant {A} Bee {B}", [("Ant", "", ""), ("Bee", "", "")]),
        ("x.txt", f"# Go\n{A}\n## C\n{B} Bee\nbites", [("a.example/1", "Go", ""), ("Bee", "C", "bites")]),
        (
            "x.md",
            f"| | Name |\n|---|---|\n| 1 | [Ant]({A}) |\n| 2 | [Bee]({B}) bites |",
            [("Ant", "", ""), ("Bee", "", "bites")],
        ),
        ("x.md", f"- {A}, {B} and {C}", [("a.example/1", "", ""), ("a.example/2", "", ""), ("a.example/3", "", "")]),
        (
            "x.html",
            f"<!DOCTYPE html><h2>Bugs</h2><dl><dt><a href='{A}'>Ant</a><dd>bites</dl><ul><li><a href='{B}'>Bee</a> stings</ul>",
            [("Ant", "Bugs", "bites"), ("Bee", "Bugs", "stings")],
        ),
    ],
)
def test_other_markups(name: str, text: str, expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    """Marks of AsciiDoc, org-mode, reStructuredText and plain text that are no part of a name."""
    assert rows(of(text, tmp_path, name).links) == expected


def test_cells_of_csv(tmp_path: Path) -> None:
    """Hashtags, dates of spreadsheets, several addresses, and angle brackets in a cell."""
    text = f"name,url,tags,date\nAnt,{A} {B},#go #cli,45291\nBee,<{C}>,,12/31/2023\nCob,c.example/4,,5/6/2023\n"
    reading = of(text, tmp_path, "x.csv")
    ant, bee = reading.links
    assert (ant.url, ant.further[0].url, ant.tags, str(ant.added)) == (A, B, ("go", "cli"), "2023-12-31")
    assert (bee.url, str(bee.added)) == (C, "2023-12-31")
    assert [skip.reason for skip in reading.skipped] == ["the address does not say https:// or http://"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'{{"Tools": {{"Ant": "{A}"}}}}', ("Ant", "Tools", "")),
        (f'{{"Tools": {{"Ant": {{"url": "{A}", "desc": "bites"}}}}}}', ("Ant", "Tools", "bites")),
        (f'{{"Tools": [["Ant", "{A}"]]}}', ("Ant", "Tools", "")),
        (f'{{"Tools": ["{A}"]}}', ("a.example/1", "Tools", "")),
        (f'[{{"name": "Ant", "link": {{"href": "{A}"}}}}]', ("Ant", "", "")),
        (f'{{"next": "{B}", "results": [{{"title": "Ant", "url": "{A}"}}]}}', ("Ant", "", "")),
        (f'[{{"name": "Tools", "links": [{{"name": "Ant", "url": "{A}"}}]}}]', ("Ant", "Tools", "")),
        (f'{{"links": [{{"name": "Ant", "href": "{A}", "desc": "bites"}}]}}', ("Ant", "", "bites")),
        (f'{{"name": "Tools", "links": ["{A}"]}}\n{{"name": "None", "links": []}}', ("a.example/1", "Tools", "")),
        (f'{{"links": [{{"url": "{A}", "title": "Ant", "section": "Tools > Go"}},]}}', ("Ant", "Tools > Go", "")),
    ],
)
def test_shapes_of_json(text: str, expected: tuple[str, str, str], tmp_path: Path) -> None:
    """A key that names an address, pairs, bare addresses; an address of the programming interface is no link."""
    assert rows(of(text, tmp_path, "x.json").links) == [expected]


def test_tags_of_a_firefox_backup(tmp_path: Path) -> None:
    """Its folders of tags hold copies of the bookmarks: they are tags, and no entries."""
    bookmark = (
        f'{{"title": "Ant", "uri": "{A}", "annos": [{{"name": "bookmarkProperties/description", "value": "bites"}}]}}'
    )
    tags = f'{{"root": "tagsFolder", "title": "tags", "children": [{{"title": "go", "children": [{{"uri": "{A}"}}]}}]}}'
    (link,) = of(f'{{"children": [{{"title": "menu", "children": [{bookmark}]}}, {tags}]}}', tmp_path, "x.json").links
    assert (link.title, link.description, link.tags, link.section) == ("Ant", "bites", ("go",), ("menu",))


def test_addresses_in_the_text_of_an_outline(tmp_path: Path) -> None:
    """As outliners write them: bare, or as HTML."""
    html = f"&lt;a href=&quot;{B}&quot;&gt;Bee&lt;/a&gt;"
    text = f'<opml version="2.0"><body><outline text="{A}"/><outline text="{html} stings"/></body></opml>'
    assert [(link.url, link.title) for link in of(text, tmp_path, "x.opml").links] == [
        (A, "a.example/1"),
        (B, "Bee stings"),
    ]


SHEET = (
    "<table class=waffle><thead><tr><th></th><th>A</th><th>B</th><th>C</th></tr></thead><tbody>"
    "<tr><th>1</th><td>Title</td><td>Link</td><td>Notes</td></tr>"
    f"<tr><th>2</th><td>Ant</td><td><a href={A}>{A}</a></td><td>bites</td></tr></tbody></table>"
)
CONFLUENCE = (
    "<html><head><title>Team : Links</title></head><body><h1>Team : Links</h1><div id=main-content><h1>Tools</h1><ul>"
    f"<li><p><a href={A}>Ant</a> – bites</p></li></ul></div><div id=footer role=contentinfo>"
    "<ul><li><a href=http://www.atlassian.com/>Atlassian</a></li></ul></div></body></html>"
)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("sheet.html", SHEET, ("Ant", "", "Notes: bites")),
        ("page.html", CONFLUENCE, ("Ant", "Tools", "bites")),
        (
            "reader.csv",
            (
                "Title,URL,ID,Document tags,Saved date,Location\n"
                f"Ant,{A},1,\"['go', 'cli']\",2023-05-06 07:08:09+00:00,later\n"
            ),
            ("Ant", "", ""),
        ),
        (
            "posts.xml",
            (
                f'<?xml version="1.0"?>\n<posts user="me"><post href="{A}" time="2023-05-06T07:08:09Z" description="Ant" '
                'extended="bites" tag="go cli" shared="no" toread="yes" /></posts>'
            ),
            ("Ant", "", "bites"),
        ),
        (
            "linkding.html",
            (
                f'<!DOCTYPE NETSCAPE-Bookmark-file-1>\n<DL><p>\n<DT><A HREF="{A}" ADD_DATE="1683356889" PRIVATE="1" '
                'TOREAD="1" TAGS="go,cli,linkding:bookmarks.archived">Ant</A>\n<DD>bites\n</DL><p>'
            ),
            ("Ant", "", "bites"),
        ),
    ],
)
def test_exports_of_services(name: str, text: str, expected: tuple[str, str, str], tmp_path: Path) -> None:
    """A sheet and a page as HTML, Readwise Reader, Pinboard as XML, linkding: names, tags, dates and private marks."""
    (link,) = of(text, tmp_path, name).links
    assert rows((link,)) == [expected]
    if not name.endswith(".html") or name == "linkding.html":
        assert link.tags == ("go", "cli")
        assert str(link.added) == "2023-05-06"
    assert link.private == (name in {"posts.xml", "linkding.html"})


def test_too_many_items_of_rst(tmp_path: Path) -> None:
    """Docutils would need many seconds: one line says so."""
    with pytest.raises(CatalogueError, match=r"holds 20,001 items of lists; 20,000 are read at most"):
        of("* x\n" * 20_001, tmp_path, "x.rst")


@pytest.mark.parametrize("suffix", [".md", ".html"])
@pytest.mark.parametrize("opening", ["<ul>", "<ol><div>", "<p><ul>", "<dl><dd>", "<table><tr><td>"])
def test_a_link_in_very_many_lists_is_read(tmp_path: Path, opening: str, suffix: str) -> None:
    """What is deeper than a page ever is counts as one text, and is never given up for it."""
    path = tmp_path / f"deep{suffix}"
    path.write_text(opening * 900 + f'<a href="{A}">Ant</a>')
    assert [link.url for link in read([path]).links] == [A]


def test_no_link_is_without_a_title(tmp_path: Path) -> None:
    """One that stands in brackets, alone in its cell, has its address for a name."""
    path = tmp_path / "a.org"
    path.write_text("| [[[https://a.org]/Cat]] | purrs |\n")
    assert [link.title for link in read([path]).links] == ["a.org]/Cat"]


@pytest.mark.parametrize(("said", "encoding"), [("ISO-8859-1", "cp1252"), ("UTF-e8", "utf-8"), ("utf-16", "utf-8")])
def test_what_opml_says_of_its_encoding_changes_no_letter(tmp_path: Path, said: str, encoding: str) -> None:
    """It is decoded before it is parsed, and an encoding that nobody knows is no reason to give a list up."""
    text = f'<?xml version="1.0" encoding="{said}"?><opml><body><outline text="Fünf schöne Läuse" url="{A}"/></body></opml>'
    path = tmp_path / "a.opml"
    path.write_bytes(text.encode(encoding))
    assert [link.title for link in read([path]).links] == ["Fünf schöne Läuse"]
