"""A catalogue of three links, and programs run as somebody would run them."""

import json
import os
import subprocess
from collections.abc import Mapping
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
