"""Tuning of the encoder to a catalogue, without a language model: a low-rank adapter learnt from questions and their links.

Training minimises InfoNCE (https://arxiv.org/abs/1807.03748) over the links of a batch and mined hard negatives. A link that
resembles the right one is no negative: it is masked. Only the upper half of the transformer gets an adapter
(https://arxiv.org/abs/2106.09685), which keeps training on a CPU to minutes and the result to less than a megabyte.
Needs the build dependencies.
"""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from index.build import link_text
from index.catalogue.link import Link
from index.catalogue.urls import normalise
from index.encoder.choice import EncoderChoice
from index.encoder.export import load
from index.errors import UsageError
from index.evaluate import Judged
from index.thread import plain

Vectors = npt.NDArray[np.float32]

REPORT_FILE: Final = "tune.json"
#: Longest text seen in training, in tokens; longer ones cost time and say little more.
MAX_TOKENS: Final = 64
#: Longest description seen in training, in characters.
TRAINED_DESCRIPTION: Final = 110
CHUNK: Final = 32
#: Share of the training links that are shown by their title alone, as many links have nothing else.
TITLE_ALONE: Final = 0.3
#: A link this near to the right one is taken for another right answer, not for a negative.
SAME_TOPIC: Final = 0.8
#: Hard negatives are drawn from the nearest links after the first few, of which some are good answers that nobody marked.
HARD_FROM, HARD_TO, TOO_NEAR = 3, 40, 0.75
BOOTSTRAP_DRAWS: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to train; the shipped adapter was made with these."""

    rank: int = 16
    learning_rate: float = 1.5e-3
    epochs: float = 1.4
    batch: int = 64
    hard_negatives: int = 32
    """Per batch."""
    temperature: float = 0.05
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Example:
    """A question and the numbers of its good links, the best first."""

    query: str
    links: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Dense nDCG@5 on questions that training did not see, before and after."""

    questions: int
    before: float
    after: float
    low: float
    """Lower end of the 95% interval of the gain, by bootstrap over questions."""
    high: float

    def __str__(self) -> str:
        gain = self.after - self.before
        return (
            f"nDCG@5 {self.before:.3f} -> {self.after:.3f} on {self.questions} unseen questions, "
            f"gain {gain:+.3f} (95% interval {self.low:+.3f} to {self.high:+.3f})"
        )


def curated(links: Sequence[Link]) -> list[Example]:
    """Return the curators' own questions."""
    return [Example(question, (row,)) for row, link in enumerate(links) for question in link.questions]


def judged_examples(links: Sequence[Link], judged: Sequence[Judged]) -> list[Example]:
    """Return the given questions as far as their links are in the catalogue, a thread in front of its question."""
    rows = {normalise(link.url): row for row, link in enumerate(links)}
    found = []
    for one in judged:
        good = sorted((key for key in one.grades if key in rows), key=lambda key: -one.grades[key])
        if good:
            query = " ".join([*map(plain, one.thread), plain(one.query)]).strip()
            found.append(Example(query, tuple(rows[key] for key in good)))
    return found


def folds(links: Sequence[Link], found: Sequence[Example], count: int, seed: int) -> list[set[int]]:
    """Split examples into `count` sets of positions, whole sections together, so that no fold knows another's links."""
    sections = sorted({link.section for link in links})
    random.Random(seed).shuffle(sections)  # noqa: S311 - a split, not a secret
    fold_of = {section: number % count for number, section in enumerate(sections)}
    return [
        {at for at, example in enumerate(found) if fold_of[links[example.links[0]].section] == fold}
        for fold in range(count)
    ]


class Tuner:
    """Trains adapters of one model on one catalogue."""

    def __init__(self, links: Sequence[Link], choice: EncoderChoice, recipe: Recipe) -> None:
        self._links = links
        self._choice = choice
        self._recipe = recipe
        self._texts = [link_text(link) for link in links]
        self._short = [link_text(replace(link, description=link.description[:TRAINED_DESCRIPTION])) for link in links]
        self._base: Vectors | None = None

    def train(self, training: Sequence[Example], progress: Callable[[int, int], None] | None = None) -> "TunedModel":
        """Return the model with an adapter learnt from `training`; `progress(done, total)` counts steps."""
        import torch  # noqa: PLC0415

        recipe = self._recipe
        torch.manual_seed(recipe.seed)
        generator = random.Random(recipe.seed)  # noqa: S311 - a shuffle, not a secret
        model = load(self._choice)
        model.max_seq_length = min(model.max_seq_length, MAX_TOKENS)
        negatives = self._mine(model, training)
        parameters = _add_adapter(model, recipe.rank)
        steps = max(int(recipe.epochs * len(training) / recipe.batch), 1)
        optimiser = torch.optim.AdamW(parameters, lr=recipe.learning_rate, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, recipe.learning_rate, total_steps=steps + 1, pct_start=0.1, anneal_strategy="linear"
        )
        order: list[int] = []
        model.train()
        for step in range(steps):
            if len(order) < recipe.batch:
                order = generator.sample(range(len(training)), len(training)) + order
            batch = [order.pop() for _ in range(min(recipe.batch, len(order)))]
            loss = self._loss(model, [training[at] for at in batch], [negatives[at] for at in batch], generator)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            if progress is not None:
                progress(step + 1, steps)
        return TunedModel(model.eval(), self._texts)

    def untuned(self) -> "TunedModel":
        """Return the model as it is, to compare with."""
        model = load(self._choice)
        model.max_seq_length = min(model.max_seq_length, MAX_TOKENS)
        return TunedModel(model, self._texts)

    def _mine(self, model: Any, training: Sequence[Example]) -> list[list[int]]:
        """Return for each example links that look right to the untuned model and are not."""
        if self._base is None:
            self._base = _encode(model, self._texts)
        base = self._base
        found = []
        for example, scores in zip(training, _encode(model, [one.query for one in training]) @ base.T, strict=True):
            nearest = np.argpartition(-scores, min(HARD_TO, len(scores) - 1))[:HARD_TO]
            nearest = nearest[np.argsort(-scores[nearest], kind="stable")][HARD_FROM:]
            likeness = (base[nearest] @ base[list(example.links)].T).max(axis=1, initial=-1.0)
            found.append([int(row) for row in nearest[likeness < TOO_NEAR]])
        return found

    def _loss(
        self, model: Any, batch: Sequence[Example], negatives: Sequence[Sequence[int]], generator: random.Random
    ) -> Any:
        import torch  # noqa: PLC0415

        right = [generator.choice(example.links[:3]) for example in batch]
        shown = [self._links[row].title if generator.random() < TITLE_ALONE else self._short[row] for row in right]
        hard = [generator.choice(rows) for rows in negatives[: self._recipe.hard_negatives] if rows]
        queries = _forward(model, [example.query for example in batch])
        documents = _forward(model, [*shown, *(self._short[row] for row in hard)])
        logits = queries @ documents.T / self._recipe.temperature
        with torch.no_grad():
            also_right = documents[: len(batch)] @ documents.T > SAME_TOPIC
            for place, example in enumerate(batch):
                also_right[place, [at for at, row in enumerate([*right, *hard]) if row in example.links]] = True
            also_right.fill_diagonal_(False)  # noqa: FBT003 - torch's signature
        return torch.nn.functional.cross_entropy(logits.masked_fill(also_right, -1e4), torch.arange(len(batch)))


class TunedModel:
    """A model in memory, with or without an adapter, and the link texts that it is judged on."""

    def __init__(self, model: Any, texts: Sequence[str]) -> None:
        self._model = model
        self._texts = texts

    def ndcg(self, held_out: Sequence[Example]) -> npt.NDArray[np.float64]:
        """Return the dense nDCG@5 of each example, all its links counting alike, shape (len(held_out),)."""
        vectors = _encode(self._model, self._texts)
        queries = _encode(self._model, [example.query for example in held_out])
        values = []
        for example, query in zip(held_out, queries, strict=True):
            top = np.argsort(-(vectors @ query), kind="stable")[:5]
            discounts = 1 / np.log2(np.arange(2, 7))
            gained = discounts[: len(top)][np.isin(top, example.links)].sum()
            values.append(gained / discounts[: min(len(example.links), 5)].sum())
        return np.array(values)

    def save(self, folder: Path, report: dict[str, Any]) -> None:
        """Write the adapter (half precision) and its report to `folder`."""
        from peft import get_peft_model_state_dict  # noqa: PLC0415
        from safetensors.torch import save_file  # noqa: PLC0415

        adapter = self._model[0].auto_model
        # peft would ask the hub whether the vocabulary has grown; this adapter has no part of it.
        state = get_peft_model_state_dict(adapter, adapter_name="default", save_embedding_layers=False)
        config = adapter.peft_config["default"]
        config.base_model_name_or_path = report["model"]  # the path of this machine's copy means nothing elsewhere
        folder.mkdir(parents=True, exist_ok=True)
        config.save_pretrained(str(folder))
        half = {f"base_model.model.{name}": value.half().contiguous() for name, value in state.items()}
        save_file(half, str(folder / "adapter_model.safetensors"))
        (folder / REPORT_FILE).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def compare(before: npt.NDArray[np.float64], after: npt.NDArray[np.float64], seed: int = 0) -> Gain:
    """Return the mean gain with a bootstrap interval over questions."""
    if not len(before):
        raise UsageError("no questions were held out; give more questions, or --judged FILE.jsonl")
    gains = after - before
    draws = np.random.default_rng(seed).integers(0, len(gains), (BOOTSTRAP_DRAWS, len(gains)))
    low, high = np.quantile(gains[draws].mean(axis=1), [0.025, 0.975])
    return Gain(
        questions=len(gains), before=float(before.mean()), after=float(after.mean()), low=float(low), high=float(high)
    )


def report_of(recipe: Recipe, choice: EncoderChoice, trained_on: int, gain: Gain) -> dict[str, Any]:
    """Return what is written beside an adapter: how it was made and what it gained."""
    return {"model": choice.model, "recipe": asdict(recipe), "examples": trained_on, "gain": asdict(gain)}


def _add_adapter(model: Any, rank: int) -> list[Any]:
    """Give the upper half of the transformer's layers an adapter; return its parameters, the only ones that learn."""
    from peft import LoraConfig  # noqa: PLC0415

    layers = model[0].auto_model.config.num_hidden_layers
    model.add_adapter(
        LoraConfig(
            r=rank,
            lora_alpha=2 * rank,
            lora_dropout=0.05,
            target_modules=["query", "key", "value", "intermediate.dense", "output.dense"],
            layers_to_transform=list(range(layers // 2, layers)),
            layers_pattern="layer",
        )
    )
    parameters = []
    for name, parameter in model.named_parameters():
        parameter.requires_grad = "lora_" in name
        if parameter.requires_grad:
            parameters.append(parameter)
    return parameters


def _forward(model: Any, texts: Sequence[str]) -> Any:
    """Return vectors with gradients; texts of like length go together, which saves padding."""
    import torch  # noqa: PLC0415

    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    chunks = [
        model(model.preprocess([texts[at] for at in order[start : start + CHUNK]]))["sentence_embedding"]
        for start in range(0, len(order), CHUNK)
    ]
    return torch.cat(chunks)[torch.argsort(torch.tensor(order))]


def _encode(model: Any, texts: Sequence[str]) -> Vectors:
    vectors: Vectors = model.encode(list(texts), batch_size=CHUNK, normalize_embeddings=True, show_progress_bar=False)
    return vectors
