"""JSON Schemas: what the readers read is valid by them, what they refuse is not."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from index.builder.vocabulary_file import read_vocabulary
from index.catalogue.formats.native import read_native
from index.catalogue.formats.schemas import FOLDER, NAMES, shipped
from index.catalogue.questions import read_questions
from index.catalogue.sources.sources import read_source_list
from index.cli.import_ import import_command
from index.cli.schema import schema_command
from index.errors import CatalogueError
from index.judge.golden import read_golden

ROOT = Path(__file__).parents[3]
DATA = ROOT / "data"
SAMPLES = Path(__file__).parent / "samples"
LINK = "links:\n- url: https://a.example/x\n  title: Ant\n"

EVERY_FIELD = """\
links:
- url: https://a.example/x
  title: Ant
  publisher: 1.20
  section: [Tools, 1.20]
  also_in:
  - [A]
  - A > B
  tags: [a, 2024]
  stars: 3
  highlight: yes
  questions: [why?]
  added: 2024-05-31
  further: {Demo: 'https://d.example'}
  status: retired
  private: true
"""
EVERY_SOURCE = """\
format: 1
name: x
sources:
- path: a.md
  language: de
- name: b
  git: https://a.example/r
  path: docs
  branch: main
  timeout_s: 30
  max_mb: 5
- url: https://a.example/l.md
  private: true
"""
#: For each schema, files that are read.
GOOD = {
    "catalogue": [
        "links: []\n",
        f"format: 1\nname: 1.20\nsections:\n- Tools > Editors\n- [Tools]\n{LINK}  section: Tools\n  tags: a, b\n",
        EVERY_FIELD,
        f"{LINK}  description:\n  tags: ~\n",
        "links:\n- url: HTTP://a.example\n  title: no\n",
    ],
    "golden": [
        "questions: []\n",
        "format: 1\ncatalogue: x\nquestions:\n- ask: why?\n  first: https://a.example\n  within: 3\n",
    ],
    "questions": [
        "questions:\n",
        "format: 1\nquestions:\n- link: https://a.example\n  ask: [why?, 1]\n- link: http://b.example\n  ask:\n",
    ],
    "sources": [EVERY_SOURCE],
    "vocabulary": ["only_where_spelled_out: true\nentries:\n- forms: [netpol]\n  means: [network policy]\n"],
}
#: Files that are refused, or have a finding.
BAD = {
    "catalogue": [
        f"format: 2\n{LINK}",
        f"{LINK}  star: 1\n",
        f"{LINK}  stars: 4\n",
        f"{LINK}  stars: many\n",
        f"{LINK}  highlight: perhaps\n",
        f"{LINK}  added: yesterday\n",
        f"{LINK}  status: gone\n",
        f"{LINK}  tags: {{a: b}}\n",
        f"{LINK}  questions: why\n",
        f"{LINK}  further: [a]\n",
        f"{LINK}  also_in: A\n",
        "links:\n- title: Ant\n",
        "links:\n- url: https://a.example\n",
        "links:\n- url: ftp://a.example\n  title: Ant\n",
        "links:\n- just text\n",
        "links: many\n",
        "link: []\n",
    ],
    "golden": [
        "questions: none\n",
        "questions:\n- ask: why?\n",
        "questions:\n- ask: why?\n  first: nowhere\n",
        "questions:\n- ask: why?\n  first: https://a.example\n  within: 11\n",
        "questions:\n- ask: why?\n  first: https://a.example\n  top: 3\n",
    ],
    "questions": [
        "questions: many\n",
        "questions:\n- link: https://a.example\n",
        "questions:\n- link: nowhere\n  ask: []\n",
        "questions:\n- link: https://a.example\n  ask: why?\n",
        "questions:\n- link: https://a.example\n  ask: []\n  title: x\n",
        "format: 2\nquestions: []\n",
    ],
    "sources": [
        "sources: []\n",
        "sources:\n- name: x\n",
        "sources:\n- git: https://a.example/r\n  url: https://a.example/l.md\n",
        "sources:\n- url: http://a.example/l.md\n",
        "sources:\n- path: a.md\n  branch: main\n",
        "sources:\n- url: https://a.example/l.md\n  timeout_s: 0\n",
    ],
    "vocabulary": [
        "entries: none\n",
        "entries:\n- forms: [a]\n",
        "entries:\n- forms: [a]\n  means: []\n",
        "entries:\n- forms: [a]\n  means: [b]\n  more: [c]\n",
        "only_where_spelled_out: perhaps\nentries: []\n",
    ],
}


def is_read(name: str, path: Path) -> bool:
    """Whether our own reader takes a file without a word."""
    text = path.read_text("utf-8")
    try:
        match name:
            case "catalogue":
                return bool("links" in text and not read_native(text, str(path), name="x").findings)
            case "golden":
                read_golden(path)
            case "questions":
                read_questions(path)
            case "sources":
                read_source_list(text, path)
            case _:
                read_vocabulary(path)
    except CatalogueError:
        return False
    return True


def checked(name: str, *paths: Path) -> set[str]:
    """Return the names of the files that check-jsonschema refuses."""
    schema = DATA / "schemas" / f"{name}.schema.json"
    command = [sys.executable, "-m", "check_jsonschema", "-o", "json", "--schemafile"]
    result = subprocess.run([*command, schema, *paths], check=False, capture_output=True, text=True)
    assert result.returncode in {0, 1}, result.stderr
    report = json.loads(result.stdout)
    assert report.get("parse_errors", []) == []
    return {Path(error["filename"]).name for error in report.get("errors", [])}


@pytest.mark.parametrize("name", GOOD)
def test_schema_and_reader_agree(name: str, tmp_path: Path) -> None:
    """What one takes the other takes, what one refuses the other refuses."""
    files = {}
    for kind, texts in (("good", GOOD[name]), ("bad", BAD[name])):
        for number, text in enumerate(texts):
            path = tmp_path / f"{kind}{number}.yaml"
            path.write_text(text, "utf-8")
            files[path] = kind == "good"
    assert {path.name: is_read(name, path) for path in files} == {path.name: good for path, good in files.items()}
    assert checked(name, *files) == {path.name for path, good in files.items() if not good}


def test_what_ships_is_valid() -> None:
    """And names its schema in its first line."""
    files = {
        "catalogue": [*(DATA / "catalogue").glob("*.yaml"), SAMPLES / "native.yaml"],
        "golden": [DATA / "golden.yaml"],
        "vocabulary": [DATA / "vocabulary.yaml"],
    }
    for name, paths in files.items():
        assert checked(name, *paths) == set()
        for path in paths:
            if path.parent != SAMPLES:
                found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text("utf-8"))
                assert found is not None
                assert (path.parent / found[1]).resolve() == DATA / "schemas" / f"{name}.schema.json"


def test_what_import_writes_is_valid_and_names_its_schema_in_a_project(tmp_path: Path) -> None:
    """An editor finds it in the project's folder, without a network; elsewhere no folder grows."""
    outside = tmp_path / "out.yaml"
    inside = tmp_path / "project" / "lists" / "out.yaml"
    inside.parent.mkdir(parents=True)
    (tmp_path / "project" / "signpost.toml").touch()
    for output in (outside, inside):
        assert CliRunner().invoke(import_command, [str(SAMPLES / "native.yaml"), "-o", str(output)]).exit_code == 0
        assert checked("catalogue", output) == set()
    first, _, rest = inside.read_text("utf-8").partition("\n")
    assert first == f"# yaml-language-server: $schema=../{FOLDER}/catalogue.schema.json"
    assert (inside.parent / first.partition("=")[2]).read_text("utf-8") == shipped("catalogue")
    assert outside.read_text("utf-8") == rest
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.yaml", "project"]


def test_settings_of_a_project(tmp_path: Path) -> None:
    """Keys of signpost.toml, also with hyphens; secrets and slips are none."""
    good, bad, secret = (tmp_path / f"{name}.toml" for name in ("good", "bad", "secret"))
    good.write_text('catalogue = ["a.md"]\nanswer-links = 3\n[slack_channels.C1]\nlinks = 2\n', "utf-8")
    bad.write_text('catalog = "a.md"\n', "utf-8")
    secret.write_text('slack_bot_token = "x"\n', "utf-8")
    assert checked("signpost", good, bad, secret) == {"bad.toml", "secret.toml"}


def test_the_schemas_that_ship_are_made_from_the_readers() -> None:
    """`python deploy/schemas.py` writes them anew."""
    made = script().written()
    assert {path.name: path.read_text("utf-8") for path in (DATA / "schemas").iterdir()} == made
    assert tuple(sorted(made)) == tuple(f"{name}.schema.json" for name in NAMES)


def script() -> ModuleType:
    """Return deploy/schemas.py."""
    spec = importlib.util.spec_from_file_location("schemas", ROOT / "deploy" / "schemas.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", NAMES)
def test_schema_command(name: str) -> None:
    """Prints what ships."""
    assert json.loads(CliRunner().invoke(schema_command, [name]).stdout) == json.loads(shipped(name))
