"""A catalogue that is edited again and again: each bundle is the one of a build from nothing."""

import random
from pathlib import Path

import pytest

from index.builder.build import build
from tests.bench.history import next_version
from tests.support import SHIPPED, bundle_of, content_of, extra, prepare, write_catalogue

pytestmark = pytest.mark.slow

SUBJECTS = ("pods", "services", "ingress", "DNS", "NetworkPolicy", "LoadBalancer", "eBPF", "sidecars", "Helm", "GitOps")
VERBS = ("isolating", "debugging", "scaling", "securing", "tracing", "upgrading")


def write_pages(folder: Path, *, pages: int, links: int) -> Path:
    """Write Markdown pages with sections, stars, sub-bullets, tables and HTML between the links."""
    chance = random.Random(1)
    folder.mkdir()
    for page in range(pages):
        lines = [f"# Page {page}", ""]
        for number in range(links):
            if number % 7 == 0:
                lines += ["", f"{'#' * chance.choice((2, 2, 3))} {chance.choice(SUBJECTS)} {number}", ""]
            subject, other = chance.sample(SUBJECTS, 2)
            title = f"{chance.choice(VERBS)} {subject} and {other}{' 🌟' * chance.choice((0, 0, 1, 2))}"
            url = f"https://{chance.choice(('example.com', 'medium.com', 'blog.example.org'))}/{page}-{number}"
            lines.append(f"- [{title}]({url}) {'about ' + other if number % 3 else ''}".rstrip())
            lines += [f"    - [code]({url}/code)"] * (number % 11 == 0)
        lines += ["", "| Name | Link |", "|---|---|", f"| A tool | [tool](https://example.com/tool{page}) |", ""]
        lines += ["<!-- a comment", "", "# over a heading -->", "", f"- [last](https://example.com/last{page})", ""]
        (folder / f"page{page}.md").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", ["pages", "native"])
def test_every_version_of_a_history_is_the_bundle_of_a_full_build(form: str, tmp_path: Path, small_index: Path) -> None:
    """Titles and descriptions change, links come, go and move; what was kept on the way never shows in a bundle."""
    if form == "pages":
        catalogue = write_pages(tmp_path / "pages", pages=6, links=40)
    else:
        catalogue = write_catalogue(tmp_path / "catalogue.yaml", [extra(number) for number in range(150)])
    for index in ("grown", "full"):
        prepare(tmp_path / index, small_index)
    versions = set()
    for step in range(4):
        if step:
            next_version(catalogue, seed=step, changes=20)
        grown = build([catalogue], tmp_path / "grown", encoder=SHIPPED, force=True)
        full = build([catalogue], tmp_path / "full", encoder=SHIPPED, force=True, full=True)
        assert content_of(bundle_of(tmp_path / "grown")) == content_of(bundle_of(tmp_path / "full"))
        assert grown.version == full.version
        assert grown.encoded <= 20 if step else grown.encoded == full.encoded > 100
        versions.add(grown.version)
    assert len(versions) == 4
