"""Words and tokens of other languages: a question and a title that say the same share their tokens."""

from collections.abc import Sequence

import pytest

from index.builder.arrays import build_lexical
from index.builder.language import detected
from index.catalogue.link import Link
from index.errors import UsageError
from index.search.language import CODES, language
from index.search.query import Query, QueryReader
from index.search.spelling import Speller
from index.search.vocabulary import Vocabulary


def read(code: str, titles: Sequence[str], question: str) -> Query:
    """Read a question as an index of these titles does."""
    links = [Link(url=f"https://a.example/{number}", title=title) for number, title in enumerate(titles)]
    lexical = build_lexical(links, language=language(code))
    return QueryReader(lexical, Vocabulary(), Speller(lexical, frozenset(), Vocabulary())).read(question)


@pytest.mark.parametrize(
    ("code", "title", "question"),
    [
        ("de", "Häuser dämmen", "Haeuser gedaemmt? haus daemmen"),
        ("de", "Größe", "grosse"),
        ("fr", "L'ordinateur portable", "ordinateurs portables"),
        ("fr", "Élevage d’abeilles", "elevages abeille"),
        ("es", "Canciones para niños", "cancion nino"),
        ("pt", "Introdução à programação", "introducao programacao"),
        ("it", "Dell'acqua potabile", "acque potabili"),
        ("pl", "Żółw łąkowy", "zolw lakowy"),
        ("tr", "İstanbul'da ışık", "istanbul isik"),
        ("ru", "Новые ёлки", "новая елка"),
        ("el", "Μηχανική μάθηση", "μηχανικη μαθηση"),
        ("ja", "コンテナの監視", "コンテナ監視"),
        ("ja", "走り方", "走る"),
        ("ja", "ｺﾝﾃﾅ入門", "コンテナ"),
        ("zh", "机器学习入门", "学习"),
        ("ko", "컨테이너를 모니터링하기", "컨테이너 모니터링"),
        ("th", "การเรียนรู้ของเครื่อง", "เครื่อง"),
        ("hi", "मशीन लर्निंग", "मशीन"),
        ("ja", "NetworkPolicyの入門", "network policies"),
    ],
)
def test_a_title_is_found_without_accents_endings_and_spaces(code: str, title: str, question: str) -> None:
    """The words that the question and the title share are known."""
    query = read(code, [title, "xyz"], question)
    assert any(concept.known for concept in query.concepts), query.concepts
    asked, said = set(language(code).tokens(question)), set(language(code).tokens(title))
    assert len(asked & said) * 2 >= len(asked), (asked, said)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("de", "Wie kann ich das für den"),
        ("de", "FUER koennte"),
        ("fr", "où est-ce que l'"),
        ("es", "¿Cómo puedo?"),
        ("ja", "です"),
    ],
)
def test_stop_words_say_nothing(code: str, text: str) -> None:
    """Also without their accents, and in capitals."""
    assert language(code).tokens(text) == []


def test_letters_that_only_look_accented_stay() -> None:
    """Й is no И, and a vowel sign belongs to its word."""
    assert language("ru").fold("край") == "край"
    assert language("hi").words("मशीन लर्निंग") == ["मशीन", "लर्निंग"]


def test_words_are_repaired_in_english_alone() -> None:
    """Of other languages nobody knows which words are right."""
    assert read("en", ["Network policies", "x"], "netwrok").text == "network"
    assert read("de", ["Netzwerke", "x"], "Netzwrke").text == "Netzwrke"


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["A guide to the containers of the world", "How to write a book"], "en"),
        (["Docker", "Kubernetes", "nginx"], "en"),
        ([], "en"),
        (["How the parser works"] * 8 + ["Die Einführung in die Sprache"], "en"),
        (["Docker Handbuch: eine Einführung in die Container", "Wie man mit der Datenbank arbeitet"], "de"),
        (["Guide de la sécurité pour les débutants et les autres"], "fr"),
        (["La guía completa de los contenedores para el principiante"], "es"),
        (["O guia dos contêineres para quem não sabe por onde começar"], "pt"),
        (["La guida ai container per chi non sa come iniziare con gli altri"], "it"),
        (["En guide till att bygga och köra det som inte finns"], "sv"),
        (["Введение в машинное обучение и как его изучать"], "ru"),
        (["机器学习入门", "Docker 指南"], "zh"),
        (["機械学習の入門", "Docker ガイド"], "ja"),
        (["머신러닝 입문"], "ko"),
        (["دليل التعلم الآلي في من على"], "ar"),
    ],
)
def test_the_language_of_a_catalogue_is_found(texts: list[str], code: str) -> None:
    """English where none is clear."""
    assert detected(texts) == code


def test_every_language_reads_any_text() -> None:
    """Those whose stemmer this version has, and those that have none."""
    for code in CODES:
        assert len(language(code).tokens("Kubernetes")) == 1, code
        language(code).tokens("ß İ ﬁ 漢字かなカナ한글ไทย Ω й 😀 a.b C++")
    with pytest.raises(UsageError, match="language 'xx' is not known; one of ar, "):
        language("xx")
