"""What an exported encoder is on disk, known without loading it."""

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
#: Beside the encoder that ships: the versions of what it was exported by.
MADE_WITH_FILE: Final = "made-with.json"
#: What an exported encoder consists of, in one folder.
ENCODER_FILES: Final = (MODEL_FILE, TOKENIZER_FILE, CONFIG_FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderConfig:
    """What must be known of a model beside its weights; written by the export."""

    source: str
    """The sentence-transformers model it was exported from, by name or path."""
    choice: str
    """Hash of the build's settings for the encoder, without the weights."""
    key: str
    """Hash of weights, adapter, prompts and precision: vectors of different keys do not mix."""
    dimensions: int
    max_length: int
    """Longest text in tokens, as the model was trained; the rest is cut off."""
    query_prompt: str
    document_prompt: str
    precision: str
    inputs: tuple[str, ...]
    """Input names of the graph, in order."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name to sha256, for the graph and the tokenizer."""

    @classmethod
    def read(cls, path: Path) -> "EncoderConfig":
        """Read `encoder.json`."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**fields, "inputs": tuple(fields["inputs"])})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"{path}: not an encoder's configuration ({error}); export the encoder again") from error

    def write(self, path: Path) -> None:
        """Write `encoder.json`, the same bytes for the same values."""
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of an exported encoder's graph and tokenizer."""
    return {name: sha256(folder / name) for name in (MODEL_FILE, TOKENIZER_FILE)}


def read_whole(folder: Path) -> EncoderConfig | None:
    """Return the configuration of the exported encoder in `folder`, or None where one must be made anew.

    Its files may be shared with a bundle on disk: what damages one damages both, and must not be built with.
    """
    try:
        config = EncoderConfig.read(folder / CONFIG_FILE)
        return config if config.files == digests(folder) else None
    except (EncoderError, OSError):
        return None
