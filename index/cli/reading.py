"""What the commands that read catalogues and write files have in common."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from index.catalogue.formats.schemas import FOLDER, shipped
from index.catalogue.link import Reading
from index.catalogue.merge import join_items
from index.catalogue.read import files_in, read
from index.catalogue.sources.copies import expanded
from index.catalogue.sources.sources import AnySource, LocalSource
from index.cli.progress import interruptible, progress_bar, tell_step
from index.cli.sources import gathered
from index.errors import CatalogueError
from index.files import write_atomically


def read_shown(sources: Sequence[AnySource]) -> Reading:
    """Read sources with a progress bar on stderr; the links of one item become one entry."""
    tell_step(f"reading {', '.join(source.address for source in sources)}")
    nothing = interruptible(lambda: "nothing was written")
    with nothing, progress_bar("Reading") as progress, gathered(sources) as catalogue:
        reading = read(catalogue.roots, name=catalogue.name, progress=progress)
    return replace(reading, entries=join_items(reading.entries))


def check_output(output: Path, sources: Sequence[AnySource], *, overwrite: bool) -> None:
    """Refuse to overwrite a file that is read, or without `overwrite` one that exists. CatalogueError."""
    if not os.path.lexists(output):
        return
    read_too = [source.path for source in (*sources, *expanded(sources)[0]) if isinstance(source, LocalSource)]
    if any(file.samefile(output) for path in read_too for file in files_in(path) if output.exists()):
        raise CatalogueError("is one of the files that are read; name another file to write", path=output)
    if not overwrite:
        raise CatalogueError("is there already; name another file, or write over it with --overwrite", path=output)


def write_output(output: Path, content: bytes) -> None:
    """Write a file completely or not at all. CatalogueError with the system's reason."""
    try:
        write_atomically(output, content)
    except OSError as error:
        raise CatalogueError(f"cannot be written: {error.strerror or error}", path=output) from error


def write_schema(name: str, output: Path) -> None:
    """Write the schema that the first line of a file names, beside it; an editor that finds none does without."""
    folder = output.resolve().parent / FOLDER
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f"{name}.schema.json", shipped(name).encode())
