"""The text of a file, whatever wrote it."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.catalogue.charsets import WEB_CODECS, codec_of
from index.catalogue.decoding import page_of
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


@pytest.mark.parametrize(
    ("header", "body", "text"),
    [
        ("text/html", "<p>Über</p>".encode(), "<p>Über</p>"),
        ("text/html; charset=ISO-8859-1", "<p>“Über”</p>".encode("cp1252"), "<p>“Über”</p>"),
        ("text/html; charset = 'Shift_JIS'", "日本語".encode("cp932"), "日本語"),
        (
            "text/html",
            b'<meta charset="windows-1251">' + "Привет".encode("cp1251"),
            '<meta charset="windows-1251">Привет',
        ),
        ("text/html; charset=utf-8", "\ufeffÜ".encode("utf-16"), "\ufeffÜ"),
        ("text/html; charset=utf-16le", "Ü".encode("utf-16-le"), "Ü"),
        ("text/html", '<meta charset="utf-16">Ü'.encode(), '<meta charset="utf-16">Ü'),
        ("text/html; charset=gb2312", "一个工具".encode("gb18030"), "一个工具"),
    ],
)
def test_a_page_is_decoded_as_a_browser_does(header: str, body: bytes, text: str) -> None:
    """By its mark, its header, what it names near its beginning; Latin-1 means Windows' superset of it."""
    assert page_of(header, body) == text


@pytest.mark.parametrize(
    "label",
    ["punycode", "idna", "zip", "zlib", "bz2", "hex", "rot13", "uu", "utf-7", "unicode_escape", "raw_unicode_escape",
     "undefined", "mbcs", "cp037", "utf-32", "hz-gb-2312", "iso-2022-kr", "aliases", "__init__", "x" * 40],
)  # fmt: skip
def test_no_encoding_but_the_webs_is_looked_up(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has codecs that are no encodings of text, and some whose time grows with the square of the page's length."""
    body = f"<meta charset={label}>".encode() + b"caf\xc3\xa9 +AGE- a-" * 1_000
    expected = body.decode()
    monkeypatch.setattr(codecs, "lookup", None)
    for header in ("text/html", f"text/html; charset={label}"):
        assert page_of(header, body) == expected


def test_every_label_is_one_that_python_decodes() -> None:
    """The names of the codecs are Python's own."""
    for codec in WEB_CODECS:
        assert isinstance(b"abcd".decode(codec, "replace"), str)
    assert (codec_of("UTF8 "), codec_of("latin1"), codec_of("rot13"), codec_of("")) == ("utf-8", "cp1252", None, None)


@settings(max_examples=60)
@given(header=st.text(max_size=40), body=st.binary(max_size=400))
def test_any_page_is_text(header: str, body: bytes) -> None:
    """Whatever the bytes, and whatever they say that they are."""
    assert isinstance(page_of(f"text/html; charset={header}", body), str)
