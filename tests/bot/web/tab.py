"""A real browser for tests of pages: Debian's chromium, where it is installed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

CHROMIUM: Final = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), "")

#: A name for this machine that, by plain http, is to a browser like any in a network of one's own.
LAN_HOST: Final = "list.example"

#: What axe holds a page to: WCAG 2.2 AA.
RULES: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
CONTRAST: Final = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
#: Elements below 44 pixels that can be pressed, but for those inside a sentence.
SMALL: Final = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary')]
  .filter(one => one.type !== 'hidden' && one.getClientRects().length && !one.matches('.skip, label input'))
  .filter(one => !one.closest('p.lede, .plain > p:not(.row)'))
  .map(one => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.height < 43.5 || box.width < 24)
  .map(([one, box]) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 30)} ${box.width}x${box.height}`)"""


@contextmanager
def launched() -> Iterator[Browser]:
    """Start a browser; the module is skipped where there is none."""
    if not CHROMIUM:
        pytest.skip("there is no chromium; `make chromium` tries to install it")
    expect.set_options(timeout=30_000)  # as long as for all else that is waited for
    with sync_playwright() as playwright:
        args = ["--no-sandbox", f"--host-resolver-rules=MAP {LAN_HOST} 127.0.0.1"]
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=args)
        yield one
        one.close()


def violations(page: Page, options: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    """Return what axe finds, with the HTML of each place."""
    found = Axe().run(page, options=options or RULES).response["violations"]
    return [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]]


class Tab:
    """A page in a browser, with what went wrong in it and what it asked for."""

    def __init__(self, browser: Browser, **context: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        self.page = self.context.new_page()
        self.requests: list[Request] = []
        self.wrong: list[str] = []
        self.page.on("request", self._asked)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(message.text)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def focused(self) -> str:
        """Return the text of what has the focus, or what was typed into it."""
        return str(self.page.evaluate("document.activeElement.value || document.activeElement.textContent"))

    def elsewhere(self, url: str) -> list[str]:
        """Return what was asked of other hosts."""
        return [one.url for one in self.requests if not one.url.startswith((url, "data:"))]
