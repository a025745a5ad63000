"""What Signpost is measured against: sentence-transformers as its own documentation uses it, and a dot product.

    python tests/bench/plain.py encode MODEL TEXTS.json VECTORS.npy
    python tests/bench/plain.py ask MODEL TEXTS.json VECTORS.npy QUESTIONS.json

`encode` prints the seconds that encoding alone took; `ask` prints the best texts of the first question, and then, as its last
line, the resident memory in megabytes after all of them.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

BEST = 5


def resident_mb(process: int | str = "self") -> float:
    """Return a process's resident memory, in megabytes of a million bytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) * 1024 / 1e6


def encode(model: str, texts: str, vectors: str) -> None:
    """Encode the texts with the library's defaults."""
    encoder = SentenceTransformer(model, device="cpu")
    started = time.perf_counter()
    found = encoder.encode(json.loads(Path(texts).read_text(encoding="utf-8")))
    sys.stdout.write(f"{time.perf_counter() - started}\n")
    np.save(vectors, found)


def ask(model: str, texts: str, vectors: str, questions: str) -> None:
    """Answer each question with the nearest texts."""
    encoder = SentenceTransformer(model, device="cpu")
    names = json.loads(Path(texts).read_text(encoding="utf-8"))
    matrix = np.load(vectors)
    for number, question in enumerate(json.loads(Path(questions).read_text(encoding="utf-8"))):
        similarities = matrix @ encoder.encode(question)
        best = np.argsort(-similarities)[:BEST]
        if not number:
            sys.stdout.writelines(f"{similarities[row]:.3f} {names[row]}\n" for row in best)
    sys.stdout.write(f"{resident_mb()}\n")


if __name__ == "__main__":
    if sys.argv[1] == "encode":
        encode(*sys.argv[2:])
    else:
        ask(*sys.argv[2:])
