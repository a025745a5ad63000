"""Writes moved addresses back into native files; every other byte stays as it is."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from index.catalogue.formats.native import read_native
from index.errors import CatalogueError

_BOM: Final = "\ufeff"
#: Text that means the same without quotes: an address without what YAML could take for something else.
_NOT_PLAIN: Final = (": ", " #", "\t")


def moved(text: str, moves: Mapping[str, str], path: str) -> tuple[str, int]:
    """Return a native file's text with each moved address in place of the old one, and how many were changed.

    Comments, order, quotes and line ends stay. CatalogueError when the result would not read back as the same links
    with the new addresses.
    """
    mark = _BOM if text.startswith(_BOM) else ""
    body = text[len(mark) :]
    places = sorted(_addresses(body, path), key=lambda node: int(node.start_mark.index), reverse=True)
    changed, edited = 0, body
    for node in places:
        target = moves.get(node.value)
        if target is None:
            continue
        start, end = node.start_mark.index, node.end_mark.index
        edited = edited[:start] + _written(target, node, body[start:end]) + edited[end:]
        changed += 1
    if changed:
        _prove(body, edited, moves, path)
    return mark + edited, changed


def fix_file(path: Path, moves: Mapping[str, str]) -> int:
    """Change the moved addresses of a file; return how many. Written aside, then renamed; CatalogueError."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
        edited, changed = moved(text, moves, str(path))
        if changed:
            real = path.resolve()
            aside = real.with_name(f".{real.name}.{os.getpid()}")
            try:
                with aside.open("w", encoding="utf-8", newline="") as file:
                    file.write(edited)
                shutil.copymode(real, aside)
                aside.replace(real)
            finally:
                aside.unlink(missing_ok=True)
    except OSError as error:
        raise CatalogueError(f"cannot be written ({error.strerror or error})", path=path) from error
    return changed


def _addresses(text: str, path: str) -> list[ScalarNode]:
    """Return where the address of each link stands."""
    try:
        root: Any = YAML(typ="rt", pure=True).compose(text)
    except YAMLError as error:
        raise CatalogueError(f"cannot be edited ({' '.join(str(error).split()):.120})", path=path) from error
    links = _value(root, "links")
    found = [_value(node, "url") for node in links.value] if isinstance(links, SequenceNode) else []
    return [node for node in found if isinstance(node, ScalarNode)]


def _value(node: Any, key: str) -> Any:
    pairs = node.value if isinstance(node, MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def _written(url: str, node: ScalarNode, before: str) -> str:
    """Write an address in the quotes of the one before it; in double ones where it needs some and had none."""
    if node.style == "'":
        return "'" + url.replace("'", "''") + "'"
    flow = any(character in url for character in "[]{},")
    plain = url.isprintable() and not any(part in url for part in _NOT_PLAIN) and not url.endswith(":") and not flow
    if node.style is None and plain:
        return url
    if node.style in {None, '"'}:
        return '"' + url.replace("\\", "\\\\").replace('"', '\\"') + '"'
    # A block (`url: >-`): its end may be the next line's start.
    return '"' + url.replace("\\", "\\\\").replace('"', '\\"') + '"' + before[len(before.rstrip()) :]


def _prove(before: str, after: str, moves: Mapping[str, str], path: str) -> None:
    old = read_native(before.replace("\r\n", "\n"), path, name="").reading.links
    new = read_native(after.replace("\r\n", "\n"), path, name="").reading.links
    if new != tuple(replace(link, url=moves.get(link.url, link.url)) for link in old):
        message = "is written in a form that cannot be edited safely; nothing was changed, edit it by hand"
        raise CatalogueError(message, path=path)
