"""Writes a model, whose tensors were read from a packed file, as a folder of sentence-transformers. Needs torch."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from index.errors import EncoderError
from index.numeric import Float32


def save_folder(
    model: Any,
    tensors: Mapping[str, Float32],
    tokenizer: Any,
    special: Mapping[str, str],
    *,
    folder: Path,
    source: str,
    pooling: str,
    prompts: Mapping[str, str],
    max_length: int,
) -> None:
    """Load `tensors`, by the names of transformers, into its `model` and write it with its tokenizer to `folder`.

    `special` are the tokenizer's special tokens by the names of transformers; `source` is what an EncoderError says where
    the tensors do not fit, `{}` in it standing for the reason.
    """
    import torch
    from sentence_transformers import SentenceTransformer, models
    from transformers import PreTrainedTokenizerFast

    weights = model.state_dict()
    # The pooler is no part of such a file, and nothing reads it: the vector of a text is made of its tokens' own.
    found = {name: torch.zeros_like(tensor) for name, tensor in weights.items() if name.startswith("pooler.")}
    try:
        for name, values in tensors.items():
            found[name] = torch.from_numpy(values.copy()).reshape(weights[name].shape)
        model.load_state_dict({**found, **{name: weights[name] for name in weights if name.endswith("_ids")}})
    except (KeyError, RuntimeError) as error:
        raise EncoderError(source.format(" ".join(str(error).split()))) from error
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=max_length, **special)
    with tempfile.TemporaryDirectory() as base:  # sentence-transformers begins with a folder of transformers
        model.save_pretrained(base)
        fast.save_pretrained(base)
        transformer = models.Transformer(base, max_seq_length=max_length)
    modules = [transformer, models.Pooling(model.config.hidden_size, pooling_mode=pooling), models.Normalize()]
    SentenceTransformer(modules=modules, prompts=dict(prompts), device="cpu").save(str(folder))
