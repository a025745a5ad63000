"""What GitHub and the tools of a deployment read: valid by their schemas, pinned, and their scripts do what they say."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import ROOT

GITHUB = ROOT / ".github"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config")
WORKFLOWS = [*sorted((GITHUB / "workflows").glob("*.yml")), ROOT / "deploy" / "github" / "catalogue.yml"]
USES = re.compile(r"^ +(?:- )?uses: ([\w./-]+)@(\S+)(?: # (\S+))?$", flags=re.MULTILINE)


def load(path: Path) -> dict[str, Any]:
    """Return a YAML file; the bare word `on` is a key like any other."""
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return loaded


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", [GITHUB / "workflows" / "ci.yml"]),
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
        ("vendor.github-issue-forms", FORMS),
        ("vendor.github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
        ("vendor.compose-spec", [ROOT / "deploy" / "compose.yaml"]),
    ],
)
def test_files_are_valid(schema: str, files: list[Path]) -> None:
    """By the schemas that editors use as well; none of them needs a network."""
    assert files
    checker = str(Path(sys.executable).parent / "check-jsonschema")
    command = [checker, "--builtin-schema", schema, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_actions_are_pinned_to_commits_and_to_the_same_everywhere() -> None:
    """A tag can be moved by whoever takes an account over; dependabot needs the version beside the commit."""
    pins: dict[str, set[tuple[str, str]]] = {}
    for path in WORKFLOWS:
        for action, commit, version in USES.findall(path.read_text(encoding="utf-8")):
            pins.setdefault(action, set()).add((commit, version))
    assert {"actions/checkout", "pypa/gh-action-pypi-publish"} <= set(pins)
    assert {action for action, found in pins.items() if len(found) > 1} == set()
    loose = [
        (action, commit, version)
        for action, found in pins.items()
        for commit, version in found
        if not re.fullmatch("[0-9a-f]{40}", commit) or not re.fullmatch(r"v\d+\.\d+\.\d+", version)
    ]
    assert loose == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_job_may_do_more_than_it_names(path: Path) -> None:
    """Nothing is allowed to the workflow as a whole."""
    workflow = load(path)
    assert workflow["permissions"] == {}
    assert all("permissions" in job for job in workflow["jobs"].values())


def test_every_promised_python_and_machine_is_checked() -> None:
    """What pyproject.toml promises, CI tries."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    job = load(GITHUB / "workflows" / "ci.yml")["jobs"]["test"]
    matrix = job["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert f'requires-python = ">={matrix["python"][0]}"' in text
    assert re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text) == matrix["python"]
    kinds = {
        ("linux", "x86_64"): "ubuntu-24.04",
        ("linux", "aarch64"): "ubuntu-24.04-arm",
        ("darwin", "arm64"): "macos-15",
    }
    promised = re.findall(r"sys_platform == '(\w+)' and platform_machine == '(\w+)'", text)
    assert {kinds[kind] for kind in promised} == set(matrix["machine"])
    assert "make test" in [step.get("run") for step in job["steps"]]


def release_step(name: str, folder: Path, tag: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of the release's own steps in a folder that holds our two files."""
    for file in ("pyproject.toml", "CHANGELOG.md"):
        (folder / file).write_bytes((ROOT / file).read_bytes())
    steps = load(GITHUB / "workflows" / "release.yml")["jobs"]["build"]["steps"]
    (step,) = (step for step in steps if step.get("id") == name)
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "GITHUB_REF_NAME": tag, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_release_has_the_notes_of_its_version_alone(tmp_path: Path) -> None:
    """They come from CHANGELOG.md, from this version's heading to the next one."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert version is not None
    done = release_step("notes", tmp_path, f"v{version[1]}")
    assert done.returncode == 0, done.stdout
    notes = (tmp_path / "notes.md").read_text(encoding="utf-8")
    assert notes.strip()
    assert notes.strip() in changelog
    assert "\n## " not in f"\n{notes}"


def test_a_tag_of_another_version_is_no_release(tmp_path: Path) -> None:
    """Nothing is built from it."""
    done = release_step("notes", tmp_path, "v99.0.0")
    assert done.returncode == 1
    assert "the tag is v99.0.0" in done.stdout


def test_a_release_says_where_it_comes_from(tmp_path: Path) -> None:
    """The package's page leads to the repository that released it, at that version."""
    here = "https://github.example/somebody/signpost"
    assert release_step("urls", tmp_path, "v1.2.3", HERE=here).returncode == 0
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    urls = project["urls"]
    assert set(urls) == {"Source", "Documentation", "Changelog", "Issues"}
    assert urls["Source"] == here
    for name, file in (("Documentation", "docs"), ("Changelog", "CHANGELOG.md")):
        assert re.fullmatch(rf"{here}/(blob|tree)/v1\.2\.3/{file}", urls[name])
        assert (ROOT / file).exists()


def test_dependabot_looks_wherever_versions_are_pinned() -> None:
    """Workflows, the copy that others take, the image and the locks."""
    updates = load(GITHUB / "dependabot.yml")["updates"]
    seen = {
        (update["package-ecosystem"], folder)
        for update in updates
        for folder in update.get("directories", [update.get("directory")])
    }
    assert seen == {("github-actions", "/"), ("github-actions", "/deploy/github"), ("docker", "/"), ("pip", "/deploy")}
