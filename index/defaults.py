"""Where things are unless somebody says otherwise; relative to the project, or to the working folder for what is made."""

from pathlib import Path
from typing import Final

from index.encoder.choice import PACKAGED_MODEL

DATA: Final = Path(__file__).resolve().parents[1] / "data"
CATALOGUE: Final = DATA / "catalogue"
VOCABULARY: Final = DATA / "vocabulary.yaml"
#: The low-rank adapter that is merged into the packaged model.
ADAPTER: Final = DATA / "adapter"
INDEX: Final = Path(".signpost") / "index"
MODEL: Final = PACKAGED_MODEL
PRECISION: Final = "int8"
