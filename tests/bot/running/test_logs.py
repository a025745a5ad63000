"""Logs: JSON, one line each, and neither questions nor tokens in them."""

import io
import json
import logging

import pytest

from bot.running.logs import JsonFormatter, private, scrub


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    """Return a logger and what it writes."""
    stream = io.StringIO()
    logger = logging.Logger("signpost.test")  # noqa: LOG001 - apart from all others
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    return logger, stream


def test_a_line_is_an_object(log: tuple[logging.Logger, io.StringIO]) -> None:
    """With whatever was added, on one line."""
    logger, stream = log
    logger.warning("several\nlines", extra={"reference": "0123", "count": 3})
    (line,) = stream.getvalue().splitlines()
    entry = json.loads(line)
    assert entry["message"] == "several\nlines"
    assert entry["reference"] == "0123"
    assert entry["count"] == 3
    assert entry["level"] == "warning"


def test_a_trace_has_no_question_and_no_token(log: tuple[logging.Logger, io.StringIO]) -> None:
    """Not even where an exception quotes them."""
    logger, stream = log
    question, token = "how do I rotate my certificates", "xoxb-123-456-abcDEF"

    def fail() -> None:
        raise ValueError(f"cannot read {question} with {token}")

    with private(question):
        try:
            fail()
        except ValueError:
            logger.exception("failed on %s", question)
    written = stream.getvalue()
    assert "certificates" not in written
    assert "abcDEF" not in written
    assert "ValueError" in written
    assert "fail()" in written


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-1-2-secret",
        "xapp-1-A1-2-secret",
        "xoxe.xoxb-1-secret",
        "https://hooks.slack.com/commands/T0/123/secret",
        "https://hooks.slack.com/actions/T0/123/secret",
    ],
)
def test_tokens_and_response_urls_are_scrubbed(secret: str) -> None:
    """Wherever they stand."""
    assert "secret" not in scrub(f"before {secret}, after").replace("[secret]", "")


def test_what_is_private_ends_with_its_block() -> None:
    """Another task's question is another one's."""
    with private("some question"):
        assert scrub("some question") == "[text]"
    assert scrub("some question") == "some question"
