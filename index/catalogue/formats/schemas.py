"""JSON Schemas of the files that people write, by which editors complete and check them.

A reader's table of fields names for each how it is read and what it may hold, so that the two cannot part. Values are as
a YAML parser sees them: `title: 1.20` is a number there, and text to us.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

Schema = Mapping[str, Any]

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
#: The schemas that ship, by the name of what they describe.
NAMES: Final = ("catalogue", "golden", "questions", "signpost", "sources", "vocabulary")
#: Where a project has the schemas of the files that we write for it, from its own folder.
FOLDER: Final = ".signpost/schemas"

TEXT: Final[Schema] = {"type": ["string", "number", "boolean"]}
ADDRESS: Final[Schema] = {"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^\\s]+$"}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}
FLAG: Final[Schema] = {"type": "boolean"}
DAY: Final[Schema] = {"type": "string", "format": "date"}
#: Headings from the outermost to the innermost, or one text with `>` between them.
SECTION: Final[Schema] = {"anyOf": [TEXT, TEXTS]}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field holds: how a reader reads it, and the schema of what it may be."""

    read: Callable[..., Any]
    schema: Schema
    help: str = ""
    """What an editor shows of it."""


def described(schema: Schema, text: str) -> Schema:
    """Return a schema with what an editor shows of it."""
    return {"description": text, **schema} if text else schema


def optional(schema: Schema) -> Schema:
    """Return the schema of a field that may also have no value: `description:`."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(fields: Mapping[str, Schema], *, needed: Iterable[str] = ()) -> Schema:
    """Return the schema of a mapping with these fields and no others."""
    return {"type": "object", "properties": dict(fields), "required": sorted(needed), "additionalProperties": False}


def file_schema(title: str, content: Schema) -> dict[str, Any]:
    """Return the schema of a whole file."""
    return {"$schema": DIALECT, "title": title, **content}


def of_format(version: int) -> Schema:
    """Return the schema of the field that names a file's format."""
    return {"const": version}


def first_line(schema: str) -> str:
    """Return the line by which editors find a file's schema, given by its path from there."""
    return f"# yaml-language-server: $schema={schema}"


def shipped(name: str) -> str:
    """Return the text of a schema that ships."""
    return files("index").joinpath("data", "schemas", f"{name}.schema.json").read_text("utf-8")
