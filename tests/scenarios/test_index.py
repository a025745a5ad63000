"""The real index under a running bot: case 7, missing, damaged, empty, gone and being swapped."""

import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.bot_process import SIGNPOST, BotProcess, environment
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import urls_shown

pytestmark = pytest.mark.slow

QUESTION = "how do I isolate namespaces with a network policy"
ANSWER = "https://example.org/1"
REFERENCE = re.compile(r"\b[0-9a-f]{8}\b")
CATALOGUE = """\
# Tiny catalogue

## Network policy
- [Network policy recipes](https://example.org/1) - How to isolate namespaces with a Kubernetes network policy
- [Cilium network policy editor](https://example.org/2) - Draw network policies in the browser

## Ingress
- [Rotating ingress certificates](https://example.org/20) - Renew TLS certificates of an ingress controller
- [NGINX ingress controller](https://example.org/21) - Route HTTP traffic into the cluster
"""
MORE = "\n## Service mesh\n- [Istio in ten minutes](https://example.org/30) - A first service mesh\n"

Arrange = Callable[[Path], None]


def build(catalogue: Path, index: Path) -> str:
    """Run `signpost build` and return the version that is current then."""
    program = [str(SIGNPOST), "build", "--catalogue", str(catalogue), "--index", str(index)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return (index / "current").read_text().strip()


class Built:
    """An index folder with two bundles, made once and copied from."""

    def __init__(self, folder: Path) -> None:
        self.index = folder / "index"
        catalogue = folder / "catalogue.md"
        catalogue.write_text(CATALOGUE)
        self.first = build(catalogue, self.index)
        catalogue.write_text(CATALOGUE + MORE)
        self.second = build(catalogue, self.index)

    def copy(self, to: Path) -> None:
        """Put a copy at `to`, with the first bundle current."""
        shutil.copytree(self.index, to)
        point(to, self.first)

    def mend(self, index: Path) -> None:
        """Bring a copy back to how it was; the first bundle is left alone, since it may be open."""
        second = index / "bundles" / self.second
        shutil.rmtree(second, ignore_errors=True)
        shutil.copytree(self.index / "bundles" / self.second, second)
        point(index, self.first)


def point(index: Path, version: str) -> None:
    """Make another bundle current, as the build does: by one rename."""
    aside = index / "current.new"
    aside.write_text(f"{version}\n")
    aside.rename(index / "current")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build a tiny catalogue twice."""
    return Built(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def serving(slack: FakeSlack, built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BotProcess]:
    """Run the real `signpost serve` on the first bundle."""
    slack.forget()
    folder = tmp_path_factory.mktemp("serving")
    built.copy(folder / "index")
    bot = BotProcess(slack=slack, folder=folder, environment=environment(slack, folder), scripted=False)
    try:
        yield bot.start()
        bot.stop()
    finally:
        bot.kill()


@pytest.fixture
def served(serving: BotProcess, built: Built) -> Iterator[BotProcess]:
    """Give the running bot, on the first bundle and well."""
    yield serving
    built.mend(serving.folder / "index")
    serving.wait_for_metric(f'version="{built.first}"')
    serving.wait_ready()


def answers(bot: BotProcess) -> bool:
    """Whether the bot answers the question with its link."""
    return ANSWER in urls_shown(bot.caller().command(QUESTION).json.get("blocks", []))


def test_the_real_index_answers(served: BotProcess, slack: FakeSlack) -> None:
    """Command and mention, end to end."""
    assert answers(served)
    served.caller().mention("renew the certificates of ingress")
    (post,) = slack.wait_for_posts()
    assert "https://example.org/20" in urls_shown(post["blocks"])
    off_topic = served.caller().command("best pizza in town").json
    assert not [url for url in urls_shown(off_topic["blocks"]) if "/20" in url]


def test_case_07_a_missing_index_is_an_apology_until_there_is_one(
    make_bot: MakeBot, built: Built, tmp_path: Path
) -> None:
    """Case 7: the bot starts, health is red and names the index; it serves as soon as one is built."""
    bot = make_bot(start=False, scripted=False).launch()
    report = bot.wait_ready(ready=False)
    assert not report["parts"]["index"]["well"]
    reply = bot.caller().command(QUESTION)
    assert reply.status == 200
    assert REFERENCE.search(reply.json["text"])
    assert bot.get("/healthz").status == 200
    built.copy(tmp_path / "index.new")
    (tmp_path / "index.new").rename(tmp_path / "index")
    bot.wait_ready()
    assert answers(bot)
    bot.stop()


def truncate_links(bundle: Path) -> None:
    """Cut the bundle's largest file in half."""
    largest = max((path for path in bundle.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = largest.read_bytes()
    largest.unlink()
    largest.write_bytes(content[: len(content) // 2])


def flip_a_bit(bundle: Path) -> None:
    """Change one bit of a file; only its checksum tells."""
    largest = max((path for path in bundle.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.unlink()
    largest.write_bytes(content)


def remove(bundle: Path) -> None:
    """Remove the bundle that the pointer will point to."""
    shutil.rmtree(bundle)


@pytest.mark.parametrize("damage", [truncate_links, flip_a_bit, remove])
def test_case_07_a_damaged_bundle_leaves_the_old_one_serving(served: BotProcess, built: Built, damage: Arrange) -> None:
    """Case 7: health is red with the reason, every question is answered from the bundle before; then it heals."""
    index = served.folder / "index"
    damage(index / "bundles" / built.second)
    point(index, built.second)
    served.wait_ready(ready=False)
    assert answers(served)
    assert built.first in served.get("/metrics").text
    point(index, built.first)
    served.wait_ready()
    assert answers(served)


@pytest.mark.parametrize("content", [b"", b"../../etc\n", b"\xff\xfe\x00" * 100])
def test_case_07_a_damaged_pointer_leaves_the_old_one_serving(served: BotProcess, built: Built, content: bytes) -> None:
    """Case 7: empty, pointing nowhere, pointing outside, no text."""
    pointer = served.folder / "index" / "current"
    pointer.write_bytes(content)
    served.wait_ready(ready=False)
    assert answers(served)
    point(served.folder / "index", built.second)
    served.wait_ready()
    assert answers(served)


def test_case_07_a_bundle_deleted_under_the_bot_goes_on_serving(
    make_bot: MakeBot, built: Built, tmp_path: Path
) -> None:
    """Case 7: somebody cleans up: what is open stays open, or there is an apology; the process stays up."""
    built.copy(tmp_path / "index")
    bot = make_bot(scripted=False)
    assert answers(bot)
    shutil.rmtree(tmp_path / "index")
    reply = bot.caller().command(QUESTION)
    assert reply.status == 200
    assert reply.json["text"]
    bot.wait_ready(ready=False)
    assert bot.get("/healthz").status == 200
    bot.stop()


def test_case_07_questions_during_swaps_are_all_answered(served: BotProcess, built: Built) -> None:
    """Case 7: swaps under load: no question fails, and the last bundle wins."""
    stop = threading.Event()
    wrong: list[str] = []
    asked = 0

    def ask() -> None:
        nonlocal asked
        while not stop.is_set():
            reply = served.caller().command(QUESTION)
            asked += 1
            if reply.status != 200 or ANSWER not in reply.text:
                wrong.append(reply.text[:200])

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for version in (built.second, built.first, built.second):
            point(served.folder / "index", version)
            shown = f'version="{version}"'
            served.wait_for_metric(shown)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert asked > 10
    assert "https://example.org/30" in served.caller().command("first service mesh").text


def test_a_rebuild_is_picked_up_without_a_restart(served: BotProcess) -> None:
    """`signpost build` in the same folder: the new link is found a moment later."""
    catalogue = served.folder / "catalogue.md"
    catalogue.write_text(CATALOGUE + "\n## DNS\n- [CoreDNS rewrites](https://example.org/40) - Rewrite DNS names\n")
    version = build(catalogue, served.folder / "index")
    served.wait_for_metric(version)
    assert "https://example.org/40" in served.caller().command("rewrite dns names").text
