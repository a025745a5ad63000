"""What to do about YAML that its parser refuses, told by the line that it stops at."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

CONFLICT: Final = "an unresolved conflict of git: keep what is right of both sides, and delete the marks"
TABS: Final = "YAML forbids tabs for indentation; use spaces"
CONFLICT_MARK: Final = re.compile(r"<{7}(?: |$)|\|{7}(?: |$)|={7}$|>{7}(?: |$)", re.MULTILINE)
_FIELD: Final = re.compile(r"(?P<indent>\s*(?:- +)*)(?P<key>[\w-]+): +(?P<value>\S.*)")
_NO_SPACE_AFTER_COLON: Final = re.compile(r"\s*(?:- +)?[A-Za-z_]+:(?!//)[^\s/]")
_NO_SPACE_AFTER_DASH: Final = re.compile(r"\s*-[A-Za-z_]+:(?: |$)")
_CLOSED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")
_COLON: Final = re.compile(r":(?: |$)")
#: What a text without quotes cannot begin with.
_MARKS: Final = "[]{}@`%&*!|>,?\"'#"
_MAX_SHOWN: Final = 40


def hint(lines: Sequence[str], line: int) -> str:
    """Say what is wrong at a line (from 1) that the parser stopped at, and what to do; empty where nothing is known."""
    content = lines[line - 1] if 0 < line <= len(lines) else ""
    if CONFLICT_MARK.match(content):
        return CONFLICT
    if "\t" in content[: len(content) - len(content.lstrip())]:
        return TABS
    before = lines[line - 2] if 1 < line <= len(lines) else ""
    if _NO_SPACE_AFTER_DASH.match(content) or _NO_SPACE_AFTER_DASH.match(before):
        return "put a space after the dash: `- url: https://…`"
    if _NO_SPACE_AFTER_COLON.match(content) or _NO_SPACE_AFTER_COLON.match(before):
        return "put a space after the colon: `title: …`"
    # Where a list is not closed, the parser stops behind it: at the end of the file, or at what follows.
    field = _FIELD.match(content if content.strip() else before)
    return (_value_hint(field["key"], field["value"].rstrip()) if field else "") or _indent_hint(lines, line)


def _value_hint(key: str, value: str) -> str:
    quote = value[0] if value[0] in "\"'" else ""
    if quote:
        closed = _CLOSED.match(value)
        rest = value[closed.end() :].strip() if closed else ""
        if closed is None:
            return f"the quotation mark after `{key}:` is never closed; close it, or write it as {_quoted(value)}"
        return f"text goes on after the closing quotation mark; write it as {_quoted(value)}" if rest else ""
    if value[0] in "[{":
        closing = "]" if value[0] == "[" else "}"
        if not value.endswith(closing):
            return (
                f"`{value[0]}` begins a list here, which does not end with `{closing}`; for text, put quotes around it"
            )
        return ""
    if value[0] in _MARKS:
        return f"text that begins with {value[0]} needs quotes: {key}: {_quoted(value)}"
    if _COLON.search(value):
        return f"text with a colon needs quotes: {key}: {_quoted(value)}"
    return ""


def _quoted(value: str) -> str:
    shown = value if len(value) <= _MAX_SHOWN else value[: _MAX_SHOWN - 1] + "…"
    return "'" + shown.replace("'", "''") + "'"


def _indent_hint(lines: Sequence[str], line: int) -> str:
    """Say that a field does not begin in the column of those before it in its entry."""
    content = lines[line - 1] if 0 < line <= len(lines) else ""
    own = _key_column(content)
    before = next(
        (text for text in reversed(lines[: line - 1]) if text.strip() and not text.lstrip().startswith("#")), ""
    )
    other = _key_column(before)
    if own == other or not content.strip():
        return ""
    return (
        f"the indentation is wrong: this line begins in column {own + 1}, the one before it in column {other + 1}; "
        "all fields of an entry begin in one column"
    )


def _key_column(line: str) -> int:
    bare = line.lstrip(" ")
    after_dash = bare.lstrip("- ") if bare.startswith("- ") else bare
    return len(line) - len(after_dash)


def meant(word: str, known: Sequence[str]) -> str:
    """Return what to put behind a message about a word that is not one of those known: what it may be meant for."""
    by_lower = {one.lower(): one for one in known} if len(word) <= _MAX_SHOWN else {}
    near = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.7)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else ""
