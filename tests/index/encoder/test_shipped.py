"""The encoder that ships: whole, of today's adapter, and what an export gives."""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from index import defaults
from index.encoder.choice import EncoderChoice
from index.encoder.config import MADE_WITH_FILE, read_whole
from index.encoder.onnx import OnnxEncoder
from index.encoder.onnx_export import LOWEST_COSINE, PROBES, export, load, verify
from tests.support import run_python

#: A fresh export by other versions may round differently; by the same ones it is the same file.
SAME_TO = 0.9999


def test_it_is_whole_and_of_the_default_choice() -> None:
    """Where it is not, `make encoder` was forgotten: every build would export, or refuse where torch is not installed."""
    shipped = read_whole(defaults.ENCODER)
    assert shipped is not None
    assert shipped.choice == EncoderChoice(adapter=defaults.ADAPTER).fingerprint


def test_a_build_takes_a_copy_of_it(real_index: Path) -> None:
    """An index that somebody damages does not damage the program."""
    (bundle,) = (real_index / "bundles").iterdir()
    mine, shipped = bundle / "encoder" / "encoder.onnx", defaults.ENCODER / "encoder.onnx"
    assert mine.read_bytes() == shipped.read_bytes()
    assert mine.stat().st_ino != shipped.stat().st_ino


def test_nothing_about_its_use_is_kept_or_sent(tmp_path: Path) -> None:
    """Onnxruntime would put a number of the machine and what it is going to send into the home folder."""
    imports = "from index.defaults import ENCODER; from index.encoder.onnx import OnnxEncoder"
    done = run_python("-c", f"{imports}; OnnxEncoder(ENCODER).encode_query('dns')", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.torch
@pytest.mark.slow
def test_it_is_what_a_fresh_export_gives(tmp_path: Path) -> None:
    """It equals an export of the weights with the adapter, and both are the model within what the precision promises."""
    choice = EncoderChoice(adapter=defaults.ADAPTER)
    config = export(choice, tmp_path / "fresh")
    shipped, fresh = OnnxEncoder(defaults.ENCODER), OnnxEncoder(tmp_path / "fresh")
    assert shipped.config.key == config.key == choice.key
    cosines = np.sum(shipped.encode_documents(PROBES) * fresh.encode_documents(PROBES), axis=1)
    assert cosines.min() > SAME_TO
    assert verify(load(choice), shipped, PROBES) > LOWEST_COSINE["int8"]
    made_with = json.loads((defaults.ENCODER / MADE_WITH_FILE).read_text())
    if all(version(name) == made for name, made in made_with.items() if name != "python"):
        assert shipped.config.files == config.files
