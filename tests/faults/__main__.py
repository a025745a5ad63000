"""Puts each fault of the table into a copy of the project, and runs the one test that must notice it.

Exit code 1 when a test does not notice its fault. Arguments: numbers of cases; without any, all.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tests.bench.tables import put
from tests.faults.table import PAGE, ROOT, TABLE, cases_table, read_faults


@contextmanager
def copied_project() -> Iterator[Path]:
    """Give a copy of every file of the project that git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, Path(folder) / name)
        yield Path(folder)


@click.command(help=__doc__)
@click.argument("cases", type=int, nargs=-1)
@click.option("--write", is_flag=True, help="Only write the table of docs/testing.md anew.")
def main(cases: tuple[int, ...], *, write: bool) -> None:
    """Run the faults of these cases."""
    if write:
        put(PAGE, TABLE, cases_table(read_faults()))
        return
    with copied_project() as copy:
        program = [sys.executable, "-m", "tests.faults.trying", *map(str, cases)]
        # Plugins that these tests have no use for take longer to load than a test runs.
        done = subprocess.run(program, cwd=copy, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
