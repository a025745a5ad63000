"""Text in and out: nothing a person or a catalogue writes can notify, link or break a message."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.text import (
    clamp,
    clean,
    decode,
    escape,
    escape_clamped,
    links_in,
    mrkdwn_link,
    one_line,
    safe_url,
    urls_of_message,
)

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("<>&|!@#*_~`\n\x00\u202e\ufeff é漢🌟"), st.characters(exclude_categories=()), st.characters()
    )
)
ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


@given(HOSTILE)
def test_escaped_text_is_inert_and_comes_back_as_it_was(text: str) -> None:
    """No bracket is left, every ampersand starts an entity, and unescaping gives the text back."""
    escaped = escape(text)
    assert "<" not in escaped
    assert ">" not in escaped
    assert not ENTITY.search(escaped)
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text


@given(HOSTILE, st.integers(min_value=1, max_value=60))
def test_a_clamp_after_escaping_never_cuts_an_entity(text: str, limit: int) -> None:
    """The result is within the limit and every entity in it is whole."""
    clamped = escape_clamped(text, limit)
    assert len(clamped) <= limit
    assert not ENTITY.search(clamped)


@given(HOSTILE, st.integers(min_value=0, max_value=60))
def test_a_clamp_is_within_its_limit(text: str, limit: int) -> None:
    """With the ellipsis counted."""
    assert len(clamp(text, limit)) <= limit


@given(HOSTILE)
def test_clean_text_can_be_encoded(text: str) -> None:
    """Lone surrogates, NUL and reading-direction overrides are gone."""
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert not set(cleaned) & set("\x00\u202e\ufeff")
    assert "\n" not in one_line(text)


@given(HOSTILE)
def test_a_link_has_one_target_whatever_its_title(title: str) -> None:
    """The title cannot end the link early or add another one."""
    link = mrkdwn_link("https://example.org/?a=1&b=2", title, 200)
    assert link.startswith("<https://example.org/?a=1&amp;b=2")
    assert link.count("<") == 1
    assert link.count(">") == 1
    assert link.endswith(">")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "//example.org/",
        "https://",
        "https:///path",
        "http://[::1",
        "",
        "https://example.org/\x00",
        "https://example.org/\ud800",
        "https://example.org/\tx",
        "https://example.org/" + "a" * 3_000,
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Only http and https, with a host, of a length that Slack takes."""
    assert safe_url(url) is None


@pytest.mark.parametrize(
    "url",
    ["https://example.org", "HTTP://Example.org/ä?q=%20#f", "https://example.org/(a)_[b];c=d&e=f'~*`", "http://[::1]/"],
)
def test_a_web_address_stays_byte_for_byte(url: str) -> None:
    """Case, encoding, fragment and all."""
    assert safe_url(url) == url


def test_what_would_end_a_link_is_percent_encoded() -> None:
    """Slack's own separators cannot stand in an address."""
    assert safe_url("https://example.org/a|b <c>") == "https://example.org/a%7Cb%20%3Cc%3E"


@given(st.text(max_size=80))
def test_a_safe_url_never_holds_a_separator(rest: str) -> None:
    """Whatever follows the host."""
    url = safe_url(f"https://example.org/{rest}")
    assert url is None or not set(url) & set('|<> "\n\x00')


def test_a_message_is_decoded_as_its_author_sees_it() -> None:
    """Mentions of the bot go, labels stay, entities are characters again."""
    text = "<@UBOT> see <https://a.example/x?y=1&amp;z|the docs> &amp; <#C1|general> <@U2|ann> <!here> 1 &lt; 2"
    assert decode(text, drop_user="UBOT") == "see the docs & #general @ann 1 < 2"


def test_only_the_bots_own_mention_is_dropped() -> None:
    """Also where it carries a name, and where it stands more than once."""
    assert decode("<@UBOT|signpost> <@UBOT> network policy", drop_user="UBOT") == "network policy"


def test_entities_are_decoded_once() -> None:
    """`&amp;lt;` is what somebody typed as `&lt;`."""
    assert decode("&amp;lt;") == "&lt;"


@given(HOSTILE)
def test_decoding_never_fails(text: str) -> None:
    """Whatever Slack sends."""
    decode(text, drop_user="UBOT")
    links_in(text)


def test_links_are_found_with_their_labels_once() -> None:
    """In Slack's own form and bare."""
    text = (
        "<https://a.example/?x=1&amp;y=2|A &amp; B> <https://a.example/?x=1&amp;y=2> https://b.example/x. <mailto:x@y>"
    )
    assert links_in(text) == [("https://a.example/?x=1&y=2", "A & B"), ("https://b.example/x", "")]


def test_every_url_of_a_message_is_seen() -> None:
    """In text, rich text, buttons, sections and previews."""
    message = {
        "text": "<https://a.example/>",
        "blocks": [
            {
                "type": "rich_text",
                "elements": [{"elements": [{"type": "link", "url": "https://b.example/?a=1&amp;b=2"}]}],
            },
            {"type": "section", "text": {"type": "mrkdwn", "text": "<https://c.example/|c>"}},
            {"type": "actions", "elements": [{"type": "button", "url": "https://d.example/?a=1&b=2"}]},
        ],
        "attachments": [
            {"from_url": "https://e.example/?a=1&amp;b=2", "title_link": "https://f.example/?a=1&region=eu&copy=2"},
            None,
            "x",
        ],
    }
    assert set(urls_of_message(message)) == {
        "https://a.example/",
        "https://b.example/?a=1&b=2",
        "https://c.example/",
        "https://d.example/?a=1&b=2",
        "https://e.example/?a=1&b=2",
        "https://f.example/?a=1&region=eu&copy=2",
    }
