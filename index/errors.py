"""Everything that Signpost raises on purpose.

    SignpostError
    ├── UsageError              the request itself is wrong (empty question, unknown filter)
    │   └── FilterError         a filter in the question names a value that the catalogue lacks
    ├── CatalogueError          a catalogue file cannot be read; carries file and line
    ├── BundleError             a bundle cannot be opened
    │   ├── BundleMissingError  there is no current bundle
    │   ├── BundleDamagedError  a file is missing or its checksum differs
    │   └── BundleIncompatibleError  another format version or encoder than this program reads
    ├── EncoderError            the encoder cannot be loaded, exported or verified
    └── BuildError              a build could not finish; the current bundle is untouched
        ├── BuildBusyError      another build of the same index is running
        ├── OtherCatalogueError the index is of another catalogue
        └── BuildRefusedError   (index.builder.verdict) looks like an accident, or answers got worse

Each message is one line: what is wrong, the values that disagree, what to do.
"""

from pathlib import Path
from typing import ClassVar


class SignpostError(Exception):
    """The base class: an error raised on purpose, with a message for people."""

    exit_code: ClassVar[int] = 2
    """The exit code of a command that it ends."""


class UsageError(SignpostError):
    """The request itself is wrong, such as an empty question."""


class FilterError(UsageError):
    """A filter in the question names a value that the catalogue does not have; `meant` is one that it has, if one is near.

    One that is no filter in any catalogue is `malformed`; what is said of it tells nothing of this one.
    """

    def __init__(self, message: str, *, wrong: str = "", meant: str = "", malformed: bool = False) -> None:
        """Keep the value that is `wrong`, and what was probably `meant`."""
        self.wrong = wrong
        self.meant = meant
        self.malformed = malformed
        super().__init__(message)


class CatalogueError(SignpostError):
    """A catalogue file cannot be read."""

    def __init__(self, message: str, *, path: Path | str | None = None, line: int | None = None) -> None:
        """Put `path` and `line` (1-based) in front of `message`, which is kept as `problem`."""
        self.path = Path(path) if path is not None else None
        self.line = line
        self.problem = message
        place = "" if path is None else f"{path}:{line}: " if line is not None else f"{path}: "
        super().__init__(f"{place}{message}")


class BundleError(SignpostError):
    """A bundle cannot be opened."""


class BundleMissingError(BundleError):
    """There is no current bundle in the index folder."""

    ADVICE: ClassVar[str] = "build one with `signpost build`, or name another with --index or SIGNPOST_INDEX"


class BundleDamagedError(BundleError):
    """A file of the bundle is missing, differs from its checksum, or holds what no build writes."""


class BundleIncompatibleError(BundleError):
    """The bundle was written by another format version, or for another encoder."""


class EncoderError(SignpostError):
    """The encoder cannot be loaded, exported or verified."""


class BuildError(SignpostError):
    """The build could not finish; the current bundle is untouched."""


class BuildBusyError(BuildError):
    """Another build of the same index is running."""

    exit_code = 75  # EX_TEMPFAIL: the same command works later


class OtherCatalogueError(BuildError):
    """The index is of another catalogue, which is replaced only on request."""
