"""Time and memory side by side with plain sentence-transformers and a dot product, in one run. Takes minutes.

    python -m tests.bench.bench_index [CATALOGUE] [--links N]

Without a catalogue, one of 15,600 links is made of the shipped one. The exit code is 1 when a bar is missed. Nothing else
should run on the machine meanwhile.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Final, NamedTuple

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from index import defaults
from index.build import link_text
from index.catalogue.link import Entry, Link, Reading, Source
from index.catalogue.merge import merge
from index.catalogue.native import write_native
from index.catalogue.read import read
from index.encoder.choice import EncoderChoice, model_path
from index.encoder.export import export
from index.encoder.onnx import MODEL_FILE, TOKENIZER_FILE, EncoderConfig
from index.search import Searcher
from index.types import Question

ROOT: Final = Path(__file__).resolve().parents[2]
PLAIN: Final = Path(__file__).with_name("plain.py")
SIGNPOST: Final = (sys.executable, "-m", "bot.cli")
LINKS: Final = 15_600
QUESTIONS: Final = 200
CHANGED: Final = 20
RUNS: Final = 5
#: The most that is allowed: shares of what the plain program takes, megabytes of a million bytes, seconds.
FIRST_ANSWER_SHARE: Final = 0.1
QUESTION_SHARE: Final = 1.5
SERVING_MB: Final = 250.0
BUILD_SHARE: Final = 1.0
REBUILD_S: Final = 3.0
TWO_DIGITS_BELOW: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    plain: str
    ours: str
    found: float
    allowed: float
    unit: str
    """Of `found` and `allowed`: `x` for a share of what the plain program takes."""

    @property
    def held(self) -> bool:
        """Whether the bar is held."""
        return self.found <= self.allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all measurements share; every path is in a folder of its own."""

    folder: Path
    catalogue: Path
    links: Sequence[Link]
    questions: Sequence[str]

    @property
    def index(self) -> Path:
        """The index that is measured."""
        return self.folder / "index"

    def write(self, name: str, texts: Sequence[str]) -> str:
        """Write texts for the other program; return the path."""
        path = self.folder / name
        path.write_text(json.dumps(list(texts)), encoding="utf-8")
        return str(path)


def note(text: str) -> None:
    """Tell a person what is going on."""
    sys.stderr.write(f"{text}\n")


class Ran(NamedTuple):
    """A program that ran to its end."""

    seconds: float
    """Of wall time."""
    busy: float
    """Seconds of all processors: what hardly depends on what else runs."""
    printed: str

    def __str__(self) -> str:
        """Both times, for the table."""
        return f"{self.seconds:.2f} s ({self.busy:.1f} s of processor)"


def run(*command: str) -> Ran:
    """Run a program to its end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"}
    before = getrusage(RUSAGE_CHILDREN)
    started = time.perf_counter()
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - started
    after = getrusage(RUSAGE_CHILDREN)
    if result.returncode:
        raise SystemExit(f"{' '.join(command)}\n{result.stderr}")
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ran(taken, busy, result.stdout)


def of_several(*command: str) -> Ran:
    """Return the middle one of several runs, after one that warms the file cache."""
    run(*command)
    return sorted(run(*command) for _ in range(RUNS))[RUNS // 2]


def grown(links: Sequence[Link], count: int) -> list[Entry]:
    """Return `count` different links made of some."""
    source = Source(path="grown")
    return [
        Entry(link=replace(link, url=f"{link.url}?copy={number}", title=f"{link.title} ({number})"), source=source)
        for number, link in enumerate(islice(cycle(links), count))
    ]


def prepare(folder: Path, given: Path | None, count: int) -> Bench:
    """Copy the given catalogue, or make one; take the questions from the shipped one."""
    shipped = merge(read([defaults.CATALOGUE]).entries)
    asked = [question for link in shipped for question in link.questions]
    step = max(len(asked) // QUESTIONS, 1)
    catalogue = folder / "catalogue.yaml"
    if given is not None and given.is_dir() and not count:
        catalogue = Path(shutil.copytree(given, folder / "catalogue"))
    else:
        entries = read([given]).entries if given is not None else tuple(grown(shipped, count or LINKS))
        reading = Reading(name="bench", entries=entries[: count or None])
        catalogue.write_text(write_native(reading), encoding="utf-8")
    links = merge(read([catalogue]).entries)
    return Bench(folder=folder, catalogue=catalogue, links=links, questions=asked[::step][:QUESTIONS])


def build_row(bench: Bench, model: str) -> tuple[Row, str, str]:
    """Measure a first build, export of the encoder and all, against nothing but the encoding of the same texts."""
    note("encoding with sentence-transformers …")
    texts = bench.write(
        "texts.json",
        [
            *(link_text(link) for link in bench.links),
            *(question for link in bench.links for question in link.questions),
        ],
    )
    vectors = str(bench.folder / "vectors.npy")
    plain = run(sys.executable, str(PLAIN), "encode", model, texts, vectors)
    note("building …")
    ours = run(*SIGNPOST, "build", "--full", "--catalogue", str(bench.catalogue), "--index", str(bench.index))
    row = Row(
        what=f"full build of {len(bench.links):,} links",
        plain=f"{float(plain.printed):.2f} s encoding, of {plain}",
        ours=f"{ours}",
        found=ours.seconds / float(plain.printed),
        allowed=BUILD_SHARE,
        unit="x",
    )
    return row, texts, vectors


def first_answer_row(bench: Bench, model: str, texts: str, vectors: str) -> tuple[Row, float]:
    """Measure fresh processes to their end; return also the plain process's memory in megabytes."""
    note("first answers …")
    first, all_questions = bench.write("first.json", bench.questions[:1]), bench.write("all.json", bench.questions)
    plain_ask = (sys.executable, str(PLAIN), "ask", model, texts, vectors)
    plain = of_several(*plain_ask, first)
    ours = of_several(*SIGNPOST, "ask", "--index", str(bench.index), bench.questions[0])
    memory = float(run(*plain_ask, all_questions).printed.splitlines()[-1])
    row = Row(
        what="fresh process to first answer",
        plain=f"{plain}",
        ours=f"{ours}",
        found=ours.seconds / plain.seconds,
        allowed=FIRST_ANSWER_SHARE,
        unit="x",
    )
    return row, memory


def bare_encoder(folder: Path) -> Callable[[str], object]:
    """Return the fp32 encoder as onnxruntime runs it by default."""
    config: EncoderConfig = export(EncoderChoice(precision="fp32"), folder)
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    tokenizer.no_padding()
    tokenizer.enable_truncation(config.max_length)
    session = ort.InferenceSession(str(folder / MODEL_FILE), providers=["CPUExecutionProvider"])

    def encode(text: str) -> object:
        encoding = tokenizer.encode(text)
        feeds = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        return session.run(None, {name: np.array([feeds[name]], dtype=np.int64) for name in config.inputs})

    return encode


def question_row(bench: Bench) -> Row:
    """Measure the same questions in turn with the bare encoder and with a whole search."""
    note("warm questions …")
    encode = bare_encoder(bench.folder / "fp32")
    searcher = Searcher.open(bench.index)
    for question in bench.questions[:CHANGED]:
        encode(question)
        searcher.ask(Question(text=question))
    bare, whole = [], []
    for question in bench.questions:
        started = time.perf_counter()
        encode(question)
        between = time.perf_counter()
        searcher.ask(Question(text=question))
        bare.append((between - started) * 1e3)
        whole.append((time.perf_counter() - between) * 1e3)
    return Row(
        what="one question, p50, warm",
        plain=f"{median(bare):.2f} ms (fp32 encoder alone)",
        ours=f"{median(whole):.2f} ms (the whole search)",
        found=median(whole) / median(bare),
        allowed=QUESTION_SHARE,
        unit="x",
    )


@contextmanager
def serving(bench: Bench) -> Iterator[tuple[int, int]]:
    """Run `signpost serve --mode web`; give its process's number and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [*SIGNPOST, "serve", "--mode", "web", "--port", str(port), "--index", str(bench.index)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "STORE_URL": f"sqlite:///{bench.folder}/store.sqlite3"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=bench.folder, env=environment, stdout=quiet, stderr=quiet) as process:
        try:
            yield process.pid, port
        finally:
            process.terminate()


def fetch(url: str, *, patience_s: float = 30) -> bytes:
    """Return a reply's body, waiting for a server that is starting."""
    give_up = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as reply:
                return bytes(reply.read())
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)


def serving_row(bench: Bench, plain_mb: float) -> Row:
    """Ask a running bot every question and read its memory."""
    note("serving …")
    with serving(bench) as (process, port):
        fetch(f"http://127.0.0.1:{port}/readyz")
        for question in bench.questions:
            fetch(f"http://127.0.0.1:{port}/api/ask?q={urllib.parse.quote(question)}")
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    ours = int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6
    return Row(
        what=f"memory after {len(bench.questions)} questions",
        plain=f"{plain_mb:.0f} MB (no server)",
        ours=f"{ours:.0f} MB (`signpost serve`)",
        found=ours,
        allowed=SERVING_MB,
        unit="MB",
    )


def change(bench: Bench, count: int) -> int:
    """Change the titles of `count` links where they stand; return how many were."""
    if bench.catalogue.is_file():
        entries = list(read([bench.catalogue]).entries)
        for number in range(0, len(entries), max(len(entries) // count, 1)):
            entries[number] = replace(
                entries[number], link=replace(entries[number].link, title=f"{entries[number].link.title}, revised")
            )
        bench.catalogue.write_text(write_native(Reading(name="bench", entries=tuple(entries))), encoding="utf-8")
        return count
    changed = 0
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(bench.catalogue.rglob("*.md"))}
    for link in bench.links[:: max(len(bench.links) // (count * 2), 1)]:
        target = f"]({link.url})"
        page = next((path for path, text in pages.items() if target in text), None)
        if page is not None and changed < count:
            pages[page] = pages[page].replace(target, f", revised{target}", 1)
            changed += 1
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    return changed


def rebuild_row(bench: Bench) -> Row:
    """Change some links and build again in a fresh process that must never import torch."""
    note("rebuild …")
    changed = change(bench, CHANGED)
    code = (
        "import sys; from bot.cli import run; code = run(sys.argv[1:]); sys.exit(code or 3 * ('torch' in sys.modules))"
    )
    build = ("build", "--json", "--catalogue", str(bench.catalogue), "--index", str(bench.index))
    ours = run(sys.executable, "-c", code, *build)
    encoded = json.loads(ours.printed)["encoded"]
    return Row(
        what=f"rebuild after {changed} changed links",
        plain="",
        ours=f"{ours}; {encoded} texts encoded, no torch",
        found=ours.seconds,
        allowed=REBUILD_S,
        unit="s",
    )


def table(rows: Sequence[Row]) -> str:
    """Lay the rows out in Markdown."""
    cells = [("", "plain sentence-transformers", "Signpost", "found", "at most", "held")]
    for row in rows:
        found = f"{row.found:.{0 if row.found >= TWO_DIGITS_BELOW else 2}f} {row.unit}"
        cells.append((row.what, row.plain, row.ours, found, f"{row.allowed:g} {row.unit}", "yes" if row.held else "NO"))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def main() -> int:
    """Measure everything; return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure Signpost beside plain sentence-transformers.")
    parser.add_argument(
        "catalogue", nargs="?", type=Path, help="a file or folder; one is made of the shipped catalogue"
    )
    parser.add_argument("--links", type=int, default=0, help="use so many links only, to try it out")
    arguments = parser.parse_args()
    model = str(model_path(defaults.MODEL))
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as name:
        bench = prepare(Path(name), arguments.catalogue, arguments.links)
        note(f"{len(bench.links):,} links, {os.cpu_count()} processors")
        build, texts, vectors = build_row(bench, model)
        first, plain_mb = first_answer_row(bench, model, texts, vectors)
        rows = [first, question_row(bench), serving_row(bench, plain_mb), build, rebuild_row(bench)]
    sys.stdout.write(f"{table(rows)}\n")
    return 0 if all(row.held for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
