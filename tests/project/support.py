"""A catalogue of three links, and programs run as somebody would run them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import distribution
from importlib.util import cache_from_source
from pathlib import Path

from index.catalogue.link import Link

ROOT = Path(__file__).resolve().parents[2]

NETWORK_POLICIES = Link(
    url="https://example.com/isolating-namespaces",
    title="Network policies that isolate namespaces",
    publisher="example.com",
    description="How to keep pods of one namespace from reaching those of another.",
    section=("Network Policy",),
    stars=2,
    questions=("how do I stop traffic between namespaces?",),
)
INGRESS = Link(
    url="https://example.com/ingress-tls",
    title="TLS on an Ingress",
    description="Certificates for an Ingress, renewed on their own.",
    section=("Ingress",),
)
COREDNS = Link(
    url="https://example.com/coredns-slow",
    title="Why DNS lookups in pods are slow",
    description="ndots, search domains and five-second timeouts.",
    section=("DNS",),
    questions=("dns in my pods takes five seconds",),
)
LINKS = (NETWORK_POLICIES, INGRESS, COREDNS)


def run(
    python: str | Path, *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a Python in `folder` with nothing of this environment but what `signpost` needs to be found."""
    return subprocess.run(
        [str(python), *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def serving_environment(folder: Path) -> Path:
    """Make an environment that holds what the serving lock names and nothing else; return its Python.

    Every file is a link to the one that is installed here: the same versions, without a network, in a second.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    lock = (ROOT / "deploy" / "requirements-serve.txt").read_text(encoding="utf-8")
    for name, version in re.findall(r"^([\w-]+)==([^\s;]+)", lock, flags=re.MULTILINE):
        here = distribution(name)
        assert here.version == version, f"{name} {here.version} is installed, not {version}; run `make .venv/.dev`"
        # What stands outside, such as programs, is not needed.
        for file in (file for file in here.files or () if ".." not in file.parts and file.suffix != ".pyc"):
            _link(Path(str(file.locate())), packages / file)
    return folder / "bin" / "python"


def _link(source: Path, target: Path) -> None:
    """Link a file, and what Python made of it; nothing is compiled again."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(source)
    if source.suffix == ".py" and (compiled := Path(cache_from_source(str(source)))).exists():
        there = Path(cache_from_source(str(target)))
        there.parent.mkdir(exist_ok=True)
        there.symlink_to(compiled)


def write_catalogue(path: Path, links: tuple[Link, ...]) -> Path:
    """Write native YAML (JSON is YAML) without the program's own writer."""
    rows = [
        {
            "url": link.url,
            "title": link.title,
            "publisher": link.publisher,
            "description": link.description,
            "section": list(link.section),
            "stars": link.stars,
            "questions": list(link.questions),
        }
        for link in links
    ]
    path.write_text(json.dumps({"format": 1, "name": "Small", "links": rows}), encoding="utf-8")
    return path
