"""Make the pictures of the documentation: what people see in Slack, and the pages, drawn by a browser without a window.

    python deploy/pictures.py [--index DIR] [--browser PATH] [NAME]...

What Slack shows comes from `signpost preview`, so that a picture has the very blocks that the bot sends; the pages from a bot
in mode web that has just been asked some questions. Needs chromium (Debian: `apt install chromium fonts-noto-core`).
"""

import argparse
import asyncio
import base64
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
QUESTION = "how do I isolate namespaces?"
UNKNOWN = "how do I make sourdough?"
_START_S = 60.0
_LOAD_S = 1.0
_QUALITY = 82


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture: which part of a preview, and how wide."""

    part: str
    only: int = 1
    question: str = QUESTION
    width: int = 720
    dark: bool = False


PICTURES: Mapping[str, Picture] = {
    "answer": Picture(part="answer"),
    "channel": Picture(part="answer", only=2, dark=True),
    "nothing": Picture(part="answer", question=UNKNOWN),
    "home": Picture(part="home"),
    "help": Picture(part="help"),
    "suggest": Picture(part="modal", only=2, width=560),
    "pick": Picture(part="modal", only=3, width=560),
    "mend": Picture(part="modal", only=5, width=560),
    "curators": Picture(part="curators"),
    "report": Picture(part="curators", only=2),
    "weekly": Picture(part="curators", only=-1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture of a page of a bot in mode web."""

    path: str
    query: str = ""
    width: int = 1200
    height: int = 800
    """How much of it is shown."""
    dark: bool = False


PAGES: Mapping[str, Shot] = {
    "page-home": Shot(path="/", height=980),
    "page-results": Shot(path="/", query=QUESTION),
    "page-dark": Shot(path="/", query=QUESTION, dark=True),
    "page-perhaps": Shot(path="/", query="nat gateway costs", height=700),
    "page-nothing": Shot(path="/", query=UNKNOWN, height=700),
    "page-phone": Shot(path="/", query=QUESTION, width=360, height=740),
    "page-curators": Shot(path="/curators", height=1400),
}
#: What is asked before the curators' page is shown, and what is suggested.
ASKED = (
    *(UNKNOWN, "sourdough without yeast", "which printer works with linux?", "how do I file my expenses?", QUESTION),
    *("what is cilium?", "slow dns in pods", "where are the gateway api docs?", "compare ingress controllers"),
)
SUGGESTED = {
    "url": "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    "title": "Network Policies, in the documentation of Kubernetes",
    "section": "Kubernetes Network Policy",
    "question": "where is the reference of network policies?",
}
TOKEN = "a-token-for-pictures"  # noqa: S105 - of a bot that lives for a minute


class Browser:
    """Chromium, driven over its DevTools protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._calls = 0

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method and return its result; RuntimeError with what the browser says against it."""
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": parameters})
        async for message in self._socket:
            answer = message.json()
            if answer.get("id") == self._calls:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error'].get('message')}")
                result: dict[str, Any] = answer["result"]
                return result
        raise RuntimeError(f"{method}: the browser ended")

    async def picture(self, html: str, width: int, *, dark: bool) -> bytes:
        """Return a page as PNG, as high as it is."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.call("Emulation.setEmulatedMedia", features=scheme)
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=100, deviceScaleFactor=1.5, mobile=False
        )
        frame = (await self.call("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        await self.call("Page.setDocumentContent", frameId=frame, html=html)
        size = (await self.call("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": width, "height": size["height"], "scale": 1}
        shot = await self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    async def shot(self, address: str, shot: Shot, cookies: Mapping[str, str]) -> bytes:
        """Return the upper part of a page as WebP."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if shot.dark else "light"}]
        await self.call("Emulation.setEmulatedMedia", features=scheme)
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=shot.width,
            height=shot.height,
            deviceScaleFactor=1.25,
            mobile=False,
        )
        for name, value in cookies.items():
            await self.call("Network.setCookie", name=name, value=value, url=address)
        await self.call("Page.navigate", url=address)
        ready = "new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))"
        await asyncio.sleep(_LOAD_S)  # until the navigation has begun
        for expression in (ready, "document.fonts.ready.then(() => 0)"):
            await self.call("Runtime.evaluate", expression=expression, awaitPromise=True)
        shown = await self.call("Page.captureScreenshot", format="webp", quality=_QUALITY)
        return base64.b64decode(shown["data"])


@contextlib.asynccontextmanager
async def browser(program: str) -> AsyncIterator[Browser]:
    """Start a browser without a window, and end it afterwards."""
    with tempfile.TemporaryDirectory() as profile:
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-port=0")
        process = await asyncio.create_subprocess_exec(
            program, *options, f"--user-data-dir={profile}", "about:blank", stderr=asyncio.subprocess.PIPE
        )
        try:
            async with aiohttp.ClientSession() as session:
                async with asyncio.timeout(_START_S):
                    port = await _port(process)
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [page for page in await answer.json() if page["type"] == "page"]
                async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                    yield Browser(socket)
        finally:
            process.terminate()
            await process.wait()


async def _port(process: asyncio.subprocess.Process) -> int:
    if process.stderr is not None:
        async for line in process.stderr:
            if found := re.search(rb"ws://[\d.]+:(\d+)/", line):
                return int(found[1])
    raise RuntimeError("the browser did not start")


async def make(names: list[str], folder: Path, index: Path, program: str) -> None:
    """Make these pictures, all for none."""
    async with browser(program) as chromium:
        for name in [name for name in names or PICTURES if name in PICTURES]:
            picture = PICTURES[name]
            html = await asyncio.to_thread(page_of, picture, index)
            drawn = await chromium.picture(html, picture.width, dark=picture.dark)
            (folder / f"{name}.png").write_bytes(drawn)
            print(f"{name}.png: {len(drawn) // 1024} kB")  # noqa: T201 - its only output
        pages = [name for name in names or PAGES if name in PAGES]
        if not pages:
            return
        async with bot(index) as (home, cookies):
            for name in pages:
                shot = PAGES[name]
                query = f"?{urlencode({'q': shot.query})}" if shot.query else ""
                drawn = await chromium.shot(f"{home}{shot.path}{query}", shot, cookies)
                (folder / f"{name}.webp").write_bytes(drawn)
                print(f"{name}.webp: {len(drawn) // 1024} kB")  # noqa: T201


@contextlib.asynccontextmanager
async def bot(index: Path) -> AsyncIterator[tuple[str, Mapping[str, str]]]:
    """Run a bot that was asked some questions; yields its address and the cookies of a curator."""
    signpost = Path(sys.executable).with_name("signpost")
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        settings = {
            "STORE_URL": f"sqlite:///{folder}/store.sqlite3",
            "STORE_QUESTIONS": "true",
            "CURATORS_TOKEN": TOKEN,
            "SIGNPOST_MODE": "web",
            "RATE_LIMIT": "0",
            "PATCHES_DIR": folder,
            "CATALOGUE_FILE": "links.yaml",
        }
        process = await asyncio.create_subprocess_exec(
            signpost, "serve", "--index", index, "--port", str(port), cwd=folder,
            env={**os.environ, **settings}, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        home = f"http://127.0.0.1:{port}"
        try:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                async with asyncio.timeout(_START_S):
                    while not await _is_ready(session, home):  # noqa: ASYNC110 - another process has no event
                        await asyncio.sleep(0.1)
                for question in ASKED:
                    await (await session.get(home, params={"q": question})).read()
                for path, fields in (("/suggest", SUGGESTED), ("/curators/login", {"token": TOKEN})):
                    await (await session.post(home + path, data=fields)).read()
                cookies = {cookie.key: cookie.value for cookie in session.cookie_jar}
            yield home, cookies
        finally:
            process.terminate()
            await process.wait()


async def _is_ready(session: aiohttp.ClientSession, home: str) -> bool:
    try:
        async with session.get(f"{home}/readyz") as answer:
            return answer.status == 200  # noqa: PLR2004 - HTTP's
    except aiohttp.ClientError:
        return False


def page_of(picture: Picture, index: Path) -> str:
    """Return the page of a picture, from the command."""
    signpost = Path(sys.executable).with_name("signpost")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        only = ["--only", str(picture.only)]
        subprocess.run(  # noqa: S603 - our own command
            [signpost, "preview", picture.part, "--index", index, "-o", page, *only, "--", picture.question], check=True
        )
        return page.read_text(encoding="utf-8")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description="Make the pictures of the documentation.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", choices=[*PICTURES, *PAGES, []], help=", ".join([*PICTURES, *PAGES])
    )
    parser.add_argument("--index", type=Path, default=Path(".signpost/demo"))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--browser", default=shutil.which("chromium") or shutil.which("google-chrome") or "")
    given = parser.parse_args()
    if not given.browser:
        parser.error("no chromium; on Debian and Ubuntu: apt install chromium fonts-noto-core")
    given.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(make(given.names, given.folder, given.index.absolute(), given.browser))


if __name__ == "__main__":
    main()
