"""When two addresses are the same."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.catalogue.urls import host, is_web_url, normalise, path_of, query_of

SAME = [
    ("http://example.com/a", "https://example.com/a"),
    ("HTTPS://Example.COM/a", "https://example.com/a"),
    ("https://example.com/a/", "https://example.com/a"),
    ("https://example.com/", "https://example.com"),
    ("https://example.com/?q=1", "https://example.com?q=1"),
    ("https://example.com/a/?q=1", "https://example.com/a?q=1"),
    ("https://example.com:443/a", "http://example.com:80/a"),
    ("https://example.com./a", "https://example.com/a"),
    ("https://example.com/a?utm_source=x&utm_medium=y", "https://example.com/a"),
    ("https://example.com/a?id=1&fbclid=z", "https://example.com/a?id=1"),
    ("https://example.com/a?UTM_Source=x", "https://example.com/a"),
    ("https://example.com/a?ref_src=twsrc%5Etfw", "https://example.com/a"),
    ("https://example.com/a#", "https://example.com/a"),
    ("https://example.com/a#:~:text=word", "https://example.com/a"),
    (" https://example.com/a\n", "https://example.com/a"),
]
DIFFERENT = [
    ("https://example.com/a", "https://example.com/A"),
    ("https://example.com/a", "https://www.example.com/a"),
    ("https://example.com/a?id=1", "https://example.com/a?id=2"),
    ("https://example.com/a?a=1&b=2", "https://example.com/a?b=2&a=1"),
    ("https://example.com:8080/a", "https://example.com/a"),
    ("https://docs.google.com/spreadsheets/d/x/edit#gid=1", "https://docs.google.com/spreadsheets/d/x/edit#gid=2"),
    ("https://example.com/#/one", "https://example.com/#/two"),
    ("https://example.com/a?reference=1", "https://example.com/a"),
    ("ftp://example.com/a", "https://example.com/a"),
]
odd_urls = st.one_of(
    st.text(),
    st.text(alphabet="htps:/?#[]@&=.%\\ \tÄ1a-_", max_size=40).map(lambda rest: "https://" + rest),
    st.text(alphabet="/ ?#:&utm_x=80443.~", max_size=30).map(lambda rest: "http://a" + rest),
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same_page(one: str, other: str) -> None:
    """Scheme, case of the host, slashes at the end, tracking and empty fragments do not tell pages apart."""
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_pages(one: str, other: str) -> None:
    """Path, parameters, port and meaningful fragments do."""
    assert normalise(one) != normalise(other)


@given(odd_urls)
@example("http://[x")
@example("https://a:80:443")
@example("https://a/ ?utm_x=1")
@example("HTTP:// ?")
@example("https://a. ?")
def test_never_raises_and_is_stable(url: str) -> None:
    """Any text may be asked about, and the normal form is its own normal form."""
    once = normalise(url)
    assert normalise(once) == once
    assert host(once) == host(url)
    assert isinstance(is_web_url(url), bool)
    assert not path_of(url).endswith("/")
    assert "utm_x" not in query_of(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.Example.com:8080/a", "example.com"),
        ("https://user:secret@example.com/a", "example.com"),
        ("https://example.com?x=http://other.org", "example.com"),
        ("https://[::1]:80/a", "[::1]"),
        ("https://[2001:db8::7]:8443/a", "[2001:db8::7]"),
        ("https://[2001:db8::7]/a", "[2001:db8::7]"),
        ("mailto:a@example.com", ""),
        ("", ""),
    ],
)
def test_host(url: str, expected: str) -> None:
    """The host comes in lower case, without `www.`, user and port."""
    assert host(url) == expected


@pytest.mark.parametrize("url", ["http://example.com", "https://wiki/page", "HTTPS://example.com/ä"])
def test_web_url(url: str) -> None:
    """Only http and https lead to the web; names of an intranet are fine."""
    assert is_web_url(url)


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "javascript:alert(1)", "ftp://x.org", "https://", "https:///a", "https://…", "https://a b.org",
     "https://a.org/\n", "mailto:a@b.org", "#top", "/a"],
)  # fmt: skip
def test_no_web_url(url: str) -> None:
    """Other schemes, no host, white space inside: not an address to show to people."""
    assert not is_web_url(url)
