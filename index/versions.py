"""What a kept result depends on besides its input: our own code and the libraries that it calls."""

import hashlib
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path


def code_version(files: Iterable[str | Path], packages: Iterable[str]) -> bytes:
    """Return a hash of source files, of the versions of installed packages and of Python; raises when one is missing."""
    digest = hashlib.sha256(sys.version.encode())
    for package in packages:
        digest.update(f"{package} {version(package)}\0".encode())
    for file in files:
        digest.update(hashlib.sha256(Path(file).read_bytes()).digest())
    return digest.digest()
