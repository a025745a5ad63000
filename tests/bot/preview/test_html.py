"""Block Kit as HTML: everything that the bot sends is drawn, all text is escaped, and a page needs nothing else."""

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import pytest

from bot.blocks.answer import Offer, answer_message
from bot.blocks.home import Home, home_view
from bot.blocks.notes import help_message, nothing_message
from bot.blocks.suggestion import answers_form, suggestion_form
from bot.preview.html import Shown, blocks_html, page_html
from bot.preview.mrkdwn import mrkdwn
from bot.slack.buttons import Asked
from bot.slack.message import Block
from bot.slack.payloads import Draft
from index.types import CatalogueInfo, Neighbour, Verdict
from tests.bot.tiny import BUILT_AT, CALICO, CILIUM, answer_of
from tests.scenarios.support.limits import BLOCKS, ELEMENTS

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=y>"
INFO = CatalogueInfo(name="Tiny", version="1", built_at=BUILT_AT, link_count=2, sections=((("CNI",), 2),))
ASKED = Asked(answer_id="a", question="how does it work?")


class Tags(HTMLParser):
    """Collects the tags of a page, and the attributes whose names say that they run or fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.active: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Take a tag."""
        self.seen.add(tag)
        self.active += [(name, value) for name, value in attrs if name.startswith("on") or name in {"src", "srcset"}]


def tags_of(html: str) -> Tags:
    """Return the tags of a page."""
    tags = Tags()
    tags.feed(html)
    return tags


def option(text: str) -> dict[str, Any]:
    """Return an option of a menu."""
    return {"text": {"type": "plain_text", "text": text}, "value": "v"}


def every_element(text: str) -> list[dict[str, Any]]:
    """Return one element of each type, all with the same text."""
    plain = {"type": "plain_text", "text": text}
    side = {"text": plain, "value": "v"}
    parts = {
        "text": plain,
        "placeholder": plain,
        "options": [option(text)],
        "initial_value": text,
        "alt_text": text,
        "accessibility_label": text,
        "url": "javascript:alert(1)",
        "positive_button": side,
        "negative_button": side,
    }
    drawn = sorted(set(ELEMENTS) - {"icon_button"})
    return [
        {"type": kind, "action_id": kind, **{k: v for k, v in parts.items() if k in ELEMENTS[kind]}} for kind in drawn
    ]


def every_block(text: str) -> list[Block]:
    """Return one block of each type that a bot sends, all with the same text."""
    plain, words = {"type": "plain_text", "text": text}, {"type": "mrkdwn", "text": text}
    leaves = [
        {"type": "text", "text": text, "style": {"bold": True, "italic": True, "strike": True, "code": True}},
        {"type": "link", "url": "javascript:alert(1)", "text": text},
        {"type": "user", "user_id": text},
        {"type": "channel", "channel_id": text},
        {"type": "emoji", "name": text},
    ]
    lines = {"type": "rich_text_section", "elements": leaves}
    parts = [
        lines,
        {"type": "rich_text_list", "style": "bullet", "elements": [lines]},
        {"type": "rich_text_quote", "elements": leaves},
        {"type": "rich_text_preformatted", "elements": leaves},
    ]
    return [
        {"type": "section", "text": words, "fields": [plain], "accessory": every_element(text)[0]},
        {"type": "divider"},
        {"type": "header", "text": plain},
        {"type": "context", "elements": [words, plain, {"type": "image", "alt_text": text, "image_url": text}]},
        {"type": "actions", "elements": every_element(text)},
        {"type": "context_actions", "elements": every_element(text)},
        {"type": "input", "label": plain, "hint": plain, "optional": True, "element": every_element(text)[-1]},
        {"type": "markdown", "text": text},
        {"type": "rich_text", "elements": parts},
    ]


def test_every_text_is_escaped_wherever_it_stands() -> None:
    """Nothing that people or catalogues write becomes a tag, and no address but of the web is followed."""
    html = blocks_html(every_block(HOSTILE))
    tags = tags_of(html)
    assert tags.seen & {"script", "img", "iframe", "style"} == set()
    assert tags.active == []
    assert 'href="javascript' not in html
    assert html.count("&lt;script&gt;") > 30


def test_every_type_of_block_and_element_is_drawn() -> None:
    """What the bot may send is known; anything else is named in its place and never lost."""
    html = blocks_html(every_block("word"))
    assert "unknown" not in html
    assert {block["type"] for block in every_block("")} >= set(BLOCKS) - {"image", "card", "carousel"}
    odd = blocks_html([{"type": "wobble"}, {"type": "actions", "elements": [{"type": "dial"}]}])
    assert odd.count('class="unknown"') == 2
    assert "wobble" in odd
    assert "dial" in odd


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _slanted_ ~old~ `x < y`", "<strong>bold</strong> <em>slanted</em> <s>old</s> <code>x &lt; y</code>"),
        ("snake_case_name 2*3*4 * not *", "snake_case_name 2*3*4 * not *"),
        ("<https://a.example/?x&amp;y|a &lt;b&gt;>", '<a href="https://a.example/?x&amp;y" rel="noreferrer">a &lt;b&gt;</a>'),
        ("*<https://a.example|A>* ★", '<strong><a href="https://a.example" rel="noreferrer">A</a></strong> ★'),
        ("<javascript:alert(1)|press>", "press"),
        ("<@U1> <#C1|dev>", '<span class="mention">@U1</span> <span class="mention">#dev</span>'),
        ("<!here>", '<span class="mention">@here</span>'),
        ("a\nb", "a<br>b"),
        ("&gt; said\nmore", "<blockquote>said</blockquote>more"),
        ("```a *b*\nc```", "<pre>a *b*\nc</pre>"),
        ("*a\nb*", "*a<br>b*"),
    ],
)  # fmt: skip
def test_mrkdwn_is_read_as_slack_reads_it(text: str, html: str) -> None:
    """Marks at the edges of words, links, mentions, code and quotes."""
    assert mrkdwn(text) == html


def pictures() -> list[Shown]:
    """Return what the bot shows, of each kind."""
    answer = answer_of([CILIUM, CALICO], more=True)
    message = answer_message(answer, answer.hits, Offer(asked=ASKED, can_share=True))
    nothing = nothing_message(
        answer_of([CILIUM], verdict=Verdict.NOTHING), question="q", catalogue="T", can_suggest=True
    )
    neighbours = (Neighbour(link=CALICO, similarity=0.9, exact=False),)
    helps = help_message(command="/links", catalogue="T", examples=["what is it?"], mention="U0")
    return [
        Shown.message("Answer", message, private=True),
        Shown.message("Nothing", nothing),
        Shown.message("Help", helps),
        Shown(
            caption="Home", view=home_view(Home(info=INFO, newest=[CILIUM], asked=ASKED, result=message.blocks[1:3]))
        ),
        Shown(caption="Suggest", view=suggestion_form(Draft(title="x", section="CNI"), INFO, neighbours)),
        Shown(caption="Pick", view=answers_form("how?")),
    ]


def test_a_page_shows_everything_and_needs_nothing_else() -> None:
    """Titles, buttons, menus, inputs; light and dark; no script, nothing from elsewhere, and what is private says so."""
    page = page_html(pictures(), title="Signpost & co")
    assert "unknown" not in re.sub(r"(?s)<style>.*?</style>", "", page)
    for part in (
        "Cilium documentation",
        "Open",
        "Show more",
        "Only visible to you",
        "how does it work?",
        "Suggest",
        "CNI (2)",
    ):
        assert part in page
    assert "prefers-color-scheme: dark" in page
    assert tags_of(page).seen & {"script", "link", "img", "iframe"} == set()
    assert "url(" not in page
    assert "<title>Signpost &amp; co</title>" in page
    bare = page_html(pictures()[:1], title="x", bare=True)
    assert "Block Kit Builder" not in bare
    assert "figcaption" not in re.sub(r"(?s)<style>.*?</style>", "", bare)


def test_each_picture_opens_in_slacks_builder() -> None:
    """The very blocks are in the address: of a message they alone, of a view all of it."""
    page = page_html(pictures(), title="x")
    for shown in pictures():
        address = shown.builder_url
        assert address in page
        content = json.loads(unquote(address.partition("#")[2]))
        if shown.view is None:
            assert content == {"blocks": json.loads(json.dumps(list(shown.blocks)))}
        else:
            assert content == json.loads(json.dumps(shown.view))
