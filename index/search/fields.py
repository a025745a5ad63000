"""The searched fields of a link, the text of each, and the text that the encoder sees."""

from enum import IntEnum
from typing import Final

from index.catalogue.link import Link
from index.catalogue.urls import host
from index.search.words import words

#: The encoder sees this many characters of a description; the rest seldom adds to the topic.
ENCODED_DESCRIPTION: Final = 300


class LinkField(IntEnum):
    """The fields of a link that are searched, in the order of the score columns."""

    TITLE = 0
    DESCRIPTION = 1
    QUESTIONS = 2
    SECTION = 3
    ADDRESS = 4
    """Publisher, host and the words of the URL's path."""


def address_words(link: Link) -> str:
    """Return publisher, host and path of a link as words, without the numbers and hashes in the path."""
    _, _, path = link.url.partition("://")
    _, _, path = path.partition("/")
    path_words = [word for word in words(path.split("?")[0].replace("-", " ").replace("_", " ")) if word.isalpha()]
    name = host(link.url).removeprefix("www.")
    labels = [label for label in name.split(".")[:-1] if label not in {"blog", "docs", "medium", "github"}]
    return " ".join([link.publisher, name, *labels, *path_words])


def field_text(link: Link, field: LinkField) -> str:
    """Return the text of one field of a link."""
    match field:
        case LinkField.TITLE:
            return link.title
        case LinkField.DESCRIPTION:
            return link.description
        case LinkField.QUESTIONS:
            return " ".join(link.questions)
        case LinkField.SECTION:
            return " ".join((*dict.fromkeys(name for path in link.sections for name in path), *link.tags))
        case LinkField.ADDRESS:
            return address_words(link)


def link_text(link: Link, page: str = "") -> str:
    """Return the text that the encoder sees: title without publisher, description, section path.

    What the link's page says of itself fills up a description that is short.
    """
    description = f"{link.description} {page}".strip() if page else link.description
    text = f"{link.title}. {description[:ENCODED_DESCRIPTION]}" if description else link.title
    return f"{text} ({link.section_path})" if link.section else text
