"""What buttons carry comes back as it was, also from messages that an older bot posted."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.buttons import MAX_METADATA_CHARS, MAX_VALUE_CHARS, Asked, Dismissed, Feedback, Opened
from bot.slack.text import clean

TEXTS = st.text(max_size=4_000) | st.sampled_from(["<" * 3_000, "\N{ROCKET}" * 2_000, '"' * 2_001, "\\" * 1_999, ""])


@given(
    asked=st.builds(
        Asked,
        question=TEXTS,
        answer_id=st.just("0123456789abcdef"),
        offset=st.integers(0, 100),
        shown=st.integers(0, 10),
        public_only=st.booleans(),
    ),
    limit=st.sampled_from([MAX_VALUE_CHARS, MAX_METADATA_CHARS]),
)
def test_a_question_comes_back_cut_and_the_rest_whole(asked: Asked, limit: int) -> None:
    """Within the limit, and no bracket stands in it."""
    value = asked.pack(limit)
    assert len(value) <= limit
    assert "<" not in value
    read = Asked.of(value)
    assert clean(asked.question).startswith(clean(read.question))
    assert replace(read, question="") == replace(asked, question="")
    if len(asked.question) * 6 < limit - 100:
        assert clean(read.question) == clean(asked.question)


def test_values_of_messages_posted_long_ago_are_read() -> None:
    """Their fields are all there, also the empty ones."""
    asked = Asked.of('{"a":"0123","o":5,"n":3,"p":1,"q":"who?"}')
    assert asked == Asked(question="who?", answer_id="0123", offset=5, shown=3, public_only=True)
    assert Asked.of('{"a":"0123","o":0,"n":0,"p":0,"q":""}') == Asked(answer_id="0123")
    assert Feedback.of('n 0123 {"q":"who?"}') == Feedback(answer_id="0123", helpful=False, question="who?")
    assert Opened.of("0123 https://a.example/b c") == Opened(answer_id="0123", url="https://a.example/b c")
    assert Dismissed.of("aa bb") == Dismissed(hashes=("aa", "bb"))


@pytest.mark.parametrize(
    "value",
    [
        Feedback(answer_id="0123", helpful=True),
        Feedback(answer_id="0123", helpful=False),
        Feedback(answer_id="0123", helpful=False, question="a b {c} <d>"),
        Opened(answer_id="0123", url="https://a.example/?q=a b"),
        Dismissed(hashes=("aa",)),
        Dismissed(hashes=()),
    ],
)
def test_what_was_packed_is_read(value: Feedback | Opened | Dismissed) -> None:
    """The same value."""
    assert len(value.pack()) <= MAX_VALUE_CHARS < MAX_METADATA_CHARS
    assert type(value).of(value.pack()) == value


@pytest.mark.parametrize(
    "value", ["", " ", "x", "x y", "y", "y ", "n", "yy 0123", "{}", "[]", "null", "0123", "[" * 9_999]
)
def test_what_somebody_forged_is_nothing(value: str) -> None:
    """No error, and no question."""
    assert Asked.of(value) == Asked()
    assert Feedback.of(value) is None
    assert Opened.of(value) in {None, Opened(answer_id="x", url="y"), Opened(answer_id="yy", url="0123")}


@pytest.mark.parametrize("value", ['{"o":-1}', '{"o":true}', '{"o":"5"}', '{"n":1e9}', '{"q":7}', '{"a":[]}'])
def test_a_field_of_another_kind_is_empty(value: str) -> None:
    """Whatever it is."""
    assert Asked.of(value) == Asked()


def test_counts_are_bounded() -> None:
    """A forged value costs no more than a real one."""
    asked = Asked.of('{"o":999999,"n":999999}')
    assert (asked.offset, asked.shown) == (100, 10)
