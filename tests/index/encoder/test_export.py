"""The encoder: what sentence-transformers says, without sentence-transformers."""

import logging
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import defaults
from index.catalogue.read import read
from index.encoder import onnx_export as export_module
from index.encoder.choice import EncoderChoice
from index.encoder.config import ENCODER_FILES
from index.encoder.onnx import OnnxEncoder
from index.encoder.onnx_export import LOWEST_COSINE, export, load, verify
from index.errors import EncoderError
from tests.support import ROOT, bundle_of, content_of, write_model

# torch and its friends warn when they load and export.
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]

HEAVY = ("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "peft", "onnx")
ODD_TEXTS = ["", " ", "a", "network policy " * 60, "网络 🌟 שלום", "UPPER case", "tabs\tand\nlines", "naïve café"]


@pytest.fixture(scope="module")
def real_texts() -> list[str]:
    """Return 30 titles and 30 questions of the shipped catalogue."""
    links = read([ROOT / "data" / "catalogue"]).links
    questions = [question for link in links for question in link.questions]
    texts = [link.title for link in links][::5][:30] + questions[:: len(questions) // 30][:30]
    assert len(texts) == 60
    return texts


@pytest.fixture(scope="module")
def original() -> Any:
    """Return the model of the install in sentence-transformers."""
    return load(EncoderChoice())


@pytest.fixture(scope="module")
def fp32(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    """Export the model of the install in fp32."""
    folder = tmp_path_factory.mktemp("fp32") / "encoder"
    export(EncoderChoice(precision="fp32"), folder)
    return OnnxEncoder(folder)


def cosines(first: Any, second: Any) -> Any:
    """Return the cosine of each row with its counterpart."""
    return np.sum(first * second, axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)


# The model of the install


def test_fp32_is_sentence_transformers_on_real_texts(original: Any, fp32: OnnxEncoder, real_texts: list[str]) -> None:
    """Cosine of at least 0.999 on the shipped catalogue's own titles and questions, and on odd ones."""
    texts = [*real_texts, *ODD_TEXTS]
    assert cosines(fp32.encode_documents(texts), original.encode_document(texts)).min() >= 0.999
    assert cosines(fp32.encode_queries(texts), original.encode_query(texts)).min() >= 0.999


def test_int8_keeps_what_it_promises_on_real_texts(real_index: Path, real_texts: list[str]) -> None:
    """What ships is the tuned model, as near to it as the export promises."""
    tuned = load(EncoderChoice(adapter=defaults.ADAPTER))
    encoder = OnnxEncoder(bundle_of(real_index) / "encoder")
    assert encoder.config.precision == "int8"
    found = cosines(encoder.encode_documents(real_texts), tuned.encode_document(real_texts))
    assert found.min() >= LOWEST_COSINE["int8"]
    assert found.mean() >= 0.97


def test_int8_is_a_quarter_of_fp32(
    fp32: OnnxEncoder, real_index: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The weights are stored in a byte each."""
    small = (bundle_of(real_index) / "encoder" / "encoder.onnx").stat().st_size
    large = max(path.stat().st_size for path in tmp_path_factory.getbasetemp().glob("fp32*/encoder/encoder.onnx"))
    assert small < large * 0.3


def test_the_configuration_tells_the_models_own_settings(fp32: OnnxEncoder, original: Any) -> None:
    """Dimensions and maximum length are the model's."""
    assert fp32.dimensions == fp32.config.dimensions == 384
    assert fp32.config.max_length == original.max_seq_length
    assert (fp32.config.query_prompt, fp32.config.document_prompt) == ("", "")
    assert fp32.config.key == EncoderChoice(precision="fp32").key


def test_a_vector_depends_on_nothing_but_its_text(fp32: OnnxEncoder, real_texts: list[str]) -> None:
    """Alone, beside others, in another order, by several workers and threads: the same bits."""
    texts = [*real_texts[:12], "network policy " * 60]
    together = fp32.encode_documents(texts)
    assert together.shape == (13, 384)
    assert together.dtype == np.float32
    assert np.array_equal(together, np.concatenate([fp32.encode_documents([text]) for text in texts]))
    assert np.array_equal(together, fp32.encode_documents(texts[::-1], workers=4)[::-1])
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda text: fp32.encode_queries([text])[0], texts))
    assert np.array_equal(together, np.stack(rows))


def test_vectors_have_the_length_of_one(fp32: OnnxEncoder) -> None:
    """Also those of an empty text and of one far beyond the maximum length."""
    found = fp32.encode_queries([*ODD_TEXTS, "x" * 100_000])
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)


def test_no_texts_are_no_vectors(fp32: OnnxEncoder) -> None:
    """An empty list gives an array of no rows."""
    assert fp32.encode_documents([]).shape == (0, 384)
    assert fp32.encode_documents([], workers=2).shape == (0, 384)


# Other models: pooling, normalisation, prompts, length


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("cls", {"pooling": "cls"}),
        ("max", {"pooling": "max"}),
        ("last", {"pooling": "lasttoken"}),
        ("bare", {"pooling": "mean", "normalise": False}),
        ("prompts", {"prompts": {"query": "query: ", "document": "document: "}, "normalise": False}),
        ("short", {"max_length": 7, "pooling": "cls"}),
    ],
)
def test_pooling_normalisation_prompts_and_length_are_the_models_own(
    name: str, model: Mapping[str, Any], tmp_path: Path
) -> None:
    """A model of any settings is exported as it is, fp32 and all: nothing is assumed of pooling or prompts."""
    path = write_model(tmp_path / name, **model)
    choice = EncoderChoice(model=str(path), precision="fp32")
    config = export(choice, tmp_path / "encoder")
    encoder, own = OnnxEncoder(tmp_path / "encoder"), load(choice)
    texts = ["network policy of the pods", "dns in a namespace, slow", "pods " * 80, "a"]
    assert cosines(encoder.encode_queries(texts), own.encode_query(texts)).min() >= 0.9999
    assert cosines(encoder.encode_documents(texts), own.encode_document(texts)).min() >= 0.9999
    assert config.max_length == model.get("max_length", 48)
    prompts = model.get("prompts", {})
    assert (config.query_prompt, config.document_prompt) == (prompts.get("query", ""), prompts.get("document", ""))
    if prompts:
        assert cosines(encoder.encode_queries(texts), encoder.encode_documents(texts)).max() < 0.9999


def test_pooling_tells_models_apart(tmp_path: Path) -> None:
    """The comparison above would see a wrong pooling."""
    vectors = []
    for pooling in ("cls", "mean"):
        choice = EncoderChoice(model=str(write_model(tmp_path / pooling, pooling=pooling)), precision="fp32")
        export(choice, tmp_path / f"{pooling}-encoder")
        vectors.append(OnnxEncoder(tmp_path / f"{pooling}-encoder").encode_queries(["network policy of the pods"]))
    assert cosines(*vectors).max() < 0.99


def test_a_passage_prompt_is_put_before_documents(tmp_path: Path) -> None:
    """Models of the E5 family call documents passages."""
    path = write_model(tmp_path / "model", prompts={"query": "query: ", "passage": "document: "})
    config = export(EncoderChoice(model=str(path), precision="fp32"), tmp_path / "encoder")
    assert (config.query_prompt, config.document_prompt) == ("query: ", "document: ")


def test_prompts_of_the_settings_win(small_choice: EncoderChoice, tmp_path: Path) -> None:
    """A prompt that is set is put before each text, in place of the model's own."""
    export(replace(small_choice, query_prompt="query: ", document_prompt=""), tmp_path / "encoder")
    export(small_choice, tmp_path / "plain")
    encoder, plain = OnnxEncoder(tmp_path / "encoder"), OnnxEncoder(tmp_path / "plain")
    assert np.array_equal(encoder.encode_queries(["dns"]), plain.encode_queries(["query: dns"]))
    assert np.array_equal(encoder.encode_documents(["dns"]), plain.encode_documents(["dns"]))


def test_a_model_that_pools_without_its_prompt_is_refused(tmp_path: Path) -> None:
    """The graph would pool over the prompt too: the verification sees it, and nothing is left behind."""
    path = write_model(
        tmp_path / "model", prompts={"query": "network policy of the pods: "}, include_prompt=False, normalise=False
    )
    with pytest.raises(EncoderError, match=r"differs from sentence-transformers: cosine .* at least 0\.999"):
        export(EncoderChoice(model=str(path), precision="fp32"), tmp_path / "out" / "encoder")
    assert list((tmp_path / "out").iterdir()) == []


# Verification, and what an export leaves on disk


def test_an_export_that_differs_is_refused(small_choice: EncoderChoice, tmp_path: Path) -> None:
    """`verify` raises below the promised cosine and returns the lowest otherwise."""
    export(small_choice, tmp_path / "encoder")
    encoder = OnnxEncoder(tmp_path / "encoder")
    assert verify(load(small_choice), encoder, ["network policy", "dns"]) >= LOWEST_COSINE["fp32"]
    other = load(EncoderChoice(model=str(write_model(tmp_path / "other", seed=1)), precision="fp32"))
    with pytest.raises(EncoderError, match="differs from sentence-transformers"):
        verify(other, encoder, ["network policy", "dns"])


def test_a_failed_verification_leaves_no_encoder(
    small_choice: EncoderChoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written aside, checked, then moved: whole or not at all."""
    monkeypatch.setitem(LOWEST_COSINE, "fp32", 1.1)
    with pytest.raises(EncoderError, match="report this model"):
        export(small_choice, tmp_path / "out" / "encoder")
    assert list((tmp_path / "out").iterdir()) == []


def test_an_export_is_the_same_bytes_each_time(small_choice: EncoderChoice, tmp_path: Path) -> None:
    """The bundle is named by its content, and the encoder is part of it."""
    for precision in ("fp32", "int8"):
        choice = replace(small_choice, precision=precision)
        for number in (1, 2):
            export(choice, tmp_path / precision / str(number))
        assert content_of(tmp_path / precision / "1") == content_of(tmp_path / precision / "2")
        assert set(content_of(tmp_path / precision / "1")) == set(ENCODER_FILES)


def test_an_encoder_that_is_there_is_not_exported_again(
    small_choice: EncoderChoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild never loads torch."""
    config = export(small_choice, tmp_path / "encoder")
    monkeypatch.setattr(export_module, "load", None)
    assert export(small_choice, tmp_path / "encoder") == config


def test_the_key_follows_weights_prompts_and_precision(small_choice: EncoderChoice, tmp_path: Path) -> None:
    """Whatever changes a vector changes the key; where the folder stands and when it was written do not."""
    same = Path(shutil.copytree(small_choice.model, tmp_path / "model"))
    choices = [
        small_choice,
        replace(small_choice, precision="int8"),
        replace(small_choice, query_prompt="q: "),
        replace(small_choice, document_prompt="d: "),
        EncoderChoice(model=str(write_model(tmp_path / "other", seed=1)), precision="fp32"),
    ]
    assert len({choice.key for choice in choices}) == len(choices)
    before = replace(small_choice, model=str(same)).key
    weights = same / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert replace(small_choice, model=str(same)).key != before


def test_a_model_that_is_none_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder without a model, one that is not there, and a name without a network; what libraries log is none beside it."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (tmp_path / "empty").mkdir()
    for model in (str(tmp_path / "empty"), str(tmp_path / "none"), "nobody/no-such-model"):
        with pytest.raises(EncoderError, match="cannot load the model") as caught:
            export(EncoderChoice(model=model), tmp_path / "encoder")
        assert "\n" not in str(caught.value)
        assert ("there is no such folder" in str(caught.value)) == model.endswith("none")

    def talks(*_: object, **__: object) -> None:
        logging.getLogger("sentence_transformers.util").warning("could not resolve the revision")
        raise OSError("no such model")

    monkeypatch.setattr("sentence_transformers.SentenceTransformer", talks)
    with pytest.raises(EncoderError, match="'nobody/else': no such model"):
        export(EncoderChoice(model="nobody/else"), tmp_path / "encoder")
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []
