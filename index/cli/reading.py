"""What the commands that read catalogues and write files have in common."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from index.catalogue.formats.schemas import FOLDER, first_line, shipped
from index.catalogue.link import Reading
from index.catalogue.merge import join_items
from index.catalogue.read import files_in, read
from index.catalogue.sources.copies import expanded
from index.catalogue.sources.sources import AnySource, GitSource, LocalSource
from index.cli.progress import interruptible, progress_bar, tell_step
from index.cli.sources import gathered
from index.errors import CatalogueError
from index.files import write_atomically


def read_shown(sources: Sequence[AnySource], *, language: str = "") -> Reading:
    """Read sources with a progress bar on stderr; the links of one item become one entry.

    Of lists with translations, the one in `language` is read, unless a file of sources names another.
    """
    sources = [
        replace(source, language=source.language or language) if isinstance(source, LocalSource | GitSource) else source
        for source in sources
    ]
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


def write_output(output: Path, content: bytes, *, schema: str = "") -> None:
    """Write a file completely or not at all; in a project, its first line names its schema. CatalogueError.

    A project has a folder `.signpost` or a file `signpost.toml`, beside the output or above it. Elsewhere no schema is
    written, and no line names one.
    """
    project = _project_of(output) if schema else None
    if project is not None and _write_schema(schema, project):
        target = os.path.relpath(project / FOLDER / f"{schema}.schema.json", output.resolve().parent)
        content = f"{first_line(Path(target).as_posix())}\n".encode() + content
    try:
        write_atomically(output, content)
    except OSError as error:
        raise CatalogueError(f"cannot be written: {error.strerror or error}", path=output) from error


def _project_of(output: Path) -> Path | None:
    """Return the nearest folder that is a project; None if there is none."""
    for folder in output.resolve().parents:
        if (folder / "signpost.toml").is_file() or (folder / Path(FOLDER).parts[0]).is_dir():
            return folder
    return None


def _write_schema(name: str, project: Path) -> bool:
    """Write a schema into a project; return whether that was possible."""
    folder = project / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f"{name}.schema.json", shipped(name).encode())
    except OSError:
        return False
    return True
