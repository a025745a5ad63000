"""The command that installs the packages that only exporting needs."""

import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

PACKAGE: Final = "signpost-bot"
_IN_A_CHECKOUT: Final = "pip install '.[build]' in a checkout of Signpost"


def build_extra() -> str:
    """Return that command; it depends on how Signpost was installed, which is not always from a package index."""
    try:
        # Installers write this file (PEP 610), unless the package was installed by its name.
        origin = json.loads(distribution(PACKAGE).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return _IN_A_CHECKOUT
    address = str(origin.get("url", ""))
    if address.startswith("file:"):
        path = Path(url2pathname(urlsplit(address).path))
        editable = "--editable " if origin.get("dir_info", {}).get("editable") else ""
        return f"pip install {editable}'{path}[build]'" if path.exists() else _IN_A_CHECKOUT
    if address and (vcs := origin.get("vcs_info")):
        return f"pip install '{PACKAGE}[build] @ {vcs['vcs']}+{address}@{vcs['commit_id']}'"
    return f"pip install '{PACKAGE}[build]{f' @ {address}' if address else ''}'"
