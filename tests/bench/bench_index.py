"""Time and memory side by side with plain sentence-transformers and a dot product, in one run. Takes ten minutes.

    python -m tests.bench.bench_index [CATALOGUE] [--row NAME]... [--work DIR] [--links N] [--steps N]

Rows: first, question, memory, build, rebuild, history; all of them unless named. Without a catalogue, one of 15,600 links is
made of the shipped one. With `--work`, the catalogue, the index and the plain program's vectors stay in DIR, and the next
run takes them from there. The exit code is 1 when a bar is missed. Nothing else should run on the machine meanwhile.
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
from typing import Any, Final, NamedTuple

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from index import defaults
from index.catalogue.formats.native import write_native
from index.catalogue.link import Entry, Link, Reading, Source
from index.catalogue.merge import merge
from index.catalogue.read import read
from index.encoder.choice import EncoderChoice, model_path
from index.encoder.config import MODEL_FILE, TOKENIZER_FILE, EncoderConfig
from index.encoder.onnx_export import export
from index.search.fields import link_text
from index.search.searcher import Searcher
from index.types import Question
from tests.bench.history import next_version

ROOT: Final = Path(__file__).resolve().parents[2]
PLAIN: Final = Path(__file__).with_name("plain.py")
SIGNPOST: Final = (sys.executable, "-m", "bot.cli")
LINKS: Final = 15_600
QUESTIONS: Final = 200
WARMING: Final = 20
RUNS: Final = 5
#: Links that a rebuild finds changed, and in how many pages at most (None: anywhere).
REBUILDS: Final = ((20, None), (20, 5), (50, None))
#: Versions of the history, and links that change from one to the next.
STEPS: Final = 5
STEP_CHANGES: Final = 40
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


@dataclass(slots=True, kw_only=True)
class Bench:
    """What all rows share; everything that they make is in `folder`, and made when it is first needed."""

    folder: Path
    catalogue: Path
    links: Sequence[Link]
    questions: Sequence[str]
    steps: int
    plain_build: "Ran | None" = None
    """The plain program's encoding, where this run did it."""

    @property
    def index(self) -> Path:
        """The index that is measured."""
        return self.folder / "index"

    @property
    def model(self) -> str:
        """Where the plain program finds the model."""
        return str(model_path(defaults.MODEL))

    def write(self, name: str, texts: Sequence[str]) -> str:
        """Write texts for the other program; return the path."""
        path = self.folder / name
        path.write_text(json.dumps(list(texts)), encoding="utf-8")
        return str(path)

    def build(self, *options: str, index: Path | None = None) -> "Ran":
        """Build in a fresh process."""
        return run(
            *SIGNPOST, "build", *options, "--catalogue", str(self.catalogue), "--index", str(index or self.index)
        )

    def built(self) -> Path:
        """Return the index, built unless it is there."""
        if not (self.index / "current").exists():
            note("building …")
            self.build()
        return self.index

    def encoded(self, *, anew: bool = False) -> tuple[str, str]:
        """Return the files of texts and vectors of the plain program, made unless they are there."""
        texts, vectors = self.folder / "texts.json", self.folder / "vectors.npy"
        if anew or not vectors.exists():
            note("encoding with sentence-transformers …")
            links = [link_text(link) for link in self.links]
            self.write(texts.name, [*links, *(question for link in self.links for question in link.questions)])
            self.plain_build = run(sys.executable, str(PLAIN), "encode", self.model, str(texts), str(vectors))
        return str(texts), str(vectors)


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


def run(*command: str, cwd: Path = ROOT, **variables: str) -> Ran:
    """Run a program to its end, with this checkout's code unless `PYTHONPATH` is given."""
    fixed = {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "true"}
    environment = {**os.environ, **fixed, **variables}
    before = getrusage(RUSAGE_CHILDREN)
    started = time.perf_counter()
    result = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
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


def prepare(folder: Path, given: Path | None, count: int, steps: int) -> Bench:
    """Copy the given catalogue, or make one, unless it is there; take the questions from the shipped one."""
    shipped = merge(read([defaults.CATALOGUE]).entries)
    asked = [question for link in shipped for question in link.questions]
    step = max(len(asked) // QUESTIONS, 1)
    is_folder = given is not None and given.is_dir() and not count
    catalogue = folder / ("catalogue" if is_folder else "catalogue.yaml")
    if not catalogue.exists() and given is not None and is_folder:
        shutil.copytree(given, catalogue, copy_function=shutil.copyfile)
    elif not catalogue.exists():
        entries = read([given]).entries if given is not None else tuple(grown(shipped, count or LINKS))
        reading = Reading(name="bench", entries=entries[: count or None])
        catalogue.write_text(write_native(reading), encoding="utf-8")
    links = merge(read([catalogue]).entries)
    return Bench(folder=folder, catalogue=catalogue, links=links, questions=asked[::step][:QUESTIONS], steps=steps)


def build_rows(bench: Bench) -> Iterator[Row]:
    """Measure a first build, export of the encoder and all, against nothing but the encoding of the same texts."""
    bench.encoded(anew=True)
    plain = bench.plain_build
    if plain is None:
        raise RuntimeError("the plain program did not run")
    note("building …")
    shutil.rmtree(bench.index, ignore_errors=True)
    ours = bench.build("--full")
    yield Row(
        what=f"full build of {len(bench.links):,} links",
        plain=f"{float(plain.printed):.2f} s encoding, of {plain}",
        ours=f"{ours}",
        found=ours.seconds / float(plain.printed),
        allowed=BUILD_SHARE,
        unit="x",
    )


def first_rows(bench: Bench) -> Iterator[Row]:
    """Measure fresh processes to their end."""
    index, plain_ask = bench.built(), (sys.executable, str(PLAIN), "ask", bench.model, *bench.encoded())
    note("first answers …")
    plain = of_several(*plain_ask, bench.write("first.json", bench.questions[:1]))
    ours = of_several(*SIGNPOST, "ask", "--index", str(index), bench.questions[0])
    yield Row(
        what="fresh process to first answer",
        plain=f"{plain}",
        ours=f"{ours}",
        found=ours.seconds / plain.seconds,
        allowed=FIRST_ANSWER_SHARE,
        unit="x",
    )


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


def question_rows(bench: Bench) -> Iterator[Row]:
    """Measure the same questions in turn with the bare encoder and with a whole search."""
    searcher = Searcher.open(bench.built())
    note("warm questions …")
    encode = bare_encoder(bench.folder / "fp32")
    for question in bench.questions[:WARMING]:
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
    yield Row(
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


def memory_rows(bench: Bench) -> Iterator[Row]:
    """Ask a running bot every question and read its memory; ask the plain program the same."""
    bench.built()
    plain_ask = (sys.executable, str(PLAIN), "ask", bench.model, *bench.encoded())
    note("serving …")
    plain_mb = float(run(*plain_ask, bench.write("all.json", bench.questions)).printed.splitlines()[-1])
    with serving(bench) as (process, port):
        fetch(f"http://127.0.0.1:{port}/readyz")
        for question in bench.questions:
            fetch(f"http://127.0.0.1:{port}/api/ask?q={urllib.parse.quote(question)}")
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    ours = int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6
    yield Row(
        what=f"memory after {len(bench.questions)} questions",
        plain=f"{plain_mb:.0f} MB (no server)",
        ours=f"{ours:.0f} MB (`signpost serve`)",
        found=ours,
        allowed=SERVING_MB,
        unit="MB",
    )


def rebuild(bench: Bench) -> tuple[Ran, dict[str, Any]]:
    """Build again in a fresh process that must never import torch; return also the report."""
    code = "import sys; from bot.cli.main import run; code = run(sys.argv[1:]); sys.exit(code or 3 * ('torch' in sys.modules))"
    build = ("build", "--json", "--force", "--catalogue", str(bench.catalogue), "--index", str(bench.index))
    ours = run(sys.executable, "-c", code, *build)
    return ours, json.loads(ours.printed)


def rebuild_rows(bench: Bench) -> Iterator[Row]:
    """Change some links and build again: spread over the catalogue, in its largest pages, and more of them."""
    bench.built()
    rebuild(bench)  # what an interrupted run changed is none of this
    for number, (changes, largest) in enumerate(REBUILDS):
        if largest is not None and bench.catalogue.is_file():
            continue
        where = f" in the {largest} largest pages" if largest is not None else ""
        note(f"rebuild after {changes} changed links{where} …")
        next_version(bench.catalogue, seed=number, changes=changes, largest=largest)
        ours, report = rebuild(bench)
        yield Row(
            what=f"rebuild after {changes} changed links{where}",
            plain="",
            ours=f"{ours}; {report['encoded']} texts encoded, no torch",
            found=ours.seconds,
            allowed=REBUILD_S,
            unit="s",
        )


def history_rows(bench: Bench) -> Iterator[Row]:
    """Build consecutive versions incrementally, and each of them also from nothing; compare every byte."""
    full = bench.folder / "full"
    shutil.rmtree(full, ignore_errors=True)
    shutil.copytree(bench.built() / "encoders", full / "encoders")
    unchanged, _ = rebuild(bench)
    yield Row(
        what="rebuild of an unchanged catalogue",
        plain="",
        ours=f"{unchanged}",
        found=unchanged.seconds,
        allowed=REBUILD_S,
        unit="s",
    )
    for step in range(1, bench.steps + 1):
        note(f"version {step} of {bench.steps} …")
        next_version(bench.catalogue, seed=1_000 + step, changes=STEP_CHANGES)
        ours, report = rebuild(bench)
        bench.build("--full", "--force", index=full)
        equal = _bundle(bench.index) == _bundle(full)
        yield Row(
            what=f"version {step}: {STEP_CHANGES} changed links",
            plain="",
            ours=f"{ours}; {report['encoded']} texts encoded; {'equals' if equal else 'DIFFERS FROM'} the full build",
            found=ours.seconds if equal else float("inf"),
            allowed=REBUILD_S,
            unit="s",
        )


def _bundle(index: Path) -> dict[str, bytes]:
    """Return every file of the current bundle."""
    folder = index / "bundles" / (index / "current").read_text(encoding="ascii").strip()
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


#: In the order in which they are measured: the build's own index serves the others, which change it last.
ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    "build": build_rows,
    "first": first_rows,
    "question": question_rows,
    "memory": memory_rows,
    "rebuild": rebuild_rows,
    "history": history_rows,
}


def table(rows: Sequence[Row], plain: str = "plain sentence-transformers") -> str:
    """Lay the rows out in Markdown."""
    cells = [("", plain, "Signpost", "found", "at most", "of that", "held")]
    for row in rows:
        found = f"{row.found:.{0 if row.found >= TWO_DIGITS_BELOW else 2}f} {row.unit}"
        share = f"{row.found / row.allowed:.0%}" if row.found < float("inf") else ""
        held = "yes" if row.held else "NO"
        cells.append((row.what, row.plain, row.ours, found, f"{row.allowed:g} {row.unit}", share, held))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def main() -> int:
    """Measure everything, or the rows that were named; return 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description="Measure Signpost beside plain sentence-transformers.")
    parser.add_argument(
        "catalogue", nargs="?", type=Path, help="a file or folder; one is made of the shipped catalogue"
    )
    parser.add_argument(
        "--row", action="append", choices=ROWS, help="measure only this one; may be given several times"
    )
    parser.add_argument("--work", type=Path, help="keep what was made in this folder, and use what is there")
    parser.add_argument("--links", type=int, default=0, help="use so many links only, to try it out")
    parser.add_argument("--steps", type=int, default=STEPS, help="versions of the history")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as name:
        folder = arguments.work or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        bench = prepare(folder.resolve(), arguments.catalogue, arguments.links, arguments.steps)
        note(f"{len(bench.links):,} links, {os.cpu_count()} processors")
        rows: list[Row] = []
        for name_of_row, measure in ROWS.items():
            if arguments.row and name_of_row not in arguments.row:
                continue
            for row in measure(bench):
                note(f"  {row.what}: {row.ours}")
                rows.append(row)
    sys.stdout.write(f"{table(rows)}\n")
    return 0 if all(row.held for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
