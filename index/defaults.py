"""Where things are unless somebody says otherwise; in the package, or in the working folder for what is made."""

from pathlib import Path
from typing import Final

from index.encoder.choice import PACKAGED_MODEL

#: In a checkout a link to the folder `data` at its top.
DATA: Final = (Path(__file__).parent / "data").resolve()
CATALOGUE: Final = DATA / "catalogue"
VOCABULARY: Final = DATA / "vocabulary.yaml"
#: Lines that no list answers, for the threshold of each index.
CHATTER: Final = DATA / "chatter.txt"
#: Words of general English, one a line.
WORDS: Final = DATA / "words" / "english.txt"
#: The low-rank adapter that is merged into the packaged model.
ADAPTER: Final = DATA / "adapter"
#: That model with that adapter, exported: what a build uses unless it is told otherwise, without torch.
ENCODER: Final = DATA / "encoder"
INDEX: Final = Path(".signpost") / "index"
MODEL: Final = PACKAGED_MODEL
PRECISION: Final = "int8"
