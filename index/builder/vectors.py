"""Vectors by text, kept from build to build. Safe to delete at any time.

Those of lines that every build needs come with the shipped encoder, so that a first build need not encode them.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self, TypeAlias
from zipfile import BadZipFile

import numpy as np

from index.caches import open_cache
from index.encoder.config import EncoderConfig
from index.encoder.onnx import OnnxEncoder
from index.errors import BuildError
from index.numeric import Float32, Int8
from index.search.dense import quantise

#: Vectors are written in batches of this size: a killed build loses at most one batch.
BATCH: Final = 256
#: Unused vectors are deleted when the cache has more than this many times as many vectors as the build has texts.
STALE: Final = 3
_CREATE: Final = (
    "CREATE TABLE IF NOT EXISTS vectors "
    "(text BLOB PRIMARY KEY, scale REAL, vector BLOB, checksum INTEGER) WITHOUT ROWID"
)
_LOOK: Final = "SELECT text, scale, vector, checksum FROM vectors LIMIT 0"
#: How the files begin.
DOCUMENTS: Final = "vectors"
QUESTIONS: Final = "questions"


#: Scale and int8 bytes by the hash of a text.
Kept: TypeAlias = Mapping[bytes, tuple[float, bytes]]


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _checksum(key: bytes, scale: float, vector: bytes) -> int:
    return zlib.crc32(vector, zlib.crc32(key + repr(scale).encode()))


def save_vectors(path: Path, encoder: OnnxEncoder, questions: Sequence[str]) -> None:
    """Write the vectors of `questions` into a file that `read_vectors` reads."""
    rows, scales = quantise(encoder.encode_queries(questions))
    keys = np.frombuffer(b"".join(map(_key, questions)), dtype=np.uint8).reshape(len(questions), -1)
    np.savez(path, encoder=np.array(encoder.config.key), keys=keys, rows=rows, scales=scales)


def read_vectors(path: Path, config: EncoderConfig) -> Kept:
    """Read what `save_vectors` wrote; nothing if another encoder made it. BuildError when it cannot be read."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            if str(file["encoder"]) != config.key:
                return {}
            found = zip(file["keys"], file["scales"], file["rows"], strict=True)
            return {key.tobytes(): (float(scale), row.tobytes()) for key, scale, row in found}
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise BuildError(f"{path}: cannot read the vectors ({error}); install Signpost again") from error


class VectorCache:
    """The quantised vectors of one encoder, of documents or of questions, in an SQLite file named by the encoder's key."""

    def __init__(
        self,
        folder: Path,
        config: EncoderConfig,
        *,
        fresh: bool = False,
        of_questions: bool = False,
        shipped: Kept = MappingProxyType({}),
    ) -> None:
        """`fresh` forgets what was kept; `shipped` vectors are never encoded."""
        self._dimensions = config.dimensions
        self._known = dict(shipped)
        self._of_questions = of_questions
        path = folder / f"{QUESTIONS if of_questions else DOCUMENTS}-{config.key}.sqlite3"
        self._database = open_cache(path, _CREATE, _LOOK, fresh=fresh)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Return the texts that have no vector yet, each once, in order."""
        keys = {text: _key(text) for text in texts}
        self._known.update(self._found(keys.values()))
        return [text for text, key in keys.items() if key not in self._known]

    def fill(
        self,
        encoder: OnnxEncoder,
        texts: Sequence[str],
        *,
        workers: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Encode `texts` and keep the vectors; `progress(done, total)` after each text."""
        done = 0

        def count(step: int) -> None:
            nonlocal done
            done += step
            if progress is not None:
                progress(done, len(texts))

        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            encode = encoder.encode_queries if self._of_questions else encoder.encode_documents
            rows, scales = quantise(encode(batch, workers=workers, done=count))
            vectors = zip(map(float, scales), (row.tobytes() for row in rows), strict=True)
            new = dict(zip(map(_key, batch), vectors, strict=True))
            self._database.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)",
                [(key, scale, vector, _checksum(key, scale, vector)) for key, (scale, vector) in new.items()],
            )
            self._known.update(new)
            self._database.commit()

    def load(self, texts: Sequence[str]) -> tuple[Int8, Float32]:
        """Return int8 rows (n, dimensions) and scales (n,) of texts; `missing` and `fill` must have had them before."""
        rows = [self._known[_key(text)] for text in texts]
        vectors = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.int8).reshape(len(rows), self._dimensions)
        return vectors, np.array([row[0] for row in rows], dtype=np.float32)

    def forget_unused(self) -> int:
        """Delete the vectors that this build did not use, if they far outnumber the others; return how many were deleted.

        Until then they are worth keeping: an edit that is undone finds its vectors again.
        """
        (count,) = self._database.execute("SELECT COUNT(*) FROM vectors").fetchone()
        if count <= STALE * len(self._known) + BATCH:
            return 0
        stored = {bytes(row[0]) for row in self._database.execute("SELECT text FROM vectors")}
        unused = [(key,) for key in stored - self._known.keys()]
        self._database.executemany("DELETE FROM vectors WHERE text = ?", unused)
        self._database.commit()
        self._database.execute("VACUUM")
        return len(unused)

    def _found(self, keys: Iterable[bytes]) -> dict[bytes, tuple[float, bytes]]:
        """Return scale and vector by key; a row with a wrong checksum counts as missing."""
        wanted = frozenset(keys)
        return {
            key: (scale, vector)
            for key, scale, vector, checksum in self._database.execute(
                "SELECT text, scale, vector, checksum FROM vectors"
            )
            if key in wanted and checksum == _checksum(key, scale, vector)
        }
