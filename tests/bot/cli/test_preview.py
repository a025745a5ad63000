"""`signpost preview`: a page of what people see, and pictures of it."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from bot.cli.main import run
from deploy.pictures import PICTURES, Picture, browser, page_of

TYPES = {"answer", "home", "help", "modal", "curators"}


def test_a_page_shows_every_part_with_the_question_and_links(real_index: Path, tmp_path: Path) -> None:
    """From the index, with the question; nothing is of an unknown kind."""
    page = tmp_path / "page.html"
    assert run(["preview", "all", "--index", str(real_index), "-o", str(page), "ingress", "controller"]) == 0
    html = page.read_text(encoding="utf-8")
    assert 'class="unknown"' not in html
    for caption in ("An answer for one person", "Home, with an answer", "Help", "Suggest a link", "Every week"):
        assert f"<figcaption>{caption} " in html
    assert html.count("ingress controller") > 5
    assert html.count("block-kit-builder/#") >= 15


def test_a_picture_that_is_not_there_is_told(
    real_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, as a place that cannot be written."""
    asked = ["preview", "help", "--index", str(real_index)]
    for number in ("9", "0", "-9"):
        assert run([*asked, "-o", str(tmp_path / "x.html"), "--only", number]) == 2
        assert f"no number {number}" in capsys.readouterr().err
    assert run([*asked, "-o", str(tmp_path / "no" / "x.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.slow
def test_pictures_are_drawn_by_a_browser(real_index: Path) -> None:
    """As high as their content; the parts of all pictures exist."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    assert {picture.part for picture in PICTURES.values()} <= TYPES

    async def draw() -> tuple[bytes, bytes]:
        page = await asyncio.to_thread(page_of, Picture(part="help"), real_index)
        assert not re.search("<figure>", page)
        async with browser(program) as chromium:
            return await chromium.picture(page, 400, dark=False), await chromium.picture(page, 700, dark=True)

    narrow, dark = asyncio.run(draw())
    for picture, width in ((narrow, 600), (dark, 1_050)):
        assert picture.startswith(b"\x89PNG")
        assert int.from_bytes(picture[16:20]) == width
        assert int.from_bytes(picture[20:24]) > 300
