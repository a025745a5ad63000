"""The preview in a real browser."""

from typing import Final

from bot.preview.html import page_html
from tests.bot.preview.test_html import pictures
from tests.bot.web.tab import RULES, Tab, launched, violations

#: Links within a text are not underlined, as in Slack.
AS_SLACK: Final = {**RULES, "rules": {"link-in-text-block": {"enabled": False}}}


def test_a_preview_can_be_read_by_everybody() -> None:
    """By axe, in light and in the dark; and nothing goes over the edge of a small screen."""
    page = page_html(pictures(), title="Preview")
    with launched() as browser:
        for scheme in ("light", "dark"):
            with Tab(browser, color_scheme=scheme, viewport={"width": 360, "height": 740}) as tab:
                tab.page.set_content(page)
                assert violations(tab.page, AS_SLACK) == [], scheme
                assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360
