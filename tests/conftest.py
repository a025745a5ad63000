"""What every test has: a home of its own, no torch unless it is marked so, and the indexes that are built once a run."""

import importlib.abc
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from hypothesis import settings

from index.builder.build import build
from index.encoder.choice import EncoderChoice
from index.encoder.config import ENCODER_FILES
from index.encoder.onnx import OnnxEncoder
from index.files import sha256
from tests import patience, support
from tests.postgres import NoPostgresError, Postgres

# Properties are held by their examples, never by the speed of the machine that runs them. Each run of the tests
# takes the same ones; `make fuzz` looks for others.
settings.register_profile("signpost", deadline=None, derandomize=True, database=None)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile("signpost")

# A home of their own

#: Where programs keep things for a person, and where that is if nothing is set.
XDG: Final = {
    "XDG_STATE_HOME": ".local/state",
    "XDG_DATA_HOME": ".local/share",
    "XDG_CONFIG_HOME": ".config",
    "XDG_CACHE_HOME": ".cache",
}
#: What Signpost, or a library that it runs on, would leave there.
LEFT: Final = ("signpost", ".signpost", "Microsoft/DeveloperTools", "huggingface", "torch")


class Home:
    """A person's home, which tests must leave alone, and the one that they get instead."""

    def __init__(self) -> None:
        self.real = Path.home()
        self.folders = [self.real, *(Path(os.environ.get(name) or self.real / place) for name, place in XDG.items())]
        self.before = self.left()
        self.given = Path(tempfile.mkdtemp(prefix="signpost-home-"))
        os.environ["HOME"] = str(self.given)
        for name in XDG:
            os.environ.pop(name, None)

    def left(self) -> set[Path]:
        """Return every path of ours in the real home."""
        ours = [folder / name for folder in self.folders for name in LEFT]
        return {path for one in ours if one.exists() for path in (one, *one.rglob("*"))}


HOME: Final = pytest.StashKey[Home]()


#: Folders in memory, where nothing waits for a disk, and the room that a run of the tests may need there.
MEMORY: Final = Path("/dev/shm")
MEMORY_BYTES: Final = 6 * 2**30


def in_memory() -> bool:
    """Whether the folders of the tests can be in memory: there is room, and programs can be run there."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return False
    there = os.statvfs(MEMORY)
    return there.f_bavail * there.f_frsize >= MEMORY_BYTES and not there.f_flag & os.ST_NOEXEC


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a home, and one thread for each sum; the processes that it starts inherit both.

    And they hear Ctrl-C, though a shell lets what it runs in the background ignore it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(config, "workerinput"):
        config.stash[HOME] = Home()
        # Threads that wait for each other on cores that others use too take four times as much of the processor.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        if in_memory():
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that left something in the real home."""
    home = session.config.stash.get(HOME, None)
    if home is not None and (appeared := sorted(map(str, home.left() - home.before))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        sys.stderr.write(f"\nTests wrote to a person's home: {', '.join(appeared)}\n")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the home away again."""
    if (home := config.stash.get(HOME, None)) is not None:
        shutil.rmtree(home.given, ignore_errors=True)


# Patience


@pytest.fixture(scope="module", autouse=True)
def _patience() -> None:
    """Wait longer in this process than the bot does, for all that the module's tests have imported."""
    patience.be_patient()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the limits that ship."""
    for name, seconds in patience.limits_that_ship():
        monkeypatch.setattr(name, seconds)


# In several processes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with the most slow tests first, so that no process has a long one left when the others are done."""
    slow: Counter[Path] = Counter()
    for item in items:
        slow[item.path] += item.get_closest_marker("slow") is not None
    items.sort(key=lambda item: -slow[item.path])


# No torch


class _NoTorch(importlib.abc.MetaPathFinder):
    """Fails a test that imports torch, or what cannot be without it."""

    names: Final = ("torch", "transformers", "sentence_transformers", "peft")

    def find_spec(self, fullname: str, *_: object) -> None:
        """Let everything else be found as always."""
        if fullname.partition(".")[0] in self.names:
            pytest.fail(f"{fullname} is imported: mark this test `torch`, or take the encoder that ships")

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch imports, also of what another test has imported already."""
        hidden: dict[str, ModuleType] = {name: sys.modules.pop(name) for name in self.names if name in sys.modules}
        sys.meta_path.insert(0, self)
        try:
            yield
        finally:
            sys.meta_path.remove(self)
            sys.modules.update(hidden)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Hold a test, and its fixtures, to its mark."""
    if item.get_closest_marker("torch"):
        return (yield)
    with _NoTorch().watching():
        return (yield)


# Once a process


class Encoders:
    """The encoders that are open in this process, by the bytes of their files: opening one takes a third of a small build."""

    def __init__(self) -> None:
        self._open: dict[tuple[object, ...], dict[str, Any]] = {}
        self._really = OnnxEncoder.__init__

    def opened(self, encoder: OnnxEncoder, folder: Path, *, threads: int = 1) -> None:
        """Be the `__init__` of an encoder: what is open already is shared, as threads share it."""
        key: tuple[object, ...] = ()
        with suppress(OSError):  # one that is not whole is for the encoder to refuse
            # Read each time: the clock of a file in memory does not tell two that are written one after the other apart.
            key = (threads, *(sha256(folder / name) for name in ENCODER_FILES))
        if key in self._open:
            encoder.__dict__ = dict(self._open[key])  # a test may give its own another configuration
            return
        self._really(encoder, folder, threads=threads)
        if key:
            self._open[key] = dict(vars(encoder))


@pytest.fixture(scope="session", autouse=True)
def _encoders_are_kept() -> Iterator[None]:
    """Open each encoder once in this process."""
    encoders = Encoders()

    def opened(self: OnnxEncoder, folder: Path, *, threads: int = 1) -> None:
        encoders.opened(self, folder, threads=threads)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OnnxEncoder, "__init__", opened)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Let nothing in this process wait for a disk: what a test looks at afterwards is what the system holds in memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


# Built once a run


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a server of PostgreSQL, running; who stops it starts it again."""
    try:
        server = Postgres.begin()
    except NoPostgresError as error:
        pytest.skip(str(error))
    yield server
    server.end()


@pytest.fixture(scope="session")
def small_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an index of LINKS, into which any list may be built; copy it, never write to it."""
    folder = tmp_path_factory.mktemp("small")
    catalogue = support.write_catalogue(folder / "catalogue.yaml")
    build([catalogue], folder / "index", encoder=support.SHIPPED)
    support.forget_origin(folder / "index")
    return folder / "index"


@pytest.fixture(scope="session")
def real_index(tmp_path_factory: pytest.TempPathFactory, small_index: Path) -> Path:
    """Give an index of LINKS with a vocabulary; read it, never write to it."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "vocabulary.yaml").write_text(
        "entries:\n"
        "- {forms: [netpol, netpols], means: [network policy]}\n"
        "- {forms: [LB], means: [LoadBalancer]}\n"
        "- {forms: [gitops], means: [Argo CD]}\n"
    )
    catalogue = support.write_catalogue(folder / "catalogue.yaml")
    support.prepare(folder / "index", small_index)
    build([catalogue], folder / "index", encoder=support.SHIPPED, vocabularies=[folder / "vocabulary.yaml"])
    return folder / "index"


@pytest.fixture(scope="session")
def small_choice(tmp_path_factory: pytest.TempPathFactory) -> EncoderChoice:
    """Give a small model with random weights, for tests of what an export does; they are marked `torch`."""
    return EncoderChoice(model=str(support.write_model(tmp_path_factory.mktemp("model") / "small")), precision="fp32")
