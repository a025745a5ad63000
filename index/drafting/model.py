"""Asks a language model of the curator's own choice for questions: a command, or an address that OpenAI's clients can use.

Nothing here runs unless a person names the command or the address. What comes back is a proposal for the curator and
nothing else: no reader is shown it (docs/curators.md).
"""

import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import IO, Any, Final, Protocol
from urllib.parse import urlsplit

import httpx2

from index.catalogue.link import Link
from index.catalogue.pages.page_text import PageText
from index.errors import SignpostError
from index.search.words import tokens

FEWEST: Final = 3
MOST: Final = 6
#: Longest question that is taken, in characters.
LONGEST_QUESTION: Final = 200
#: An answer is read this far; six questions are a few hundred characters.
MAX_ANSWER_BYTES: Final = 64 * 1024
#: Of a description, and of each of the page's headings, the first so many characters are sent.
_DESCRIPTION_CHARS: Final = 600
_HEADING_CHARS: Final = 80
_HEADINGS: Final = 12
#: A busy service is asked again this often, after at most so long.
RETRIES: Final = 4
_LONGEST_WAIT_S: Final = 60.0
_POLL_S: Final = 0.05
_TOO_MANY: Final = 429
_SERVER_ERROR: Final = 500
_REDIRECT: Final = 300

PROMPT: Final = """\
Below is one link of a curated list. Write three to six questions that people would type into a chat when this link is the
answer. They do not know the link and not its title.

- Ask as people ask at work: "how do i ...", "what can i use to ...", "is there something for ...", or a few key words.
- Use other words than the title and the description wherever there are some; do not repeat the title.
- Every question must be answered by this link. Add nothing that the text below does not say.
- One question a line. No numbers, no quotes, nothing else.

"""


class ModelError(SignpostError):
    """The model gave no questions for one link; others may work."""


class NoModelError(ModelError):
    """The model cannot be used at all, for a reason that every link would meet."""


class Model(Protocol):
    """Something that answers a prompt."""

    @property
    def place(self) -> str:
        """Where the prompts go, in words for the person who must allow it."""

    def answer(self, prompt: str) -> str:
        """Return the answer to a prompt; ModelError when there is none, NoModelError when there will be none."""


def prompt_for(link: Link, page: PageText | None = None) -> str:
    """Return all that is sent for one link: its title, section and description, and its page's headings."""
    headings = page.headings[:_HEADINGS] if page is not None else ()
    about = {
        "title": link.title,
        "section": link.section_path,
        "description": link.description[:_DESCRIPTION_CHARS],
        "headings of the page": "; ".join(heading[:_HEADING_CHARS] for heading in headings),
    }
    return PROMPT + "".join(f"{name}: {' '.join(text.split())}\n" for name, text in about.items() if text)


_LISTED: Final = re.compile(r"^\s*(?:[-*•–—]|\(?\d{1,2}[.):])\s+")
_TALK: Final = re.compile(r"^(?:here (?:are|is)|sure|certainly|of course|questions?:|okay|```|#|<)", re.IGNORECASE)
_MARKS: Final = "\"'“”‘’`* \t"


def questions_in(answer: str, link: Link) -> tuple[str, ...]:
    """Return the questions of an answer, at most MOST; none where it is no list of questions.

    What a model says around them is left out, and so are the title itself and control characters.
    """
    found: dict[str, str] = {}
    title = frozenset(tokens(link.title))
    for line in answer.splitlines():
        text = "".join(char for char in _LISTED.sub("", line) if char.isprintable()).strip(_MARKS)
        asked = frozenset(tokens(text))
        if not text or len(text) > LONGEST_QUESTION or _TALK.match(text) or text.endswith(":") or not asked:
            continue
        if len(text.split()) > 1 and asked != title and "://" not in text:
            found.setdefault(text.casefold(), text)
    return tuple(found.values())[:MOST]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program that reads the prompt from its standard input and writes the answer to its standard output."""

    words: tuple[str, ...]
    timeout_s: float = 60.0

    @classmethod
    def of(cls, text: str, *, timeout_s: float) -> "Command":
        """Read a command line as a shell would split it; nothing in it is expanded. NoModelError."""
        try:
            words = tuple(shlex.split(text))
        except ValueError as error:
            raise NoModelError(f"--with {text!r:.80}: {error}") from None
        if not words:
            raise NoModelError("--with names no command")
        return cls(words=words, timeout_s=timeout_s)

    @property
    def place(self) -> str:
        """Name the program; where it sends things is its own affair."""
        return f"the program {shlex.join(self.words)!r}, which may send it on"

    def answer(self, prompt: str) -> str:
        """Run the program once."""
        try:
            # A session of its own, so that what the program starts ends with it.
            process = subprocess.Popen(  # noqa: S603 - the curator's own command, without a shell
                self.words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise NoModelError(f"{self.words[0]}: cannot be run ({error.strerror or error})") from error
        with process:
            try:
                out, err = self._talked(process, prompt)
            finally:
                _end(process)
        if process.returncode:
            said = " ".join(err.decode("utf-8", "replace").split())
            raise ModelError(f"{self.words[0]} ended with {process.returncode}{': ' if said else ''}{said:.200}")
        return out.decode("utf-8", "replace")

    def _talked(self, process: subprocess.Popen[bytes], prompt: str) -> tuple[bytes, bytes]:
        """Return what the program wrote to both its outputs, each up to a limit."""
        outputs = [_Reader(process.stdout), _Reader(process.stderr)]
        writer = threading.Thread(target=_written, args=(process.stdin, prompt.encode()), daemon=True)
        writer.start()
        give_up = time.monotonic() + self.timeout_s
        while process.poll() is None or any(one.is_alive for one in outputs):
            if any(one.is_full for one in outputs):
                raise ModelError(f"{self.words[0]} wrote more than {MAX_ANSWER_BYTES // 1024} KB")
            if time.monotonic() > give_up:
                raise ModelError(f"{self.words[0]} took longer than {self.timeout_s:g} seconds (--timeout)")
            time.sleep(_POLL_S)
        if outputs[0].is_full:
            raise ModelError(f"{self.words[0]} wrote more than {MAX_ANSWER_BYTES // 1024} KB")
        return bytes(outputs[0].content), bytes(outputs[1].content)


class _Reader:
    """Reads a pipe in a thread, up to a limit."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self.content = bytearray()
        self.is_full = False
        self._pipe = pipe
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _read(self) -> None:
        if self._pipe is None:
            raise AssertionError
        while chunk := os.read(self._pipe.fileno(), 8_192):
            if len(self.content) + len(chunk) > MAX_ANSWER_BYTES:
                self.is_full = True
                return
            self.content += chunk


def _written(pipe: IO[bytes] | None, content: bytes) -> None:
    """Write a prompt; a program may answer without reading it."""
    if pipe is None:
        raise AssertionError
    try:
        pipe.write(content)
        pipe.close()
    except OSError:
        return


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A service that takes `POST …/chat/completions` as OpenAI's does."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_s: float = 60.0
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is sent. NoModelError."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise NoModelError(
                f"--endpoint {self.url!r:.80} is no http or https address, such as http://localhost:11434/v1"
            )
        if parts.username or parts.password:
            raise NoModelError("--endpoint: put no password into the address; name a variable with --key-variable")
        if self.key and parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
            raise NoModelError(f"the key would travel to {parts.hostname} unencrypted; use https")
        if not self.key.isascii() or not self.key.isprintable():
            raise NoModelError("the key has characters that no key has; look at the variable that --key-variable names")

    @property
    def place(self) -> str:
        """Name the address and the model."""
        return f"{self.address} (model {self.model})"

    @property
    def address(self) -> str:
        """The address that is requested."""
        base = self.url.rstrip("/")
        return base if base.endswith("/chat/completions") else f"{base}/chat/completions"

    def answer(self, prompt: str) -> str:
        """Request one answer; where the service is busy or fails, after a pause again."""
        for attempt in range(RETRIES + 1):
            status, pause, body = self._requested(prompt)
            if status != _TOO_MANY and status < _SERVER_ERROR:
                return self._text(status, body)
            if attempt < RETRIES:
                self.sleep(min(2.0**attempt if pause is None else pause, _LONGEST_WAIT_S))
        raise ModelError(f"{self._host} answered {status} {RETRIES + 1} times{_reason(body)}")

    @property
    def _host(self) -> str:
        return urlsplit(self.url).netloc

    def _requested(self, prompt: str) -> tuple[int, float | None, bytes]:
        """Return the status, how long to wait if it says so, and the body."""
        content = {"model": self.model, "messages": [{"role": "user", "content": prompt}]}
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        give_up = time.monotonic() + self.timeout_s
        body = bytearray()
        try:
            with (
                httpx2.Client(timeout=self.timeout_s, follow_redirects=False) as client,
                client.stream("POST", self.address, json=content, headers=headers) as response,
            ):
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        raise ModelError(f"{self._host} sent more than {MAX_ANSWER_BYTES // 1024} KB")
                    if time.monotonic() > give_up:
                        raise ModelError(f"{self._host} took longer than {self.timeout_s:g} seconds (--timeout)")
                return response.status_code, _pause(response.headers.get("retry-after", "")), bytes(body)
        except httpx2.TimeoutException:
            raise ModelError(f"{self._host} took longer than {self.timeout_s:g} seconds (--timeout)") from None
        except httpx2.ConnectError as error:
            raise NoModelError(f"{self._host}: no connection ({' '.join(str(error).split()):.100})") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ModelError(f"{self._host}: {type(error).__name__} ({' '.join(str(error).split()):.100})") from None

    def _text(self, status: int, body: bytes) -> str:
        if status >= _REDIRECT:
            advice = {401: "; is the key right?", 403: "; is the key right?", 404: "; are address and model right?"}
            raise NoModelError(f"{self.address} answered {status}{_reason(body)}{advice.get(status, '')}")
        try:
            found: Any = json.loads(body)["choices"][0]["message"]["content"]
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            found = None
        if not isinstance(found, str):
            raise ModelError(f"{self._host} answered with something else than OpenAI's services do")
        return found


def _pause(header: str) -> float | None:
    """Return the seconds of a Retry-After header, which has a number or a date; None without one."""
    if header.isascii() and header.isdigit():
        return float(header[:6])
    try:
        return max(parsedate_to_datetime(header).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError):
        return None


def _reason(body: bytes) -> str:
    """Return what a service says about a failure, in one short line."""
    try:
        error = json.loads(body)["error"]
        said = error["message"] if isinstance(error, dict) else error
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    text = "".join(char if char.isprintable() else " " for char in str(said))
    return f": {' '.join(text.split()):.150}"
