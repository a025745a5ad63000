"""What a page says of itself, whatever it looks like."""

import time
from contextlib import suppress

import pytest

from index.catalogue.pages.page_text import (
    MAX_DESCRIPTION,
    MAX_HEADING,
    MAX_HEADINGS,
    MAX_TITLE,
    NoPageTextError,
    PageText,
    page_text,
)

URL = "https://docs.example.org/networking/policies"
PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Isolating namespaces | Example Docs</title>
<meta property="og:site_name" content="Example Docs"><meta property="og:description" content="For social networks">
<meta name="description" content="How to keep pods of one namespace
  from those of another."><script>var title = "<h1>No heading</h1>"</script></head>
<body class="no-sidebar"><header role="banner"><h2>Example Docs</h2></header><nav><h2>Navigation Menu</h2></nav>
<div id="cookie-consent"><h2>We value your privacy</h2></div>
<div class="content with-sidebar"><h1>Isolating namespaces <a href="#x">#</a></h1><p>Words of the page.</p>
<h2 class="sr-only">Skip to content</h2><h2>Default <code>deny</code> ¶</h2><h3>Egress</h3><h4>Too deep</h4></div>
<aside><h3>Related posts</h3></aside><div class="newsletter-box"><h3>Stay up to date</h3></div>
<div hidden><h2>Hidden</h2></div><footer><h2>Footer</h2></footer></body></html>"""


def test_a_page_is_read_without_what_is_beside_its_text() -> None:
    """Title without the site's name, the description in one line, three levels of headings, no menus and banners."""
    assert page_text(URL, PAGE) == PageText(
        title="Isolating namespaces",
        description="How to keep pods of one namespace from those of another.",
        headings=("Isolating namespaces", "Default deny", "Egress"),
        language="en-gb",
    )


@pytest.mark.parametrize(
    ("url", "title", "expected"),
    [
        ("https://medium.com/@ann/x", "How we run it | by Ann | Medium", "How we run it | by Ann"),
        ("https://github.com/ann/tool", "GitHub - ann/tool: Runs it · GitHub", "ann/tool: Runs it"),
        ("https://blog.example.co.uk/x", "Example: a day in - and out - of the office", "a day in - and out - of the office"),
        ("https://example.org/x", "Home", ""),
        ("https://example.org/x", "C++ – Notes", "C++ – Notes"),
        ("https://example.org/x", "日本語の記事｜例", "日本語の記事｜例"),
        ("https://example.org/x", "  Fish &amp; <b>chips</b>  ", "Fish & <b>chips</b>"),
    ],
)  # fmt: skip
def test_a_title_is_without_the_names_of_its_site(url: str, title: str, expected: str) -> None:
    """By its host, at both ends; what is inside a title stays."""
    assert page_text(url, f"<title>{title}</title><h1>Something</h1>").title == expected


def test_the_title_for_social_networks_counts_where_it_is_a_part_of_the_title() -> None:
    """It has no site's name; another one is advertising."""
    of = '<title>{}</title><meta property="og:title" content="{}">'
    assert page_text(URL, of.format("Policies (Ann's corner)", "Policies")).title == "Policies"
    assert page_text(URL, of.format("Policies", "You will not believe this")).title == "Policies"
    assert page_text(URL, of.format("", "Policies")).title == "Policies"


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ("", "says nothing of itself"),
        ("%PDF-1.7 binary", "says nothing of itself"),
        ("<title> </title><h1>404</h1>", "says nothing of itself"),
        ('<title>Redirecting…</title><meta http-equiv="Refresh" content="0; url=/new">', "leads on to another"),
        ('<title>Welcome back</title><form><input type="password"></form>', "asks to sign in"),
        ("<div>" * 3_000, "nests 3,000 elements"),
    ],
)
def test_what_has_no_text_says_why(markup: str, reason: str) -> None:
    """So that the command can count it."""
    with pytest.raises(NoPageTextError, match=reason):
        page_text(URL, markup)


def test_texts_are_bounded_and_in_one_line() -> None:
    """Whatever a page holds: no text is long, has a control character or cannot be written as UTF-8."""
    words = "word\x00 \ud800\u202eother\n" * 500
    headings = "".join(f"<h2>{number} {words}</h2>" for number in range(90))
    found = page_text(URL, f"<title>{words}</title><meta name=description content='{words}'>{headings}")
    assert len(found.title) <= MAX_TITLE
    assert len(found.description) <= MAX_DESCRIPTION
    assert len(found.headings) == MAX_HEADINGS
    for text in (found.title, found.description, *found.headings):
        text.encode()
        assert text == " ".join(text.split())
        assert "\0" not in text
    assert max(map(len, found.headings)) <= MAX_HEADING


def test_a_wrong_language_is_none() -> None:
    """Only what looks like a tag is kept."""
    assert page_text(URL, "<html lang='{{ lang }}'><title>T words</title>").language == ""
    assert page_text(URL, "<title>T words</title><meta property=og:locale content=pt_BR>").language == "pt-br"


SIZE = 256 * 1024
HOSTILE = {
    "anchors": "<a href=x>y",
    "attributes": "<p " + " ".join(f"a{number}=1" for number in range(30_000)) + ">",
    "bold": "<p><b></p></b>",
    "classes": "<div class='" + "sr-" * 90_000 + "'><h1>x",
    "comments": "<!--",
    "divs in headings": "<div><h1>" * 900 + "x</h1></div>" * 900,
    "entities": "&amp",
    "headings": "<h1>x</h1>",
    "less": "<",
    "list": "<li>x",
    "meta": "<meta name=description content=x>",
    "mojibake": "<title>" + "â€" * 90_000,
    "rows": "<table><tr><td>x</table>",
    "scripts": "<script>",
    "separators": "<title>" + "a - " * 60_000,
    "spaces": "<title>a" + " " * SIZE + "b</title>",
    "unclosed": "</p></b>",
}


@pytest.mark.alone
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_takes_seconds_at_most(name: str) -> None:
    """A quarter of a megabyte of anything: it is read, or has no text."""
    markup = (HOSTILE[name] * (SIZE // len(HOSTILE[name]) + 1))[:SIZE]
    before = time.process_time()
    with suppress(NoPageTextError):
        page_text(URL, markup)
    assert time.process_time() - before < 4  # a second, and the cores may be shared
