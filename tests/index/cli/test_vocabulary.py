"""Abbreviations that a catalogue spells out."""

from collections.abc import Sequence

import pytest

from index.catalogue.link import Link
from index.cli.vocabulary import mine, spelled_out
from index.search.vocabulary import Vocabulary, VocabularyEntry


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Scale with a Horizontal Pod Autoscaler (HPA) today", [("HPA", "Horizontal Pod Autoscaler")]),
        ("Elastic Cloud on Kubernetes (ECK)", [("ECK", "Elastic Cloud on Kubernetes")]),
        ("Kubernetes Event-Driven Autoscaling (KEDA) and AWS Controllers for Kubernetes (ACK)",
         [("KEDA", "Kubernetes Event-Driven Autoscaling"), ("ACK", "AWS Controllers for Kubernetes")]),
        ("Networking (part 2), see the docs (URL)", []),
        ("It ends. Here Pods (HPA)", []),
        ("(HPA)", []),
        ("the name (HPA) HPA", []),
    ],
)  # fmt: skip
def test_the_long_form_stands_before_its_brackets(text: str, expected: Sequence[tuple[str, str]]) -> None:
    """Its letters in order, the first at the start of a word, within one sentence."""
    assert list(spelled_out(text)) == expected


def test_what_is_known_is_left_out_and_the_rest_counted() -> None:
    """The commonest first; one meaning written in two ways counts once a link."""
    links = [
        Link(url="https://a.example/1", title="Virtual Kubelets (VK)", description="A Virtual Kubelet (VK)"),
        Link(url="https://a.example/2", title="Virtual Kubelet (VK) and Quality of Service (QoS)"),
        Link(url="https://a.example/3", title="Horizontal Pod Autoscaler (HPA)"),
    ]
    known = Vocabulary([VocabularyEntry(forms=("HPA",), means=("Horizontal Pod Autoscaler",))])
    found = mine(links, known)
    assert [(one.short, one.links) for one in found] == [("VK", 2), ("QoS", 1)]
