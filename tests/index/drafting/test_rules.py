"""Questions that rules make of a link's own words."""

from dataclasses import replace

import pytest

from index.catalogue.link import Link
from index.catalogue.pages.page_text import PageText
from index.drafting.english import gerund, singular, third, with_article
from index.drafting.rules import MOST, drafted


def asked(
    description: str, *, title: str = "Xyzzy", section: tuple[str, ...] = ("Misc",), about: str = ""
) -> list[str]:
    """Return the questions for a link."""
    return list(
        drafted(Link(url="https://a.example", title=title, description=description, section=section), about=about)
    )


@pytest.mark.parametrize(
    ("description", "question"),
    [
        ("Monitor the temperature of a greenhouse.", "how do I monitor the temperature of a greenhouse?"),
        ("Monitors greenhouses and sends alerts.", "how do I monitor greenhouses and send alerts?"),
        ("A library for reading sensor files.", "how do I read sensor files?"),
        ("A library for reading sensor files.", "is there a library to read sensor files?"),
        ("Tool that stores, signs, and scans seed records.", "how do I store, sign, and scan seed records?"),
        ("It helps you to schedule your irrigation.", "how do I schedule my irrigation?"),
        ("Xyzzy is a planner that lets you draw garden beds.", "how do I draw garden beds?"),
        ("A weather API for vineyards in Europe", "what can I use for vineyards in Europe?"),
        ("Fast, modern crop simulation framework.", "can anyone recommend a crop simulation framework?"),
        ("Fast, modern crop simulation framework.", "is there a fast crop simulation framework?"),
        ("A lightweight alternative to FarmOS.", "what can I use instead of FarmOS?"),
        ("A lightweight alternative to FarmOS.", "Xyzzy vs FarmOS?"),
        ("A soil simulator written in Rust.", "is there a soil simulator in Rust?"),
        ("Free textbook on the theory of crop rotation.", "what can I read about the theory of crop rotation?"),
        ("An article that explains why bees swarm in May.", "is there an article about why bees swarm in May?"),
        ("Check if the pump is running.", "how do I check if the pump is running?"),
        ("Soil moisture sensing.", "what can I use for soil moisture sensing?"),
        ("Visualise yields on a map.", "how can I draw yields on a map?"),
    ],
)
def test_what_a_link_does_is_asked(description: str, question: str) -> None:
    """In the words of somebody who needs it, who does not know the link."""
    assert question in asked(description)


@pytest.mark.parametrize(
    "description",
    [
        "",
        "...",
        "🌱🌱🌱",
        "Terence Tao.",
        "Official native app. Only for Windows.",
        "It also works with those.",
        "Una biblioteca para leer archivos de sensores.",
        "传感器数据库",
        "docker pull danmx/docker-owasp-webgoat",
        "Software for applications.",
        "How their tool is used",
    ],
)
def test_nothing_is_asked_where_nothing_is_said(description: str) -> None:
    """Rather no question than a wrong one: a curator reads each."""
    assert asked(description) == []


def test_the_title_is_not_asked_for() -> None:
    """Who knows the title needs no question."""
    assert asked("A crop simulation framework.", title="The crop simulation framework") == []


def test_the_section_says_what_its_links_are() -> None:
    """Where the description does not."""
    made = asked("Convert shapefiles to GeoJSON.", section=("Maps", "Command-line apps"))
    assert "is there a command-line app to convert shapefiles to GeoJSON?" in made
    assert "is there a podcast about bee keeping?" in asked("", section=("Podcasts",), about="bee keeping")
    assert "is there a book about soil science?" in asked("Paid.", section=("Soil Science", "Books"))
    # A section's first word may be a verb: these are no containers.
    assert not any("running container" in one for one in asked("Restart pods.", section=("Running Containers",)))


def test_a_page_says_what_its_link_does_not() -> None:
    """Its headings, where they ask or say what one does; its own description, where the curator wrote none."""
    page = PageText(
        description="A simulator for measuring the moisture of raised beds.",
        headings=(
            "Installing the pump",
            "2. How to water seedlings",
            "Why do seedlings wilt?",
            "Contact",
            "FAQ",
            "Why?",
        ),
    )
    link = Link(url="https://a.example", title="Xyzzy")
    assert drafted(link) == ()
    made = drafted(link, page=page)
    for question in (
        "how do I measure the moisture of raised beds?",
        "how do I install the pump?",
        "how do I water seedlings?",
        "why do seedlings wilt?",
    ):
        assert question in made
    assert not any("contact" in one.lower() or "faq" in one.lower() for one in made)
    told = drafted(replace(link, description="Monitor bee hives over the radio."), page=page)
    assert not any("moisture" in one for one in told)


def test_a_phrase_ends_where_it_still_is_one() -> None:
    """No loose ends, no half of a list, nothing that points at what is not there."""
    for description in (
        "A tool to extract tables, headers, and so that they can be used with it",
        "An engine for interesting, funny, and depressing queries about the",
        "Extension that allows creating an index backed by another store",
        "Hardware that runs on solar panels",
        "Framework for creating apps that help people",
        "Helps you understand how your tool is being used by people who do not know it",
    ):
        for question in asked(description):
            assert not question.rstrip("?").endswith((" the", " and", " with", " backed", " funny", " by"))
            assert " it?" not in question
            assert "run on" not in question
            assert "how my tool" not in question


def test_there_are_few_and_each_once() -> None:
    """And they are short enough to be read."""
    made = asked(
        "Open-source soil simulation framework in Python to monitor the moisture of fields. Alternative to FarmOS.",
        section=("Simulators",),
    )
    assert 3 <= len(made) <= MOST
    assert len(set(made)) == len(made)
    assert made == asked(
        "Open-source soil simulation framework in Python to monitor the moisture of fields. Alternative to FarmOS.",
        section=("Simulators",),
    )


def test_words_have_their_forms() -> None:
    """As English has them."""
    assert [third(verb) for verb in ("run", "carry", "push", "play")] == ["runs", "carries", "pushes", "plays"]
    assert [gerund(verb) for verb in ("run", "create", "see", "fix")] == ["running", "creating", "seeing", "fixing"]
    plurals = ("libraries", "classes", "apps", "status", "indices", "boxes")
    assert [singular(word) for word in plurals] == ["library", "class", "app", "status", "index", "box"]
    nouns = ("API", "engine", "user interface", "UI", "SQL database", "URL parser", "unicode table")
    assert [with_article(noun).split()[0] for noun in nouns] == ["an", "an", "a", "a", "an", "a", "a"]


@pytest.mark.parametrize("description", ["Free photos for startups.", "Free icons", "Free pics, every day"])
def test_what_is_free_is_set_free_by_nobody(description: str) -> None:
    """`Free` begins a description as what the thing is, not as what it does."""
    assert [question for question in asked(description) if "do I free" in question] == []
    assert "how do I free the memory of old jobs?" in asked("Free the memory of old jobs.")
