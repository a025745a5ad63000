"""Text to vectors with onnxruntime and tokenizers alone; neither torch nor transformers is imported."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from index.encoder.config import CONFIG_FILE, MODEL_FILE, TOKENIZER_FILE, EncoderConfig
from index.errors import EncoderError
from index.numeric import Vectors

#: The graph's input: token ids. Encoders of earlier versions have two more inputs.
INPUT: Final = "input_ids"
_WORD_BEGINS: Final = "▁"
#: onnxruntime's fused form of adding and normalising takes three times as long as the two operators.
_SLOW_FUSIONS: Final = ["SkipLayerNormFusion"]


class OnnxEncoder:
    """An exported sentence-transformers model. Safe to call from several threads.

    Each text is encoded alone, never padded in a batch: its vector then depends on the text only, so that an incremental
    build equals a full one byte for byte.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Open the encoder in `folder`; `threads` is the number of threads for one text."""
        self.config = EncoderConfig.read(folder / CONFIG_FILE)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # The arena never gives back the memory of the longest text seen; without it, memory use stays flat.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(
                str(folder / MODEL_FILE),
                options,
                providers=["CPUExecutionProvider"],
                # An encoder of an earlier version keeps its fusions: it must return the vectors that its bundle was built with.
                disabled_optimizers=_SLOW_FUSIONS if self.config.inputs == (INPUT,) else None,
            )
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        except Exception as error:  # both libraries raise their own and bare Exceptions
            raise EncoderError(f"{folder}: cannot open the encoder ({error}); export it again") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.config.max_length)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<OnnxEncoder {self.config.source} {self.config.precision} {self.config.key}>"

    @property
    def dimensions(self) -> int:
        """Number of dimensions of a vector."""
        return self.config.dimensions

    @cached_property
    def common_words(self) -> frozenset[str]:
        """Words that are one token of the model's vocabulary: mostly ordinary words, no jargon or typing errors."""
        pieces = self._tokenizer.get_vocab()
        # SentencePiece marks the beginning of a word, the others its continuation.
        begin = _WORD_BEGINS if f"{_WORD_BEGINS}the" in pieces else ""
        found = (piece.removeprefix(begin) for piece in pieces if piece.startswith(begin))
        return frozenset(word for word in found if word.isalpha() and word.islower())

    def encode_queries(
        self, texts: Sequence[str], *, workers: int = 1, done: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return unit vectors of questions, shape (len(texts), dimensions); otherwise like `encode_documents`."""
        return self._encode([self.config.query_prompt + text for text in texts], workers, done)

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of one question, shape (dimensions,)."""
        return self._encode_one(self.config.query_prompt + text)

    def encode_documents(
        self, texts: Sequence[str], *, workers: int = 1, done: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return unit vectors of catalogue texts, shape (len(texts), dimensions).

        `workers` texts are encoded at the same time; `done(1)` is called after each text.
        """
        return self._encode([self.config.document_prompt + text for text in texts], workers, done)

    def _encode(self, texts: Sequence[str], workers: int, done: Callable[[int], None] | None) -> Vectors:
        if workers <= 1:
            return _stack(_counted(map(self._encode_one, texts), done), self.dimensions)
        with ThreadPoolExecutor(workers) as pool:
            return _stack(_counted(pool.map(self._encode_one, texts), done), self.dimensions)

    def _encode_one(self, text: str) -> Vectors:
        tokens = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        feeds = {
            name: tokens if name == INPUT else np.full_like(tokens, name == "attention_mask")
            for name in self.config.inputs
        }
        (vectors,) = self._session.run(None, feeds)
        row: Vectors = vectors[0]
        return row


def _counted(rows: Iterable[Vectors], done: Callable[[int], None] | None) -> Iterator[Vectors]:
    for row in rows:
        if done is not None:
            done(1)
        yield row


def _stack(rows: Iterable[Vectors], dimensions: int) -> Vectors:
    found = list(rows)
    return np.stack(found) if found else np.empty((0, dimensions), dtype=np.float32)
