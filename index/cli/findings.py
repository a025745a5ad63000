"""What `signpost check` prints: lines for people, JSON and SARIF for tools, annotations for GitHub."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from index.catalogue.link import Finding, Level, Rule

#: What each rule finds, as `--help`, SARIF and the documentation say it.
RULES: Final = {
    Rule.BAD_SCHEME: "the address is not http or https",
    Rule.BROKEN_ADDRESS: "the address is missing, unclosed or mistyped at its start",
    Rule.DUPLICATE_URL: "the address is in the catalogue already",
    Rule.EMPTY_TITLE: "the link has no title",
    Rule.LONG_TITLE: "the title is too long for an answer",
    Rule.PUBLISHER_MISMATCH: "the address is not of the publisher that the title names",
    Rule.SAME_ARTICLE: "the article is there already, under another address",
    Rule.SHARED_ADDRESS: "many titles lead to one page, perhaps of another owner now",
    Rule.SIMILAR_NAME: "the tag or section is probably another one, misspelt",
    Rule.SITE_ROOT: "the address is a site's start page, the title an article's",
    Rule.UNKNOWN_FIELD: "the native format has no such field",
    Rule.UNKNOWN_SECTION: "the section is not one of those that the file declares",
    Rule.UNREADABLE: "the file, or an entry of it, is not valid",
    Rule.USER_IN_ADDRESS: "a user or a password stands before the host",
    Rule.WRONG_VALUE: "the field's value is not of its kind",
}
_SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVELS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.HINT: "note"}
_GITHUB_LEVELS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.HINT: "notice"}


def as_text(findings: Sequence[Finding]) -> str:
    """Return a line for each finding: `file:line: level: rule: message`."""
    return "\n".join(map(str, findings))


def as_json(findings: Sequence[Finding]) -> str:
    """Return all as one object."""
    levels = Counter(finding.level for finding in findings)
    rows = [
        {
            "file": finding.source.path,
            "line": finding.source.line,
            "rule": str(finding.rule),
            "level": str(finding.level),
            "message": finding.message,
        }
        for finding in findings
    ]
    counts = {f"{level}s": levels[level] for level in Level}
    return json.dumps({**counts, "findings": rows}, ensure_ascii=False)


def as_github(findings: Sequence[Finding]) -> str:
    """Return the commands by which a workflow puts findings beside the lines of a pull request."""
    return "\n".join(map(_command, findings))


def _command(finding: Finding) -> str:
    place = [f"file={_property(finding.source.path)}"]
    if finding.source.line:
        place.append(f"line={finding.source.line}")
    place.append(f"title={finding.rule}")
    return f"::{_GITHUB_LEVELS[finding.level]} {','.join(place)}::{_data(finding.message)}"


def _data(text: str) -> str:
    """Escape what would end a command of a workflow, as GitHub's own toolkit does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(findings: Sequence[Finding]) -> str:
    """Return a run in SARIF 2.1.0, which code scanning and editors read."""
    rules = list(RULES)
    driver = {
        "name": "signpost",
        "version": version("signpost-bot"),
        "rules": [{"id": str(rule), "shortDescription": {"text": RULES[rule]}} for rule in rules],
    }
    results = [
        {
            "ruleId": str(finding.rule),
            "ruleIndex": rules.index(finding.rule),
            "level": _SARIF_LEVELS[finding.level],
            "message": {"text": finding.message},
            "locations": [{"physicalLocation": _location(finding)}],
        }
        for finding in findings
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False)


def _location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.source.path, safe="/:#")}}
    return location | ({"region": {"startLine": finding.source.line}} if finding.source.line else {})


PRINTERS: Final[dict[str, Callable[[Sequence[Finding]], str]]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}
