"""Text to vectors with onnxruntime and tokenizers alone; neither torch nor transformers is imported."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from index.errors import EncoderError
from index.types import Vectors

MODEL_FILE: Final = "encoder.onnx"
TOKENIZER_FILE: Final = "tokenizer.json"
CONFIG_FILE: Final = "encoder.json"
#: What an exported encoder consists of, in one folder.
ENCODER_FILES: Final = (MODEL_FILE, TOKENIZER_FILE, CONFIG_FILE)
#: The graph's input: token numbers. Encoders of earlier versions have two more.
INPUT: Final = "input_ids"
#: onnxruntime's fused form of adding and normalising takes three times as long as the two operators.
_SLOW_FUSIONS: Final = ["SkipLayerNormFusion"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """What must be known of a model beside its weights; written by the export."""

    source: str
    """The sentence-transformers model it was exported from, by name or path."""
    choice: str
    """Hash of the build's settings for the encoder, without the weights."""
    key: str
    """Hash of weights, adapter, prompts and precision: vectors of different keys do not mix."""
    dimensions: int
    max_length: int
    """Longest text in tokens, as the model was trained; the rest is cut off."""
    query_prompt: str
    document_prompt: str
    precision: str
    inputs: tuple[str, ...]
    """Input names of the graph, in order."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name to sha256, for the graph and the tokenizer."""

    @classmethod
    def read(cls, path: Path) -> "EncoderConfig":
        """Read `encoder.json`."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**fields, "inputs": tuple(fields["inputs"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"{path}: not an encoder's configuration ({error}); export the encoder again") from error

    def write(self, path: Path) -> None:
        """Write `encoder.json`, the same bytes for the same values."""
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of an exported encoder's graph and tokenizer."""
    found = {}
    for name in (MODEL_FILE, TOKENIZER_FILE):
        with (folder / name).open("rb") as file:
            found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def read_whole(folder: Path) -> EncoderConfig | None:
    """Return the configuration of the exported encoder in `folder`, or None where one must be made anew.

    Its files may be shared with a bundle on disk: what damages one damages both, and must not be built with.
    """
    try:
        config = EncoderConfig.read(folder / CONFIG_FILE)
        return config if config.files == digests(folder) else None
    except (EncoderError, OSError):
        return None


class OnnxEncoder:
    """An exported sentence-transformers model. Safe to call from several threads.

    A text is always encoded alone, never padded beside others: its vector then depends on nothing but the text, which
    is what lets an incremental build equal a full one byte for byte.
    """

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Open the encoder in `folder`; `threads` is what one text may use."""
        self.config = EncoderConfig.read(folder / CONFIG_FILE)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # The arena keeps the peak of the longest text ever seen; without it memory stays flat.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(
                str(folder / MODEL_FILE),
                options,
                providers=["CPUExecutionProvider"],
                # An encoder of an earlier version gives the vectors that its bundle was built with.
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
        """Length of a vector."""
        return self.config.dimensions

    @cached_property
    def common_words(self) -> frozenset[str]:
        """Whole words of the model's own vocabulary: ordinary language rather than jargon or typing errors."""
        return frozenset(word for word in self._tokenizer.get_vocab() if word.isalpha() and word.islower())

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of questions, shape (len(texts), dimensions)."""
        return self._encode(self.config.query_prompt + text for text in texts)

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of one question, shape (dimensions,)."""
        return self._encode_one(self.config.query_prompt + text)

    def encode_documents(
        self, texts: Sequence[str], *, workers: int = 1, done: Callable[[int], None] | None = None
    ) -> Vectors:
        """Return unit vectors of catalogue texts, shape (len(texts), dimensions).

        `workers` texts are encoded at the same time; `done(1)` is called after each.
        """
        prompted = [self.config.document_prompt + text for text in texts]
        if workers <= 1:
            return self._encode(prompted, done)
        with ThreadPoolExecutor(workers) as pool:
            return _stack(_counted(pool.map(self._encode_one, prompted), done), self.dimensions)

    def _encode(self, texts: Iterable[str], done: Callable[[int], None] | None = None) -> Vectors:
        return _stack(_counted(map(self._encode_one, texts), done), self.dimensions)

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
