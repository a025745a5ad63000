"""The files and the configuration of an exported encoder, read without loading it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from index.errors import EncoderError
from index.files import sha256

MODEL_FILE: Final = "encoder.onnx"
TOKENIZER_FILE: Final = "tokenizer.json"
CONFIG_FILE: Final = "encoder.json"
#: Beside the shipped encoder: the versions of the packages that exported it.
MADE_WITH_FILE: Final = "made-with.json"
#: The files of an exported encoder, in one folder.
ENCODER_FILES: Final = (MODEL_FILE, TOKENIZER_FILE, CONFIG_FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """What must be known of a model besides its weights; written by the export."""

    source: str
    """Name or path of the sentence-transformers model that it was exported from."""
    choice: str
    """`EncoderChoice.fingerprint`: hash of the build's settings, without the model's weights."""
    key: str
    """Hash of weights, adapter, prompts and precision: vectors of different keys must not be compared."""
    dimensions: int
    max_length: int
    """Longest text in tokens that the model was trained for; the rest of a longer text is cut off."""
    query_prompt: str
    document_prompt: str
    precision: str
    inputs: tuple[str, ...]
    """Input names of the graph, in order."""
    floor: float = 0.0
    """Cosine of texts that have nothing to do with each other; the search counts it as 0. Some models crowd all texts."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name to sha256, for the graph and the tokenizer."""

    @classmethod
    def read(cls, path: Path) -> "EncoderConfig":
        """Read `encoder.json`; EncoderError when it is not one."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**fields, "inputs": tuple(fields["inputs"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"{path}: not an encoder's configuration ({error}); export the encoder again") from error

    def write(self, path: Path) -> None:
        """Write `encoder.json`; equal values are written as equal bytes."""
        fields = {name: value for name, value in asdict(self).items() if name != "floor" or value}
        path.write_text(json.dumps(fields, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of an exported encoder's graph and tokenizer, by file name."""
    return {name: sha256(folder / name) for name in (MODEL_FILE, TOKENIZER_FILE)}


def read_whole(folder: Path) -> EncoderConfig | None:
    """Return the configuration of the exported encoder in `folder`, or None when it is missing or damaged.

    Its files may be hard links that a bundle shares, so damage to a bundle can be damage to the encoder too.
    """
    try:
        config = EncoderConfig.read(folder / CONFIG_FILE)
        return config if config.files == digests(folder) else None
    except (EncoderError, OSError):
        return None
