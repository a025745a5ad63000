"""Asking a language model of the curator's own choice: a program, or a service like OpenAI's."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from index.catalogue.link import Link
from index.catalogue.pages.page_text import PageText
from index.drafting.drafting import MOST_FAILURES, Failure, Spending, by_model
from index.drafting.drafts import Draft, Mark
from index.drafting.model import (
    MAX_ANSWER_BYTES,
    PROMPT,
    RETRIES,
    Command,
    Endpoint,
    ModelError,
    NoModelError,
    prompt_for,
    questions_in,
)

LINK = Link(
    url="https://secret.example/path?token=x",
    title="Ant farm",
    description="Keep ants " + "at home " * 200,
    section=("Pets", "Small"),
)
ANSWER = "how do i keep ants?\nwhat do ants need at home?\nis there a box for insects?"
Reply = tuple[int, dict[str, str], bytes]


def good(text: str = ANSWER) -> Reply:
    """Return what a service answers."""
    return 200, {}, json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


class Service:
    """A service on this machine that gives prepared replies, the last one again and again."""

    def __init__(self) -> None:
        self.replies: list[Reply | Callable[[BaseHTTPRequestHandler], None]] = [good()]
        self.requests: list[tuple[str, dict[str, str], dict[str, object]]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                service.requests.append(
                    (self.path, {name.lower(): value for name, value in self.headers.items()}, json.loads(content))
                )
                number = min(len(service.requests), len(service.replies)) - 1
                reply = service.replies[number]
                if callable(reply):
                    reply(self)
                    return
                status, headers, body = reply
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    """Give a service that runs."""
    running = Service()
    yield running
    running.stop()


def endpoint(service: Service, *, key: str = "", timeout_s: float = 60.0) -> tuple[Endpoint, list[float]]:
    """Return an endpoint that does not really wait, and the pauses that it would have made."""
    pauses: list[float] = []
    return Endpoint(url=service.url, model="m", key=key, timeout_s=timeout_s, sleep=pauses.append), pauses


def test_what_is_sent_is_what_is_said() -> None:
    """Title, section, a bounded description and headings; neither the address nor anything else."""
    prompt = prompt_for(LINK, PageText(headings=("What you need", "Feeding " + "x" * 500)))
    assert prompt.startswith(PROMPT)
    sent = prompt.removeprefix(PROMPT)
    assert sent.startswith("title: Ant farm\nsection: Pets > Small\ndescription: Keep ants at home at home")
    assert "headings of the page: What you need; Feeding" in sent
    assert "secret" not in prompt
    assert len(sent) < 900


def test_an_answer_becomes_questions() -> None:
    """Without numbers, quotes and talk around them; the title is no question, and seven are too many."""
    answer = """Sure! Here are some questions:
1. how do i keep ants?
2) "what do ants need at home?"
- `is there a box for insects?`
* HOW do i keep ants?
Ant farm?
see https://evil.example for more
```
""" + "\n".join(f"question number {number}?" for number in range(9))
    found = questions_in(answer, LINK)
    assert found[:3] == ("how do i keep ants?", "what do ants need at home?", "is there a box for insects?")
    assert found[3:] == ("question number 0?", "question number 1?", "question number 2?")
    for garbage in ("", "\x00\x01", "ok", "…", "x" * 5_000, "<html>\n</html>", "\u202e\u202e"):
        assert questions_in(garbage, LINK) == ()
    assert questions_in("ev\x1b[31mil \u202equestion here?", LINK) == ("ev[31mil question here?",)


def script(tmp_path: Path, body: str, *, timeout_s: float = 120.0) -> Command:
    """Return a command that runs a script."""
    path = tmp_path / "a model.py"
    path.write_text(body)
    return Command.of(f"'{sys.executable}' '{path}' --flag $HOME", timeout_s=timeout_s)


def test_a_program_reads_the_prompt_and_writes_the_answer(tmp_path: Path) -> None:
    """Without a shell: what stands in the command is handed over as it stands."""
    command = script(tmp_path, "import sys\nprint(sys.argv[1:], len(sys.stdin.read()))")
    assert command.answer("12345") == "['--flag', '$HOME'] 5\n"
    assert "a model.py" in command.place
    big = "x" * 300_000
    assert script(tmp_path, "print('done without reading')").answer(big) == "done without reading\n"


def test_a_program_that_fails_fails_for_one_link(tmp_path: Path) -> None:
    """With its own words, in one line; it may neither fill the memory nor hang, nor leave anything running."""
    with pytest.raises(ModelError, match="ended with 3: no key twice"):
        script(tmp_path, "import sys\nprint('no key\\n\\ntwice', file=sys.stderr)\nsys.exit(3)").answer("x")
    with pytest.raises(ModelError, match="wrote more than 64 KB"):
        script(tmp_path, "while True:\n    print('x' * 1000)").answer("x")
    started = time.monotonic()
    child = "import subprocess, sys, time\nsubprocess.Popen(['sleep', '300'])\ntime.sleep(300)"
    with pytest.raises(ModelError, match=r"longer than 1 seconds \(--timeout\)"):
        script(tmp_path, child, timeout_s=1).answer("x")
    assert time.monotonic() - started < 200
    with pytest.raises(NoModelError, match="cannot be run"):
        Command.of("/does/not/exist", timeout_s=1).answer("x")
    for wrong in ("", "  ", "llm 'unclosed"):
        with pytest.raises(NoModelError, match="--with"):
            Command.of(wrong, timeout_s=1)


def test_a_service_is_asked_as_openai_is(service: Service) -> None:
    """Model, message and key; and the key is in nothing that is printed."""
    asked, pauses = endpoint(service, key="sk-123")
    assert asked.answer("the prompt") == ANSWER
    ((path, headers, content),) = service.requests
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer sk-123"
    assert content == {"model": "m", "messages": [{"role": "user", "content": "the prompt"}]}
    assert pauses == []
    assert "sk-123" not in repr(asked)
    assert asked.place == f"{service.url}/chat/completions (model m)"
    whole = Endpoint(url=f"{service.url}/chat/completions/", model="m")
    assert whole.answer("x") == ANSWER
    assert "authorization" not in service.requests[-1][1]


def test_a_busy_service_is_asked_again(service: Service) -> None:
    """After the pause that it names, a number or a date, never more than a minute; without one after growing pauses."""
    soon = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 20))
    service.replies = [
        (429, {"Retry-After": "7"}, b""),
        (429, {"Retry-After": "86400"}, b""),
        (503, {"Retry-After": soon}, b""),
        (500, {}, b"<html>"),
        good(),
    ]
    asked, pauses = endpoint(service)
    assert asked.answer("x") == ANSWER
    assert pauses[:2] == [7.0, 60.0]
    assert 1 < pauses[2] <= 20
    assert pauses[3:] == [8.0]


def test_a_service_that_stays_down_fails(service: Service) -> None:
    """With what it says itself."""
    service.replies = [(500, {}, json.dumps({"error": {"message": "out of\n memory"}}).encode())]
    asked, pauses = endpoint(service)
    with pytest.raises(ModelError, match=r"answered 500 5 times: out of memory"):
        asked.answer("x")
    assert len(service.requests) == RETRIES + 1
    assert pauses == [1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
def test_what_no_repetition_mends_ends_the_run(status: int, service: Service) -> None:
    """A wrong key or model; and the key follows no redirect."""
    service.replies = [(status, {"Location": "http://127.0.0.1:9/"}, b'{"error": "no such model"}')]
    with pytest.raises(NoModelError, match=f"answered {status}: no such model"):
        endpoint(service, key="sk-1")[0].answer("x")
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"null",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": null}}]}',
        b'{"choices": [{"message": "x"}]}',
        b"\xff\xfe",
        b"[" * 60_000,
    ],
)
def test_garbage_is_no_answer(body: bytes, service: Service) -> None:
    """In one line."""
    service.replies = [(200, {}, body)]
    with pytest.raises(ModelError, match="something else than OpenAI's services do"):
        endpoint(service)[0].answer("x")


def test_huge_and_slow_answers_are_cut_off(service: Service) -> None:
    """Whether all at once or drop by drop."""
    service.replies = [(200, {}, b"x" * (MAX_ANSWER_BYTES + 100_000))]
    with pytest.raises(ModelError, match="sent more than 64 KB"):
        endpoint(service)[0].answer("x")

    def silent(_: BaseHTTPRequestHandler) -> None:
        time.sleep(60)

    def dripping(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(600):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)

    for slow in (silent, dripping):
        service.replies = [slow]
        with pytest.raises(ModelError, match=r"longer than 0.5 seconds \(--timeout\)"):
            endpoint(service, timeout_s=0.5)[0].answer("x")


def test_an_address_that_cannot_work_is_refused_before_anything_is_sent() -> None:
    """And so is a key that would travel in the open."""
    for url in ("localhost:11434", "ftp://a.example", "http://", "/v1"):
        with pytest.raises(NoModelError, match="no http or https address"):
            Endpoint(url=url, model="m")
    with pytest.raises(NoModelError, match="no password"):
        Endpoint(url="https://ann:secret@a.example/v1", model="m")
    with pytest.raises(NoModelError, match="unencrypted"):
        Endpoint(url="http://a.example/v1", model="m", key="sk-1")
    with pytest.raises(NoModelError, match="characters that no key has"):
        Endpoint(url="https://a.example/v1", model="m", key="sk-1\n")
    with pytest.raises(NoModelError, match="no connection"):
        Endpoint(url="http://127.0.0.1:9/v1", model="m", timeout_s=5).answer("x")


class Scripted:
    """A model whose answers are known."""

    place = "nowhere"

    def __init__(self, *answers: str | ModelError) -> None:
        self.answers = list(answers)

    def answer(self, _: str) -> str:
        """Return or raise the next one."""
        found = self.answers.pop(0)
        if isinstance(found, ModelError):
            raise found
        return found


def test_one_failure_is_one_link() -> None:
    """The others get their questions, each marked as a model's; several in a row end the run."""
    links = [Link(url=f"https://a.example/{number}", title=f"T {number}") for number in range(20)]
    found = list(by_model(links[:3], Scripted(ANSWER, ModelError("no"), ANSWER), Spending(budget=10**6)))
    assert [type(one) for one in found] == [Draft, Failure, Draft]
    assert isinstance(found[0], Draft)
    assert {one.mark for one in found[0].proposals} == {Mark.MODEL}
    two = Scripted(*[ANSWER.rpartition("\n")[0]] * 20)
    run = by_model(links, two, Spending(budget=10**6))
    failures = [next(run) for _ in range(MOST_FAILURES)]
    assert all(isinstance(one, Failure) and "2 questions" in one.reason for one in failures)
    with pytest.raises(NoModelError, match="5 links in a row"):
        next(run)
    assert len(two.answers) == 20 - MOST_FAILURES


def test_the_budget_ends_a_run() -> None:
    """Before what would exceed it is sent."""
    links = [Link(url=f"https://a.example/{number}", title="T") for number in range(20)]
    spending = Spending(budget=3 * (len(prompt_for(links[0])) + len(ANSWER)))
    assert len(list(by_model(links, Scripted(*[ANSWER] * 20), spending))) == 3
    assert spending.spent <= spending.budget
