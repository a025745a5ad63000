"""The versions of the catalogue: which there are, what changed between two, and back to an older one."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bot.curation.process import command, signpost
from bot.errors import CurationError
from bot.slack.untrusted import dict_of, list_of

#: What the questions are in, beside a file of the catalogue, unless the command finds this in its environment.
GOLDEN_FILE: Final = "golden.yaml"
GOLDEN: Final = "SIGNPOST_GOLDEN"
VERSION: Final = re.compile(r"[0-9a-f]{8,64}")
#: The exit code of `signpost diff` when a golden answer is lost: it has printed its report all the same.
_LOST: Final = 1


async def versions(index: str) -> list[dict[str, Any]]:
    """Return the versions as `signpost log --json` lists them, newest first; one that was made current again once."""
    rows = [dict_of(row) for row in list_of(await _run(index, "log", "--json"))]
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row["version"], row)
    return list(found.values())


async def difference(index: str, old: str, new: str, files: Sequence[Path] = ()) -> dict[str, Any]:
    """Return what changed from one version to another, as `signpost diff --json` prints it.

    The golden questions are those beside the catalogue's files, where they are on this disk.
    """
    beside = (file.absolute().parent / GOLDEN_FILE for file in files)
    found = next((str(path) for path in beside if path.is_file()), "") if GOLDEN not in os.environ else ""
    return dict_of(await _run(index, "diff", "--json", *(("--golden", found) if found else ()), old, new))


async def roll_back(index: str, version: str) -> None:
    """Make an older version current again; CurationError when that is not possible."""
    await _run(index, "rollback", version)


async def _run(index: str, name: str, *arguments: str) -> Any:
    async with command(*signpost(name, "--index", index, *arguments)) as process:
        output, complaint = await process.communicate()
    if process.returncode and not (process.returncode == _LOST and output):
        said = complaint.decode("utf-8", "replace").strip().splitlines()
        raise CurationError(said[-1].removeprefix("signpost: ")[:300] if said else f"`signpost {name}` failed")
    return json.loads(output) if output.strip() else None
