"""What a list holds is printed as text: it gives the terminal no orders."""

import json
import re
from pathlib import Path

import pytest

from tests.index.cli.conftest import Signpost
from tests.support import prepare

#: Clears the screen, names the window, and turns the reading direction, in one byte or two.
ORDERS = "\x1b[2J\x1b]0;owned\x07\x9b2J\u202e"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Give a list with orders in every text, and one link that is left out."""
    texts = {name: f"dns {ORDERS}{name}" for name in ("title", "publisher", "description", f"x{ORDERS}")}
    links = [
        {
            "url": f"https://a.example/{number}",
            **texts,
            "section": [f"S{ORDERS}"],
            "questions": [f"dns{ORDERS} {number}?"],
        }
        for number in range(2)
    ]
    path = tmp_path / "links.json"
    content = {"format": 1, "name": f"List{ORDERS}", "links": [*links, {**links[0], "url": f"data:{ORDERS}"}]}
    path.write_text(json.dumps(content))
    return path


def test_no_command_prints_an_order(signpost: Signpost, hostile: Path, small_index: Path, tmp_path: Path) -> None:
    """Neither on standard output nor on stderr, whether it works or fails."""
    index = tmp_path / "index"
    prepare(index, small_index)
    for arguments in (
        ("build", "--catalogue", hostile, "--index", index, "-v"),
        ("ask", "--index", index, "dns"),
        ("news", "--index", index),
        ("check", hostile),
        ("import", hostile, "-o", tmp_path / "out.yaml", "-v"),
        ("ask", "--index", index, f"section:x{ORDERS} dns"),
    ):
        _, out, err = signpost(*arguments)
        assert not OBEYED.search(out + err), arguments
    assert "dns" in signpost("ask", "--index", index, "dns").out
