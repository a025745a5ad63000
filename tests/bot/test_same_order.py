"""Page, API, assistants and the command line give the same links in the same order."""

from pathlib import Path

from tests.bench.same_order import differing, ways_of
from tests.support import LINKS


async def test_each_way_to_ask_gives_the_same_order(small_index: Path) -> None:
    """As far as each shows them: sure, doubtful, and with nothing but near misses; also with filters."""
    questions = [question for link in LINKS for question in link.questions]
    questions += ["namespace", "sourdough", "cilium or calico?", "section:dns slow", "stars:2", "zebra pods"]
    async with ways_of(small_index) as ways:
        assert await differing(ways, questions) == []
