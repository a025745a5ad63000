"""The tables of docs/quality.md are filled in by one command."""

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.bench.quality import CONFIG, main
from tests.support import COREDNS, ISOLATE, LINKS, ROOT, write_catalogue, write_rows

PAGE = ROOT / "docs" / "quality.md"
COLUMNS = '{ "nDCG@5" = "ndcg@5", "P@1" = "p@1", "in sentences" = "ndcg@5:plain", "typing errors" = "ndcg@5:typo" }'


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """Give a folder with a list, its questions, and a configuration of one table, of that list and of two that are missing."""
    write_catalogue(tmp_path / "tiny.yaml", LINKS)
    row = {"id": "1", "style": "plain", "query": "how do I isolate namespaces?", "relevant": {ISOLATE.url: 2}}
    other = {"id": "2", "style": "keywords", "query": "coredns lookups", "relevant": {COREDNS.url: 2}}
    write_rows(tmp_path / "judged.jsonl", row, other)
    (tmp_path / "config.toml").write_text(
        f"[own]\ncolumns = {COLUMNS}\nrows = [\n"
        '  { name = "a tiny list", catalogue = "tiny.yaml", questions = ["judged.jsonl"] },\n'
        '  { name = "the same again", catalogue = "tiny.yaml", questions = ["judged.jsonl"] },\n'
        '  { name = "lost", catalogue = "lost.yaml", questions = ["judged.jsonl"] },\n'
        '  { name = "unlearnt", catalogue = "tiny.yaml", questions = ["judged.jsonl"], adapters = "*/tiny" },\n]\n'
    )
    return tmp_path


def test_the_tables_stand_between_their_marks(lists: Path) -> None:
    """Figures with their intervals, and the mean; what is missing is left out, and said so; the rest of the page stays."""
    page = lists / "page.md"
    page.write_text("before\n<!-- table own -->\nold\n<!-- end of own -->\nafter\n")
    arguments = [lists / "config.toml", "--lists", lists, "--work", lists / "work", "--write", page]
    result = CliRunner().invoke(main, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0
    text = page.read_text()
    assert text.startswith(
        "before\n<!-- table own -->\n\n| list | nDCG@5 | P@1 | in sentences | typing errors | seeds, nDCG@5 |"
    )
    assert text.endswith("\n<!-- end of own -->\nafter\n")
    assert re.search(
        r"\n\| a tiny list \| 1\.000 \(1\.00-1\.00\) \| 1\.00 \| 1\.000 \(1\.00-1\.00\) \|  \| 1 \|\n", text
    )
    assert "| **mean** | 1.000" in text
    assert "old" not in text
    assert "lost" not in text
    assert "unlearnt" not in text
    page.write_text("no marks")
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert "has no marks for the table 'own'" in result.output
    assert page.read_text() == "no marks"


def test_the_page_has_marks_for_every_table() -> None:
    """Otherwise the command would end after its work."""
    text = PAGE.read_text(encoding="utf-8")
    for name in (*tomllib.loads(CONFIG.read_text(encoding="utf-8")), "ablation"):
        assert text.count(f"<!-- table {name} -->\n") == text.count(f"<!-- end of {name} -->") == 1
