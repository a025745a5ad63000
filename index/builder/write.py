"""Writes the files of a bundle into its folder."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import Any, Self

from index import defaults
from index.builder.analysis import AnalysisCache
from index.builder.arrays import assemble, build_lexical, save_links
from index.builder.calibrate import calibrated, chatter_in, read_chatter
from index.builder.glossary import GlossaryEntry, in_words_of, read_glossary
from index.builder.language import detected
from index.builder.phrases import Phrases
from index.builder.vectors import VectorCache, read_vectors
from index.builder.vocabulary_file import read_vocabulary
from index.bundle import REPORT_FILE, SCORE_FILE, IndexFolder
from index.catalogue.articles import same_article
from index.catalogue.link import Link
from index.encoder.config import EncoderConfig
from index.encoder.onnx import OnnxEncoder
from index.numeric import Float32, Int8
from index.search.dense import DenseIndex
from index.search.fields import link_text
from index.search.glossary import Glossary
from index.search.language import DEFAULT, Language, language
from index.search.lexical import LexicalIndex
from index.search.query import QueryReader
from index.search.score import ScoreModel
from index.search.small_talk import SmallTalk
from index.search.spelling import Speller, is_plain
from index.search.vocabulary import VOCABULARY_FILE, Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """What goes into a bundle besides its catalogue."""

    vocabularies: tuple[Vocabulary, ...]
    """Later ones win."""
    model: ScoreModel
    chatter: tuple[str, ...]
    """Lines that no list answers."""
    glossary: tuple[GlossaryEntry, ...] = ()
    """Comes with the vocabulary of Signpost, and is of English words too."""
    own: tuple[Vocabulary, ...] = ()
    """The vocabularies without the one that comes with Signpost, which is of English words."""

    @classmethod
    def read(cls, vocabularies: Sequence[Path], weights: Path) -> Self:
        """Read the ingredients from their files. CatalogueError, BundleDamagedError, BuildError."""
        read = {path: read_vocabulary(path) for path in vocabularies}
        return cls(
            vocabularies=tuple(read[path] for path in vocabularies),
            model=ScoreModel.read(weights),
            chatter=read_chatter(defaults.CHATTER),
            glossary=read_glossary(defaults.GLOSSARY) if defaults.VOCABULARY in read else (),
            own=tuple(read[path] for path in vocabularies if path != defaults.VOCABULARY),
        )


class BundleWriter:
    """Writes the files of a bundle, and reuses what earlier builds kept."""

    def __init__(
        self,
        folder: IndexFolder,
        config: EncoderConfig,
        *,
        full: bool,
        workers: int | None,
        progress: Callable[[int, int], None] | None,
        language: str | None = None,
    ) -> None:
        """`language` is the code of the catalogue's language; None finds it out."""
        self._folder = folder
        self._config = config
        self._full = full
        self._workers = workers or os.cpu_count() or 1
        self._progress = progress
        self._language = language

    def write(
        self, aside: Path, links: Sequence[Link], pages: Sequence[str], given: Ingredients, report: Mapping[str, Any]
    ) -> int:
        """Write all files of a bundle except its manifest into `aside`; return how many texts had to be encoded.

        `pages` has for each link what its page says of itself, or an empty text: words to find the link by, which are
        nowhere in the bundle as text.
        """
        dense, encoded = self._dense(links, pages)
        dense.save(aside)
        read_as = language(self._language or detected([f"{link.title} {link.description}" for link in links]))
        kept = AnalysisCache(self._folder.cache, fresh=self._full, language=read_as)
        lexical = build_lexical(links, kept, read_as, pages=pages)
        lexical.save(aside)
        save_links(links, same_article(links), aside)
        self._folder.link_encoder(self._config.key, aside)
        vocabularies = given.vocabularies if read_as.is_english else given.own
        phrases = Phrases(links, lexical)
        known = known_words(vocabularies, phrases, read_as)
        (aside / VOCABULARY_FILE).write_text(json.dumps(known.as_rows(), ensure_ascii=False), encoding="utf-8")
        glossary = dict(in_words_of(phrases, given.glossary if read_as.is_english else (), read_as))
        model = self._calibrated(given, known, glossary, dense=dense, lexical=lexical, bundle=aside)
        (aside / SCORE_FILE).write_text(model.as_json(), encoding="utf-8")
        (aside / REPORT_FILE).write_text(json.dumps(report), encoding="utf-8")
        return encoded

    @cached_property
    def _encoder(self) -> OnnxEncoder:
        return OnnxEncoder(self._folder.encoders / self._config.key)

    def _dense(self, links: Sequence[Link], pages: Sequence[str]) -> tuple[DenseIndex, int]:
        """Return the dense index, and how many texts had to be encoded for it."""
        texts = list(map(link_text, links, pages))
        questions = [question for link in links for question in link.questions]
        with VectorCache(self._folder.cache, self._config, fresh=self._full) as cache:
            missing = cache.missing([*texts, *questions])
            if missing:
                cache.fill(self._encoder, missing, workers=self._workers, progress=self._progress)
            counts = [len(link.questions) for link in links]
            dense = assemble(cache.load(texts), cache.load(questions), counts, floor=self._config.floor)
            cache.forget_unused()
        return dense, len(missing)

    def _calibrated(
        self,
        given: Ingredients,
        vocabulary: Vocabulary,
        explained: Mapping[GlossaryEntry, Sequence[int]],
        *,
        dense: DenseIndex,
        lexical: LexicalIndex,
        bundle: Path,
    ) -> ScoreModel:
        """Return the score model with the thresholds for this catalogue; keep the lines that set them, and the glossary."""
        encoder = self._encoder
        reader = QueryReader(lexical, vocabulary, Speller(lexical, encoder.common_words, vocabulary))
        lines = (*given.chatter, *chatter_in(lexical.language.code))
        rows, scales = self._vectors_of([*lines, *(entry.plain for entry in explained)], encoder)
        count, floor = len(lines), self._config.floor
        talk = SmallTalk.of(rows[:count], scales[:count], floor=floor)
        talk.save(bundle)
        glossary = Glossary.of(rows[count:], scales[count:], list(explained.values()), floor=floor)
        glossary.save(bundle)
        return calibrated(
            given.model,
            lines,
            rows[:count] * scales[:count, None],
            reader=reader,
            dense=dense,
            lexical=lexical,
            talk=talk,
            glossary=glossary,
            bundle=bundle,
        )

    def _vectors_of(self, texts: Sequence[str], encoder: OnnxEncoder) -> tuple[Int8, Float32]:
        """Return the vectors of texts that are the same for every catalogue; those of the encoder that ships come with it."""
        shipped = {
            **read_vectors(defaults.CHATTER_VECTORS, self._config),
            **read_vectors(defaults.GLOSSARY_VECTORS, self._config),
        }
        with VectorCache(
            self._folder.cache, self._config, fresh=self._full, of_questions=True, shipped=shipped
        ) as cache:
            cache.fill(encoder, cache.missing(texts), workers=self._workers)
            vectors = cache.load(texts)
            cache.forget_unused()
        return vectors


def known_words(vocabularies: Sequence[Vocabulary], phrases: Phrases, language: Language = DEFAULT) -> Vocabulary:
    """Return as one what the vocabularies say in the words of a catalogue.

    In one that is of a field, ordinary words (`on my laptop`) are taken as jargon only where the catalogue is of that field.
    """

    def of_field(form: str, term: tuple[str, ...]) -> bool:
        return phrases.has_often(term) if is_plain(form) else phrases.has(term)

    def of_any(_form: str, term: tuple[str, ...]) -> bool:
        return phrases.has_words(term)

    parts = [one.restricted_to(of_field if one.only_spelled_out else of_any, language) for one in vocabularies]
    return reduce(Vocabulary.under, parts, Vocabulary())
