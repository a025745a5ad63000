"""Links that their owner marked as private, in a build."""

from dataclasses import replace
from pathlib import Path

import pytest

from index.builder.build import build
from index.errors import BuildError
from tests.support import LINKS, SHIPPED, bundle_of, content_of, write_catalogue


def test_a_private_link_is_in_no_file_of_the_index_unless_asked_for(tmp_path: Path) -> None:
    """It is counted as left out, and not named; asked for, it is served."""
    hidden = replace(LINKS[0], url="https://hidden.example/diary", title="Zanzibar diary", private=True)
    catalogue = write_catalogue(tmp_path / "list.yaml", [*LINKS, hidden])
    index = tmp_path / "index"
    done = build([catalogue], index, encoder=SHIPPED)
    assert done.links == len(LINKS)
    assert [skip.text for skip in done.skipped] == ["a link"]
    assert not any(b"hidden.example" in data for data in content_of(bundle_of(index)).values())
    done = build([catalogue], index, encoder=SHIPPED, include_private=True)
    assert done.links == len(LINKS) + 1
    assert b"hidden.example" in content_of(bundle_of(index))["links.jsonl"]


def test_a_catalogue_of_private_links_alone_says_what_to_do(tmp_path: Path) -> None:
    """As exports of linkding are, where nothing is shared."""
    catalogue = write_catalogue(tmp_path / "list.yaml", [replace(link, private=True) for link in LINKS])
    with pytest.raises(BuildError, match="--include-private"):
        build([catalogue], tmp_path / "index", encoder=SHIPPED)
