"""Write the JSON Schemas that ship, from the tables by which the files are read.

    python deploy/schemas.py

Run it when a field is new or holds something else; a test fails until then.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bot import project
from index.builder import vocabulary_file
from index.catalogue import questions
from index.catalogue.formats import native
from index.catalogue.sources import sources
from index.judge import golden

FOLDER = Path(__file__).resolve().parents[1] / "data" / "schemas"
SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "catalogue": native.schema,
    "golden": golden.schema,
    "questions": questions.schema,
    "signpost": project.schema,
    "sources": sources.schema,
    "vocabulary": vocabulary_file.schema,
}


def written() -> dict[str, str]:
    """Return the content of each schema by its file's name."""
    return {
        f"{name}.schema.json": json.dumps(made(), indent=2, ensure_ascii=False) + "\n" for name, made in SCHEMAS.items()
    }


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in written().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
