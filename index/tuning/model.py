"""The model in training: a frozen lower half, and an upper half with a low-rank adapter (https://arxiv.org/abs/2106.09685).

The lower half's output for a text never changes, so it is computed once. This, and training only half the layers, keeps
training to minutes on a CPU and the adapter below a megabyte.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.errors import UsageError
from index.numeric import Float16, Vectors

REPORT_FILE: Final = "tune.json"
ADAPTER_FILE: Final = "adapter_model.safetensors"
#: How peft begins the names of an adapter's parameters in its file.
_SAVED: Final = "base_model.model."
#: Texts are cut to this many tokens in training: more cost time and say little more.
MAX_TOKENS: Final = 64
#: Number of texts that go through the layers together, and number of texts that are encoded at a time.
CHUNK, ENCODED = 32, 512
#: Shortest and longest random text, in words.
ORDINARY_WORDS: Final = (3, 10)
_NOT_ATTENDED: Final = -1e9


class LowerHalf:
    """The layers of a transformer that do not learn; keeps their output, about 20 kB for each text."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._bert = model[0].auto_model
        if not hasattr(getattr(self._bert, "encoder", None), "layer"):
            raise UsageError(
                f"tuning knows models built like BERT; {type(self._bert).__name__} is not, use another model"
            )
        model.max_seq_length = min(model.max_seq_length, MAX_TOKENS)
        self.layers: int = self._bert.config.num_hidden_layers
        self.depth = self.layers // 2
        self._kept: dict[str, Float16] = {}

    def random_texts(self, count: int) -> list[str]:
        """Return texts of random words that are one token each: ordinary words of no subject; always the same texts."""
        generator = random.Random(0)
        words = sorted(word for word in self._model.tokenizer.get_vocab() if word.isascii() and word.isalpha())
        return [" ".join(generator.choices(words, k=generator.randint(*ORDINARY_WORDS))) for _ in range(count)]

    def states(self, texts: Sequence[str]) -> list[Float16]:
        """Return the hidden states of each text, shape (tokens, width)."""
        import torch

        missing = sorted({text for text in texts if text not in self._kept}, key=len)
        with torch.no_grad():
            for start in range(0, len(missing), CHUNK):
                chunk = missing[start : start + CHUNK]
                features = self._model.preprocess(chunk)
                mask = features["attention_mask"]
                token_types = features.get("token_type_ids")
                hidden = self._bert.embeddings(input_ids=features["input_ids"], token_type_ids=token_types)
                hidden = _through(self._bert.encoder.layer[: self.depth], hidden, mask)
                for text, states, length in zip(chunk, hidden, mask.sum(dim=1).tolist(), strict=True):
                    self._kept[text] = states[:length].half().numpy()
        return [self._kept[text] for text in texts]


class TunedModel:
    """A model in memory, with or without an adapter in its upper half."""

    def __init__(self, model: Any, lower: LowerHalf) -> None:
        self._model = model
        self._lower = lower

    def vectors(self, texts: Sequence[str]) -> Any:
        """Return unit vectors with gradients; texts of similar length are batched together, which saves padding."""
        import torch

        states = self._lower.states(texts)
        order = sorted(range(len(texts)), key=lambda at: len(states[at]))
        chunks = []
        for start in range(0, len(order), CHUNK):
            hidden = [torch.from_numpy(states[at]).float() for at in order[start : start + CHUNK]]
            mask = torch.nn.utils.rnn.pad_sequence([torch.ones(len(one)) for one in hidden], batch_first=True)
            padded = torch.nn.utils.rnn.pad_sequence(hidden, batch_first=True)
            layers = self._model[0].auto_model.encoder.layer[self._lower.depth :]
            features = {"token_embeddings": _through(layers, padded, mask), "attention_mask": mask}
            for module in list(self._model)[1:]:  # pooling, normalisation
                features = module(features)
            chunks.append(torch.nn.functional.normalize(features["sentence_embedding"], dim=-1))
        return torch.cat(chunks)[torch.argsort(torch.tensor(order))]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors without gradients, shape (len(texts), dimensions); at least one text."""
        import torch

        self._model.eval()
        with torch.no_grad():
            parts = [self.vectors(texts[start : start + ENCODED]).numpy() for start in range(0, len(texts), ENCODED)]
        self._model.train()
        return np.concatenate(parts)

    def add_adapter(self, rank: int, start: Path | None = None) -> list[Any]:
        """Add an adapter to the upper half; return its parameters, the only ones that learn.

        `start` is the folder of an adapter of the same model and rank to go on from; UsageError for another one.
        """
        from peft import LoraConfig

        self._model.add_adapter(
            LoraConfig(
                r=rank,
                lora_alpha=2 * rank,
                lora_dropout=0.05,
                target_modules=["query", "key", "value", "intermediate.dense", "output.dense"],
                layers_to_transform=list(range(self._lower.depth, self._lower.layers)),
                layers_pattern="layer",
            )
        )
        if start is not None:
            self._go_on_from(start)
        parameters = []
        for name, parameter in self._model.named_parameters():
            parameter.requires_grad = "lora_" in name
            if parameter.requires_grad:
                parameters.append(parameter)
        self._model.train()
        return parameters

    def _go_on_from(self, start: Path) -> None:
        from peft import set_peft_model_state_dict
        from safetensors.torch import load_file

        adapter = self._model[0].auto_model
        try:
            state = {
                name.removeprefix(_SAVED): value.float() for name, value in load_file(start / ADAPTER_FILE).items()
            }
            unknown = set_peft_model_state_dict(adapter, state, adapter_name="default").unexpected_keys
        except (OSError, RuntimeError) as error:
            raise UsageError(f"{start}: not an adapter to go on from ({str(error).splitlines()[0]})") from error
        if unknown:
            raise UsageError(f"{start}: an adapter of another model ({unknown[0]}); leave out --from")

    def adapter(self) -> dict[str, Any]:
        """Return the parameters that learn, by name."""
        return {name: parameter for name, parameter in self._model.named_parameters() if "lora_" in name}

    def save(self, folder: Path, report: dict[str, Any]) -> None:
        """Write the adapter (half precision) and its report to `folder`."""
        from peft import get_peft_model_state_dict
        from safetensors.torch import save_file

        adapter = self._model[0].auto_model
        # peft would ask the hub whether the vocabulary has grown; this adapter has no part of it.
        state = get_peft_model_state_dict(adapter, adapter_name="default", save_embedding_layers=False)
        config = adapter.peft_config["default"]
        config.base_model_name_or_path = report["model"]  # the path of this machine's copy means nothing elsewhere
        folder.mkdir(parents=True, exist_ok=True)
        config.save_pretrained(str(folder))
        half = {f"{_SAVED}{name}": value.half().contiguous() for name, value in state.items()}
        save_file(half, str(folder / ADAPTER_FILE))
        (folder / REPORT_FILE).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def averaged(models: Sequence[TunedModel]) -> TunedModel:
    """Return the first model with the mean of all models' adapters; all must have been trained from the same start.

    Such a mean is often better than each of them (https://arxiv.org/abs/2203.05482).
    """
    import torch

    adapters = [model.adapter() for model in models]
    with torch.no_grad():
        for name, parameter in adapters[0].items():
            parameter.copy_(torch.stack([adapter[name] for adapter in adapters]).mean(dim=0))
    return models[0]


def _through(layers: Any, hidden: Any, mask: Any) -> Any:
    """Run hidden states (texts, tokens, width) through layers; `mask` (texts, tokens) is 1 for tokens, 0 for padding."""
    attended = (1.0 - mask[:, None, None, :].float()) * _NOT_ATTENDED
    for layer in layers:
        hidden = layer(hidden, attended)
    return hidden
