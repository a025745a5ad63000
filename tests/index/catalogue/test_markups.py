"""Reading reStructuredText, AsciiDoc, org-mode, plain text, and a folder with one entry a file."""

import json
import time
from datetime import date
from pathlib import Path

import pytest

from index.catalogue.link import Entry, Link, Reading, Status
from index.catalogue.read import read
from index.errors import CatalogueError

PAGES = {
    "list.rst": """My list
=======

Prose about `zero <https://a.example/0>`_.

Tools
-----

* `One <https://a.example/1>`_ - does one.

  * Two_ does two

* https://a.example/3?a=1&copy=2
* ``https://code.example/``

.. _Two: https://a.example/2
""",
    "list.adoc": """= My list
:base: https://a.example

Prose about https://a.example/0[zero].

== Tools

// https://comment.example/
* {base}/1[One^] - does one.
** link:https://a.example/2["Two",window=_blank] does two
* https://a.example/3?a=1&copy=2
* `https://code.example/`
----
https://code.example/
----
""",
    "list.org": """#+TITLE: My list
Prose about [[https://a.example/0][zero]].
* Tools
- [[https://a.example/1][One]] :: does one.
  - [[https://a.example/2][Two]] does two
- https://a.example/3?a=1&copy=2
- =https://code.example/=
#+begin_src sh
curl https://code.example/
#+end_src
""",
}


def written(folder: Path, name: str, text: str) -> Reading:
    """Read a text as a file of that name."""
    path = folder / name
    path.write_text(text, "utf-8")
    return read([path])


@pytest.mark.parametrize("name", PAGES)
def test_a_list_reads_alike_in_every_markup(tmp_path: Path, name: str) -> None:
    """Titles, descriptions, sections and lines; prose and code hold no link of the list."""
    found = written(tmp_path, name, PAGES[name])
    assert found.name == "My list"
    assert [(link.title, link.url, link.description, link.section) for link in found.links] == [
        ("One", "https://a.example/1", "does one.", ("Tools",)),
        ("Two", "https://a.example/2", "does two", ("Tools",)),
        ("a.example/3?a=1&copy=2", "https://a.example/3?a=1&copy=2", "", ("Tools",)),
    ]
    lines = PAGES[name].split("\n")
    assert all(
        entry.link.title in lines[entry.source.line - 1] or "a.example/3" in lines[entry.source.line - 1]
        for entry in found.entries
    )
    assert [skip.text for skip in found.skipped] == ["zero (https://a.example/0)"]


def test_tables_of_every_markup(tmp_path: Path) -> None:
    """A cell's link is the entry, another cell its description."""
    tables = {
        "t.rst": (
            "=====================================  ==========\nName                                   Description\n"
            "=====================================  ==========\n`One <https://a.example/1>`_           does one\n"
            "=====================================  ==========\n"
        ),
        "t.adoc": '[cols="1,2"]\n|===\n|Name |Description\n\n|https://a.example/1[One]\n|does one\n|===\n',
        "t.org": "| Name | Description |\n|------+----|\n| [[https://a.example/1][One]] | does one |\n",
    }
    for name, text in tables.items():
        (link,) = written(tmp_path, name, text).links
        assert (link.title, link.url, link.description) == ("One", "https://a.example/1", "does one"), name


def test_headings_that_are_bookmarks_of_org(tmp_path: Path) -> None:
    """With their tags and day, by a link or by the property; struck through, one is retired."""
    text = """* Tools :dev:
** TODO [[https://a.example/1][One]] :cli:
:PROPERTIES:
:CREATED: [2024-05-01 Wed]
:END:
Does one.
** A page
:PROPERTIES:
:URL: https://a.example/2
:END:
* Other
- +[[https://a.example/3][Three]]+ gone
"""
    one, page, three = written(tmp_path, "a.org", text).links
    assert (one.title, one.description, one.section, set(one.tags), one.added) == (
        "One", "Does one.", ("Tools",), {"cli", "dev"}, date(2024, 5, 1),
    )  # fmt: skip
    assert (page.title, page.url, page.section) == ("A page", "https://a.example/2", ("Tools",))
    assert (three.status, three.section) == (Status.RETIRED, ("Other",))


def test_what_a_heading_of_org_holds_beside_its_words(tmp_path: Path) -> None:
    """States of tasks that the file declares, a priority, tags of the file; a date that does not exist is text."""
    text = """#+TODO: READ(r) | SEEN
#+FILETAGS: :all:
* Tools [1/3]
** READ [#A] https://a.example/1 :cli:x@y:
:PROPERTIES:
:Created: [2024-05-01 Wed]
:END:
** SEEN Two, of [2024-99-99] :
:PROPERTIES:
:url: https://a.example/2
:END:
*** TODO below
** TODO: [[https://a.example/3][a:b]]\x0c
* More
- https://a.example/4
"""
    found = written(tmp_path, "a.org", text)
    one, three, _ = found.links
    assert (one.url, set(one.tags), one.section, one.added) == (
        "https://a.example/1", {"all", "cli", "x@y"}, ("Tools",), date(2024, 5, 1),
    )  # fmt: skip
    assert (three.title, three.section) == ("a:b", ("Tools", "TODO: a:b"))
    assert [entry.source.line for entry in found.entries] == [4, 13, 15]


def test_a_line_of_org_is_a_line_of_the_file(tmp_path: Path) -> None:
    """Also where the file begins with a heading, and after a form feed."""
    for text, line in (("* A\n- https://a.example\n", 2), ("x\x0cy\n* A\n\n- https://a.example\n", 4)):
        assert [entry.source.line for entry in written(tmp_path, "a.org", text).entries] == [line]


def test_rst_reads_no_other_file_and_names_what_it_does_not_know(tmp_path: Path) -> None:
    """Files are not included; links of an unknown directive are reported, not lost."""
    (tmp_path / "secret.txt").write_text("`Secret <https://secret.example>`_")
    text = (
        "* `One <https://a.example/1>`_\n\n.. include:: secret.txt\n\n.. raw:: html\n   :file: secret.txt\n\n"
        ".. card:: Two\n\n   `Two <https://a.example/2>`_\n"
    )
    found = written(tmp_path, "a.rst", text)
    assert [link.url for link in found.links] == ["https://a.example/1"]
    assert any("https://a.example/2" in skip.text and skip.source.line for skip in found.skipped)
    assert "secret.example" not in str(found)


def test_plain_text(tmp_path: Path) -> None:
    """As OneTab exports it, and as people keep notes."""
    tabs = written(tmp_path, "tabs.txt", "https://a.example/1?x=1&copy=2 | One | Site\n\nhttps://a.example/2 | Two\n")
    assert [(link.url, link.title, link.section) for link in tabs.links] == [
        ("https://a.example/1?x=1&copy=2", "One | Site", ()),
        ("https://a.example/2", "Two", ()),
    ]
    notes = written(
        tmp_path,
        "notes.txt",
        "Go\nhttps://a.example/1 One tool\n- Two: https://a.example/2\n\nA title\nhttps://a.example/3\nwhat it says\n\n"
        "Reading\n\n1. https://a.example/4\n2. www.a.example/5 (fifth).\n",
    )
    assert [(link.url, link.title, link.description, link.section) for link in notes.links] == [
        ("https://a.example/1", "One tool", "", ("Go",)),
        ("https://a.example/2", "Two", "", ("Go",)),
        ("https://a.example/3", "A title", "what it says", ()),
        ("https://a.example/4", "a.example/4", "", ("Reading",)),
        ("http://www.a.example/5", "fifth", "", ("Reading",)),
    ]


def test_a_text_of_few_addresses_is_no_list_of_a_folder(tmp_path: Path) -> None:
    """A licence names its address; it is named as left out."""
    (tmp_path / "list.txt").write_text("https://a.example/1 | One\n")
    (tmp_path / "LICENSE.txt").write_text(
        "A licence\n\nof many words\nand lines\nsee https://licence.example/\n\nEnd\n"
    )
    found = read([tmp_path])
    assert [link.url for link in found.links] == ["https://a.example/1"]
    assert [skip.text for skip in found.skipped] == ["LICENSE.txt"]


@pytest.mark.parametrize("entry", ["- name: Ant\n  url: {}\n", "- url: {}\n  title: Ant\n  comment: bites\n"])
def test_a_list_of_entries_in_yaml(entry: str, tmp_path: Path) -> None:
    """Whichever field comes first."""
    found = written(tmp_path, "a.yaml", entry.format("https://a.example/1") * 2)
    assert [link.title for link in found.links] == ["Ant", "Ant"]


def test_a_folder_with_an_entry_a_file(tmp_path: Path) -> None:
    """Each is read by the names that people give fields; other addresses are further ones; settings are none."""
    (tmp_path / "servo.yml").write_text(
        "name: Servo\nwebsite_url: https://a.example/1\ndescription: Syncs files.\ntags: [Sync, File]\nlicenses: [MIT]\n"
        "source_code_url: https://git.example/servo\ndemo_url: https://a.example/demo\n"
    )
    (tmp_path / "two.yml").write_text("name: Two\nwebsite_url: https://a.example/2\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "_config.yml").write_text("title: A site\nurl: https://site.example\n")
    found = read([tmp_path])
    servo, two = found.links
    assert (servo.title, servo.url, servo.description, servo.tags) == (
        "Servo", "https://a.example/1", "Syncs files.", ("Sync", "File"),
    )  # fmt: skip
    assert [(one.kind, one.url) for one in servo.further] == [
        ("Source Code", "https://git.example/servo"),
        ("Demo", "https://a.example/demo"),
    ]
    assert two.title == "Two"
    assert [skip.text for skip in found.skipped] == ["_config.yml"]


def only(reading: Reading) -> Link:
    """Return the only link of a reading."""
    (link,) = reading.links
    return link


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", '<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><DT><A HREF="https://a.example" PRIVATE="1">A</A></DL>'),
        ("a.json", json.dumps([{"href": "https://a.example", "description": "A", "extended": "", "shared": "no"}])),
        ("a.csv", "url,title,private\nhttps://a.example,A,true\n"),
        ("a.csv", "url,title,shared\nhttps://a.example,A,no\n"),
        ("a.csv", "url,title,private\nhttps://a.example,A,ja\n"),
        ("a.xml", '<?xml version="1.0"?><posts><post href="https://a.example" description="A" private="ja"/></posts>'),
        ("a.yaml", "links:\n- url: https://a.example\n  title: A\n  private: true\n"),
    ],
)
def test_a_private_mark_is_read(tmp_path: Path, name: str, text: str) -> None:
    """In every format that has one, and in none where it says no; a word that is not known hides it too."""
    assert only(written(tmp_path, name, text)).private
    public = text.replace('PRIVATE="1"', 'PRIVATE="0"').replace("true", "false")
    public = public.replace('"no"', '"yes"').replace("A,no", "A,yes").replace("ja", "no")
    assert not only(written(tmp_path, name, public)).private


def test_tags_of_pinboard_are_parted_by_spaces(tmp_path: Path) -> None:
    """Which its tags cannot hold."""
    row = {"href": "https://a.example", "description": "A", "extended": "", "tags": "go cli"}
    assert only(written(tmp_path, "a.json", json.dumps([row]))).tags == ("go", "cli")


HOSTILE = {
    "brackets": "[" * 1_000_000,
    "links": "[[https://a.example][" * 30_000,
    "stars": "*a " * 100_000,
    "bars": "|a " * 100_000,
    "backticks": "`a " * 100_000,
    "angles": "<https://" * 60_000,
    "depth": "".join(" " * level + "- x\n" for level in range(2_000)),
    "headings": "".join("*" * level + " h\n" for level in range(1, 1_500)),
    "rows": "* \n" + "|-\n" * 20_000,
    "tasks": "* " + "TODO :a: " * 30_000,
    "clocks": "CLOCK: [2024-01-01" * 20_000,
    "lists": "<ul>" * 1_900 + "<p>x" + "- " * 90 + "x\n",
    "attributes": "".join(f":a{n}: {{a{n - 1}}}{{a{n - 1}}}\n" for n in range(1, 60)) + "{a59}",
}


@pytest.mark.alone
@pytest.mark.parametrize("suffix", [".rst", ".adoc", ".org", ".txt"])
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_page_costs_a_few_seconds_at_most(tmp_path: Path, kind: str, suffix: str) -> None:
    """It is read, or refused in a line that blames no reader."""
    start = time.process_time()
    refused = ""
    try:
        written(tmp_path, f"a{suffix}", HOSTILE[kind])
    except CatalogueError as error:
        refused = str(error)
    assert "failed on this file" not in refused
    assert "\n" not in refused
    assert time.process_time() - start < 4  # a second, and the cores may be shared


def test_entries_know_their_files(tmp_path: Path) -> None:
    """Pages of a folder keep their titles as sections, whatever markup they are in."""
    for name, text in PAGES.items():
        (tmp_path / name).write_text(text, "utf-8")
    entries: tuple[Entry, ...] = read([tmp_path]).entries
    assert {entry.link.section for entry in entries} == {("My list", "Tools")}
    assert {Path(entry.source.path).name for entry in entries} == set(PAGES)
