"""What the tools give to Slackbot, and that each is documented."""

from bot.mcp.tools import TOOLS, public_blocks
from bot.slack.message import Block
from tests.support import ROOT


def test_slackbot_gets_no_block_that_makes_it_drop_all() -> None:
    """Only kinds of its list, and addresses that are public and https; others become text."""
    hosts = ("http://a.example/", "https://localhost/x", "https://10.0.0.1/", "https://wiki/", "https://a.internal:80/")
    links = [
        {"type": "link", "url": url, "text": "T", "style": {"bold": True}} for url in (*hosts, "https://a.example/x")
    ]
    blocks: list[Block] = [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": links}]},
        {"type": "actions", "elements": []},
        {"type": "context_actions", "elements": []},
    ]
    (shown,) = public_blocks(blocks)
    elements = shown["elements"][0]["elements"]
    assert elements[-1] == links[-1]
    assert [element["text"] for element in elements[:-1]] == [f"T ({url})" for url in hosts]
    assert {element["type"] for element in elements[:-1]} == {"text"}
    assert public_blocks(blocks[1:]) == []


def test_links_in_a_line_of_text_are_held_to_the_same() -> None:
    """As an answer has them, beside its button."""
    texts = [
        f"*<{url}|T>* ★" for url in ("https://a.example/?a=1&amp;b=2", "http://a.example/?a=1&amp;b=2", "https://wiki/")
    ]
    sections: list[Block] = [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": text},
            "accessory": {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "http://a.example/"},
        }
        for text in (*texts, "<https://wiki/>")
    ]
    asked: Block = {"type": "rich_text", "elements": []}
    _, *shown = public_blocks([asked, *sections])
    assert [block["text"]["text"] for block in shown] == [
        texts[0],
        "*T (http://a.example/?a=1&amp;b=2)* ★",
        "*T (https://wiki/)* ★",
        "https://wiki/",
    ]
    assert not [block for block in shown if "accessory" in block]


def test_every_tool_is_in_the_documentation() -> None:
    """With its name."""
    page = (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8")
    assert [tool.name for tool in TOOLS if f"`{tool.name}`" not in page] == []
