"""Tuning on a tiny catalogue: real training steps, no figures of quality."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.catalogue.link import Link
from index.encoder.choice import EncoderChoice
from index.encoder.onnx import OnnxEncoder
from index.encoder.onnx_export import export
from index.errors import UsageError
from index.judge.evaluate import Judged
from index.tuning import lesson
from index.tuning.corpus import Corpus, Example, curated, folds, judged_examples
from index.tuning.lesson import Lesson
from index.tuning.tuner import Recipe, Tuner, compare, report_of
from index.types import Turn

LINKS = [
    Link(url=f"https://a.example/{number}", title=title, section=(section,), questions=(question,))
    for number, (title, section, question) in enumerate(
        [
            ("Multus", "CNI", "can a pod have two network cards?"),
            ("K8GB", "Balancing", "send users to the nearest region"),
            ("Skupper", "Clusters", "reach a service in another cloud without a vpn"),
            ("Xposer", "Ingress", "make an ingress for each service by itself"),
            ("Antrea", "CNI", "a network plugin by vmware"),
            ("Netmaker", "Clusters", "join sites by encrypted tunnels"),
        ]
    )
]


def test_judged_questions_keep_only_links_of_the_catalogue() -> None:
    """What the catalogue lacks cannot be learnt; what people said stands in front of the question, our own answers do not."""
    judged = [
        Judged(
            id="1",
            style="",
            query="@bot this?",
            thread=(Turn("two nics"), Turn("Multus", ours=True)),
            grades={"https://a.example/4": 1, "https://a.example/0": 2, "https://b.example": 2},
            need="nics",
        ),
        Judged(id="2", style="", query="gone", grades={"https://b.example": 2}),
    ]
    assert judged_examples(LINKS, judged) == [Example("two nics this?", {4: 1, 0: 2}, "nics")]


def test_folds_share_no_need_and_cover_everything() -> None:
    """The questions of one need are in one fold, in every catalogue that has them."""
    needs = [Example(f"{need} {at}", {at % 6: 2}, need) for at, need in enumerate("abcabcabc")]
    corpora = [Corpus(LINKS, [*curated(LINKS), *needs]), Corpus(LINKS[:3], needs[:4])]
    parts = folds(corpora, 3, seed=1)
    for at, corpus in enumerate(corpora):
        assert sorted(place for part in parts for place in part[at]) == list(range(len(corpus.examples)))
    of_fold = [{corpora[at].examples[place].need for at in (0, 1) for place in part[at]} - {""} for part in parts]
    assert all(not a & b for i, a in enumerate(of_fold) for b in of_fold[:i])


def test_a_large_catalogue_is_split_by_section() -> None:
    """Questions without a need stay with the links of their section, so that a fold's links are new to it."""
    links = [Link(url=f"https://a.example/{at}", title=str(at), section=(str(at % 7),)) for at in range(300)]
    corpus = Corpus(links, [Example(str(at), {at: 2}) for at in range(300)])
    parts = folds([corpus], 3, seed=1)
    sections = [{links[place].section for place in part[0]} for part in parts]
    assert all(not a & b for i, a in enumerate(sections) for b in sections[:i])


def test_what_is_held_out_is_shown_by_no_link() -> None:
    """A curator's question that is kept for judging is not learnt as a text of its link either."""
    corpus = Corpus(LINKS, curated(LINKS))
    rest = corpus.without({0})
    assert rest.links[0].questions == ()
    assert rest.links[1] == LINKS[1]
    assert [one.query for one in rest.examples] == [link.questions[0] for link in LINKS[1:]]
    assert [one.query for one in corpus.only({0}).examples] == [LINKS[0].questions[0]]


def test_a_batch_masks_what_may_be_good_and_never_what_is_graded() -> None:
    """A link like a good one is neither right nor wrong, unless the need was graded over the whole catalogue."""
    base = np.eye(6, dtype=np.float32)
    base[4] = base[0]
    for need, masked in (("", [4]), ("nics", [])):
        corpus = Corpus(LINKS, [Example("two nics", {0: 2}, need)])
        batch = Lesson(corpus, base, [[]], random.Random(0)).batch(8, 0)
        assert np.flatnonzero(batch.masked[0]).tolist() == masked
        assert batch.gains[0].tolist() == [1, 0, 0, 0, 0, 0]
        assert len(batch.documents) == len(LINKS)


def test_a_large_catalogue_is_ranked_among_good_links_and_hard_negatives(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step does not show fifteen thousand links, and shows none twice."""
    monkeypatch.setattr(lesson, "SMALL", 3)
    corpus = Corpus(LINKS, [Example("a", {0: 2, 1: 1}), Example("b", {1: 2})])
    batch = Lesson(corpus, np.eye(6, dtype=np.float32), [[5], [5]], random.Random(0)).batch(2, 2)
    assert 2 <= len(batch.documents) <= 3
    assert batch.gains.sum(axis=1) == pytest.approx([1, 1])


def test_a_gain_without_questions_is_refused() -> None:
    """Nothing was held out: nothing can be said."""
    with pytest.raises(UsageError, match="held out"):
        compare(np.array([]), np.array([]))


def test_the_interval_of_a_constant_gain_is_that_gain() -> None:
    """The bootstrap adds no width where there is none."""
    gain = compare(np.full(20, 0.25), np.full(20, 0.5))
    assert (gain.after - gain.before, gain.low, gain.high) == pytest.approx((0.25, 0.25, 0.25))


def test_questions_that_belong_together_widen_the_interval() -> None:
    """Ten ways to ask one thing say less than ten things."""
    after = np.tile([0.0, 1.0], 10)
    alone, together = (compare(np.zeros(20), after, groups) for groups in ([], [str(at % 2) for at in range(20)]))
    assert together.high - together.low > alone.high - alone.low


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of transformers, about its own names
def test_training_writes_an_adapter_that_exports_and_changes_what_is_alike(tmp_path: Path) -> None:
    """Learnt questions come nearer to their links, and the adapter becomes an ordinary encoder of a build."""
    choice = EncoderChoice(precision="fp32")
    corpora = [Corpus(LINKS, curated(LINKS))]
    tuner = Tuner([LINKS], choice)
    steps: list[tuple[int, int]] = []
    recipe = Recipe(epochs=15, batch=6, learning_rate=3e-3, anchors=(0.0, 2.0))
    tuned = tuner.train(corpora, recipe, lambda done, total: steps.append((done, total)))
    assert steps[-1] == (30, 30)
    gain = compare(tuner.ndcg(None, corpora), tuner.ndcg(tuned, corpora))
    assert gain.after > gain.before
    folder = tmp_path / "adapter"
    tuned.save(folder, report_of(recipe, choice, len(LINKS), gain))
    assert json.loads((folder / "tune.json").read_text())["examples"] == len(LINKS)
    assert "/" not in json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"]
    assert (folder / "adapter_model.safetensors").stat().st_size < 1_000_000
    export(EncoderChoice(adapter=folder, precision="fp32"), tmp_path / "encoder")
    encoder = OnnxEncoder(tmp_path / "encoder")
    texts = [f"{link.title} ({link.section_path})" for link in LINKS]
    exported = encoder.encode_documents(texts)
    # What was trained with a cached lower half is the model that is exported.
    assert (exported * tuned.encode(texts)).sum(axis=1) == pytest.approx(np.ones(len(LINKS)), abs=2e-3)
    found = np.argmax(encoder.encode_queries([link.questions[0] for link in LINKS]) @ exported.T, axis=1)
    assert (found == np.arange(len(LINKS))).mean() >= 0.8


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_same_seed_gives_the_same_adapter() -> None:
    """Training is reproducible on one machine."""
    tuner = Tuner([LINKS], EncoderChoice(precision="fp32"))
    corpora = [Corpus(LINKS, curated(LINKS))]
    recipe = Recipe(epochs=2, batch=6, anchors=(0.0,))
    texts = [link.title for link in LINKS]
    first, second, other = (
        tuner.train(corpora, one, None).encode(texts) for one in (recipe, recipe, replace(recipe, seed=1))
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_training_goes_on_from_an_adapter(tmp_path: Path) -> None:
    """With steps that change next to nothing, the model is the one that was saved; one of another rank is refused."""
    tuner = Tuner([LINKS], EncoderChoice(precision="fp32"))
    corpora = [Corpus(LINKS, curated(LINKS))]
    recipe = Recipe(epochs=4, batch=6, learning_rate=3e-3, anchors=(0.0,))
    tuned = tuner.train(corpora, recipe)
    tuned.save(tmp_path, report_of(recipe, EncoderChoice(), len(LINKS), compare(np.zeros(1), np.ones(1))))
    texts = [link.title for link in LINKS]
    still = replace(recipe, epochs=1, learning_rate=1e-9)
    resumed = tuner.train(corpora, still, start=tmp_path).encode(texts)
    assert (resumed * tuned.encode(texts)).sum(axis=1) == pytest.approx(np.ones(len(LINKS)), abs=1e-3)
    assert (resumed * tuner.train(corpora, still).encode(texts)).sum(axis=1).min() < 0.999
    with pytest.raises(UsageError, match="not an adapter to go on from"):
        tuner.train(corpora, replace(still, rank=4), start=tmp_path)
    with pytest.raises(UsageError, match="not an adapter to go on from"):
        tuner.train(corpora, still, start=tmp_path / "nowhere")


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_an_anchored_model_stays_where_it_was_on_ordinary_language() -> None:
    """What is learnt of one field moves the words of another less with the anchor than without."""
    tuner = Tuner([LINKS], EncoderChoice(precision="fp32"))
    corpora = [Corpus(LINKS, curated(LINKS))]
    ordinary = ["prune the roses in late winter", "a violin has four strings", "bake the bread until it is brown"]
    before = tuner.untuned().encode(ordinary)
    free, anchored = (
        (tuner.train(corpora, Recipe(epochs=10, batch=6, anchors=(weight,))).encode(ordinary) * before)
        .sum(axis=1)
        .mean()
        for weight in (0.0, 20.0)
    )
    assert anchored > free
