"""Reads the table of faults, and makes that of docs/testing.md from it."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.tables import table

ROOT = Path(__file__).parents[2]
SCENARIOS = "tests/scenarios"
FAULTS = Path(__file__).with_name("faults.toml")
PAGE = ROOT / "docs" / "testing.md"
#: The table's name on the page.
TABLE = "cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault of the product that one test must notice."""

    case: int
    says: str
    """What the case is about."""
    test: str
    """The test's file in tests/scenarios, and its name."""
    asserts: str
    fault: str
    """The fault in words."""
    file: str
    old: str
    """Stands in the file exactly once."""
    new: str

    @property
    def node(self) -> str:
        """The test's id for pytest."""
        return f"{SCENARIOS}/{self.test}"

    def applied(self, root: Path) -> str:
        """Return the file's text with the fault; ValueError when `old` does not stand in it exactly once."""
        text = (root / self.file).read_text(encoding="utf-8")
        if (count := text.count(self.old)) != 1:
            raise ValueError(f"case {self.case}, {self.fault}: {count} times in {self.file}: {self.old!r}")
        return text.replace(self.old, self.new)


def read_faults(path: Path = FAULTS) -> list[Fault]:
    """Return the faults in order."""
    with path.open("rb") as file:
        return [Fault(**one) for one in tomllib.load(file)["fault"]]


def cases_table(faults: Sequence[Fault]) -> str:
    """Return the table of the documentation."""
    rows = []
    before = 0
    for one in faults:
        case = f"{one.case} {one.says}" if one.case != before else ""
        before = one.case
        file, name = one.test.split("::")
        rows.append([case, f"`{name}` in {file}", one.asserts, one.fault, f"`{one.file}`"])
    return table(("Case", "Test", "What it asserts", "Fault that it notices", "Where"), rows)
