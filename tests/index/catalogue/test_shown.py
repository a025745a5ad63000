"""Nothing is lost in silence: each link that a browser shows is an entry, or is left out for one of the named reasons."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from index.catalogue.link import Reason
from index.catalogue.merge import merge
from index.catalogue.read import read

SAMPLES = Path(__file__).parent / "samples"
LISTS = Path(__file__).parents[3].parent / "shared" / "catalogues" / "fields"
#: Every way to write a link, one below the other.
MIXTURE = """# Mixture

<p align="center"><a href="https://n.example/1">Home</a> | <a href="https://n.example/2"><img src="l.png" alt="x"></a></p>

Text with [a link](https://n.example/3), <https://n.example/4> and <a href='https://n.example/5'>another</a>.

- [Ant](https://n.example/6) - Bites. ([Source Code](https://n.example/7), [Demo](https://n.example/8)) by [A. B](https://n.example/9)
  > [Quoted](https://n.example/10) in an item
- <a href="https://n.example/11"><b>Bee</b></a> [![build](https://img.shields.io/x)](https://n.example/12)
- [Other](other.md), [here](#here), [mail](mailto:a@n.example), [slashes](//n.example/13)

| A | B |
|---|---|
| [Cat](https://n.example/14) | <ul><li><a href="https://n.example/15">Dog</a></li></ul> |

<details><summary>More <a href="https://n.example/16">links</a></summary>

1. [Eel][ref]

</details>

<dl><dt><a href="https://n.example/17">Fox</a></dt><dd>runs like <a href="https://n.example/18">this</a></dd></dl>

> [!TIP]
> See [Gnu](https://n.example/19)

<pre><a href="https://n.example/20">code</a></pre>

## [Hen](https://n.example/21)

Clucks.

[ref]: https://n.example/22
"""


class _Anchors(HTMLParser):
    """Collects what anchors lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an anchor."""
        if tag == "a" and (address := dict(attrs).get("href")):
            self.addresses.add(address)


class _Plain(MarkdownIt):
    """Renders addresses as they are written."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """Leave an address as it is."""
        return url

    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Take every address for one."""
        return True


def shown_in(text: str) -> set[str]:
    """Return the addresses that a browser shows of a Markdown text, by a parser of HTML that the reader does not use."""
    anchors = _Anchors()
    anchors.feed(_Plain("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))
    return anchors.addresses


def check(path: Path) -> int:
    """Hold a list against what a browser shows of it; return how many links that are."""
    shown = shown_in(path.read_text("utf-8"))
    found = read([path])
    read_as = {entry.link.url for entry in found.entries}
    left_out = {skip.text.removesuffix(")").rpartition("(")[2] for skip in found.skipped}
    lost = {
        address
        for address in shown - read_as - left_out
        if not any(skip.text.endswith((address, f"{address})")) for skip in found.skipped)
    }
    assert lost == set()
    assert {skip.reason for skip in found.skipped} <= set(Reason)
    return len(shown)


def test_every_link_of_a_mixture_is_accounted_for(tmp_path: Path) -> None:
    """Twenty-two of the web, and those that lead elsewhere."""
    path = tmp_path / "mixture.md"
    path.write_text(MIXTURE, "utf-8")
    assert check(path) == 25
    assert check(SAMPLES / "list.md") > 20


@pytest.mark.slow
@pytest.mark.skipif(not LISTS.exists(), reason="the real lists are not beside this checkout")
def test_every_link_of_real_lists_is_accounted_for() -> None:
    """Twenty-three lists of many fields."""
    lists = [path for path in sorted(LISTS.glob("*.md")) if path.name != "README.md"]
    assert len(lists) == 23
    assert sum(map(check, lists)) > 15_000


def test_projects_with_several_links_are_one_link_each(tmp_path: Path) -> None:
    """Three hundred with Source Code, Demo and Clients: five results are five projects."""
    path = tmp_path / "software.md"
    items = (
        f"- [Tool {n}](https://t{n}.example) - Does {n}. ([Source Code](https://c.example/{n}), "
        f"[Demo](https://d.example/{n}), [Clients](https://k.example/{n})) `MIT` `Go`"
        for n in range(300)
    )
    path.write_text("# Software\n\n" + "\n".join(items), "utf-8")
    links = merge(read([path]).entries)
    assert [link.title for link in links] == [f"Tool {n}" for n in range(300)]
    assert all(len(link.further) == 3 for link in links)
    assert {link.description[-6:] for link in links} == {"MIT Go"}
