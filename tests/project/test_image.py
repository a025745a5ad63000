"""The Dockerfile's second stage: what hadolint does not check."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support import ROOT


def stages() -> list[list[str]]:
    """Return the instructions of each stage, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
    return [lines[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def test_only_the_first_stage_installs() -> None:
    """The image holds what was installed from the serving lock and the one for the image, and nothing that builds."""
    build, serve = stages()
    assert any("-r deploy/requirements-image.txt" in line for line in build)
    assert not any("torch" in line or "requirements-build" in line for line in build)
    assert not any("pip" in line or "requirements" in line or "torch" in line for line in serve)
    copied = [line for line in serve if line.startswith("COPY")]
    assert copied == [
        "COPY --from=build /opt/serve /opt/serve",
        "COPY deploy/entrypoint.sh /usr/local/bin/signpost-container",
    ]


def test_the_bot_runs_as_nobody_in_particular_on_a_read_only_root() -> None:
    """A number is what Kubernetes can check; the store's folder is the one place that is written to."""
    serve = stages()[1]
    assert "USER 10001" in serve
    assert serve.index("USER 10001") > max(number for number, line in enumerate(serve) if line.startswith("RUN"))
    assert "VOLUME /var/lib/signpost" in serve
    environment = next(line for line in serve if line.startswith("ENV"))
    assert "STORE_URL=sqlite:////var/lib/signpost/" in environment
    assert "PYTHONDONTWRITEBYTECODE=1" in environment


@pytest.mark.parametrize(
    ("given", "catalogue", "index"),
    [
        ({}, "", "/var/lib/signpost/demo"),
        (
            {"SIGNPOST_CATALOGUE": "https://example.com/list.md"},
            "https://example.com/list.md",
            "/var/lib/signpost/index",
        ),
        ({"SIGNPOST_INDEX": "/elsewhere"}, "", "/elsewhere"),
    ],
)
def test_a_list_is_one_address_and_the_shipped_one_has_an_index_apart(
    given: dict[str, str], catalogue: str, index: str, tmp_path: Path
) -> None:
    """Whoever tries the shipped list first, and then their own, has two indexes and is refused nothing."""
    program = tmp_path / "signpost"
    program.write_text('#!/bin/sh\necho "${SIGNPOST_CATALOGUE:-}|$SIGNPOST_INDEX|$*"\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["sh", str(ROOT / "deploy" / "entrypoint.sh"), "serve", "--mode", "web"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"{catalogue}|{index}|serve --mode web"


def test_the_bot_is_reached_from_outside_and_asked_how_it_is() -> None:
    """Inside a container 127.0.0.1 is nobody; the health check needs no program that a slim image lacks."""
    serve = stages()[1]
    assert "EXPOSE 3000" in serve
    assert "HOST=0.0.0.0" in next(line for line in serve if line.startswith("ENV"))
    check = next(line for line in serve if line.startswith("HEALTHCHECK"))
    program, _, code = json.loads(check[check.index("[") :])
    assert program == "python"
    assert "/readyz" in code
    compile(code, "HEALTHCHECK", "exec")
    assert serve[-2:] == ['ENTRYPOINT ["signpost-container"]', 'CMD ["serve"]']


def test_both_stages_begin_with_the_same_pinned_image() -> None:
    """The digest is of a list of images for every processor: nothing in the file is for one of them."""
    pinned = {stage[0].removesuffix(" AS build") for stage in stages()}
    assert len(pinned) == 1
    assert re.fullmatch(r"FROM python:3\.11-slim-bookworm@sha256:[0-9a-f]{64}", pinned.pop())
    assert not re.search("amd64|arm64|x86_64|aarch64", "\n".join(line for stage in stages() for line in stage))


def test_the_image_says_what_it_is_and_can_commit() -> None:
    """By the names of OCI; version and source come from whoever releases it."""
    serve = stages()[1]
    (labels,) = (line for line in serve if line.startswith("LABEL"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f'org.opencontainers.image.description="{project["description"]}"' in labels
    assert f'org.opencontainers.image.licenses="{project["license"]}"' in labels
    assert any("apt-get install" in line and '"git=' in line for line in serve)


def test_the_image_gets_no_more_than_is_named() -> None:
    """Secrets, indexes and the repository's history never reach the build."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "*"
    named = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        word
        for stage in stages()
        for line in stage
        if line.startswith("COPY") and "--from" not in line
        for word in line.split()[1:-1]
        if not word.startswith("-")
    }
    assert copied == named
