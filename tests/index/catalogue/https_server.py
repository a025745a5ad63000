"""An https server on this machine that serves lists and git repositories, and misbehaves where a test wants it to."""

import os
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import trustme

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers what the server was told to."""

    server: "ListServer"

    def do_GET(self) -> None:
        """Answer by path."""
        self.server.asked.append((self.path, dict(self.headers)))
        path = self.path.partition("?")[0]
        if path.startswith("/git/") and self.server.login not in {"", self.headers.get("Authorization")}:
            self.send(401, headers={"WWW-Authenticate": 'Basic realm="lists"'})
        elif path.startswith("/git/"):
            git_backend(self)
        else:
            with suppress(OSError):  # the client has gone
                self.server.answers.get(path, status(404))(self)

    do_POST = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def send(self, code: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Send a whole answer."""
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class ListServer(ThreadingHTTPServer):
    """Listens on a free port of this machine as `localhost`."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.login = ""
        """The login that its repositories want; empty for none."""
        self.repositories = folder / "repositories"
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = folder / "authority.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def url(self, path: str, host: str = "localhost") -> str:
        """Return the address of a path."""
        return f"https://{host}:{self.server_address[1]}{path}"

    @classmethod
    @contextmanager
    def running(cls, folder: Path) -> Iterator[Self]:
        """Serve until the block is left."""
        with cls(folder) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()

    def handle_error(self, request: object, client_address: object) -> None:
        """Let a client go away."""


def text(body: str, kind: str = "text/plain", **headers: str) -> Answer:
    """Answer with a text; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(200, body.encode(), {"Content-Type": kind, **named})


def status(code: int, **headers: str) -> Answer:
    """Answer with a status alone."""
    return lambda handler: handler.send(code, b"", {name.replace("_", "-"): value for name, value in headers.items()})


def tagged(body: str, tag: str) -> Answer:
    """Answer with a text, or with 304 to who has it."""

    def answer(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == tag:
            handler.send(304)
        else:
            handler.send(200, body.encode(), {"ETag": tag})

    return answer


def dripping(start: bytes, seconds: float = 300) -> Answer:
    """Answer one byte at a time, without an end."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(start)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)

    return answer


def git_backend(handler: Handler) -> None:
    """Serve a git repository as git's own program for web servers does."""
    path, _, query = handler.path.removeprefix("/git").partition("?")
    length = int(handler.headers.get("Content-Length", 0))
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(handler.server.repositories),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": handler.command,
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
    }
    done = subprocess.run(
        ["git", "http-backend"], input=handler.rfile.read(length), env=environment, capture_output=True, check=False
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.decode().split(": ", 1) for line in head.splitlines())
    handler.send(int(headers.pop("Status", "200").split()[0]), body, headers)
