"""The command that installs the packages of an extra: `build`, which exporting needs, or `multilingual`, with a model too."""

import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

PACKAGE: Final = "signpost-bot"


def build_extra(extra: str = "build") -> str:
    """Return that command; it depends on how Signpost was installed, which is not always from a package index."""
    in_a_checkout = f"pip install '.[{extra}]' in a checkout of Signpost"
    try:
        # Installers write this file (PEP 610), unless the package was installed by its name.
        origin = json.loads(distribution(PACKAGE).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return in_a_checkout
    address = str(origin.get("url", ""))
    if address.startswith("file:"):
        path = Path(url2pathname(urlsplit(address).path))
        editable = "--editable " if origin.get("dir_info", {}).get("editable") else ""
        return f"pip install {editable}'{path}[{extra}]'" if path.exists() else in_a_checkout
    if address and (vcs := origin.get("vcs_info")):
        return f"pip install '{PACKAGE}[{extra}] @ {vcs['vcs']}+{address}@{vcs['commit_id']}'"
    return f"pip install '{PACKAGE}[{extra}]{f' @ {address}' if address else ''}'"
