"""The encoder where it runs: opened or refused, by onnxruntime and tokenizers alone."""

import json
import shutil
from pathlib import Path

import pytest

from index.encoder.choice import EncoderChoice
from index.encoder.config import EncoderConfig
from index.encoder.onnx import OnnxEncoder
from index.errors import EncoderError
from tests.support import bundle_of, run_python

HEAVY = ("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "peft", "onnx")


def test_an_unknown_precision_is_refused() -> None:
    """The message names those that exist."""
    with pytest.raises(EncoderError, match="'fp16' is not one of fp32, int8"):
        EncoderChoice(precision="fp16")


# Opening


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"inputs": 1}', "\x00", '{"inputs": [], "more": 1}'])
def test_a_configuration_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    """EncoderError names the file."""
    (tmp_path / "encoder.json").write_text(content)
    with pytest.raises(EncoderError, match=r"encoder\.json: not an encoder's configuration"):
        EncoderConfig.read(tmp_path / "encoder.json")


def test_a_graph_that_cannot_be_opened_is_refused(small_index: Path, tmp_path: Path) -> None:
    """Without checksums too, a damaged file is an error of ours."""
    for name in ("encoder.onnx", "tokenizer.json"):
        folder = tmp_path / name
        shutil.copytree(bundle_of(small_index) / "encoder", folder)
        (folder / name).write_bytes(b"damaged")
        with pytest.raises(EncoderError, match="cannot open the encoder"):
            OnnxEncoder(folder)


def test_the_configuration_reads_back(small_index: Path, tmp_path: Path) -> None:
    """Save and load give an equal value."""
    config = EncoderConfig.read(bundle_of(small_index) / "encoder" / "encoder.json")
    config.write(tmp_path / "encoder.json")
    assert EncoderConfig.read(tmp_path / "encoder.json") == config


def test_common_words_are_whole_lower_case_words(real_index: Path) -> None:
    """Ordinary language, by the model's own vocabulary; no pieces of words."""
    common = OnnxEncoder(bundle_of(real_index) / "encoder").common_words
    assert {"service", "network", "house"} <= common
    assert all(word.isalpha() and word == word.lower() for word in common)


# What a question loads


def test_a_question_loads_neither_torch_nor_its_friends(real_index: Path, tmp_path: Path) -> None:
    """`signpost ask` in a fresh process, from the command line's own entry."""
    code = (
        "import json, sys\nfrom bot.cli.main import run\n"
        f"code = run(['ask', '--json', '--index', {str(real_index)!r}, 'how do I isolate namespaces?'])\n"
        f"print(json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))"
    )
    done = run_python("-c", code, folder=tmp_path)
    answer, loaded = map(json.loads, done.stdout.splitlines())
    assert answer["answered"]
    assert loaded == [0, []]


def test_a_rebuild_loads_neither_torch_nor_its_friends(index: Path, catalogue: Path, tmp_path: Path) -> None:
    """What changed is encoded by the encoder that serves."""
    catalogue.write_text(catalogue.read_text().replace("slow", "sluggish"))
    arguments = ["build", "--index", str(index), "--catalogue", str(catalogue), "--json"]
    code = (
        "import json, sys\nfrom bot.cli.main import run\n"
        f"code = run({arguments!r})\n"
        f"print(json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))"
    )
    done = run_python("-c", code, folder=tmp_path)
    report, loaded = map(json.loads, done.stdout.splitlines())
    assert report["encoded"] > 0
    assert loaded == [0, []]
