"""Default paths: shipped files are in the package, files that Signpost makes are in the working folder."""

from pathlib import Path
from typing import Final

from index.encoder.choice import PACKAGED_MODEL

#: In a checkout, a symbolic link to its folder `data`.
DATA: Final = (Path(__file__).parent / "data").resolve()
CATALOGUE: Final = DATA / "catalogue"
VOCABULARY: Final = DATA / "vocabulary.yaml"
#: Lines that no list answers; they set the threshold of each index.
CHATTER: Final = DATA / "chatter.txt"
#: More of them, in the language of a catalogue: `de.txt` in German.
CHATTER_BY_LANGUAGE: Final = DATA / "chatter"
#: What things of many fields are in plain words.
GLOSSARY: Final = DATA / "glossary.jsonl"
#: Words that say nothing of the topic, of other languages than English.
STOPWORDS: Final = DATA / "stopwords.txt"
#: Words of general English, one on each line.
WORDS: Final = DATA / "words" / "english.txt"
#: The low-rank adapter that is merged into the packaged model.
ADAPTER: Final = DATA / "adapter"
#: The exported model with its adapter: builds use it by default, without torch.
ENCODER: Final = DATA / "encoder"
#: The vectors that it makes of CHATTER and of GLOSSARY: a first build need not encode them.
CHATTER_VECTORS: Final = ENCODER / "chatter.npz"
GLOSSARY_VECTORS: Final = ENCODER / "glossary.npz"
INDEX: Final = Path(".signpost") / "index"
MODEL: Final = PACKAGED_MODEL
PRECISION: Final = "int8"
