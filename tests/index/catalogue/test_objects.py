"""Reading JSON: backups of browsers and services, and lists of objects as people write them."""

import json
from datetime import date
from pathlib import Path

import pytest

from index.catalogue.formats.objects import read_objects
from index.catalogue.link import Link, Reading
from index.catalogue.read import read
from index.errors import CatalogueError

URL = "https://a.example/1?x=1&y=2"


def read_json(value: object) -> Reading:
    """Read a value that is written as JSON."""
    return read_objects(json.dumps(value, indent=1), "x.json", name="x")


@pytest.mark.parametrize(
    "value",
    [
        [{"url": URL, "title": "Ant", "description": "Bites.", "tags": ["go", "cli"], "date": "2020-01-01"}],
        {"Tools": [{"link": URL, "name": "Ant", "notes": "Bites.", "tags": "go, cli", "created": 1577880000}]},
        [
            {
                "href": URL, "description": "Ant", "extended": "Bites.", "tags": "go,cli", "time": "2020-01-01T10:00:00Z",
                "shared": "no",
            }
        ],
        {"data": {"items": [{"url": URL, "title": "Ant", "excerpt": "Bites.", "savedAt": "2020-01-01T10:00:00.000Z",
                             "labels": [{"name": "go"}, {"name": "cli"}]}]}},
        {
            "guid": "root", "title": "", "children": [
                {"title": "toolbar", "children": [
                    {"title": "Ant", "uri": URL, "dateAdded": 1577880000000000, "tags": "go,cli", "description": "Bites."}
                ]}
            ],
        },
    ],
)  # fmt: skip
def test_one_link_however_it_is_kept(value: object) -> None:
    """By the names that services give the fields; dates in any part of a second."""
    (link,) = read_json(value).links
    assert (link.url, link.title, link.description, link.tags, link.added) == (
        URL, "Ant", "Bites.", ("go", "cli"), date(2020, 1, 1),
    )  # fmt: skip


def test_folders_and_names_of_lists_are_sections() -> None:
    """Of a backup the titles around a bookmark, of a file of lists their keys."""
    backup = {
        "roots": {
            "bookmark_bar": {"name": "Bar", "children": [{"name": "Go", "children": [{"name": "A", "url": URL}]}]}
        }
    }
    assert read_json(backup).links[0].section == ("bookmark_bar", "Bar", "Go")
    # As Chromium counts: microseconds from 1601.
    assert read_json([{"url": URL, "date_added": "13350000000000000"}]).links[0].added == date(2024, 1, 17)
    assert read_json({"Tools": {"Parsers": [{"url": URL, "title": "A"}]}}).links[0].section == ("Tools", "Parsers")


def test_lines_are_those_of_the_addresses() -> None:
    """Also where two are the same."""
    text = '[\n {"url": "https://a.example/1"},\n {"url": "https:\\/\\/b.example"},\n {"url": "https://c.example/1"}\n]'
    found = read_objects(text, "x.json", name="x")
    assert [(entry.link.url, entry.source.line) for entry in found.entries][::2] == [
        ("https://a.example/1", 2),
        ("https://c.example/1", 4),
    ]


def test_json_lines_and_our_own_form(tmp_path: Path) -> None:
    """A value a line; the native form is YAML, which JSON is too."""
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"url": "https://a.example", "title": "A"}\n\n{"url": "https://b.example", "title": "B"}\n')
    assert [link.title for link in read([lines]).links] == ["A", "B"]
    native = tmp_path / "a.json"
    native.write_text('{"format": 1, "links": [{"url": "https://a.example", "title": "A", "stars": 2}]}')
    assert read([native]).links == (Link(url="https://a.example", title="A", stars=2),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[{]", "x.json:1: this is not valid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"url": 1}\n{', "x.json:2: this is not"),
        ('{"url": 1}\n\n{"url": 2}\nno', "x.json:4: this is not"),
    ],
)
def test_what_is_no_json_is_refused(text: str, says: str) -> None:
    """One line."""
    with pytest.raises(CatalogueError, match=says):
        read_objects(text, "x.json", name="x")
