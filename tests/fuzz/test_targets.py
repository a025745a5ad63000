"""A few inputs for each target in every run of the tests; `make fuzz` runs a hundred thousand."""

import pytest

from tests.fuzz import __main__ as fuzz
from tests.fuzz.targets import TARGETS, Target


@pytest.mark.parametrize("name", TARGETS)
def test_any_input_is_read_or_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No other error than what the readers say that they raise; the inputs are the same in every run."""
    assert fuzz.run_target(name, inputs=60, seconds=60, seed=0), capsys.readouterr().out


def test_what_fails_is_told_with_its_seed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """With the input and the traceback; one that takes too long fails too, also one that would never end."""

    def spin(_: object) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzz, "STOPPED_S", 0.05)
    monkeypatch.setitem(TARGETS, "wrong", Target(lambda chance: chance.randrange(9), lambda given: 1 // given))
    monkeypatch.setitem(TARGETS, "slow", Target(lambda _: "x", spin))
    assert not fuzz.run_target("wrong", inputs=200, seconds=60, seed=1)
    told = capsys.readouterr().out
    assert "ZeroDivisionError" in told
    found = int(told.split("--seed ")[1].split()[0])
    assert not fuzz.run_target("wrong", inputs=1, seconds=60, seed=found)
    assert not fuzz.run_target("slow", inputs=1, seconds=60, seed=1)
    assert "it took longer than 1 s" in capsys.readouterr().out
