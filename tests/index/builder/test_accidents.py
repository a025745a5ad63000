"""Edits that look like accidents: each is stopped with file and line, and what curators do every day is not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from index.builder.accidents import CatalogueEdit, objections
from index.builder.diff import ChangedLink, LinkDiff
from index.catalogue.link import Entry, Link, Reading, Source, Status
from index.catalogue.merge import merge
from index.catalogue.read import read
from tests.support import ROOT

SHIPPED = ROOT / "data" / "catalogue"
LINK = Link(url="https://cilium.io/blog/ebpf", title="eBPF explained", publisher="cilium.io", section=("Cilium",))


def edit_of(before: Reading, after: Reading, *, places: bool = True) -> CatalogueEdit:
    """Return what a build sees of a change."""
    old, new = merge(before.entries), merge(after.entries)
    by_url, now = {link.url: link for link in old}, {link.url: link for link in new}
    where = {entry.link.url: entry.source for entry in reversed(before.entries)}
    return CatalogueEdit(
        entries=after.entries,
        before=old,
        places=[where[link.url] for link in old] if places else (),
        links=LinkDiff(
            added=tuple(link for link in new if link.url not in by_url),
            removed=tuple(link for link in old if link.url not in now),
            changed=tuple(
                ChangedLink(before=by_url[link.url], after=link)
                for link in new
                if link.url in by_url and by_url[link.url] != link
            ),
        ),
    )


def reading(*links: Link, path: str = "list.yaml") -> Reading:
    """Return links as one file gives them, four lines each."""
    entries = [Entry(link=link, source=Source(path=path, line=4 * row + 3)) for row, link in enumerate(links)]
    return Reading(name="list", entries=tuple(entries))


def joined(*readings: Reading) -> Reading:
    """Return the reading of several files."""
    return Reading(name="list", entries=tuple(entry for one in readings for entry in one.entries))


def links(count: int, section: str, *, start: int = 0) -> tuple[Link, ...]:
    """Return links of one section."""
    rows = range(start, start + count)
    return tuple(
        Link(url=f"https://{section}.example/{row}", title=f"{section} {row}", section=(section,)) for row in rows
    )


def said(edit: CatalogueEdit) -> list[str]:
    """Return what is objected to, as people read it."""
    return [str(objection) for objection in objections(edit)]


def test_a_section_that_is_gone_is_named_with_the_line_it_followed() -> None:
    """The line is that of the link before it, as the file is now."""
    before = reading(*links(5, "one"), *links(3, "two"), *links(5, "three"))
    after = reading(*links(5, "one"), *links(5, "three"))
    assert said(edit_of(before, after)) == [
        "list.yaml:19: the section 'two', which stood here, is gone with its 3 links"
    ]
    assert said(edit_of(before, after, places=False))[0].startswith("list.yaml:19: ")


def test_a_section_with_parts_is_named_once() -> None:
    """Not again for each heading below it."""
    parts = [replace(link, section=("one", "part")) for link in links(3, "part")]
    rest = links(9, "rest")
    found = said(edit_of(reading(*links(2, "one"), *parts, *rest), reading(*rest)))
    assert found == ["list.yaml:3: the section 'one', which stood here, is gone with its 5 links"]


def test_a_section_that_was_renamed_or_moved_is_fine() -> None:
    """Its links are still there."""
    before = reading(*links(5, "one"), *links(3, "two"))
    after = reading(*links(5, "one"), *(replace(link, section=("renamed",)) for link in links(3, "two")))
    assert said(edit_of(before, after)) == []


def test_everyday_edits_are_fine() -> None:
    """A link less in a section, one more, other words, a section of one link gone."""
    before = reading(*links(5, "one"), *links(1, "lonely"), *links(4, "two"))
    changed = replace(links(1, "one")[0], title="Other words", description="x", stars=2)
    after = reading(changed, *links(3, "one", start=1), *links(9, "two"), *links(2, "new"))
    assert said(edit_of(before, after)) == []


def test_most_links_gone_is_said_first() -> None:
    """With the place of the first that is gone."""
    before = reading(*links(9, "one"))
    assert said(edit_of(before, reading(*links(4, "one"))))[0] == "list.yaml:15: 5 of the catalogue's 9 links are gone"


@pytest.mark.parametrize(
    ("served", "gone", "refused"), [(1, 0, True), (4, 0, True), (3, 3, True), (5, 0, False), (5, 1, False)]
)
def test_what_would_be_served_counts_and_not_what_was_read(*, served: int, gone: int, refused: bool) -> None:
    """Links that the checks call hijacked are in the list and in no answer."""
    old = links(10, "one")
    after = reading(*old[: 10 - gone])
    kept = old[:served]
    edit = replace(edit_of(reading(*old), after), served=kept, links=LinkDiff(removed=old[served:]))
    also = f", and {gone} are gone" if gone else ""
    left_out = "would be left out, as another page is there"
    said_first = f"{10 - served - gone} of the catalogue's 10 links {left_out}{also}; check them once more"
    assert [said_first in line for line in said(edit)] == [True] * refused


@pytest.mark.parametrize(("served", "refused"), [(1, True), (4, True), (5, False), (10, False)])
def test_a_first_index_that_leaves_most_links_out_is_stopped(*, served: int, refused: bool) -> None:
    """There is nothing to compare with but the list itself; later builds compare with what is served."""
    read_now = reading(*links(10, "one"))
    edit = CatalogueEdit(entries=read_now.entries, served=links(served, "one"), is_first=True)
    found = said(edit)
    assert len(found) == refused
    if refused:
        place = f"list.yaml:{4 * served + 3}"
        assert found[0].startswith(
            f"{place}: {10 - served} of the catalogue's 10 links would be left out, as another page is there; check"
        )
    assert said(replace(edit, is_first=False)) == []


@pytest.mark.parametrize(("died", "were", "refused"), [(6, 0, True), (5, 0, False), (1, 8, False), (0, 0, False)])
def test_links_that_all_died_at_once_are_stopped(*, died: int, were: int, refused: bool) -> None:
    """They may be hidden from answers; those that were dead before are no news, and a few at a time are everyday."""
    old = tuple(
        replace(link, status=Status.DEAD if row >= 10 - were else Status.ALIVE)
        for row, link in enumerate(links(10, "one"))
    )
    new = tuple(replace(link, status=Status.DEAD) if row < died else link for row, link in enumerate(old))
    found = said(edit_of(reading(*old), reading(*new)))
    assert [line.partition(": ")[2].partition(";")[0] for line in found] == [
        f"{died} of the catalogue's 10 links are said to be dead, and were not before"
    ] * refused


@pytest.mark.parametrize(("content", "line"), [("format: 1\nname: b\nlinks: []\n", 3), ("# A list without links\n", 1)])
def test_an_emptied_list_is_named_with_its_line(tmp_path: Path, content: str, line: int) -> None:
    """The field `links`, or the first line of a page."""
    path = tmp_path / "b.yaml"
    path.write_text(content)
    kept = reading(*links(9, "one"), path="a.yaml")
    before = joined(kept, reading(*links(4, "one", start=9), path=str(path)))
    assert said(edit_of(before, kept)) == [f"{path}:{line}: the list is empty; it had 4 links"]


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    """Where its first link stood; a file that got another name is fine."""
    kept, file = reading(*links(9, "one"), path="a.yaml"), links(4, "one", start=9)
    before = joined(kept, reading(*file, path=str(tmp_path / "b.yaml")))
    assert said(edit_of(before, kept)) == [f"{tmp_path / 'b.yaml'}:3: the file is gone; it had 4 links"]
    assert said(edit_of(before, joined(kept, reading(*file, path="renamed.yaml")))) == []


def test_a_file_under_two_names_is_named() -> None:
    """Also on the first build, when there is nothing to compare with."""
    one, copy = reading(*links(9, "one"), path="a.yaml"), reading(*links(9, "one"), path="a copy.yaml")
    found = said(CatalogueEdit(entries=joined(one, copy).entries))
    assert found == ["a copy.yaml:3: 9 of the 9 links of this file stand in a.yaml too; remove one of them"]
    some = reading(*links(4, "one"), *links(5, "other"), path="b.yaml")
    assert said(CatalogueEdit(entries=joined(one, some).entries)) == []


@pytest.mark.parametrize(
    ("old", "url", "stopped"),
    [
        (LINK, "https://cilium-io.example/blog/ebpf", True),
        (LINK, "https://medium.com/@somebody/ebpf", True),
        (LINK, "https://docs.cilium.io/ebpf", False),
        (LINK, "https://isovalent.com/blog/ebpf", False),
        (replace(LINK, status=Status.MOVED), "https://ebpf.example/", False),
        (replace(LINK, status=Status.HIJACKED), "https://ebpf.example/", False),
        (replace(LINK, url="https://old.example/x"), "https://cilium.io/x", False),
        (replace(LINK, url="https://github.com/cilium/cilium"), "https://github.com/nobody/cilium", True),
        (replace(LINK, url="https://github.com/cilium/cilium"), "https://github.com/cilium/ebpf", False),
        (replace(LINK, url="https://medium.com/@ann/x"), "https://ann.medium.com/x", False),
        (replace(LINK, url="https://ann.medium.com/x"), "https://bob.medium.com/x", True),
        (replace(LINK, url="https://youtube.com/watch?v=1"), "https://youtu.be/1", False),
    ],
)
def test_a_title_that_leads_to_another_owner_is_stopped(old: Link, url: str, *, stopped: bool) -> None:
    """Another site, another account of a platform; not the same owner's other address, nor one that had to be mended."""
    rest = links(5, "rest")
    found = said(edit_of(reading(*rest, old), reading(*rest, replace(old, url=url))))
    assert bool(found) == stopped, found
    assert all(one.startswith("list.yaml:23: 'eBPF explained' leads to ") for one in found)


def drop_section(text: str) -> str:
    """Remove the links of the section on DNS."""
    head, *entries = text.split("\n- url:")
    return "\n- url:".join([head, *(entry for entry in entries if "section: [DNS Service with CoreDNS]" not in entry)])


def swap_owner(text: str) -> str:
    """Let a title lead to somebody else's site."""
    return text.replace("url: https://www.ovh.com/blog/", "url: https://www.ovh-blog.example/blog/", 1)


@pytest.mark.parametrize(
    ("spoil", "line"),
    [(drop_section, "the section 'DNS Service with CoreDNS'"), (swap_owner, "led to ovh.com, another owner's")],
)
def test_bad_edits_of_the_shipped_catalogue_are_stopped(tmp_path: Path, spoil: Callable[[str], str], line: str) -> None:
    """With file and line; the catalogue as it is shipped has nothing against it."""
    (file,) = SHIPPED.glob("*.yaml")
    copy = tmp_path / file.name
    copy.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    before = read([copy])
    assert said(edit_of(before, before)) == []
    copy.write_text(spoil(copy.read_text(encoding="utf-8")), encoding="utf-8")
    (found,) = said(edit_of(before, read([copy])))
    assert line in found
    place = found.split(": ", 1)[0]
    assert place.startswith(f"{copy}:")
    assert int(place.rpartition(":")[2]) > 1
