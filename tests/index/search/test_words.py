"""The vocabulary that curators edit, and the repair of typing errors."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import defaults
from index.builder.arrays import build_lexical
from index.builder.phrases import Phrases
from index.builder.vocabulary_file import read_vocabulary
from index.builder.write import known_words
from index.catalogue.link import Link
from index.catalogue.read import read
from index.errors import CatalogueError
from index.search.language import DEFAULT
from index.search.lexical import LexicalIndex
from index.search.query import QueryReader
from index.search.ranking import match
from index.search.searcher import Searcher
from index.search.spelling import Speller, ordinary_words
from index.search.vocabulary import Vocabulary, VocabularyEntry
from index.search.words import tokens, words
from index.types import Question

SHIPPED = read([defaults.CATALOGUE]).links
LEXICAL: LexicalIndex = build_lexical(SHIPPED)
SPELLER = Speller(LEXICAL, frozenset(), Vocabulary())
CATALOGUE_WORDS = sorted(
    {word for link in SHIPPED for word in words(f"{link.title} {link.description} {' '.join(link.questions)}")}
)


def vocabulary(*entries: tuple[Sequence[str], Sequence[str]]) -> Vocabulary:
    """Return a vocabulary of (forms, means)."""
    return Vocabulary(VocabularyEntry(forms=tuple(forms), means=tuple(means)) for forms, means in entries)


def titled(*titles: str) -> list[Link]:
    """Return links with nothing but a title."""
    return [Link(url=f"https://example.net/{number}", title=title) for number, title in enumerate(titles)]


def phrases(*titles: str) -> Phrases:
    """Return the phrases of a catalogue of such links."""
    return Phrases(titled(*titles), build_lexical(titled(*titles)))


def meant(words_of: Vocabulary, text: str) -> list[str]:
    """Return the main term of each form in a text."""
    return [match.means[0] for match in words_of.matches(words(text))]


# Forms


def test_a_form_in_lower_case_matches_in_any_case() -> None:
    """And in the plural."""
    netpol = vocabulary((["netpol"], ["network policy"]))
    for text in ("netpol", "NetPol", "NETPOL", "netpols", "a netpol?"):
        assert meant(netpol, text) == ["network policy"]
    assert meant(netpol, "netpolicy") == []


def test_a_form_with_a_capital_matches_only_as_it_is_written() -> None:
    """CD is continuous delivery, cd changes a folder."""
    delivery = vocabulary((["CD", "CI/CD", "GitOps flow"], ["continuous delivery"]))
    assert meant(delivery, "CD") == ["continuous delivery"]
    assert meant(delivery, "our CI/CD") == ["continuous delivery"]
    assert meant(delivery, "a GitOps flow") == ["continuous delivery"]
    for text in ("cd", "Cd", "cD", "CDs", "cd /tmp", "gitops flow", "Gitops Flow", "ci/cd"):
        assert meant(delivery, text) == []


def test_forms_that_differ_in_capitals_alone_are_kept_apart() -> None:
    """An internal developer platform is no identity provider, and a lower-case form takes what is left."""
    apart = vocabulary((["IDP"], ["developer platform"]), (["IdP"], ["identity provider"]))
    assert meant(apart, "IDP or IdP") == ["developer platform", "identity provider"]
    assert meant(apart, "idp") == []
    with_rest = vocabulary((["IDP"], ["developer platform"]), (["idp"], ["identity provider"]))
    assert meant(with_rest, "IDP, idp and Idp") == ["developer platform", "identity provider", "identity provider"]


def test_the_longest_form_wins_and_forms_do_not_overlap() -> None:
    """`node port` is not a node; what follows a form is read from its end."""
    nodes = vocabulary((["node"], ["worker"]), (["node port"], ["NodePort"]), (["port forward"], ["kubectl"]))
    assert meant(nodes, "node port forward") == ["NodePort"]
    assert meant(nodes, "a node and a node port") == ["worker", "NodePort"]
    (match,) = nodes.matches(words("expose a node port"))
    assert (match.start, match.end) == (2, 4)


@settings(max_examples=100, deadline=None)
@given(
    text=st.lists(st.sampled_from(["node", "port", "Node", "LB", "lb", "x", "nodes"]), max_size=8),
    forms=st.lists(st.sampled_from(["node", "node port", "LB", "port x", "Node port"]), unique=True, max_size=5),
)
def test_matches_are_in_order_and_apart(text: list[str], forms: list[str]) -> None:
    """Whatever the forms: spans within the text, ascending, never overlapping."""
    found = vocabulary(*(([form], [form]) for form in forms)).matches(text)
    ends = [0, *(match.end for match in found)]
    assert all(end <= match.start < match.end <= len(text) for end, match in zip(ends, found, strict=False))


def anywhere(catalogue: Phrases) -> Callable[[str, tuple[str, ...]], bool]:
    """Return whether a catalogue has the words of a term, for any form."""
    return lambda _form, term: catalogue.has_words(term)


def test_only_what_the_catalogue_has_is_kept() -> None:
    """A meaning without all its words in the catalogue would lead nowhere; an entry without any is dropped."""
    whole = vocabulary((["netpol"], ["network policy", "pizza"]), (["x"], ["pizza"]), (["y"], ["network pizza"]))
    kept = whole.restricted_to(anywhere(phrases("policies of a network")))
    assert kept.as_rows() == [{"forms": ["netpol"], "means": ["network policy"]}]
    assert whole.restricted_to(anywhere(phrases("cake"))).as_rows() == []


@pytest.mark.parametrize(
    ("term", "title", "is_there"),
    [
        ("network policy", "Network policies by example", True),
        ("network policy", "NetworkPolicy by example", True),
        ("network policy", "The policy of our network", False),
        ("infrastructure as code", "Why infrastructure as code?", True),
        ("infrastructure as code", "Code for a public infrastructure", False),
        ("load balancer", "Load: a balancer", True),
        ("load balancer", "Balancer load", False),
        ("DNS", "dns in pods", True),
        ("as of", "as of today", False),
    ],
)
def test_a_catalogue_has_a_term_where_its_words_follow_each_other(term: str, title: str, *, is_there: bool) -> None:
    """Stop words aside, in any form of the words; a term of stop words alone says nothing."""
    stems = DEFAULT.stems_of(words(term))
    assert bool(stems and phrases("Something else", title).has(stems)) is is_there


def test_ordinary_words_are_jargon_only_where_the_catalogue_is_of_their_field() -> None:
    """One mention of bare metal is none: names and abbreviations need one link, plain words three, of many links more."""
    field = Vocabulary(
        [VocabularyEntry(forms=("own hardware", "BM", "baremetl"), means=("bare metal",))], only_spelled_out=True
    )
    one, three = phrases("Rust on bare metal", *["Cakes"] * 9), phrases(*["Bare metal"] * 3, *["Cakes"] * 9)
    assert known_words((field,), one).as_rows() == [{"forms": ["BM", "baremetl"], "means": ["bare metal"]}]
    assert "own hardware" in known_words((field,), three).entries[0].forms
    many = phrases(*["Bare metal"] * 3, *["Cakes"] * 997)
    assert "own hardware" not in known_words((field,), many).entries[0].forms
    assert known_words((vocabulary((["own hardware"], ["bare metal"])),), one).entries


def test_of_several_vocabularies_the_last_one_counts() -> None:
    """Form by form; the other forms of the entry keep their meaning."""
    first = vocabulary((["ns", "nspace"], ["namespace"]), (["lb"], ["load balancer"]))
    second = vocabulary((["ns"], ["name server"]))
    both = known_words((first, second), phrases("namespace", "name server", "load balancer"))
    assert meant(both, "ns nspace lb") == ["name server", "namespace", "load balancer"]
    turned = known_words((second, first), phrases("namespace", "name server", "load balancer"))
    assert meant(turned, "ns") == ["namespace"]


def test_fields_and_links_are_looked_at_one_by_one() -> None:
    """Words that end one text and begin another are no term."""
    assert not phrases("Choosing a network", "Policy for cakes").has(("network", "polici"))


def test_the_shipped_vocabulary_is_for_catalogues_that_spell_it_out(tmp_path: Path) -> None:
    """The same words apart from each other, as another field has them, do not make a load balancer of LB."""
    assert read_vocabulary(defaults.VOCABULARY).only_spelled_out
    path = tmp_path / "vocabulary.yaml"
    path.write_text("only_where_spelled_out: false\nentries:\n- {forms: [a], means: [b]}\n")
    assert not read_vocabulary(path).only_spelled_out
    path.write_text("only_where_spelled_out: perhaps\nentries:\n- {forms: [a], means: [b]}\n")
    with pytest.raises(CatalogueError, match=":1: `only_where_spelled_out` must be true or false, got 'perhaps'"):
        read_vocabulary(path)


# What the asker wrote


def test_the_words_of_every_shipped_form_find_a_link_of_that_name() -> None:
    """Whatever a form means besides: those with stop words (`scale to zero`, `policy as code`) as well."""
    shipped = read_vocabulary(defaults.VOCABULARY)
    forms = [form for entry in shipped.entries for form in entry.forms]
    lexical = build_lexical(titled(*forms))
    reader = QueryReader(lexical, shipped, Speller(lexical, frozenset(), shipped))
    for row, form in enumerate(forms):
        if DEFAULT.stems_of(words(form)):  # `who can do what` has its meaning alone
            assert match(lexical, reader.read(form).concepts).coverage[row] == pytest.approx(1), form


def test_no_meaning_takes_weight_from_the_askers_own_words() -> None:
    """Of every shipped form: a link with one of its words has as much of the question as it has without the vocabulary."""
    shipped = read_vocabulary(defaults.VOCABULARY)
    forms = [form for entry in shipped.entries for form in entry.forms if len(DEFAULT.stems_of(words(form))) > 1]
    lexical = build_lexical(titled(*dict.fromkeys(word for form in forms for word in words(form))))
    speller = Speller(lexical, frozenset(), Vocabulary())
    with_it, without = QueryReader(lexical, shipped, speller), QueryReader(lexical, Vocabulary(), speller)
    for form in forms:
        before, after = (match(lexical, reader.read(form).concepts).coverage for reader in (without, with_it))
        assert (after >= before - 1e-6).all(), form


def test_words_count_as_far_as_the_catalogue_has_them() -> None:
    """One word of a form is in the catalogue, the other is not: that one counts beside the meaning."""
    lexical = build_lexical(titled("Serverless functions", "Zero downtime", "Cakes"))
    scaling = vocabulary((["scale to zero"], ["serverless"]))
    coverage = match(
        lexical, QueryReader(lexical, scaling, Speller(lexical, frozenset(), scaling)).read("scale to zero").concepts
    )
    assert coverage.coverage[0] == pytest.approx(1)
    assert 0 < coverage.coverage[1] < coverage.coverage[0]
    assert coverage.coverage[2] == 0


@pytest.mark.parametrize(
    ("asked", "encoded"),
    [
        ("http and netpol", "http and netpol (network policy)"),
        ("https", "https (TLS)"),
        ("a canary", "a canary"),
        ("Canary", "Canary"),
        ("canary release", "canary release (rollout)"),
        ("ML and ml", "ML (machine learning) and ml"),
        ("NAT gateway", "NAT (address translation) gateway"),
    ],
)
def test_ordinary_words_are_not_spelled_out_as_jargon(asked: str, encoded: str) -> None:
    """No http is a https, nor every canary a release; what is written in capitals is meant so."""
    everyday = frozenset({"http", "https", "canary", "nat", "a", "and"})
    terms = vocabulary(
        (["netpol"], ["network policy"]),
        (["https"], ["TLS"]),
        (["canary"], ["canary deployment"]),
        (["canary release"], ["rollout"]),
        (["ML"], ["machine learning"]),
        (["NAT"], ["address translation"]),
    )
    assert QueryReader(LEXICAL, terms, Speller(LEXICAL, everyday, terms)).read(asked).encoded == encoded


def test_a_form_is_found_by_its_plural_and_not_by_its_singular() -> None:
    """`perms` are permissions, a perm is hair; in phrases both are the same."""
    terms = vocabulary((["perms", "netpol"], ["permissions"]), (["slow lookups"], ["DNS"]))
    assert meant(terms, "perms netpols") == ["permissions", "permissions"]
    assert meant(terms, "a perm") == []
    assert "perm" not in terms
    assert meant(terms, "a slow lookup") == ["DNS"]


def test_a_bundle_keeps_the_vocabulary_of_its_catalogue(searcher: Searcher) -> None:
    """Argo CD is nowhere in the small catalogue: `gitops` is left to the encoder."""
    assert [entry.forms for entry in searcher.vocabulary.entries] == [("netpol", "netpols"), ("LB",)]
    assert "LB" in searcher.vocabulary
    assert "gitops" not in searcher.vocabulary
    assert repr(searcher.vocabulary) == "<Vocabulary 2 entries>"


def test_a_vocabulary_reads_back_what_it_gave() -> None:
    """Rows are plain data for JSON."""
    whole = vocabulary((["IDP", "idps"], ["developer platform", "portal"]), (["LB"], ["load balancer"]))
    assert Vocabulary.from_rows(whole.as_rows()).entries == whole.entries


def test_an_abbreviation_reaches_the_encoder_spelled_out(searcher: Searcher) -> None:
    """As it was typed, with its meaning behind it; what is shown is as it was typed."""
    query, _ = searcher.explain("netpol for pods")
    assert query.encoded == "netpol (network policy) for pods"
    assert query.text == "netpol for pods"
    assert not query.corrected


# The file


def test_the_shipped_vocabulary_is_read() -> None:
    """With the two meanings of IDP."""
    shipped = read_vocabulary(defaults.VOCABULARY)
    assert len(shipped.entries) > 100
    assert meant(shipped, "IDP") != meant(shipped, "IdP") != []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("entries:\n\t- forms: [a]\n", ":2: YAML forbids tabs for indentation; use spaces"),
        ("entries: [", r":\d+: this is not valid YAML"),
        ("", "the file holds no YAML"),
        ("[]", ": expected `entries:`"),
        ("entries: 3", ": expected `entries:`"),
        ("entries:\n- {forms: [a], means: [b]}\n- {forms: [c]}\n", ":3: expected `forms` and `means`, got"),
        ("entries:\n- x\n", ":2: expected `forms` and `means`"),
        ("entries:\n- {forms: [a], means: [b], more: 1}\n", ":2: expected `forms` and `means`"),
        ("entries:\n- {forms: a, means: [b]}\n", ":2: `forms` must be a list of words"),
        ("entries:\n- {forms: [], means: [b]}\n", ":2: `forms` must be a list"),
        ("entries:\n- {forms: [a], means: [b, [c]]}\n", ":2: `means` must be a list of words, got a list"),
        ("entries:\n- {forms: ['!'], means: [b]}\n", ":2: `forms` must be a list"),
        ("entries:\n- {forms: &a [a], means: *a}\n", ":2: anchors are not read"),
        (
            "entries:\n- {forms: [a], means: [b]}\n- {forms: [c, a], means: [d]}\n",
            ":3: the form 'a' is in two entries; the other is at line 2",
        ),
        ("entries: " + "[" * 100_000, "nested deeper than 8 levels"),
    ],
)
def test_a_wrong_vocabulary_names_file_and_line(tmp_path: Path, content: str, message: str) -> None:
    """One line for whoever edits it."""
    path = tmp_path / "vocabulary.yaml"
    path.write_text(content)
    with pytest.raises(CatalogueError, match=message) as caught:
        read_vocabulary(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_words_need_no_quotes(tmp_path: Path) -> None:
    """What YAML would take for a number or for no is a word here."""
    (tmp_path / "vocabulary.yaml").write_text("entries:\n- {forms: [no, 1.20], means: [2024-05-31]}\n")
    (entry,) = read_vocabulary(tmp_path / "vocabulary.yaml").entries
    assert entry == VocabularyEntry(forms=("no", "1.20"), means=("2024-05-31",))


def test_a_vocabulary_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing, a folder, no UTF-8."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "binary"):
        with pytest.raises(CatalogueError, match=str(path)):
            read_vocabulary(path)


# Spelling


@settings(max_examples=200, deadline=None)
@given(text=st.lists(st.sampled_from(CATALOGUE_WORDS), min_size=1, max_size=8).map(" ".join))
def test_a_word_that_the_catalogue_has_is_never_touched(text: str) -> None:
    """Any of its words, in any case, alone or beside each other."""
    for written in (text, text.upper(), text.lower()):
        assert SPELLER.mend(written) == written


def swapped(word: str, at: int) -> str:
    """Swap two neighbouring letters."""
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


LONG_WORDS = [
    word for word in CATALOGUE_WORDS if len(word) > 6 and word.isalpha() and word.islower() and word.isascii()
]


@settings(max_examples=200, deadline=None)
@given(word=st.sampled_from(LONG_WORDS), data=st.data())
def test_swapped_letters_are_mended(word: str, data: st.DataObject) -> None:
    """Two neighbours inside a word, the first letter aside: it becomes a word of the catalogue, or was one already."""
    wrong = swapped(word, data.draw(st.integers(1, len(word) - 2)))
    mended = SPELLER.mend(wrong)
    if mended == wrong:
        known = {*LEXICAL.surface, *LEXICAL.ids}
        assert wrong == word or wrong in known or set(tokens(wrong)) & known or SPELLER._is_known(wrong)
    else:
        assert mended in LEXICAL.surface


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("kuberentes netwrok polciy", "kubernetes network policy"),
        ("nginx contoller", "nginx controller"),
        ("Cilim", "cilium"),
        ("ngnix", "nginx"),
        ("ngiinx", "nginx"),
        ("how do I islate namepsaces?", "how do I isolate namespaces?"),
    ],
)
def test_real_typing_errors_are_mended(typed: str, mended: str) -> None:
    """One error in a short word, two in a long one."""
    assert SPELLER.mend(typed).lower() == mended.lower()


@pytest.mark.parametrize(
    "text", ["", "x", "xyz", "10.0.0.1", "k8s v1.29", "eth0", "zzzzzzzzzz", "dns", "\\1 (", "网络"]
)
def test_what_is_no_typing_error_stays(text: str) -> None:
    """Short words, numbers, words near to nothing."""
    assert SPELLER.mend(text) == text


@pytest.mark.parametrize(
    "rare",
    ["saml", "istios", "backend", "opencilium", "policer", "dods", "sidecap", "calicoo7", "ingres5", "fastapi"],
)
def test_rare_but_right_words_stay(rare: str) -> None:
    """Names that are near a word of the catalogue, but not as a slip of the keys makes them."""
    names = build_lexical(titled("same", "istio", "backed", "cilium", "policy", "pods", "sidecar", "fastagi"))
    assert Speller(names, frozenset(), Vocabulary()).mend(rare) == rare


@pytest.mark.parametrize(
    ("written", "word"),
    [("sidecra", "sidecar"), ("sidcar", "sidecar"), ("siidecar", "sidecar"), ("sodecar", "sidecar"), ("opds", "pods")],
)
def test_slips_of_the_keys_are_mended(written: str, word: str) -> None:
    """Swapped, missing and doubled letters, a key beside the right one."""
    assert Speller(build_lexical(titled(word)), frozenset(), Vocabulary()).mend(written) == word


def test_forms_and_ordinary_words_are_no_typing_errors() -> None:
    """`netwok` would be mended, were it not in the vocabulary or among the words of the model."""
    assert SPELLER.mend("netwok") == "network"
    assert Speller(LEXICAL, frozenset({"netwok"}), Vocabulary()).mend("netwok") == "netwok"
    assert Speller(LEXICAL, frozenset(), vocabulary((["netwok"], ["network"]))).mend("netwok") == "netwok"


def test_the_words_of_general_english() -> None:
    """All of the list, and none that only a field has."""
    assert len(ordinary_words()) == 82_834
    assert {"the", "colour", "color", "isolate", "don't"} <= ordinary_words()
    assert ordinary_words().isdisjoint({"kubernetes", "ebpf", "", "the 23135851162"})


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_can_be_mended(text: str) -> None:
    """It never fails, and does the same again to what it gave."""
    mended = SPELLER.mend(text)
    assert SPELLER.mend(mended) == mended


def test_a_mended_question_tells_what_was_searched_for(searcher: Searcher) -> None:
    """`corrected` says that `asked` is worth showing."""
    answer = searcher.ask(Question(text="isolate namepsaces"))
    assert answer.corrected
    assert answer.asked == "isolate namespaces"
    assert not searcher.ask(Question(text="isolate namespaces")).corrected
