"""What the best link of a small section says of the others in it."""

import numpy as np
import pytest

from index.numeric import Float32
from index.search.score import Feature
from index.search.searcher import Searcher
from index.search.sections import MOST, SmallSections


def lead(section_of: list[int], cosines: list[float], paths: tuple[tuple[str, ...], ...]) -> Float32:
    """Return the leads of links of these sections, among enough links of no section."""
    rest = 200
    sections = SmallSections.of(np.array([*section_of, *[len(paths)] * rest], dtype=np.int32), [*paths, ()])
    return sections.lead(np.array([*cosines, *[0.9] * rest], dtype=np.float32))[: len(cosines)]


def test_the_best_link_of_a_section_leads_the_others_of_it() -> None:
    """Whatever the order of the links; it has no lead itself, and neither have those of equal cosine."""
    found = lead([1, 0, 1, 0, 1, 2], [0.5, 0.2, 0.1, 0.7, 0.5, 0.3], (("A",), ("B",), ("C",)))
    assert found == pytest.approx([0, 0.5, 0.4, 0, 0, 0])


def test_a_section_that_is_large_or_has_no_heading_says_nothing() -> None:
    """What many links are about, each of them need not be; links without a heading have nothing in common."""
    cosines = [0.9, *[0.1] * MOST]
    assert lead([0] * MOST, cosines[:MOST], (("A",),))[1:] == pytest.approx(0.8)
    assert not lead([0] * (MOST + 1), cosines, (("A",),)).any()
    assert not lead([0] * 3, [0.9, 0.1, 0.1], ((),)).any()


def test_in_a_small_list_a_section_is_much_of_it() -> None:
    """There its heading says as little as the list's own."""
    halves = SmallSections.of(np.array([0, 0, 0, 1, 1, 1], dtype=np.int32), [("A",), ("B",)])
    assert not halves.lead(np.array([0.9, 0.1, 0.1, 0.1, 0.1, 0.1], dtype=np.float32)).any()
    assert not SmallSections.of(np.array([], dtype=np.int32), []).lead(np.array([], dtype=np.float32)).any()


def test_the_score_has_a_part_of_it(searcher: Searcher) -> None:
    """Each candidate's is that of its row, with filters as without."""
    query, ranking = searcher.explain("how do I isolate namespaces?")
    cosines = searcher.dense.similarities(searcher.encoder.encode_query(query.encoded))[0]
    found = ranking.features[:, Feature.SECTION]
    assert found.any()
    assert found == pytest.approx(searcher.facets.small_sections.lead(cosines)[ranking.rows])
    assert searcher.model.weights[Feature.SECTION] > 0
