"""The forty cases of a trustworthy bot: none is without a test, nor without a fault that this test notices."""

import ast
from pathlib import Path

import pytest

from tests.faults.table import PAGE, ROOT, Fault, cases_table, read_faults

CASES = range(1, 41)
FAULTS = read_faults()


def names_in(path: Path) -> list[str]:
    """Return the names of a file's test functions."""
    return [
        node.name
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_every_case_has_a_test_and_a_fault() -> None:
    """A test is named after its case: `test_case_07_…`."""
    named = [name for path in Path(__file__).parent.glob("test_*.py") for name in names_in(path)]
    assert {int(name[10:12]) for name in named if name.startswith("test_case_")} == set(CASES)
    assert {fault.case for fault in FAULTS} == set(CASES)
    assert [fault.case for fault in FAULTS] == sorted(fault.case for fault in FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.case} {fault.fault}")
def test_every_fault_can_be_put_in(fault: Fault) -> None:
    """Its test exists and is of its case, and the program with the fault can be read; `make mutants` tries it."""
    file, name = fault.test.split("::")
    assert name.startswith(f"test_case_{fault.case:02}_")
    assert names_in(Path(__file__).parent / file).count(name) == 1
    broken = fault.applied(ROOT)
    assert broken != (ROOT / fault.file).read_text("utf-8")
    ast.parse(broken)


def test_the_table_of_the_documentation_is_that_of_the_faults() -> None:
    """It is made with `python -m tests.faults --write`."""
    assert cases_table(FAULTS) in PAGE.read_text("utf-8")
