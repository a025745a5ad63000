"""Of a list with translations one is read, and the others are named."""

from pathlib import Path

import pytest

from index.catalogue.read import Root, read
from index.catalogue.sources.sources import LocalSource, read_source_list
from index.catalogue.translations import other_translations


def read_of(names: list[str], language: str = "") -> list[str]:
    """Return which of the files are read."""
    files = [Path(name) for name in names]
    left_out = other_translations(files, language)
    return [name for name in names if Path(name) not in left_out]


README = ["README.md", "README.de.md", "README-zh_CN.md", "README_pt-BR.md", "docs/guide.md"]


@pytest.mark.parametrize(
    ("names", "language", "expected"),
    [
        (README, "", ["README.md", "docs/guide.md"]),
        (README, "de", ["README.de.md", "docs/guide.md"]),
        (README, "zh-CN", ["README-zh_CN.md", "docs/guide.md"]),
        (README, "zh", ["README-zh_CN.md", "docs/guide.md"]),
        (README, "fr", ["README.md", "docs/guide.md"]),
        (["README-cn.md", "README.md"], "", ["README.md"]),
        (["list-en.md", "list-fr.md"], "", ["list-en.md"]),
        (["docs/a.md", "docs/zh/a.md", "docs/zh/b.md"], "", ["docs/a.md", "docs/zh/b.md"]),
        (["docs/en/a.md", "docs/fr/a.md"], "fr", ["docs/fr/a.md"]),
        (["books-de.md", "books-fr.md", "books-es.md"], "", ["books-de.md", "books-fr.md", "books-es.md"]),
        (["aws.md", "aws-ai.md", "ci.md"], "", ["aws.md", "aws-ai.md", "ci.md"]),
    ],
)  # fmt: skip
def test_one_language_is_read(names: list[str], language: str, expected: list[str]) -> None:
    """The one that is asked for, else the one without a language, else English; many lists are no translations."""
    assert read_of(names, language) == expected


def test_a_source_says_its_language(tmp_path: Path) -> None:
    """In a file of sources; the others are reported."""
    (tmp_path / "README.md").write_text("- [Ant](https://a.example)\n", "utf-8")
    (tmp_path / "README.de.md").write_text("- [Ameise](https://a.example)\n", "utf-8")
    listed = read_source_list(f"sources:\n- path: {tmp_path}\n  language: de\n", tmp_path / "sources.yaml")
    (source,) = listed.sources
    assert isinstance(source, LocalSource)
    assert source.language == "de"
    found = read([Root(path=source.path, language=source.language)])
    assert [link.title for link in found.links] == ["Ameise"]
    assert [(skip.text, skip.reason) for skip in found.skipped] == [
        ("README.md", "the list in another language (its first); README.de.md is read")
    ]
    (skip,) = read([tmp_path]).skipped
    assert skip.reason.endswith("README.md is read: `language: de` of its source reads this one")
