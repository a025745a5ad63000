"""The text of a file, whatever wrote it."""

from pathlib import Path

import pytest

from index.catalogue.read import read


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("utf-8-sig", "Über"),
        ("utf-16", "Über"),
        ("utf-16-le", "Über die Dinge"),
        ("utf-16-be", "Über die Dinge"),
        ("cp1252", "Café des Élèves"),
        ("cp1251", "Хороший сайт про кошек"),
        ("shift_jis", "日本語のページ"),
        ("gb18030", "一个工具。很好用"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_are_told_apart(tmp_path: Path, encoding: str, title: str, end: str) -> None:
    """With or without a mark, and with any line ends."""
    path = tmp_path / "list.md"
    path.write_bytes(f"# L{end}{end}- [{title}](https://a.example) - it is{end}".encode(encoding))
    (entry,) = read([path]).entries
    assert (entry.link.title, entry.link.description, entry.source.line) == (title, "it is", 3)


def test_a_stray_nul_is_dropped(tmp_path: Path) -> None:
    """Editors leave one at times; a file that is full of them is no text."""
    path = tmp_path / "list.md"
    path.write_bytes(b"- [Ant\0](https://a.example) - bites.\n" + b"text\n" * 400)
    assert read([path]).links[0].title == "Ant"
