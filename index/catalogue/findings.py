"""What lint finds, and how bad it is."""

from dataclasses import dataclass
from enum import StrEnum

from index.catalogue.link import Source


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """Wrong: the link is left out, or people would be led astray."""
    WARNING = "warning"
    """Worth a look."""


class Rule(StrEnum):
    """What lint looks for; the value is the id that people see."""

    BAD_SCHEME = "bad-scheme"
    DUPLICATE_URL = "duplicate-url"
    EMPTY_TITLE = "empty-title"
    LONG_TITLE = "long-title"
    PUBLISHER_MISMATCH = "publisher-mismatch"
    SAME_ARTICLE = "same-article"
    SHARED_ADDRESS = "shared-address"
    SITE_ROOT = "site-root"
    UNKNOWN_FIELD = "unknown-field"
    UNKNOWN_SECTION = "unknown-section"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that lint found, at one place."""

    rule: Rule
    level: Level
    source: Source
    message: str

    def __str__(self) -> str:
        """`file:line: rule: message`."""
        return f"{self.source}: {self.rule}: {self.message}"
