"""The bot as a process: forked with an environment, looked at through its port and log, stopped by SIGTERM."""

import contextlib
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.scenarios.support.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.scenarios.support.forked_bot import ForkedBot
from tests.scenarios.support.requests import SIGNING_SECRET, Caller, Reply

ROOT = Path(__file__).parents[3]
SIGNPOST = Path(sys.executable).parent / "signpost"
START_DEADLINE_S = 90.0
STOP_DEADLINE_S = 90.0

Json = dict[str, Any]


#: Each process of tests has ports of its own, below those that the system gives to whoever asks for any.
_PORTS = itertools.cycle(random.sample(range(10_000 + os.getpid() % 200 * 100, 10_100 + os.getpid() % 200 * 100), 100))


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody else is given meanwhile."""
    for port in _PORTS:
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise AssertionError("unreachable")


def environment(slack: FakeSlack | None, folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a bot whose files are in `folder`, which its curators have invited.

    An empty setting is left out.
    """
    if slack is not None and (channel := settings.get("CURATORS_CHANNEL")):
        slack.workspace.invite(channel)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    given = {
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_API_URL": slack.api_url if slack is not None else "http://127.0.0.1:9/api/",
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "SIGNPOST_INDEX": str(folder / "index"),
        "STORE_URL": f"sqlite:///{folder}/store.sqlite3",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "*",
        **settings,
    }
    return kept | {name: value for name, value in given.items() if value}


@dataclass(slots=True, kw_only=True)
class BotProcess:
    """`signpost serve`, or the entry that can be told to misbehave."""

    slack: FakeSlack
    folder: Path
    environment: Mapping[str, str]
    arguments: Sequence[str] = ()
    scripted: bool = True
    """Whether the searches are those of `scripted_asks`, steered by `rules`; otherwise `signpost serve` itself."""
    signpost: Path | None = None
    """A program to start, where the bot is not to be a fork of this checkout's."""
    files: int = 0
    """How many files it may have open; 0: as many as this process."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """How long a fork waits at most, by the names of limits; the others are those of `tests.patience`."""
    process: "subprocess.Popen[bytes] | ForkedBot | None" = field(default=None)

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.environment['PORT']}"

    @property
    def log_path(self) -> Path:
        """What it wrote to standard output and standard error."""
        return self.folder / "bot.log"

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def caller(self, **how: Any) -> Caller:
        """Return somebody who calls it as Slack does."""
        return Caller(base_url=self.base_url, slack=self.slack, **how)

    def launch(self) -> Self:
        """Start it, and do not wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.signpost is None:
            script = self.script_path if self.scripted else None
            self.process = ForkedBot(
                self.environment,
                self.arguments,
                self.log_path,
                script=script,
                files=self.files,
                limits=self.limits,
            )
            return self
        program = [str(self.signpost), "serve", *self.arguments]
        if self.files:
            program = ["sh", "-c", 'ulimit -n "$0" && exec "$@"', str(self.files), *program]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                program, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder
            )
        return self

    def start(self, *, path: str = "/readyz") -> Self:
        """Start it and wait until `path` says 200."""
        self.launch()
        self.wait_until(lambda: self.get(path).status == 200, within_s=START_DEADLINE_S, what=f"200 from {path}")
        return self

    def get(self, path: str) -> Reply:
        """GET a path; status 0 when nobody listens."""
        try:
            return self.caller().get(path)
        except OSError:
            return Reply(0, {}, b"", 0.0)

    def wait_until(self, condition: Callable[[], object], *, within_s: float = 30.0, what: str = "") -> object:
        """Poll until `condition()` is true and return it; AssertionError with the log's end otherwise."""
        deadline = time.monotonic() + within_s
        while not (result := condition()):
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"the bot ended with {self.process.returncode}: {self.log_text()[-1_500:]}")
            if time.monotonic() >= deadline:
                raise AssertionError(f"not within {within_s:g} s: {what or condition}; log: {self.log_text()[-1_500:]}")
            time.sleep(0.02)
        return result

    def wait_ready(self, *, ready: bool = True, within_s: float = 30.0) -> Json:
        """Wait until `/readyz` is green (or red) and return what it says."""
        wanted = {200} if ready else {503}
        self.wait_until(lambda: self.get("/readyz").status in wanted, within_s=within_s, what=f"ready={ready}")
        report: Json = self.get("/readyz").json
        return report

    def wait_idle(self, within_s: float = 30.0) -> None:
        """Wait until nothing is under way: no search, no message on its way to Slack."""
        self.wait_until(lambda: "signpost_work 0.0" in self.get("/metrics").text, within_s=within_s, what="idle")

    def wait_for_metric(self, text: str, within_s: float = 30.0) -> None:
        """Wait until `/metrics` holds `text`."""
        self.wait_until(lambda: text in self.get("/metrics").text, within_s=within_s, what=f"{text} in the metrics")

    def log_text(self) -> str:
        """Return all that it wrote."""
        return self.log_path.read_text("utf-8", "replace") if self.log_path.exists() else ""

    def log_lines(self) -> list[Json]:
        """Return its log lines; AssertionError when one is not a JSON object."""
        lines = []
        for line in self.log_text().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                raise AssertionError(f"a line of the log is not JSON: {line[:500]}") from None
            assert isinstance(entry, dict), line
            lines.append(entry)
        return lines

    def stop(self) -> float:
        """SIGTERM it, check that it leaves with 0 in time, and return the seconds that took."""
        assert self.process is not None
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not gone {STOP_DEADLINE_S:g} s after SIGTERM: {self.log_text()[-1_500:]}") from None
        assert code == 0, f"exit code {code} after SIGTERM: {self.log_text()[-1_500:]}"
        return time.monotonic() - started

    def wait_for_exit(self, within_s: float = START_DEADLINE_S) -> int:
        """Wait until it ends by itself, and return the exit code."""
        assert self.process is not None
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still there after {within_s:g} s: {self.log_text()[-1_500:]}") from None

    def kill(self) -> None:
        """SIGKILL it, if it is still there."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)

    # Steering the scripted searches

    @property
    def script_path(self) -> Path:
        """Where the scripted searches look up what to do wrong."""
        return self.folder / "script.json"

    def script(self, *rules: Json) -> None:
        """Set what the searches do wrong; see `scripted_asks`. No rules: all is well again."""
        aside = self.script_path.with_suffix(".new")
        aside.write_text(json.dumps(rules))
        aside.replace(self.script_path)
