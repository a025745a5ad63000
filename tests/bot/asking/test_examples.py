"""Examples are questions that the catalogue answers, with the link that they are from."""

from dataclasses import replace

from bot.asking.examples import examples
from index.types import Answer, Question
from tests.bot.tiny import CALICO, CILIUM, TinyAsks, answer_of, services_of


class Finds(TinyAsks):
    """Answers with the link whose title or question was asked, and with nothing else."""

    def ask(self, question: Question) -> Answer:
        """Answer."""
        self.asked.append(question)
        links = [link for link in self.links if question.text in (link.title, *link.questions)]
        return answer_of([link for link in links if link.is_public or not question.public_only])


def test_curators_questions_come_first_and_titles_after_them() -> None:
    """One for each section; never "links about" it."""
    assert examples(Finds(), public_only=False) == ("How does Cilium work?", "Calico")


def test_what_is_not_answered_with_its_own_link_is_no_example() -> None:
    """Nobody is shown a question that fails."""
    other = replace(CALICO, url="https://other.example/", title="How does Cilium work?")
    assert examples(Finds([other, CALICO, CILIUM]), public_only=False)[0] == "How does Cilium work?"
    lost = Finds([CILIUM])
    lost.ask = lambda question: answer_of([CALICO])  # type: ignore[method-assign]
    assert examples(lost, public_only=False) == ()


def test_strangers_see_curators_questions_of_public_links_alone() -> None:
    """Titles tell what else is there."""
    public = replace(CILIUM, tags=("public",))
    assert examples(Finds([public, CALICO]), public_only=True) == ("How does Cilium work?",)
    assert examples(Finds(), public_only=True) == ()


def test_a_long_question_is_no_example() -> None:
    """It would be cut on its button."""
    long = replace(CILIUM, questions=("why " * 20 + "?",))
    assert examples(Finds([long]), public_only=False) == ("Cilium documentation",)


async def test_examples_are_found_once_for_each_bundle() -> None:
    """Opening Home asks the index nothing twice; another bundle has other examples; a failure is no failure of the help."""
    asks = Finds()
    async with services_of(asks) as services:
        first = await services.answering.examples(strangers=False)
        count = len(asks.asked)
        assert await services.answering.examples(strangers=False) == first == ("How does Cilium work?", "Calico")
        assert len(asks.asked) == count
        assert await services.answering.examples(strangers=True) == ()
    async with services_of(TinyAsks(error=RuntimeError("x"))) as services:
        assert await services.answering.examples(strangers=False) == ()
