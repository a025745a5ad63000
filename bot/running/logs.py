"""JSON logs, one object a line, with reference ids and without questions or tokens.

A reference is what a person reads in an apology and an operator searches the logs for.
"""

import json
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NewType, TextIO

#: A short id, in an apology and in the log.
Reference = NewType("Reference", str)

_PRIVATE: ContextVar[tuple[str, ...]] = ContextVar("signpost_private", default=())
_TOKEN = re.compile(
    r"xox[a-z0-9]*[.-][\w.-]+|xapp-[\w-]+|(?<=/)(?:commands|actions|services|workflows|app)/T\w+/[\w/]+"
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SHORTEST_PRIVATE = 4
#: Different lines that `Seldom` remembers for each logger.
_MOST_LINES = 500
#: The name in `extra` of what is told to people in place of the message.
READABLE = "readable"


def log_failure(logger: logging.Logger, what: str, error: BaseException | None = None, **extra: object) -> Reference:
    """Log what went wrong, with its trace, and return the reference of that log line.

    Only this function makes references, so every reference that a person sees is in the log.
    """
    reference = _new_reference()
    logger.error(what, exc_info=error, extra={**extra, "reference": reference})
    return reference


def _new_reference() -> Reference:
    return Reference(secrets.token_hex(4))


@contextmanager
def private(*texts: str) -> Iterator[None]:
    """Remove these texts from every log line that is written within the block."""
    kept = tuple(text for text in texts if len(text) >= _SHORTEST_PRIVATE)
    token = _PRIVATE.set(_PRIVATE.get() + kept)
    try:
        yield
    finally:
        _PRIVATE.reset(token)


def scrub(text: str) -> str:
    """Return the text without tokens, response URLs and the texts of `private`."""
    for hidden in _PRIVATE.get():
        text = text.replace(hidden, "[text]")
    return _TOKEN.sub("[secret]", text)


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time, level, logger, message and the fields of `extra`; a trace has a reference."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        entry.update(
            {name: _value(value) for name, value in vars(record).items() if name not in {*_STANDARD, READABLE}}
        )
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"] = type(record.exc_info[1]).__name__
            entry.setdefault("reference", _new_reference())
            entry["trace"] = scrub("".join(traceback.format_exception(record.exc_info[1])))
        return json.dumps(entry, ensure_ascii=True)


class ReadableFormatter(logging.Formatter):
    """A line for people: the time, the level from warnings on, the message and the fields of `extra`; a trace follows.

    A record's `readable`, if it has one, replaces the message and the fields.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = vars(record).get(READABLE)
        added = {name: _value(value) for name, value in vars(record).items() if name not in {*_STANDARD, READABLE}}
        text = told or ", ".join((record.getMessage(), *(f"{name} {value}" for name, value in added.items())))
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        line = f"{datetime.fromtimestamp(record.created).astimezone():%H:%M:%S} {level}{' '.join(text.split())}"
        if record.exc_info and record.exc_info[1] is not None:
            line += "\n" + "".join(traceback.format_exception(record.exc_info[1])).rstrip()
        return scrub(line)


def _value(value: Any) -> Any:
    return value if isinstance(value, int | float | bool | None) else scrub(str(value))


@dataclass(slots=True)
class _Told:
    """When a line was written last, and how often it was left out since."""

    at: float
    left_out: int = 0


class Seldom(logging.Filter):
    """Lets the same line through once a minute and then says how often it was left out.

    Strangers can cause such lines, and must not fill the disk with them. An error is always written, because a person may
    have its reference, but its trace only once a minute.
    """

    def __init__(self, every_s: float = 60.0) -> None:
        super().__init__()
        self._every_s = every_s
        self._told: dict[str, _Told] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write the record; its message then has the count."""
        now = time.monotonic()
        error = record.exc_info[1] if record.exc_info else None
        line = f"{record.getMessage()} {error!r}"
        told = self._told.get(line)
        if told is not None and now < told.at + self._every_s:
            if record.levelno < logging.ERROR:
                told.left_out += 1
                return False
            if error is not None:
                record.exc_info = None
                record.error = type(error).__name__
            return True
        if told is not None and told.left_out:
            record.msg = f"{record.getMessage()} ({told.left_out} more times in the last {now - told.at:.0f} s)"
            record.args = None
        self._told.pop(line, None)
        self._told[line] = _Told(now)
        if len(self._told) > _MOST_LINES:
            del self._told[next(iter(self._told))]
        return True


class _Handler(logging.StreamHandler[TextIO]):
    """Writes to a stream. A reader that ends early, such as `head`, causes no trace."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base's name
        """Print the error, unless the reader has gone."""
        if not isinstance(sys.exception(), BrokenPipeError):
            super().handleError(record)


def configure_logs(level: str, stream: TextIO | None = None, *, readable: bool = False) -> None:
    """Send every log line to `stream` (standard output), as JSON or for people; of libraries only warnings and errors.

    The libraries' debug lines hold message bodies and response URLs, so they are never let through.
    """
    handler = _Handler(stream or sys.stdout)
    handler.setFormatter(ReadableFormatter() if readable else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("signpost").setLevel(level.upper())
    # Bolt would quote a request that no listener takes; the bot logs a line of its own without the content.
    logging.getLogger("signpost.bolt").setLevel(logging.ERROR)
    # Anybody who can reach the port can cause these lines: many connections, bytes that are no HTTP, missing signatures.
    for name in ("signpost.connections", "signpost.edge", "uvicorn.error", "signpost.gate"):
        logging.getLogger(name).filters[:] = [Seldom()]
