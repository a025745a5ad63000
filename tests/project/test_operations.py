"""docs/operations.md: every metric is there, and the commands do what the page says."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import Metric

from bot.asking.answering import Ending
from bot.running.health import Part
from bot.running.metrics import Metrics
from bot.settings import SETTINGS
from bot.store import AnswerRecord, Store
from tests.support import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNIT = ROOT / "deploy" / "signpost.service"
COMPOSE = ROOT / "deploy" / "compose.yaml"
#: How exposed a service may be by systemd's own measure, 0 to 100; 14 is what the unit has.
EXPOSURE = 15


def own_metrics() -> Iterator[Metric]:
    """Yield the metrics that are Signpost's own; those of the process are the library's and differ by system."""
    return (metric for metric in Metrics().registry.collect() if metric.name.startswith("signpost_"))


def shown_name(metric: Metric) -> str:
    """Return a metric's name as Prometheus has it."""
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def test_every_metric_is_explained_with_its_labels() -> None:
    """One row for each, and no row for one that has gone."""
    rows = re.findall(r"^\| `(signpost_\w+)` \|([^|]*)\|", PAGE, flags=re.MULTILINE)
    wanted = {
        shown_name(metric): set(value._labelnames)
        for value in vars(Metrics()).values()
        if hasattr(value, "_labelnames")
        for metric in value.collect()
    }
    assert {shown_name(metric) for metric in own_metrics()} == set(wanted)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == wanted


def test_what_alerts_ask_for_exists() -> None:
    """A metric that was renamed is renamed in the alerts."""
    names = {shown_name(metric) for metric in own_metrics()}
    histograms = {f"{metric.name}_bucket" for metric in own_metrics() if metric.type == "histogram"}
    assert set(re.findall(r"\bsignpost_\w+", PAGE)) == names | histograms


@pytest.mark.parametrize("values", [Ending, Part], ids=["outcomes", "parts"])
def test_values_of_labels_are_explained(values: type[Ending] | type[Part]) -> None:
    """Whoever writes an alert finds the word for it."""
    table = PAGE[PAGE.index("| metric | labels |") :]
    assert [value.value for value in values if f"`{value.value}`" not in table] == []


def commands(holding: str) -> str:
    """Return the block of commands of the page with this in it."""
    (block,) = (block for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL) if holding in block)
    return str(block)


def run_there(block: str, folder: Path) -> None:
    """Run commands of the page on a folder of ours, as somebody who is root and without a systemd."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name, script in {"sudo": 'case $1 in --user=*) shift ;; esac; exec env "$@"', "systemctl": "exit 0"}.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tools / name).chmod(0o755)
    block = block.replace("/opt/signpost/bin/signpost", f"{sys.executable} -m bot.cli")
    block = block.replace("/var/lib/signpost", str(folder / "lib"))
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-e", "-c", block], check=True, env=environment)


async def answer(store: Store, answer_id: str) -> None:
    """Put one answer into a store."""
    await store.record_answer(
        AnswerRecord(
            answer_id=answer_id,
            question="how do I isolate namespaces?",
            surface="command",
            team="T0",
            channel="C0",
            user="U0",
            answered=False,
            confidence=0.1,
            urls=(),
            version="v1",
            latency_ms=1.0,
        )
    )


async def test_a_backup_of_a_running_store_is_whole_and_can_be_restored(tmp_path: Path) -> None:
    """Word for word as the page has it: taken while the bot writes, put back over a store that went on and was killed."""
    (tmp_path / "lib").mkdir()
    url = f"sqlite:///{tmp_path}/lib/store.sqlite3"
    running = await Store.open(url, hash_key=b"key", store_questions=True)
    for number in range(20):
        await answer(running, f"before-{number}")
    assert (tmp_path / "lib" / "store.sqlite3-wal").stat().st_size > 0
    run_there(commands("signpost backup"), tmp_path)
    for number in range(20):
        await answer(running, f"after-{number}")
    killed = tmp_path / "killed"
    shutil.copytree(tmp_path / "lib", killed)
    await running.close()
    # What a process leaves that is killed: a database with its log beside it.
    for path in killed.glob("store.sqlite3*"):
        shutil.copy2(path, tmp_path / "lib")
    run_there(commands("store.sqlite3-wal"), tmp_path)
    restored = await Store.open(url, hash_key=b"key", store_questions=True)
    await restored.ping()
    await restored.close()
    with closing(sqlite3.connect(tmp_path / "lib" / "store.sqlite3")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = {answer_id for (answer_id,) in connection.execute("SELECT answer_id FROM answers")}
    assert kept == {f"before-{number}" for number in range(20)}


def test_the_unit_holds_nothing_that_systemd_does_not_know(tmp_path: Path) -> None:
    """And it is as closed as the page says."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / UNIT.name
    unit.write_text(
        UNIT.read_text(encoding="utf-8").replace("/opt/signpost/bin/signpost", shutil.which("true") or "/bin/true"),
        encoding="utf-8",
    )
    verified = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    measure = [analyze, "security", "--offline=yes", f"--threshold={EXPOSURE}", str(unit)]
    measured = subprocess.run(measure, capture_output=True, text=True, check=False)
    assert measured.returncode == 0, measured.stdout


def test_unit_and_container_set_what_exists() -> None:
    """A setting that was renamed is renamed there, and both give the bot the memory that the page plans."""
    known = {setting.name for setting in SETTINGS}
    unit = UNIT.read_text(encoding="utf-8")
    (line,) = re.findall(r"^Environment=(.*)$", unit, flags=re.MULTILINE)
    assert {word.partition("=")[0] for word in line.split()} <= known
    assert "MemoryMax=1G" in unit
    assert "mem_limit: 1g" in COMPOSE.read_text(encoding="utf-8")
