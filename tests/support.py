"""A small catalogue, a small model with random weights, and ways to build and run them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import distribution
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

from index import defaults
from index.catalogue.link import Link, link_to_row
from index.encoder.choice import EncoderChoice
from index.search.searcher import Searcher
from index.types import Answer, Question

ROOT = Path(__file__).resolve().parents[1]

#: The encoder that ships: a build with it needs no torch.
SHIPPED = EncoderChoice(adapter=defaults.ADAPTER)

ISOLATE = Link(
    url="https://example.com/isolating-namespaces",
    title="Network policies that isolate namespaces",
    publisher="example.com",
    description="How to keep pods of one namespace from reaching those of another.",
    section=("Kubernetes Network Policy",),
    tags=("public",),
    stars=2,
    questions=("how do I stop traffic between namespaces?", "default deny for a namespace"),
    added=date(2024, 3, 1),
)
EDITOR = Link(
    url="https://editor.cilium.io/",
    title="NetworkPolicy editor",
    publisher="cilium.io",
    description="Draw network policies in the browser and download the YAML.",
    section=("Kubernetes Network Policy", "Cilium"),
    stars=3,
    highlight=True,
    questions=("a visual editor for network policies",),
    added=date(2025, 6, 30),
)
EBPF = Link(
    url="https://github.com/cilium/cilium",
    title="Cilium: eBPF-based networking, security and observability",
    publisher="github.com",
    description="The source of Cilium, a network plugin built on eBPF.",
    section=("Kubernetes Network Policy", "Cilium"),
    tags=("code",),
    stars=1,
)
SERVICES = Link(
    url="https://medium.com/@ann/kubernetes-services-explained-step-by-step-2ce79ca4a27b",
    title="Kubernetes services explained step by step",
    publisher="medium.com",
    description="ClusterIP, NodePort and LoadBalancer, and when to take which.",
    section=("Services",),
    stars=1,
    questions=("difference between clusterip and nodeport",),
)
SERVICES_AGAIN = Link(
    url="https://ann.medium.com/kubernetes-services-explained-2ce79ca4a27b",
    title="Services of Kubernetes, explained",
    publisher="ann.medium.com",
    description="The same article under its author's own address.",
    section=("Services",),
)
INGRESS = Link(
    url="https://docs.nginx.com/ingress-tls",
    title="TLS on an Ingress",
    publisher="nginx.com",
    description="Certificates for an Ingress controller, renewed on their own.",
    section=("Ingress",),
    tags=("video", "public"),
    questions=("renew the certificates of an ingress",),
)
COREDNS = Link(
    url="https://blog.example.org/coredns-slow",
    title="Why DNS lookups in pods are slow",
    description="ndots, search domains and timeouts of five seconds.",
    section=("DNS",),
    stars=2,
    questions=("dns in my pods takes five seconds",),
    added=date(2023, 12, 24),
)
NODELOCAL = Link(
    url="https://github.com/kubernetes/dns",
    title="NodeLocal DNSCache",
    description="A DNS cache on every node.",
    section=("DNS",),
)
LINKS = (ISOLATE, EDITOR, EBPF, SERVICES, SERVICES_AGAIN, INGRESS, COREDNS, NODELOCAL)

#: Pieces of words for the small encoder; any other text is spelled out in letters.
_PIECES = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ":", ".", ","),
    *("network", "policy", "pod", "pods", "namespace", "dns", "the", "of", "a", "in", "query", "document"),
)


def extra(number: int) -> Link:
    """Return one more link, different for each number."""
    return Link(
        url=f"https://example.net/{number}",
        title=f"Service mesh in {number} minutes",
        description=f"Sidecars, part {number}.",
        section=("Service mesh",),
        questions=(f"which mesh takes {number} minutes",) if number % 2 else (),
    )


def write_catalogue(path: Path, links: Sequence[Link] = LINKS, *, name: str = "Tiny") -> Path:
    """Write native YAML; JSON is YAML."""
    rows = [link_to_row(link) for link in links]
    path.write_text(json.dumps({"format": 1, "name": name, "links": rows}), encoding="utf-8")
    return path


def write_model(
    folder: Path,
    *,
    pooling: str = "mean",
    normalise: bool = True,
    prompts: Mapping[str, str] | None = None,
    max_length: int = 48,
    include_prompt: bool = True,
    seed: int = 0,
) -> Path:
    """Save a sentence-transformers model of two layers with random weights."""
    import torch  # noqa: PLC0415 - only where a model is made
    from sentence_transformers import SentenceTransformer, models  # noqa: PLC0415
    from transformers import BertConfig, BertModel, BertTokenizerFast  # noqa: PLC0415

    letters = "abcdefghijklmnopqrstuvwxyz0123456789-/?!'"
    vocabulary = [*_PIECES, *letters, *(f"##{letter}" for letter in letters)]
    base = folder.with_name(f"{folder.name}-base")
    base.mkdir(parents=True)
    (base / "vocab.txt").write_text("\n".join(dict.fromkeys(vocabulary)), encoding="utf-8")
    BertTokenizerFast(vocab=str(base / "vocab.txt")).save_pretrained(base)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(dict.fromkeys(vocabulary)),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(base)
    transformer = models.Transformer(str(base), max_seq_length=max_length)
    pool = models.Pooling(32, pooling_mode=pooling, include_prompt=include_prompt)
    modules = [transformer, pool, *([models.Normalize()] if normalise else [])]
    SentenceTransformer(modules=modules, prompts=dict(prompts or {}), device="cpu").save(str(folder))
    return folder


def copy_index(index: Path, to: Path) -> Path:
    """Copy an index: other names of the same files, but for those that a build writes into."""
    shutil.copytree(index, to, copy_function=os.link)
    for path in (to / "current", to / "history.jsonl", *(to / "cache").iterdir()):
        replace_file(path, path.read_bytes())
    return to


def prepare(index: Path, other: Path) -> None:
    """Give an index that is not built yet the encoder of another, and its vectors of talk, which take longest."""
    shutil.copytree(other / "encoders", index / "encoders", copy_function=os.link)
    (index / "cache").mkdir()
    for path in (other / "cache").glob("questions-*"):
        shutil.copyfile(path, index / "cache" / path.name)


def forget_origin(index: Path) -> None:
    """Make an index as older versions built it: it does not remember its catalogue, and any may be built into it once."""
    rows = [json.loads(line) for line in (index / "history.jsonl").read_text().splitlines()]
    kept = [{name: value for name, value in row.items() if name != "catalogue"} for row in rows]
    (index / "history.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in kept))


def answers(index: Path) -> bool:
    """Whether the current bundle opens, whole, and answers."""
    return bool(Searcher.open(index).ask(Question(text="isolate namespaces")).hits)


def urls(answer: Answer) -> list[str]:
    """Return the addresses of an answer, best first."""
    return [hit.link.url for hit in answer.hits]


def write_rows(path: Path, *rows: Any) -> Path:
    """Write JSON lines, of what JSON can hold as it is."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def bundle_of(index: Path) -> Path:
    """Return the folder of the current bundle."""
    return index / "bundles" / (index / "current").read_text().strip()


def content_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def replace_file(path: Path, content: bytes) -> None:
    """Give a file other content without touching the other names of the same file."""
    path.unlink()
    path.write_bytes(content)


def run_python(
    *arguments: str | bytes,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    python: str | Path = sys.executable,
) -> subprocess.CompletedProcess[str]:
    """Run a Python in `folder` with nothing of this environment but what the program needs to be found.

    Where the environment chooses the kernels of numpy's products, the last bits of a score follow that choice.
    """
    kernels = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    return subprocess.run(
        [str(python), *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            **kernels,
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def signpost(*arguments: str | bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as somebody would."""
    return run_python("-m", "bot.cli", *arguments, folder=folder)


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
