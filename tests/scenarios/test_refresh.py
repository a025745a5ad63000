"""A bot that builds its own index: from nothing, after each edit, and never at the price of the one that answers."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from index.catalogue.link import Link
from tests import support
from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.bot_process import BotProcess

pytestmark = pytest.mark.slow

MESH = Link(url="https://example.net/mesh", title="Service mesh sidecars in ten minutes", section=("Mesh",))


def page(make_bot: MakeBot, catalogue: Path, **settings: str) -> BotProcess:
    """Return the page over a catalogue, not started."""
    given = {"SIGNPOST_MODE": "web", "SIGNPOST_CATALOGUE": str(catalogue), **settings}
    return make_bot(start=False, scripted=False, **given)


def first(bot: BotProcess, words: str) -> str:
    """Return the address that comes first for a question."""
    results: Sequence[dict[str, str]] = bot.get(f"/api/ask?q={words}").json["results"]
    return results[0]["url"]


def test_it_builds_at_its_start_and_follows_each_edit(make_bot: MakeBot, tmp_path: Path) -> None:
    """No index and no command: the list is one setting, and an edit is answered without a restart."""
    catalogue = support.write_catalogue(tmp_path / "links.yaml")
    bot = page(make_bot, catalogue, SIGNPOST_REFRESH="1s").start()
    assert first(bot, "visual+editor+for+network+policies") == support.EDITOR.url
    support.write_catalogue(catalogue, [*support.LINKS, MESH])
    bot.wait_until(lambda: first(bot, "service+mesh+sidecars") == MESH.url, what="the new link")
    bot.wait_for_metric('signpost_refreshes_total{outcome="changed"} 2.0')
    bot.stop()


def test_a_list_that_cannot_be_read_leaves_the_index_and_is_told(make_bot: MakeBot, tmp_path: Path) -> None:
    """The next good edit counts again; nobody has to do anything to the bot."""
    catalogue = support.write_catalogue(tmp_path / "links.yaml")
    good = catalogue.read_text()
    bot = page(make_bot, catalogue, SIGNPOST_REFRESH="1s").start()
    catalogue.write_text("links: [")
    bot.wait_for_metric('signpost_refreshes_total{outcome="failed"}')
    assert bot.get("/readyz").status == 200
    assert first(bot, "visual+editor+for+network+policies") == support.EDITOR.url
    assert any("links.yaml:" in str(line) for line in bot.log_lines())
    catalogue.write_text(good)
    bot.wait_for_metric('signpost_refreshes_total{outcome="unchanged"}')
    bot.stop()


def test_a_stop_in_the_middle_of_a_build_is_quick_and_leaves_no_lock(make_bot: MakeBot, tmp_path: Path) -> None:
    """SIGTERM ends the build with the bot; the next start builds."""
    links = [*support.LINKS, *(support.extra(number) for number in range(600))]
    catalogue = support.write_catalogue(tmp_path / "links.yaml", links)
    bot = page(make_bot, catalogue, SIGNPOST_REFRESH="1h").start(path="/healthz")
    bot.wait_until((bot.folder / "index" / "build.lock").exists, what="a build")
    assert bot.get("/readyz").status == 503
    bot.stop()
    again = page(make_bot, catalogue, SIGNPOST_REFRESH="1h").start()
    assert first(again, "which+mesh+takes+7+minutes").startswith("https://example.net/")
    again.stop()


def test_a_page_without_an_index_does_not_start(make_bot: MakeBot, tmp_path: Path) -> None:
    """Where nothing builds one, a page has nothing to say: one line, what to do, and 2."""
    bot = page(make_bot, tmp_path / "links.yaml").launch()
    assert bot.wait_for_exit() == 2
    last = bot.log_text().splitlines()[-1]
    assert "signpost build" in last
    assert "SIGNPOST_INDEX" in last
    assert "Traceback" not in bot.log_text()
