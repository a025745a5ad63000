"""Lists of other languages: found out, or as told; and the floor of an encoder that crowds all texts."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index import defaults
from index.builder.build import build
from index.builder.calibrate import calibrated, chatter_in
from index.builder.language import detected
from index.catalogue.link import Link
from index.encoder.config import CONFIG_FILE, EncoderConfig
from index.search.dense import DenseIndex
from index.search.language import CODES
from index.search.score import ScoreModel, Signal
from index.search.searcher import Searcher
from index.search.small_talk import NEAREST
from index.types import Question
from tests.support import LINKS, SHIPPED, bundle_of, content_of, prepare, replace_file, urls, write_catalogue

GERMAN = tuple(
    Link(url=f"https://de.example/{number}", title=title, description=description, section=("Rund um das Haus",))
    for number, (title, description) in enumerate(
        [
            ("Häuser dämmen", "Wie man eine Wand von innen und von außen dämmt, und was das kostet."),
            ("Schnecken im Garten", "Was den Salat schützt, ohne dass der Igel leidet."),
            ("Brot backen", "Ein Sauerteig für den Anfang und das, was mit ihm schiefgehen kann."),
            ("Fahrräder reparieren", "Wie man einen Schlauch flickt und die Kette wechselt."),
        ]
    )
)


def language_of(index: Path) -> str | None:
    """Return the language that an index names; None for English."""
    content = json.loads((bundle_of(index) / "tokens.json").read_text("utf-8"))
    return content.get("language")  # type: ignore[no-any-return]


def test_a_german_list_is_read_as_german(index: Path, tmp_path: Path) -> None:
    """Without umlauts and with other endings its first link is found; read as English it is not by its words."""
    catalogue = write_catalogue(tmp_path / "de.yaml", GERMAN)
    found = {}
    for language in (None, "en"):
        build([catalogue], index, encoder=SHIPPED, language=language, force=True)
        answer = Searcher.open(index).ask(Question(text="haus daemmen"))
        found[language_of(index)] = (urls(answer)[0], set(answer.hits[0].why.words))
    assert found["de"] == (GERMAN[0].url, {"Häuser", "dämmen"})
    assert "dämmen" not in found[None][1]


def test_an_incremental_german_bundle_equals_a_full_one(index: Path, small_index: Path, tmp_path: Path) -> None:
    """Also after a build in another language, whose kept words would be other ones."""
    catalogue = write_catalogue(tmp_path / "de.yaml", GERMAN)
    build([catalogue], index, encoder=SHIPPED, language="en", force=True)
    build([catalogue], index, encoder=SHIPPED, force=True)
    write_catalogue(catalogue, [replace(GERMAN[1], title="Nacktschnecken fernhalten"), GERMAN[0], GERMAN[3]])
    grown = build([catalogue], index, encoder=SHIPPED, force=True)
    prepare(tmp_path / "full", small_index)
    full = build([catalogue], tmp_path / "full", encoder=SHIPPED, full=True)
    assert language_of(index) == "de"
    assert grown.version == full.version
    assert content_of(bundle_of(index)) == content_of(bundle_of(tmp_path / "full"))


def test_the_floor_of_the_encoder_is_that_of_the_search(
    index: Path, catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cosines are spread out above it, where the build sets the thresholds, in answers and in groups of questions."""
    question = "isolate namespaces with policies"
    plain = Searcher.open(index)
    before = plain.ask(Question(text=question)).hits[0]
    (encoder,) = (index / "encoders").iterdir()
    replace(EncoderConfig.read(encoder / CONFIG_FILE), floor=0.5).write(tmp_path / "encoder.json")
    replace_file(encoder / CONFIG_FILE, (tmp_path / "encoder.json").read_bytes())
    # The build takes the shipped encoder as it ships; what is exported is taken from the index like this.
    monkeypatch.setattr("index.builder.build.encoder_for", lambda *_: EncoderConfig.read(encoder / CONFIG_FILE))
    floors: list[float] = []

    def noting(*arguments: Any, dense: DenseIndex, **named: Any) -> ScoreModel:
        floors.append(dense.floor)
        return calibrated(*arguments, dense=dense, **named)

    monkeypatch.setattr("index.builder.write.calibrated", noting)
    build([catalogue], index, encoder=SHIPPED, force=True)
    raised = Searcher.open(index)
    assert (plain.dense.floor, floors, raised.dense.floor) == (0.0, [0.5], 0.5)
    after = next(hit for hit in raised.ask(Question(text=question)).hits if hit.link.url == before.link.url)
    assert after.why.similarity == pytest.approx((before.why.similarity - 0.5) / 0.5, abs=1e-3)
    given: list[float] = []
    monkeypatch.setattr("index.search.searcher.group", lambda _, *, floor: given.append(floor))
    raised.alike([question])
    assert given == [0.5]


def test_an_encoder_without_a_floor_names_none(index: Path) -> None:
    """Its configuration stays what it was before there were floors."""
    (encoder,) = (index / "encoders").iterdir()
    assert "floor" not in json.loads((encoder / CONFIG_FILE).read_text("utf-8"))
    assert len(LINKS) == Searcher.open(index).dense.links


def test_office_talk_in_the_language_of_a_list_is_known_as_such(index: Path, tmp_path: Path) -> None:
    """The encoder is of English: without lines in German, any German sentence is near any German link."""
    catalogue = write_catalogue(tmp_path / "de.yaml", GERMAN)
    rankings = {}
    for language in ("en", "de"):
        build([catalogue], index, encoder=SHIPPED, language=language, force=True)
        searcher = Searcher.open(index)
        rankings[language] = [searcher.explain(line)[1] for line in ("gute Besserung", "wie spät ist es")]
        assert searcher.ask(Question(text="wie spät ist es")).answered == (language == "en")
        assert searcher.ask(Question(text="Wände dämmen von innen")).answered
    for before, after in zip(rankings["en"], rankings["de"], strict=True):
        assert after.signals[Signal.SMALL_TALK] > before.signals[Signal.SMALL_TALK] + 0.05
        assert after.confidence < before.confidence


@pytest.mark.parametrize("path", sorted(defaults.CHATTER_BY_LANGUAGE.iterdir()), ids=lambda path: path.stem)
def test_further_lines_are_of_a_language_that_is_read(path: Path) -> None:
    """Enough of them for a question to have its nearest among them, none twice, and none in English."""
    lines = chatter_in(path.stem)
    assert path.stem in CODES
    assert len(lines) > 5 * NEAREST
    assert len(lines) == len([line for line in path.read_text("utf-8").splitlines() if line[:1] != "#"])
    assert detected(lines) == path.stem


def test_an_english_list_has_the_lines_that_it_had() -> None:
    """Their vectors are shipped, and so are its thresholds in effect."""
    assert chatter_in("en") == ()
