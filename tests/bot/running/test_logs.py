"""Logs: JSON, one line each, and neither questions nor tokens in them."""

import io
import json
import logging
import re

import pytest

from bot.running.logs import READABLE, JsonFormatter, ReadableFormatter, configure_logs, private, scrub


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


def read_by_people(record: logging.LogRecord) -> str:
    """Return a record as a terminal shows it, without the time."""
    time, _, line = ReadableFormatter().format(record).partition(" ")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", time)
    return line


def make_record(level: int, message: str, **extra: object) -> logging.LogRecord:
    """Return a record as a logger makes it."""
    return logging.getLogger("x").makeRecord("x", level, __file__, 1, message, (), None, extra=extra)


def test_people_read_lines() -> None:
    """What was added stands behind the message, a warning says that it is one, and what is for people goes first."""
    assert read_by_people(make_record(logging.INFO, "serving", version="ab", links=3)) == "serving, version ab, links 3"
    assert read_by_people(make_record(logging.WARNING, "no\nindex")) == "warning: no index"
    assert read_by_people(make_record(logging.INFO, "listening", port=1, **{READABLE: "open it"})) == "open it"
    assert READABLE not in JsonFormatter().format(make_record(logging.INFO, "listening", **{READABLE: "open it"}))


def test_people_read_no_token_either() -> None:
    """Whatever form a line has; a trace stands below it."""
    error = ValueError("xoxb-1234-abc")
    record = make_record(logging.ERROR, "failed")
    record.exc_info = (ValueError, error, None)
    line = read_by_people(record)
    assert line == "error: failed\nValueError: [secret]"


def test_a_reader_that_goes_away_gets_no_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`signpost serve | head`: only that nobody reads any more is passed over."""

    class Stream(io.StringIO):
        def __init__(self, error: OSError) -> None:
            super().__init__()
            self.error = error

        def write(self, _text: str) -> int:
            raise self.error

    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    for error, told in ((BrokenPipeError(), ""), (OSError(28, "No space left"), "No space left")):
        configure_logs("info", Stream(error))
        root.warning("anything")
        said = capsys.readouterr().err
        assert told in said
        assert bool(said) == bool(told)
