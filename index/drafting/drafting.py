"""Makes drafts for the links of a catalogue that have no questions yet."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from index.catalogue.link import Link
from index.catalogue.pages.page_text import PageText
from index.drafting.drafts import Draft, Mark, Proposal
from index.drafting.model import FEWEST, Model, ModelError, NoModelError, prompt_for, questions_in
from index.drafting.rules import drafted

#: A question that rules make for more links than this tells none of them apart.
MOST_LINKS: Final = 2
#: After so many links in a row without an answer, a model is not asked further.
MOST_FAILURES: Final = 5
_AWESOME: Final = re.compile(r"\b(?:awesome|curated|list|of|the|a)\b|[^\w\s+#.&-]", re.IGNORECASE)


#: From a link's address to what its page says of itself, None where that is not known.
Pages = Callable[[str], PageText | None]


def unknown(_: str) -> None:
    """Know nothing of any page."""


def by_rules(links: Sequence[Link], *, name: str, wanted: Iterable[Link], pages: Pages = unknown) -> Iterator[Draft]:
    """Yield a draft for each wanted link of which rules can say something; `name` is the list's.

    What the rules would ask for several links of the list is left out: it tells none of them apart.
    """
    subject = _subject(name)
    made = {link.url: drafted(link, about=subject, page=pages(link.url)) for link in links}
    counts = Counter(question for questions in made.values() for question in questions)
    for link in wanted:
        questions = [question for question in made[link.url] if counts[question] <= MOST_LINKS]
        if questions:
            proposals = tuple(Proposal(mark=Mark.RULES, text=question) for question in questions)
            yield Draft(url=link.url, title=link.title, proposals=proposals)


def _subject(name: str) -> str:
    """Return what a list is about by its name: `Awesome Agriculture` says it, other names may not."""
    return " ".join(_AWESOME.sub(" ", name).split()).lower() if re.search(r"\bawesome\b", name, re.IGNORECASE) else ""


@dataclass(slots=True, kw_only=True)
class Spending:
    """How much may be sent to and received from a model, in characters, and how much was."""

    budget: int
    spent: int = 0

    def has_room_for(self, prompt: str) -> bool:
        """Whether a prompt and a usual answer still fit."""
        return self.spent + len(prompt) <= self.budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A link for which a model gave no questions."""

    url: str
    reason: str


def by_model(
    links: Iterable[Link], model: Model, spending: Spending, *, pages: Pages = unknown
) -> Iterator[Draft | Failure]:
    """Yield a draft or a failure for each link, until the budget is spent.

    NoModelError when the model cannot be used at all, or failed for MOST_FAILURES links in a row.
    """
    failed = 0
    for link in links:
        prompt = prompt_for(link, pages(link.url))
        if not spending.has_room_for(prompt):
            return
        spending.spent += len(prompt)
        try:
            answer = model.answer(prompt)
            spending.spent += len(answer)
            questions = questions_in(answer, link)
            if len(questions) < FEWEST:
                raise ModelError(f"the answer has {len(questions)} questions, and {FEWEST} are the least")  # noqa: TRY301
        except NoModelError:
            raise
        except ModelError as error:
            failed += 1
            yield Failure(url=link.url, reason=str(error))
            if failed == MOST_FAILURES:
                raise NoModelError(f"{failed} links in a row got no questions; the last: {error}") from None
            continue
        failed = 0
        proposals = tuple(Proposal(mark=Mark.MODEL, text=question) for question in questions)
        yield Draft(url=link.url, title=link.title, proposals=proposals)
