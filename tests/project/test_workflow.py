"""The pull-request check: valid for GitHub, and its script does what it says in a repository of two commits."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from bot.cli.main import signpost
from tests.support import LINKS, ROOT, extra, write_catalogue

WORKFLOW = ROOT / "deploy" / "github" / "catalogue.yml"
STEPS: list[dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["catalogue"]["steps"]
SCRIPTS = "\n".join(step.get("run", "") for step in STEPS)


def test_the_workflow_is_valid() -> None:
    """By the schema that GitHub's own editors use."""
    checker = str(Path(sys.executable).parent / "check-jsonschema")
    program = [checker, "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_the_workflow_calls_exists() -> None:
    """Commands and options of `signpost`."""
    calls = re.findall(r"signpost (build|check|diff)([^\n|]*)", SCRIPTS)
    assert {name for name, _ in calls} == {"build", "check"}
    for name, rest in calls:
        command = signpost.get_command(click.Context(signpost), name)
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= known


def test_nothing_that_others_write_is_pasted_into_a_script() -> None:
    """Expressions go through the environment: a branch's name is no program."""
    assert "${{" not in SCRIPTS


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody."""
    who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.slow
def test_the_script_compares_base_and_change(tmp_path: Path) -> None:
    """The summary says what changed; a change that is refused fails and says why."""
    repository = tmp_path / "catalogue"
    repository.mkdir()
    git(repository, "init", "--quiet")
    heads = {}
    for name, links in (
        ("base", LINKS), ("good", [*LINKS, extra(1)]), ("gone", LINKS[:2]),
    ):  # fmt: skip
        write_catalogue(repository / "list.yaml", links)
        git(repository, "add", ".")
        git(repository, "commit", "--quiet", "--message", name)
        heads[name] = git(repository, "rev-parse", "HEAD")
    (script,) = (step["run"] for step in STEPS if step.get("id") == "compare")

    def run(head: str) -> tuple[int, str]:
        work = tmp_path / head
        work.mkdir()
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SIGNPOST_GOLDEN": "",
            "SIGNPOST_JUDGED": "",
            "SIGNPOST_INDEX": str(work / "index"),
            "CATALOGUE": "list.yaml",
            "REPORT": str(work / "report.md"),
            "GITHUB_STEP_SUMMARY": str(work / "summary.md"),
            "BASE": heads["base"],
            "HEAD": heads[head],
        }
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script], cwd=repository, env=environment, check=False
        )
        return done.returncode, (work / "summary.md").read_text()

    code, summary = run("good")
    assert code == 0
    assert "### Catalogue: 1 added, 0 removed, 0 changed" in summary
    assert f"]({extra(1).url})" in summary
    code, summary = run("gone")
    assert code == 2
    assert "What speaks against it" in summary
    assert "list.yaml:1: 6 of the catalogue's 8 links are gone" in summary
