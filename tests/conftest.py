"""What every test has: a home of its own, no torch unless it is marked so, and the indexes that are built once a run."""

import importlib.abc
import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest
from hypothesis import settings

from index.builder.build import build
from index.encoder.choice import EncoderChoice
from tests import support

# Properties are held by their examples, never by the speed of the machine that runs them.
settings.register_profile("signpost", deadline=None)
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


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a home; the processes that it starts inherit it."""
    if not hasattr(config, "workerinput"):
        config.stash[HOME] = Home()


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


# In several processes


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, so that what they share is made once; `--dist loadgroup` goes by this."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


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


# Built once a run


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
