"""Finds questions that a catalogue answers, to show people what they can ask: curators' questions, then titles of links."""

from collections.abc import Iterator

from index import Asks, Link, Question, UsageError

MAX_EXAMPLES = 4
#: An example is a button, whose text is at most this long.
MAX_EXAMPLE_CHARS = 75
#: Sections that links are taken from, the largest first; links of each that are looked at; and examples that are tried.
_SECTIONS = 12
_OF_EACH = 5
_TRIED = 16
_NEWEST = 50


def examples(asks: Asks, *, public_only: bool) -> tuple[str, ...]:
    """Return up to four questions, each of another section, whose first answer is the link that the question is from.

    Each is asked to find out, so that nobody is shown a question that has no answer. With `public_only` both the links and
    the answers are those for people of other organisations.
    """
    found: dict[tuple[str, ...], str] = {}
    tried = 0
    for text, link in _candidates(asks, public_only=public_only):
        if link.section not in found:
            tried += 1
            if _is_answered(asks, text, link, public_only=public_only):
                found[link.section] = text
        if tried == _TRIED or len(found) == MAX_EXAMPLES:
            break
    return tuple(found.values())


def _candidates(asks: Asks, *, public_only: bool) -> Iterator[tuple[str, Link]]:
    """Yield curators' questions, then the title of a link of each section; with `public_only` questions alone."""
    by_section: dict[tuple[str, ...], list[Link]] = {}
    for link in _links(asks, public_only=public_only):
        if link.is_public or not public_only:
            by_section.setdefault(link.section, []).append(link)
    for links in by_section.values():
        yield from ((link.questions[0], link) for link in links if link.questions and _fits(link.questions[0]))
    for links in () if public_only else by_section.values():
        yield from ((link.title, link) for link in links[:1] if _fits(link.title))


def _links(asks: Asks, *, public_only: bool) -> Iterator[Link]:
    """Yield links of the largest sections, then the newest."""
    for path, _ in sorted(asks.info.sections, key=lambda section: -section[1])[:_SECTIONS]:
        if path:
            yield from asks.browse(path[-1], limit=_OF_EACH)
    yield from asks.newest(limit=_NEWEST, public_only=public_only)


def _is_answered(asks: Asks, text: str, link: Link, *, public_only: bool) -> bool:
    try:
        answer = asks.ask(Question(text=text, top_k=1, public_only=public_only))
    except UsageError:  # a title may contain what is a filter in a question
        return False
    return answer.answered and link.url in (answer.hits[0].link.url, *answer.hits[0].also)


def _fits(text: str) -> bool:
    return 0 < len(text) <= MAX_EXAMPLE_CHARS and text.isprintable()
