"""What to type for the build dependencies: it holds for whoever reads it, however Signpost was installed."""

import json
import sys
from pathlib import Path

import pytest

from index.encoder.extra import build_extra

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give what an installer wrote beside the package, in place of what it wrote here."""
    folder = tmp_path / "packages" / "signpost_bot-9.9.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: signpost-bot\nVersion: 9.9\n")
    monkeypatch.setattr(sys, "path", [str(folder.parent)])
    return folder


@pytest.mark.parametrize("folder", ["checkout", "my check out"])
@pytest.mark.parametrize("editable", [True, False])
def test_a_checkout_is_named(metadata: Path, tmp_path: Path, folder: str, *, editable: bool) -> None:
    """By its path, and as it was installed."""
    (tmp_path / folder).mkdir()
    origin = {"url": (tmp_path / folder).as_uri(), "dir_info": {"editable": True} if editable else {}}
    (metadata / "direct_url.json").write_text(json.dumps(origin))
    option = "--editable " if editable else ""
    assert build_extra() == f"pip install {option}'{tmp_path / folder}[build]'"


def test_a_wheel_is_named_while_it_is_there(metadata: Path, tmp_path: Path) -> None:
    """One that was thrown away is no advice."""
    wheel = tmp_path / "signpost_bot-9.9-py3-none-any.whl"
    (metadata / "direct_url.json").write_text(json.dumps({"url": wheel.as_uri(), "archive_info": {}}))
    assert build_extra() == "pip install '.[build]' in a checkout of Signpost"
    wheel.touch()
    assert build_extra() == f"pip install '{wheel}[build]'"


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        (None, "pip install 'signpost-bot[build]'"),
        (
            {"url": "https://example.com/signpost.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            f"pip install 'signpost-bot[build] @ git+https://example.com/signpost.git@{COMMIT}'",
        ),
        (
            {"url": "https://example.com/signpost_bot-9.9-py3-none-any.whl", "archive_info": {}},
            "pip install 'signpost-bot[build] @ https://example.com/signpost_bot-9.9-py3-none-any.whl'",
        ),
    ],
)
def test_an_address_is_named(metadata: Path, origin: object, command: str) -> None:
    """Of a repository with its commit; and whoever installed by name may do so again."""
    if origin is not None:
        (metadata / "direct_url.json").write_text(json.dumps(origin))
    assert build_extra() == command


def test_code_that_was_never_installed_has_a_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is run from there."""
    monkeypatch.setattr(sys, "path", [])
    assert build_extra() == "pip install '.[build]' in a checkout of Signpost"
