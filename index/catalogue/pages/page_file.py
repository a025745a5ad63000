"""The file of the pages' texts, beside the catalogue: one line a page, sorted by address."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import urldefrag

from index.catalogue.link import Entry
from index.catalogue.pages.page_text import MAX_DESCRIPTION, MAX_HEADING, MAX_HEADINGS, MAX_TITLE, PageText, in_one_line
from index.catalogue.record_files import RecordForm, folders_of
from index.catalogue.urls import normalise
from index.errors import CatalogueError

PAGES_FILE: Final = "link-pages.jsonl"
#: In place of a file: none is read.
NO_FILE: Final = "none"
#: A page that the catalogue no longer has is forgotten when it was not asked for in this number of days.
FORGOTTEN_AFTER_DAYS: Final = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRecord:
    """What is known of one page."""

    url: str
    """The link's address without its fragment, byte for byte."""
    text: PageText = field(default_factory=PageText)
    asked: date
    """The day (UTC) on which the page was last requested."""
    left_out: str = ""
    """Why the last request gave no text; `text` is then empty, or what an earlier request gave."""
    page: str = ""
    """The address that answered after all redirects, if it is another one; `etag` and `modified` belong to it."""
    etag: str = ""
    modified: str = ""


def page_of(url: str) -> str:
    """Return the address of the page that a link leads into."""
    return urldefrag(url).url


def _to_row(record: PageRecord) -> dict[str, Any]:
    row = {
        "url": record.url,
        "title": record.text.title,
        "description": record.text.description,
        "headings": list(record.text.headings),
        "language": record.text.language,
        "left_out": record.left_out,
        "asked": record.asked.isoformat(),
        "page": record.page,
        "etag": record.etag,
        "modified": record.modified,
    }
    return {key: value for key, value in row.items() if value}


def _from_row(row: dict[str, Any]) -> PageRecord:
    names = ("title", "description", "language", "left_out", "page", "etag", "modified")
    texts = {name: row.get(name, "") for name in names}
    headings = row.get("headings", [])
    if not all(isinstance(text, str) for text in (row["url"], *texts.values(), *headings)) or isinstance(headings, str):
        raise TypeError
    return PageRecord(
        url=row["url"],
        text=PageText(
            # Somebody may have edited the file: a text of a megabyte would be a text of the index.
            title=in_one_line(texts["title"][:MAX_TITLE]),
            description=in_one_line(texts["description"][:MAX_DESCRIPTION]),
            headings=tuple(in_one_line(text[:MAX_HEADING]) for text in headings[:MAX_HEADINGS]),
            language=texts["language"],
        ),
        left_out=texts["left_out"],
        asked=date.fromisoformat(row["asked"]),
        page=texts["page"],
        etag=texts["etag"],
        modified=texts["modified"],
    )


#: The form of the file.
PAGES: Final = RecordForm(
    name=PAGES_FILE,
    all_of_them="the pages' texts",
    one_of_them="line of a page's text",
    anew="fetch every page again with `signpost enrich`",
    to_row=_to_row,
    from_row=_from_row,
    age=lambda record: (record.asked, not record.text.is_empty),
    is_ascii=False,
)


def staying(today: date) -> RecordForm[PageRecord]:
    """Return the form of the file of a run that keeps pages of other catalogues, unless they are forgotten."""
    return replace(PAGES, stays=lambda record: (today - record.asked).days <= FORGOTTEN_AFTER_DAYS)


def page_files(entries: Iterable[Entry], named: str | None = None) -> tuple[Path, ...]:
    """Return the files of the pages' texts of some entries: the one that is named, or those beside the catalogue."""
    if named == NO_FILE:
        return ()
    return (Path(named),) if named else tuple(folder / PAGES_FILE for folder in folders_of(entries))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """The pages' texts of a catalogue as they are in the files, with what is wrong with these."""

    records: Sequence[PageRecord] = ()
    """Sorted by address."""
    problems: tuple[str, ...] = ()
    """A line for each line that is damaged, and for each file that cannot be read."""

    def of_links(self) -> Callable[[str], PageText | None]:
        """Return a function from a link's address to its page's text, None without one."""
        known = {normalise(record.url): record.text for record in self.records if not record.text.is_empty}
        return lambda url: known.get(normalise(page_of(url)))


def read_pages(entries: Iterable[Entry], named: str | None = None) -> Pages:
    """Read the pages' texts of a catalogue; never fails, since answers do not depend on them."""
    problems: list[str] = []

    def damaged(problem: CatalogueError) -> None:
        problems.append(f"{problem}; it is passed over")

    found: dict[str, PageRecord] = {}
    for file in page_files(entries, named):
        try:
            records = PAGES.read(file, damaged)
        except CatalogueError as error:
            problems.append(f"{error}; no page's text is taken from it")
            continue
        for url, record in records.items():
            if url not in found or PAGES.age(record) > PAGES.age(found[url]):
                found[url] = record
    return Pages(records=tuple(found[url] for url in sorted(found)), problems=tuple(problems))
