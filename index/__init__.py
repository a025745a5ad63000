"""The index builds bundles of catalogues and answers from them. Only these names are for the bot; each is loaded on use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from index.amounts import amount
    from index.catalogue.checks.doubts import Doubt, doubts
    from index.catalogue.formats.edit import add_entry, add_question, change_entry, moved
    from index.catalogue.formats.native import read_native
    from index.catalogue.link import DeadLinks, Finding, Level, Link, Status
    from index.catalogue.lint import lint_reading
    from index.catalogue.sources.sources import moved_source
    from index.catalogue.urls import normalise
    from index.cli.trying import Tried, try_list
    from index.errors import (
        BuildBusyError,
        BundleError,
        BundleMissingError,
        CatalogueError,
        FilterError,
        SignpostError,
        UsageError,
    )
    from index.feeds import ATOM_TYPE, JSON_FEED_TYPE, Feed, as_atom, as_json
    from index.files import MAX_FILE_BYTES, FileLock, write_atomically
    from index.git import GitOutputError, run_git
    from index.search.filters import Written, section_names, written_filters
    from index.search.searcher import Searcher
    from index.types import (
        MAX_QUESTION_CHARS,
        Answer,
        Asks,
        Atlas,
        CatalogueInfo,
        Hit,
        Neighbour,
        News,
        NewsKind,
        Overview,
        Question,
        Turn,
        Verdict,
    )

__all__ = [
    "ATOM_TYPE",
    "JSON_FEED_TYPE",
    "MAX_FILE_BYTES",
    "MAX_QUESTION_CHARS",
    "Answer",
    "Asks",
    "Atlas",
    "BuildBusyError",
    "BundleError",
    "BundleMissingError",
    "CatalogueError",
    "CatalogueInfo",
    "DeadLinks",
    "Doubt",
    "Feed",
    "FileLock",
    "FilterError",
    "Finding",
    "GitOutputError",
    "Hit",
    "Level",
    "Link",
    "Neighbour",
    "News",
    "NewsKind",
    "Overview",
    "Question",
    "Searcher",
    "SignpostError",
    "Status",
    "Tried",
    "Turn",
    "UsageError",
    "Verdict",
    "Written",
    "add_entry",
    "add_question",
    "amount",
    "as_atom",
    "as_json",
    "change_entry",
    "doubts",
    "lint_reading",
    "moved",
    "moved_source",
    "normalise",
    "read_native",
    "run_git",
    "section_names",
    "try_list",
    "write_atomically",
    "written_filters",
]

#: Where each name is defined.
_HOMES: Final = {
    "index.amounts": ("amount",),
    "index.catalogue.checks.doubts": ("Doubt", "doubts"),
    "index.catalogue.formats.edit": ("add_entry", "add_question", "change_entry", "moved"),
    "index.catalogue.formats.native": ("read_native",),
    "index.catalogue.link": ("DeadLinks", "Finding", "Level", "Link", "Status"),
    "index.catalogue.lint": ("lint_reading",),
    "index.catalogue.sources.sources": ("moved_source",),
    "index.catalogue.urls": ("normalise",),
    "index.cli.trying": ("Tried", "try_list"),
    "index.errors": (
        "BuildBusyError",
        "BundleError",
        "BundleMissingError",
        "CatalogueError",
        "FilterError",
        "SignpostError",
        "UsageError",
    ),
    "index.feeds": ("ATOM_TYPE", "Feed", "JSON_FEED_TYPE", "as_atom", "as_json"),
    "index.files": ("FileLock", "MAX_FILE_BYTES", "write_atomically"),
    "index.git": ("GitOutputError", "run_git"),
    "index.search.filters": ("Written", "section_names", "written_filters"),
    "index.search.searcher": ("Searcher",),
    "index.types": (
        "Answer",
        "Asks",
        "Atlas",
        "CatalogueInfo",
        "Hit",
        "MAX_QUESTION_CHARS",
        "Neighbour",
        "News",
        "NewsKind",
        "Overview",
        "Question",
        "Turn",
        "Verdict",
    ),
}

if not TYPE_CHECKING:  # hidden from type checkers, so that they report an unknown name instead of taking it for Any

    def __getattr__(name: str) -> Any:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(home), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
