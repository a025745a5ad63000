"""Reads the vocabulary file that curators edit."""

from pathlib import Path
from typing import Any, Final

from index.catalogue.formats.plain_yaml import List, Map, Node, Text, kind_of, load
from index.catalogue.formats.schemas import FLAG, TEXT, Schema, described, file_schema, record
from index.errors import CatalogueError
from index.search.vocabulary import Vocabulary, VocabularyEntry
from index.search.words import words

#: With this field, entries apply only to catalogues that spell a meaning out, so not to those on another subject.
SPELLED_OUT: Final = "only_where_spelled_out"


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a vocabulary file; CatalogueError names the file, the line and what is wrong."""
    root = load(path, "the vocabulary")
    fields = root.items if isinstance(root, Map) else {}
    rows = fields.get("entries")
    if not isinstance(rows, List):
        raise CatalogueError("expected `entries:`, a list of forms and means", path=path, line=(rows or root).line)
    entries = [_entry(row, path) for row in rows.items]
    first: dict[str, Node] = {}
    for row, entry in zip(rows.items, entries, strict=True):
        for form in entry.forms:
            other = first.setdefault(form, row)
            if other is not row:
                message = f"the form {form!r:.80} is in two entries; the other is at line {other.line}"
                raise CatalogueError(message, path=path, line=row.line)
    return Vocabulary(entries, only_spelled_out=_is_true(fields.get(SPELLED_OUT), path))


def _is_true(node: Node | None, path: Path) -> bool:
    if node is None:
        return False
    if not (isinstance(node, Text) and node.value in {"true", "false"}):
        raise CatalogueError(f"`{SPELLED_OUT}` must be true or false, got {kind_of(node)}", path=path, line=node.line)
    return node.value == "true"


def _entry(row: Node, path: Path) -> VocabularyEntry:
    if not isinstance(row, Map) or row.items.keys() != _ENTRY_FIELDS.keys():
        got = f"the fields {', '.join(row.items)}" if isinstance(row, Map) else kind_of(row)
        raise CatalogueError(f"expected `forms` and `means`, got {got:.80}", path=path, line=row.line)
    return VocabularyEntry(
        forms=_words(row.items["forms"], "forms", path), means=_words(row.items["means"], "means", path)
    )


def _words(node: Node, field: str, path: Path) -> tuple[str, ...]:
    items = node.items if isinstance(node, List) else []
    wrong = next((item for item in items if not (isinstance(item, Text) and words(item.value))), None)
    if not items or wrong is not None:
        raise CatalogueError(
            f"`{field}` must be a list of words, got {kind_of(wrong or node)}", path=path, line=node.line
        )
    return tuple(item.value for item in items if isinstance(item, Text))


_WORDS: Final[Schema] = {"type": "array", "items": TEXT, "minItems": 1}
_ENTRY_FIELDS: Final[dict[str, Schema]] = {
    "forms": described(_WORDS, "What people write; with a capital letter it must match exactly."),
    "means": described(_WORDS, "What titles and descriptions write, the main one first."),
}
_FILE_FIELDS: Final[dict[str, Schema]] = {
    SPELLED_OUT: described(FLAG, "Whether an entry counts only for catalogues that spell one of its meanings out."),
    "entries": {"type": "array", "items": record(_ENTRY_FIELDS, needed=_ENTRY_FIELDS)},
}


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a vocabulary file."""
    return file_schema("The vocabulary of a search", record(_FILE_FIELDS, needed=["entries"]))
