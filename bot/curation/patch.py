"""Patch files, for bots without a checkout to commit to; `git am`, `git apply` and `patch -p1` can read them."""

import difflib
import re
from pathlib import Path

from bot.curation.checkout import message_lines, one_at_a_time, write_file
from bot.curation.editing import edited
from bot.curation.order import Edit, Order, Written
from bot.errors import CurationError


def write_patch(order: Order) -> Written:
    """Write the patch file of an edit; CurationError says what prevents it and what to do.

    The patch assumes that the earlier patches in the folder were applied first, so they apply in the order of their
    numbers.
    """
    folder, edit = Path(order.patches), order.edit
    advice = "check PATCHES_DIR and its rights"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CurationError(f"{folder}: cannot be written ({error.strerror}); {advice}") from error
    with one_at_a_time(folder / ".lock", advice):
        if (known := _patch_of(edit, folder)) is not None:
            return Written(where=str(known))
        before = _text_of(Path(order.file))
        for earlier in order.earlier:
            if _patch_of(earlier, folder) is not None:
                before = edited(before, earlier, order.file).text
        new = edited(before, edit, order.file)
        if new.text == before:
            return Written(where=f"{order.file}, which has it already")
        place = folder / _name(edit, folder)
        write_file(place, _patch(before, new.text, order).encode())
    return Written(where=str(place), warnings=new.warnings)


def _patch_of(edit: Edit, folder: Path) -> Path | None:
    return next(iter(folder.glob(f"*-{edit.change_id}.patch")), None)


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise CurationError(f"{path}: cannot be read ({error.strerror}); check CATALOGUE_FILE") from error
    except UnicodeDecodeError as error:
        raise CurationError(f"{path}: is not UTF-8; save it as UTF-8") from error


def _name(edit: Edit, folder: Path) -> str:
    numbers = [int(found[1]) for path in folder.glob("*.patch") if (found := re.match(r"(\d{4})-", path.name))]
    return f"{max(numbers, default=0) + 1:04d}-{edit.change_id}.patch"


def _patch(before: str, after: str, order: Order) -> str:
    name = order.file.lstrip("./") if not Path(order.file).is_absolute() else Path(order.file).name
    subject, *rest = message_lines(order.edit)
    head = [f"From: {order.author}", f"Subject: [PATCH] {subject}", "", *"\n\n".join(rest).split("\n"), "---", ""]
    head.append(f"diff --git a/{name} b/{name}")
    difference = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    lines = [line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in difference]
    return "\n".join(head) + "\n" + "".join(lines)


def _lines(text: str) -> list[str]:
    """Split at line feeds only, as git does."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
