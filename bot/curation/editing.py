"""Puts an approved suggestion into a catalogue file, and checks the result with the reader and with lint."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.curation.order import Edit
from bot.errors import CurationError
from bot.slack.text import section_label, section_of
from index import (
    CatalogueError,
    Finding,
    Level,
    add_entry,
    add_question,
    change_entry,
    lint_reading,
    moved,
    normalise,
    read_native,
)

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The file's new text, which is the old one when the file had the edit already."""

    text: str
    warnings: tuple[str, ...]


def edited(text: str, edit: Edit, path: str) -> Edited:
    """Return the text of a native file with the edit in it.

    CurationError when that is not possible, or when lint finds an error in the new text that was not in the old one.
    """
    mark, body = (_BOM, text[1:]) if text.startswith(_BOM) else ("", text)
    try:
        changed = _changed(body, edit, path)
        if changed == body:
            return Edited(text=text, warnings=())
        found = _new_findings(body, changed, path)
    except CatalogueError as error:
        raise CurationError(f"{error}; correct the file") from error
    errors = [finding for finding in found if finding.level is Level.ERROR]
    if errors:
        raise CurationError(f"`signpost check` would refuse it: {errors[0]}; correct the catalogue, or add it by hand")
    return Edited(text=mark + changed, warnings=tuple(str(finding) for finding in found))


def _changed(text: str, edit: Edit, path: str) -> str:
    if edit.moved_to:
        return moved(text, {edit.url: edit.moved_to}, path)[0]
    reading = read_native(text.replace("\r\n", "\n"), path, name="").reading
    if edit.is_question:
        link = next((link for link in reading.links if normalise(link.url) == normalise(edit.url)), None)
        if link is not None and _words(edit.question) in map(_words, link.questions):
            return text
        return add_question(text, edit.url, edit.question, path)
    known = [*reading.sections, *dict.fromkeys(link.section for link in reading.links)]
    if edit.is_retiring:
        link = next((link for link in reading.links if normalise(link.url) == normalise(edit.url)), None)
        if link is None:
            raise CurationError(f"{path}: has no link {edit.url}; it may have gone meanwhile")
        return change_entry(
            text, link.url, path, title=link.title, section=link.section, questions=link.questions, retired=True
        )
    if edit.is_mending:
        old = next((link.section for link in reading.links if normalise(link.url) == normalise(edit.url)), ())
        section = old if section_label(old) == edit.section else section_of(edit.section, known)
        return change_entry(
            text, edit.url, path, title=edit.title, section=section, questions=edit.questions, retired=edit.retired
        )
    if any(normalise(link.url) == normalise(edit.url) for link in reading.links):
        return text
    return add_entry(text, edit.link(section_of(edit.section, known)), path)


def _words(question: str) -> str:
    """Return a question without case, extra blanks and final punctuation, to compare it."""
    return " ".join(question.casefold().rstrip(" ?!.…").split())


def _new_findings(before: str, after: str, path: str) -> list[Finding]:
    """Return what lint finds after the edit and did not find before it."""
    known = Counter(_key(finding) for finding in _findings(before, path))
    new = []
    for finding in _findings(after, path):
        if known[_key(finding)]:
            known[_key(finding)] -= 1
        else:
            new.append(finding)
    return new


def _findings(text: str, path: str) -> Sequence[Finding]:
    native = read_native(text.replace("\r\n", "\n"), path, name="")
    return (*native.findings, *lint_reading(native.reading))


def _key(finding: Finding) -> tuple[str, str]:
    """Return a key of a finding without its digits, since the edit moves line numbers."""
    return str(finding.rule), "".join(character for character in finding.message if not character.isdigit())
