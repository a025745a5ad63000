"""What tests are held to: no torch without its mark, and no person's home."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

SITE = Path(__file__).parents[1]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Give a folder of tests that has our conftest, and a home of its own."""
    pytester.makeconftest((Path(__file__).parent / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = torch\n")
    monkeypatch.setenv("PYTHONPATH", str(SITE))
    monkeypatch.setenv("HOME", str(pytester.mkdir("home")))
    return pytester


def outcomes(pytester: pytest.Pytester, program: str) -> pytest.RunResult:
    """Run tests in a process of their own."""
    pytester.makepyfile(program)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist")


@pytest.mark.slow
def test_torch_without_its_mark_fails(run: pytest.Pytester) -> None:
    """Also where the product would take its absence for a missing install, and where another test has loaded it."""
    run.makepyfile(torch="")
    found = outcomes(
        run,
        """
        import pytest

        @pytest.mark.torch
        def test_marked():
            import torch

        def test_unmarked():
            try:
                import torch
            except ImportError:
                pass

        def test_of_something_else():
            import json
        """,
    )
    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(["*torch is imported: mark this test `torch`*"])


@pytest.mark.slow
def test_a_file_in_the_real_home_fails_the_run(run: pytest.Pytester) -> None:
    """Tests have another home, and who finds the real one all the same is told."""
    real = os.environ["HOME"]
    found = outcomes(
        run,
        f"""
        from pathlib import Path

        def test_writes():
            assert str(Path.home()) != {real!r}
            (Path.home() / ".local" / "state" / "signpost").mkdir(parents=True)
        """,
    )
    assert found.ret == 0
    found = outcomes(
        run,
        f"""
        from pathlib import Path

        def test_writes():
            Path({real!r}, ".local", "state", "signpost").mkdir(parents=True)
        """,
    )
    assert found.ret == 1
    found.stderr.fnmatch_lines([f"*wrote to a person's home: {real}/.local/state/signpost"])
