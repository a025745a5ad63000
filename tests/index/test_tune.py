"""Tuning on a tiny catalogue: real training steps, no figures of quality."""

import json
from pathlib import Path

import numpy as np
import pytest

from index.catalogue.link import Link
from index.encoder.choice import EncoderChoice
from index.encoder.export import export
from index.encoder.onnx import OnnxEncoder
from index.errors import UsageError
from index.evaluate import Judged
from index.tune import Example, Recipe, Tuner, compare, curated, folds, judged_examples, report_of

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


def test_judged_questions_keep_only_links_of_the_catalogue_best_first() -> None:
    """What the catalogue lacks cannot be learnt; a thread stands in front of its question."""
    judged = [
        Judged(
            id="1",
            style="",
            query="@bot this?",
            thread=("two nics",),
            grades={"https://a.example/4": 1, "https://a.example/0": 2},
        ),
        Judged(id="2", style="", query="gone", grades={"https://b.example": 2}),
    ]
    assert judged_examples(LINKS, judged) == [Example("two nics this?", (0, 4))]


def test_folds_share_no_section_and_cover_everything() -> None:
    """A fold's links are of sections that no other fold has."""
    found = curated(LINKS)
    parts = folds(LINKS, found, 3, seed=1)
    assert sorted(at for part in parts for at in part) == list(range(len(found)))
    sections = [{LINKS[found[at].links[0]].section for at in part} for part in parts]
    assert all(not a & b for i, a in enumerate(sections) for b in sections[:i])


def test_a_gain_without_questions_is_refused() -> None:
    """Nothing was held out: nothing can be said."""
    with pytest.raises(UsageError, match="held out"):
        compare(np.array([]), np.array([]))


def test_the_interval_of_a_constant_gain_is_that_gain() -> None:
    """The bootstrap adds no width where there is none."""
    gain = compare(np.full(20, 0.25), np.full(20, 0.5))
    assert (gain.after - gain.before, gain.low, gain.high) == pytest.approx((0.25, 0.25, 0.25))


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of transformers, about its own names
def test_training_writes_an_adapter_that_exports_and_changes_what_is_alike(tmp_path: Path) -> None:
    """Learnt questions come nearer to their links, and the adapter becomes an ordinary encoder of a build."""
    choice = EncoderChoice(precision="fp32")
    known = curated(LINKS)
    tuner = Tuner(LINKS, choice, Recipe(epochs=15, batch=6, hard_negatives=0, learning_rate=3e-3))
    steps: list[tuple[int, int]] = []
    tuned = tuner.train(known, lambda done, total: steps.append((done, total)))
    assert steps[-1] == (15, 15)
    gain = compare(tuner.untuned().ndcg(known), tuned.ndcg(known))
    assert gain.after > gain.before
    folder = tmp_path / "adapter"
    tuned.save(folder, report_of(Recipe(), choice, len(known), gain))
    assert json.loads((folder / "tune.json").read_text())["examples"] == len(known)
    assert "/" not in json.loads((folder / "adapter_config.json").read_text())["base_model_name_or_path"]
    assert (folder / "adapter_model.safetensors").stat().st_size < 1_000_000
    export(EncoderChoice(adapter=folder, precision="fp32"), tmp_path / "encoder")
    encoder = OnnxEncoder(tmp_path / "encoder")
    links = encoder.encode_documents([f"{link.title} ({link.section_path})" for link in LINKS])
    found = np.argmax(encoder.encode_queries([example.query for example in known]) @ links.T, axis=1)
    assert (found == np.arange(len(LINKS))).mean() >= 0.8
