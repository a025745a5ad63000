"""The index is swapped under a running bot that is asked all the time: nobody notices."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, cycle
from pathlib import Path

import pytest

from index.builder.build import build
from index.bundle import IndexFolder
from index.files import write_atomically
from tests.scenarios.support.bot_process import BotProcess, environment
from tests.scenarios.support.fake_slack import FakeSlack
from tests.support import LINKS, SHIPPED, bundle_of, prepare, write_catalogue

pytestmark = pytest.mark.slow

SWAPS = 10
PUBLISHERS = ("one.example", "two.example")


@pytest.fixture(scope="module")
def versions(small_index: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Give an index of two bundles whose links differ in their publisher alone, and each version's publisher."""
    folder = tmp_path_factory.mktemp("versions")
    prepare(folder / "index", small_index)
    found = {}
    for publisher in PUBLISHERS:
        catalogue = write_catalogue(folder / "list.yaml", [replace(link, publisher=publisher) for link in LINKS])
        report = build([catalogue], folder / "index", encoder=SHIPPED)
        found[report.version] = publisher
    return folder / "index", found


@pytest.fixture
def bot(slack: FakeSlack, versions: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[BotProcess]:
    """Run `signpost serve` without Slack on that index."""
    settings = environment(slack, tmp_path, SIGNPOST_MODE="web", SIGNPOST_INDEX=str(versions[0]), RATE_LIMIT="0")
    bot = BotProcess(slack=slack, folder=tmp_path, environment=settings, scripted=False)
    try:
        yield bot.start()
        bot.stop()
    finally:
        bot.kill()


class Asking(threading.Thread):
    """Asks one question after the other, and notes what is wrong with an answer."""

    def __init__(self, bot: BotProcess, publishers: dict[str, str]) -> None:
        super().__init__()
        self._bot, self._publishers = bot, publishers
        self._stopping = threading.Event()
        self.asked, self.last = 0, ""
        self.wrong: list[str] = []

    def run(self) -> None:
        """Ask until told to stop."""
        for number in count():
            if self._stopping.is_set():
                return
            reply = self._bot.get(f"/api/ask?q=isolate+namespaces+{number}")
            self.asked += 1
            if reply.status != 200:
                self.wrong.append(f"{reply.status}: {reply.text[:200]}")
                continue
            self.last = reply.json["version"]
            mixed = {result["publisher"] for result in reply.json["results"]} - {self._publishers[self.last]}
            if mixed or not reply.json["results"]:
                self.wrong.append(f"version {self.last} with links of {mixed}")

    def finish(self) -> None:
        """Stop, and wait for the last answer."""
        self._stopping.set()
        self.join()


def take(index: Path, version: str, bot: BotProcess, asking: list[Asking]) -> None:
    """Make a bundle current, and wait until everybody is answered from it."""
    write_atomically(index / "current", f"{version}\n".encode())
    bot.wait_until(lambda: all(thread.last == version for thread in asking), what=version)


def let_go(bot: BotProcess, version: str) -> None:
    """Wait until the process has nothing of a bundle in its memory any more."""
    bot.wait_until(lambda: not mapped(bot, version), what=f"{version} let go")


def mapped(bot: BotProcess, version: str) -> bool:
    """Whether the process still has a file of a bundle in its memory."""
    return f"/bundles/{version}/" in Path(f"/proc/{bot.pid}/maps").read_text()


def opened(bot: BotProcess, version: str) -> list[str]:
    """Return the files of a bundle that the process has open; connections come and go and are not looked at."""
    found = []
    for handle in Path(f"/proc/{bot.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            found.append(str(handle.readlink()))
    return [path for path in found if f"/bundles/{version}/" in path]


def test_swaps_under_load_fail_no_question_and_mix_no_answer(
    bot: BotProcess, versions: tuple[Path, dict[str, str]]
) -> None:
    """Every answer is of one version, and what is no longer served is let go: no mapping, no open file stays."""
    index, publishers = versions
    current = IndexFolder(index).current()
    order = cycle(sorted(publishers, key=lambda version: version == current))
    asking = [Asking(bot, publishers) for _ in range(3)]
    for thread in asking:
        thread.start()
    open_files: list[str] = []
    try:
        bot.wait_until(lambda: all(thread.asked > 3 for thread in asking))
        for version in (next(order) for _ in range(SWAPS)):
            take(index, version, bot, asking)
            (other,) = publishers.keys() - {version}
            let_go(bot, other)
            open_files += opened(bot, other)
    finally:
        for thread in asking:
            thread.finish()
    assert [thread.wrong for thread in asking] == [[], [], []]
    assert open_files == []


def test_a_bundle_of_another_format_is_refused_logged_and_shown(
    bot: BotProcess, versions: tuple[Path, dict[str, str]]
) -> None:
    """The one before it goes on, and the next good one is taken."""
    index, publishers = versions
    current = IndexFolder(index).current()
    manifest = json.loads((bundle_of(index) / "manifest.json").read_bytes())
    content = json.dumps({**manifest, "format": 99}).encode()
    name = hashlib.sha256(content).hexdigest()[:16]
    (index / "bundles" / name).mkdir(exist_ok=True)
    (index / "bundles" / name / "manifest.json").write_bytes(content)
    write_atomically(index / "current", f"{name}\n".encode())
    detail = bot.wait_ready(ready=False)["parts"]["index"]["detail"]
    assert "format 99" in detail
    assert "keeps serving" in detail
    assert any("index is not well" in line["message"] and "format 99" in line["message"] for line in bot.log_lines())
    assert bot.get("/api/ask?q=namespaces").json["version"] == current
    (other,) = publishers.keys() - {current}
    write_atomically(index / "current", f"{other}\n".encode())
    bot.wait_ready()
    assert bot.get("/api/ask?q=namespaces").json["version"] == other
