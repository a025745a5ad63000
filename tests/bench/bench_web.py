"""The page: its server beside the bare search and beside slash commands, and what a browser sees of it. Takes about a minute.

    python -m tests.bench.bench_web [--index DIR] [--questions N]

One process serves the page and Slack. Each question is asked once. The exit code is 1 when a bar is missed. Nothing else should
run on the machine meanwhile: what is compared is measured in turns, but what is counted in milliseconds is not.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final
from urllib.parse import quote

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from index.search.searcher import Searcher
from index.types import Question
from tests.bench.bench_bot import ROOT, Row, note, p99, questions, table
from tests.bench.load import Answered, command_request, in_turn, shared
from tests.scenarios.support.bot_process import SIGNPOST, BotProcess, environment
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import command_fields

KEY: Final = "the-key-of-the-bench"
CHROMIUM: Final = "/usr/bin/chromium"
WARMING: Final = 50
IN_TURN: Final = 300
TOGETHER: Final = 2_000
ROUNDS: Final = 4
CONNECTIONS: Final = 16
TYPED: Final = ("how do i isolate namespaces", "slow dns in pods", "which ingress controller", "what is a service mesh")
KEY_EVERY_MS: Final = 120
#: The bars.
OVER_SEARCH_MS: Final = 3.0
BYTES: Final = 60_000
REQUESTS: Final = 4
SHARE: Final = 0.9
P99_S: Final = 0.2
TYPING_MS: Final = 120.0
#: Notes in the browser how long it takes from each key to the links for it.
WATCH: Final = """() => {
  window.took = [];
  let pressed = 0;
  document.getElementById("q").addEventListener("input", () => { pressed = performance.now(); });
  new MutationObserver(() => requestAnimationFrame(() => { if (pressed) took.push(performance.now() - pressed); pressed = 0; }))
    .observe(document.getElementById("results"), { childList: true });
}"""


def page_request(question: str, port: int) -> bytes:
    """Return a question to the page as it goes over the wire."""
    return (
        f"GET /?q={quote(question)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {KEY}\r\n"
        f"Accept: text/html\r\nAccept-Encoding: gzip, deflate, br\r\n\r\n"
    ).encode()


def beside_the_search(port: int, index: Path, asked: Iterator[str]) -> list[Row]:
    """Ask the page and the bare searcher in turns, each something else."""
    note("one at a time …")
    searcher = Searcher(index)
    bare: list[float] = []
    page: list[Answered] = []
    for texts in (list(islice(asked, WARMING)), list(islice(asked, IN_TURN))):
        bare.clear()
        page.clear()
        for place, text in enumerate(texts):
            if place % 2:
                page += in_turn(port, [page_request(text, port)])
                continue
            started = time.perf_counter()
            searcher.ask(Question(text=text, top_k=10))
            bare.append(time.perf_counter() - started)
    search, whole = median(bare) * 1e3, median(answer.seconds for answer in page) * 1e3
    return [
        Row(
            what="a page of results, one at a time, p50",
            bar=f"bare search + {OVER_SEARCH_MS:g} ms",
            measured=f"search {search:.2f} ms, page {whole:.2f} ms",
            met=whole <= search + OVER_SEARCH_MS and all(answer.status == 200 for answer in page),
        )
    ]


def beside_commands(port: int, slack: FakeSlack, asked: Iterator[str]) -> list[Row]:
    """Ask the page and slash commands over several connections, in turns, in one process."""
    note(f"{TOGETHER:,} pages and {TOGETHER:,} slash commands …")
    rates: dict[str, list[float]] = {"page": [], "command": []}
    answers = []
    for _ in range(ROUNDS):
        for what, taken in rates.items():
            texts = list(islice(asked, TOGETHER // ROUNDS))
            requests = [
                page_request(text, port) if what == "page" else command_request(command_fields(slack, text), port)
                for text in texts
            ]
            started = time.perf_counter()
            found = shared(port, requests, connections=CONNECTIONS)
            taken.append(len(found) / (time.perf_counter() - started))
            if what == "page":
                answers += found
    pages, commands = median(rates["page"]), median(rates["command"])
    share = f"page {pages:.0f}, commands {commands:.0f} a second ({pages / commands:.2f})"
    return [
        Row(
            what=f"questions a second over {CONNECTIONS} connections",
            bar=f"≥ {SHARE:g} of slash commands; p99 ≤ {P99_S * 1e3:g} ms",
            measured=f"{share}; p99 {p99(answers) * 1e3:.0f} ms",
            met=pages >= SHARE * commands and p99(answers) <= P99_S and all(answer.status == 200 for answer in answers),
        )
    ]


@contextmanager
def opened(browser: Browser, **context: Any) -> Iterator[Page]:
    """Open a page that shows the key."""
    one = browser.new_context(extra_http_headers={"Authorization": f"Bearer {KEY}"}, **context)
    try:
        yield one.new_page()
    finally:
        one.close()


def in_a_browser(url: str) -> list[Row]:
    """Load it, type into it and look at it."""
    note("in a browser …")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        return [*first_load(browser, url), *typing(browser, url), *looked_at(browser, url)]


def first_load(browser: Browser, url: str) -> list[Row]:
    """Count what a browser loads that was never here."""
    with opened(browser) as page:
        sizes: list[int] = []
        page.on("requestfinished", lambda one: sizes.append(_size(one)) if one.url.startswith("http") else None)
        page.goto(url, wait_until="networkidle")
    return [
        Row(
            what="first load: bytes of all files; requests",
            bar=f"{BYTES:,}; {REQUESTS}",
            measured=f"{sum(sizes):,}; {len(sizes)}",
            met=sum(sizes) <= BYTES and len(sizes) <= REQUESTS,
        )
    ]


def _size(request: Any) -> int:
    sizes = request.sizes()
    return int(sizes["responseBodySize"]) + int(sizes["responseHeadersSize"])


def typing(browser: Browser, url: str) -> list[Row]:
    """Type questions key by key."""
    with opened(browser) as page:
        took: list[float] = []
        for text in TYPED:
            page.goto(url)
            page.evaluate(WATCH)
            page.click("#q")
            page.keyboard.type(text, delay=KEY_EVERY_MS)
            page.wait_for_timeout(500)
            took += page.evaluate("took")
    return [
        Row(
            what="answers while typing: from key to shown, p50",
            bar=f"{TYPING_MS:g} ms",
            measured=f"{median(took):.0f} ms of {len(took)} keys, p90 {quantiles(took, n=10)[8]:.0f} ms",
            met=median(took) <= TYPING_MS,
        )
    ]


def looked_at(browser: Browser, url: str) -> list[Row]:
    """Count what axe finds, what is asked of others, and what runs without being a file of ours."""
    found, elsewhere, inline = 0, set(), 0
    for scheme in ("light", "dark"):
        with opened(browser, color_scheme=scheme, bypass_csp=True) as page:
            page.on("request", lambda one: elsewhere.add(one.url) if not one.url.startswith((url, "data:")) else None)
            for path in (
                "",
                "/?q=isolate+namespaces",
                "/?q=sourdough",
                "/?q=section%3Apizza",
                "/browse",
                "/new",
                "/suggest",
            ):
                page.goto(url + path)
                found += len(Axe().run(page).response["violations"])
                inline += page.evaluate("[...document.scripts].filter(one => !one.src && !one.nonce).length")
    return [
        Row(
            what="axe findings; requests to other hosts; inline scripts without a nonce",
            bar="0; 0; 0",
            measured=f"{found}; {len(elsewhere)}; {inline}",
            met=not (found or elsewhere or inline),
        )
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure everything; return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure the page.")
    parser.add_argument("--index", type=Path, help="an index that was built before; one is built otherwise")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as name, ExitStack() as stack:
        folder, index = Path(name), given.index
        if index is None:
            note("building the shipped catalogue's index …")
            index = folder / "index"
            subprocess.run([SIGNPOST, "build", "--index", index], cwd=ROOT, check=True, capture_output=True)
        slack = stack.enter_context(FakeSlack())
        settings = environment(
            slack, folder, SIGNPOST_INDEX=str(index.absolute()), WEB_PAGE="true", WEB_KEY=KEY, RATE_LIMIT="0"
        )
        bot = BotProcess(slack=slack, folder=folder, environment=settings, scripted=False, signpost=SIGNPOST).start()
        stack.callback(bot.stop)
        port, asked = int(settings["PORT"]), questions()
        load = os.getloadavg()[0]
        rows = [
            *beside_the_search(port, index, asked),
            *beside_commands(port, slack, asked),
            *in_a_browser(f"http://127.0.0.1:{port}"),
        ]
    note(f"{os.cpu_count()} processors, load {load:.1f} before and {os.getloadavg()[0]:.1f} after")
    sys.stdout.write(f"{table(rows)}\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
