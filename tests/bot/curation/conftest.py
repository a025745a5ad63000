"""Git checkouts of a small catalogue."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Git = Callable[..., str]

CATALOGUE = """\
# Kept by hand.
format: 1
name: Small
sections:
- [Policy]
- [DNS]
links:
# --- Policy ---
- url: https://example.com/isolate
  title: Isolate namespaces
  section: [Policy]
  questions:
  - how do I isolate a namespace?   # often
# --- DNS ---
- url: https://example.com/dns
  title: Slow lookups
  section: [DNS]
"""


def git_in(folder: Path) -> Git:
    """Return a function that runs git in a folder and returns what it says."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **{f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    def git(*arguments: str, ok: bool = True) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0 or not ok, done.stderr
        return done.stdout

    return git


def make_checkout(folder: Path, text: str = CATALOGUE) -> Git:
    """Make a checkout with the catalogue committed on the branch `main`."""
    (folder / "links").mkdir(parents=True)
    git = git_in(folder)
    git("init", "--quiet", "--initial-branch=main")
    (folder / "links" / "small.yaml").write_text(text)
    git("add", ".")
    git("commit", "--quiet", "--message=First")
    return git


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a checkout with one commit."""
    make_checkout(tmp_path / "checkout")
    return tmp_path / "checkout"


@pytest.fixture
def git(checkout: Path) -> Git:
    """Run git in the checkout."""
    return git_in(checkout)
