"""Trains adapters, and measures their gain on questions that they have not seen."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from index.catalogue.link import Link
from index.encoder.choice import EncoderChoice
from index.encoder.onnx_export import load
from index.errors import UsageError
from index.judge.evaluate import ndcg
from index.numeric import Float64
from index.search.fields import link_text
from index.tuning.corpus import SMALL, Corpus
from index.tuning.lesson import Lesson
from index.tuning.model import LowerHalf, TunedModel, averaged

#: Hard negatives are the nearest links from rank HARD_FROM to HARD_TO: some of the first are good answers without a grade.
HARD_FROM, HARD_TO, TOO_NEAR = 3, 40, 0.75
#: Depth of the nDCG by which a gain is measured.
DEPTH: Final = 5
BOOTSTRAP_DRAWS: Final = 2_000
#: Number of texts of ordinary words whose vectors should not change, and how many of them each step uses.
ORDINARY_TEXTS, ANCHORED = 2_048, 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The settings of the training; the shipped adapter was made with these defaults."""

    rank: int = 16
    learning_rate: float = 1.5e-3
    epochs: float = 1.5
    batch: int = 64
    hard_negatives: int = 32
    """Hard negatives for each step."""
    temperature: float = 0.05
    anchors: tuple[float, ...] = (0.0, 20.0)
    """Weights of the penalty for moving texts of ordinary words, so that a list on another subject loses nothing.

    With several weights, a model is trained with each, and the adapters are averaged.
    """
    seed: int = 0


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


class Tuner:
    """Trains adapters for one model on some catalogues."""

    def __init__(self, links: Sequence[Sequence[Link]], choice: EncoderChoice) -> None:
        """`links` holds the links of each catalogue; the corpora of every later call must be in the same order."""
        self._choice = choice
        self._lower = LowerHalf(load(choice))
        self._texts = [[link_text(link) for link in of_catalogue] for of_catalogue in links]
        self._untuned = TunedModel(load(choice), self._lower)
        self._base = [self._untuned.encode(texts) for texts in self._texts]
        self._ordinary = self._lower.random_texts(ORDINARY_TEXTS)
        self._ordinary_base = self._untuned.encode(self._ordinary)

    def untuned(self) -> TunedModel:
        """Return the model without an adapter, to compare with."""
        return self._untuned

    def train(
        self,
        corpora: Sequence[Corpus],
        recipe: Recipe,
        progress: Callable[[int, int], None] | None = None,
        start: Path | None = None,
    ) -> TunedModel:
        """Return the model with an adapter learnt from `corpora`; `progress(done, total)` counts steps.

        `start` is the folder of an adapter to go on from.

        A catalogue's number of steps grows with the square root of its number of examples, so that a large one does not
        outweigh a small one.
        """
        steps = max(int(recipe.epochs * sum(len(corpus.examples) for corpus in corpora) / recipe.batch), 1)
        models: list[TunedModel] = []
        for anchor in recipe.anchors:
            before = len(models) * steps
            done = None if progress is None else partial(_report, progress, before, steps * len(recipe.anchors))
            models.append(self._train(corpora, recipe, anchor, steps, progress=done, start=start))
        return averaged(models)

    def _train(
        self,
        corpora: Sequence[Corpus],
        recipe: Recipe,
        anchor: float,
        steps: int,
        *,
        progress: Callable[[int], None] | None,
        start: Path | None,
    ) -> TunedModel:
        import torch

        torch.manual_seed(recipe.seed)
        generator = random.Random(recipe.seed)
        tuned = TunedModel(load(self._choice), self._lower)
        parameters = tuned.add_adapter(recipe.rank, start)
        learnt = [(at, corpus) for at, corpus in enumerate(corpora) if corpus.examples]
        lessons = [Lesson(corpus, self._base[at], self._mine(at, corpus), generator) for at, corpus in learnt]
        shares = [len(corpus.examples) ** 0.5 for _, corpus in learnt]
        optimiser = torch.optim.AdamW(parameters, lr=recipe.learning_rate, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, recipe.learning_rate, total_steps=steps + 1, pct_start=0.1, anneal_strategy="linear"
        )
        for step in range(steps):
            batch = generator.choices(lessons, shares)[0].batch(recipe.batch, recipe.hard_negatives)
            loss = batch.loss(tuned, recipe.temperature)
            if anchor:
                loss = loss + anchor * self._drift(tuned, generator.sample(range(ORDINARY_TEXTS), ANCHORED))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad()
            if progress is not None:
                progress(step + 1)
        return tuned

    def ndcg(self, model: TunedModel | None, held_out: Sequence[Corpus]) -> Float64:
        """Return the dense nDCG@5 of every example of `held_out`, shape (examples,); without a `model`, the untuned one's."""
        values: list[float] = []
        for at, corpus in enumerate(held_out):
            if corpus.examples:
                documents = self._base[at] if model is None else model.encode(self._texts[at])
                queries = (model or self._untuned).encode([example.query for example in corpus.examples])
                for example, query in zip(corpus.examples, queries, strict=True):
                    order = np.argsort(-(documents @ query), kind="stable")[:DEPTH]
                    values.append(
                        ndcg([example.grades.get(row, 0) for row in order.tolist()], example.grades.values(), DEPTH)
                    )
        return np.array(values)

    def _drift(self, tuned: TunedModel, chosen: Sequence[int]) -> Any:
        """Return how far the vectors of some ordinary texts have moved: the mean of 1 - cosine, with gradients."""
        import torch

        vectors = tuned.vectors([self._ordinary[at] for at in chosen])
        return 1 - (vectors * torch.from_numpy(self._ordinary_base[chosen])).sum(dim=1).mean()

    def _mine(self, at: int, corpus: Corpus) -> list[list[int]]:
        """Return hard negatives for each example of a large catalogue: wrong links that the untuned model ranks high."""
        if len(corpus.links) <= SMALL:
            return [[] for _ in corpus.examples]
        base, found = self._base[at], []
        queries = self._untuned.encode([example.query for example in corpus.examples])
        for example, query in zip(corpus.examples, queries, strict=True):
            scores = base @ query
            nearest = np.argpartition(-scores, HARD_TO)[:HARD_TO]
            nearest = nearest[np.argsort(-scores[nearest], kind="stable")][HARD_FROM:]
            likeness = (base[nearest] @ base[list(example.grades)].T).max(axis=1)
            found.append([int(row) for row in nearest[likeness < TOO_NEAR]])
        return found


def _report(progress: Callable[[int, int], None], before: int, total: int, step: int) -> None:
    progress(before + step, total)


def compare(before: Float64, after: Float64, groups: Sequence[str] = (), seed: int = 0) -> Gain:
    """Return the mean gain with a 95% bootstrap interval, resampling questions, or `groups` of questions if given."""
    if not len(before):
        raise UsageError("no questions were held out; give more questions, or --judged FILE.jsonl")
    _, member = np.unique(np.array(groups) if groups else np.arange(len(before)), return_inverse=True)
    sums, counts = np.bincount(member, weights=after - before), np.bincount(member)
    draws = np.random.default_rng(seed).integers(0, len(sums), (BOOTSTRAP_DRAWS, len(sums)))
    low, high = np.quantile(sums[draws].sum(axis=1) / counts[draws].sum(axis=1), [0.025, 0.975])
    return Gain(
        questions=len(before), before=float(before.mean()), after=float(after.mean()), low=float(low), high=float(high)
    )


def report_of(recipe: Recipe, choice: EncoderChoice, trained_on: int, gain: Gain) -> dict[str, Any]:
    """Return the report that is written beside an adapter: how it was trained and what it gained."""
    return {"model": choice.model, "recipe": asdict(recipe), "examples": trained_on, "gain": asdict(gain)}
