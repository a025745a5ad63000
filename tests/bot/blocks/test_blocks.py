"""Every message and view is within Slack's limits, whatever the catalogue and the question hold."""

import json
import re
import string
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.asking.answering import Ending, Reply
from bot.asking.inquiry import Inquiry, Surface
from bot.blocks.answer import Offer, answer_message, shown_urls
from bot.blocks.gaps import gaps_message
from bot.blocks.home import Home, home_view, section_message
from bot.blocks.notes import apology_message, help_message, nothing_message, usage_message, verdict_message
from bot.blocks.report import answered_message, closed_message, report_message, reported_message
from bot.blocks.suggestion import (
    curators_message,
    decided_message,
    found_message,
    outcome_message,
    suggestion_form,
    thanks_view,
)
from bot.curation.messages import (
    building_message,
    rebuilt_message,
    stopped_message,
    stuck_message,
    written_message,
)
from bot.curation.rebuild import Moved, Rebuilt
from bot.listeners.slack_search import results_of
from bot.running.logs import Reference
from bot.slack.buttons import Asked, Found
from bot.slack.message import MAX_MESSAGE_CHARS, Message, split_mrkdwn
from bot.slack.payloads import Draft
from bot.slack.text import safe_url
from bot.store import Gap, Own, OwnSuggestion, Problem, Suggestion
from bot.store.gaps import GapGroup
from index.catalogue.link import Further, Link, Status
from index.types import Answer, CatalogueInfo, Hit, Neighbour, Verdict, Why
from tests.bot.tiny import BUILT_AT, CALICO, CILIUM, answer_of
from tests.scenarios.support.limits import violations_of_message, violations_of_view

HOSTILE = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=()), max_size=300),
    st.sampled_from(
        [
            "<!channel> <@U1> <https://evil.example|https://good.example> &",
            "a" * 5_000,
            "&" * 4_000,
            "\ud800\x00\u202e",
            "```*_~`",
            "漢字🌟" * 900,
        ]
    ),
)
URLS = st.one_of(
    st.sampled_from(
        [
            "javascript:alert(1)",
            "https://example.org/a|b <c>",
            "https://example.org/?a=1&b=2",
            "https://example.org/" + "x" * 2_900,
            "https://example.org/" + "&" * 1_500,
            "not a url",
        ]
    ),
    st.text(alphabet=string.printable, max_size=60).map(lambda rest: f"https://example.org/{rest}"),
)
LINKS = st.builds(
    Link,
    url=URLS,
    title=HOSTILE,
    publisher=HOSTILE,
    description=HOSTILE,
    section=st.lists(HOSTILE, max_size=3).map(tuple),
    stars=st.integers(0, 3),
    status=st.sampled_from(Status),
    moved_to=HOSTILE,
    further=st.lists(st.builds(Further, kind=HOSTILE, url=URLS), max_size=6).map(tuple),
)
HITS = st.builds(
    Hit,
    link=LINKS,
    score=st.just(1.0),
    why=st.builds(Why, words=st.lists(HOSTILE, max_size=3).map(tuple), question=HOSTILE),
)
ANSWERS = st.builds(
    Answer,
    asked=HOSTILE,
    corrected=st.booleans(),
    verdict=st.sampled_from([Verdict.SURE, Verdict.PERHAPS]),
    confidence=st.just(0.9),
    hits=st.lists(HITS, max_size=10).map(tuple),
    version=st.just("0123456789abcdef"),
    built_at=st.just(BUILT_AT),
    more=st.booleans(),
)
OFFERS = st.builds(
    Offer,
    asked=st.builds(Asked, answer_id=st.just("0123456789abcdef"), question=HOSTILE, offset=st.integers(0, 100)),
    catalogue=HOSTILE,
    can_share=st.booleans(),
    on_message=st.booleans(),
    slack_feedback=st.booleans(),
    shared_by=st.sampled_from(["", "U0SHARER"]),
)
ASKED = Asked(answer_id="a", question="q")
FAST = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(message: Message) -> None:
    """Hold a message, and the forms it falls back to, against Slack's rules."""
    for form in (message, message.plain(), message.short()):
        assert violations_of_message(form.payload(), method="chat.postMessage") == []
        json.dumps(form.payload(), ensure_ascii=False).encode("utf-8")
    assert message.size <= MAX_MESSAGE_CHARS


def urls_in(part: Any) -> set[str]:
    """Return what any link or button of the blocks leads to."""
    if isinstance(part, dict):
        own = {part["url"]} if isinstance(part.get("url"), str) else set()
        if part.get("type") == "mrkdwn":
            own |= {target.replace("&amp;", "&") for target in re.findall(r"<(http[^|>]*)", part["text"])}
        return own.union(*(urls_in(value) for value in part.values()))
    if isinstance(part, list | tuple):
        return set().union(*(urls_in(item) for item in part))
    return set()


@FAST
@given(ANSWERS, OFFERS)
def test_an_answer_is_valid_whatever_the_catalogue_holds(answer: Answer, offer: Offer) -> None:
    """Limits, escapes, no broadcast, 8,000 characters in all, and only the catalogue's own addresses."""
    message = answer_message(answer, answer.hits, offer)
    check(message)
    own = {safe_url(hit.link.url) for hit in answer.hits}
    further = {safe_url(one.url) for hit in answer.hits for one in hit.link.further}
    assert urls_in(message.blocks) <= own | further
    if shown_urls(answer.hits):
        assert urls_in(message.blocks)


def texts_in(part: Any) -> str:
    """Return every text that a person reads in blocks, joined by line ends."""
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return "\n".join([*own, *filter(None, (texts_in(value) for value in part.values()))])
    if isinstance(part, list | tuple):
        return "\n".join(filter(None, (texts_in(item) for item in part)))
    return ""


def test_an_answer_shows_all_of_an_ordinary_link() -> None:
    """The question above; title, stars, publisher, section, description; no version and no matched words."""
    answer = answer_of([CILIUM, CALICO], more=True)
    message = answer_message(answer, answer.hits, Offer(asked=Asked(answer_id="a", question="how does it work?")))
    shown = texts_in(message.blocks)
    assert shown.startswith("Links for: \nhow does it work?\n")
    for part in ("Cilium documentation", "★★", "cilium.io · CNI > Cilium", "How Cilium works.", "updated "):
        assert part in shown
    assert "matches" not in shown
    assert "0123456789ab" not in shown
    assert "Show more" in shown
    assert "Share in the channel" not in shown
    assert urls_in(message.blocks) == {CILIUM.url, CALICO.url}
    assert message.text.startswith("2 links for “how does it work?”:\n1. ")
    assert "https://docs.cilium.io/?a=1&amp;b=2|Cilium documentation" in message.text


def test_each_link_has_its_button_beside_it() -> None:
    """One row of numbers is a riddle; a button tells Slack of the click, and leads to the catalogue's own address."""
    answer = answer_of([CILIUM, CALICO])
    message = answer_message(answer, answer.hits, Offer(asked=ASKED))
    beside = [block["accessory"] for block in message.blocks if "accessory" in block]
    assert [button["text"]["text"] for button in beside] == ["Open", "Open"]
    assert [button["url"] for button in beside] == [CILIUM.url, CALICO.url]
    assert [button["accessibility_label"] for button in beside] == ["Open Cilium documentation", "Open Calico"]
    assert len({button["action_id"] for button in beside}) == 2
    assert f"*<{CALICO.url}|Calico>*" in texts_in(message.blocks)


def test_a_reason_is_a_curators_question_and_nothing_else() -> None:
    """Which words were matched helps nobody to choose."""
    hits = [replace(hit, why=Why(words=("cilium",), section="CNI")) for hit in answer_of([CILIUM, CALICO]).hits]
    hits[1] = replace(hits[1], why=Why(words=("x",), question="what is Calico good for?"))
    shown = texts_in(answer_message(answer_of([CILIUM]), hits, Offer(asked=ASKED)).blocks)
    assert "answers “what is Calico good for?”" in shown
    assert shown.count("answers “") == 1
    assert "matches" not in shown


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("a | b", "a ∣ b"),
        ("*bold* and _so on_", "∗bold∗ and ˍso onˍ"),
        ("snake_case_name * 2", "snake_case_name * 2"),
        ("`kubectl` ~~old~~", "ˋkubectlˋ ∼∼old∼∼"),
        ("> quoted :tada:", "› quoted ∶tada∶"),
        ("10:30:45 <b>", "10∶30∶45 &lt;b&gt;"),
    ],
)
def test_a_title_is_no_markup(title: str, shown: str) -> None:
    """A bar would end the address early; the rest would style the text or become an emoji."""
    answer = answer_of([replace(CALICO, title=title, description=title)])
    message = answer_message(answer, answer.hits, Offer(asked=ASKED))
    assert f"<{CALICO.url}|{shown}>" in texts_in(message.blocks)
    assert f"<{CALICO.url}|{shown}>" in message.text
    described = shown.replace("∣", "|")
    assert f"\n{described}" in texts_in(message.blocks)


def test_an_answer_in_home_leaves_the_question_to_the_search_box() -> None:
    """It stands there already."""
    answer = answer_of([CILIUM])
    home = answer_message(answer, answer.hits, Offer(asked=ASKED, on_message=False))
    assert "Links for" not in texts_in(home.blocks)


def test_a_mended_question_is_shown() -> None:
    """Whoever mistyped sees what was searched for."""
    answer = answer_of([CILIUM], asked="cilium", corrected=True)
    message = answer_message(answer, answer.hits, Offer(asked=ASKED))
    assert "Searched for “cilium”" in json.dumps(message.blocks, ensure_ascii=False)
    assert message.text.startswith("Searched for “cilium”.")


def test_a_doubtful_answer_says_so_before_its_links() -> None:
    """In words, for eyes and for screen readers; there is no more to show of what is in doubt."""
    answer = answer_of([CILIUM, CALICO], verdict=Verdict.PERHAPS, more=True)
    message = answer_message(answer, answer.offered, Offer(asked=ASKED, can_share=True))
    lead = "Not sure, but these may be near:"
    assert texts_in(message.blocks).startswith(f"Perhaps for: \nq\n{lead}\n")
    assert message.text.startswith(f"Perhaps for “q”. {lead}\n1. ")
    assert "Show more" not in json.dumps(message.blocks)
    assert "Share in the channel" in json.dumps(message.blocks)
    one = answer_message(answer, answer.offered[:1], Offer(asked=ASKED))
    assert one.text.startswith("Perhaps for “q”. Not sure, but this may be near:\n1. ")
    shared = answer_message(answer, answer.offered, Offer(asked=ASKED, shared_by="U0SHARER"))
    assert texts_in(shared.blocks).startswith(" shared these links, which may be near:\n\nPerhaps for: \nq\n")
    assert shared.text.startswith("<@U0SHARER> shared 2 links, which may be near, for “q”:\n1. ")
    sure = answer_message(answer_of([CILIUM]), answer.offered[:1], Offer(asked=ASKED, shared_by="U0SHARER"))
    assert texts_in(sure.blocks).startswith(" shared these links:\n\nLinks for: \nq\n")


def test_a_sure_answer_has_no_word_of_doubt() -> None:
    """Its links follow the question."""
    message = answer_message(answer_of([CILIUM]), answer_of([CILIUM]).hits, Offer(asked=ASKED))
    assert "may be near" not in json.dumps(message.blocks) + message.text
    assert "erhaps" not in json.dumps(message.blocks) + message.text
    assert urls_in(message.blocks[1]) == {CILIUM.url}


def test_nothing_names_the_nearest_misses_as_such() -> None:
    """Three at most, after the sentence that there is no good link, and before the buttons to suggest one."""
    links = [replace(CALICO, url=f"https://c.example/{number}", title=f"C{number}") for number in range(5)]
    answer = answer_of(links, verdict=Verdict.NOTHING)
    message = nothing_message(answer, question="q", catalogue="Tiny", can_suggest=True)
    assert message.text.startswith("I have no good link for that in Tiny.")
    assert "\nThe nearest misses, probably not what you need:\n• <https://c.example/0|C0>\n• " in message.text
    assert urls_in(message.blocks) == {link.url for link in links[:3]}
    assert [block["type"] for block in message.blocks] == [
        *("rich_text", "section", "rich_text"),
        *("context", "actions", "context", "actions"),
    ]
    assert texts_in(message.blocks).startswith("You asked: \nq\n")
    assert "CNI" in json.dumps(message.blocks[2])
    (nearest,) = message.blocks[4]["elements"]
    assert nearest["text"]["text"] == "CNI"
    assert nearest["action_id"].startswith("browse_section:")
    one = nothing_message(answer_of(links[:1], verdict=Verdict.NOTHING), question="q", catalogue="", can_suggest=False)
    assert "The nearest miss, probably" in one.text
    assert [block["type"] for block in one.blocks] == ["rich_text", "section", "rich_text"]
    none = nothing_message(answer_of([]), question="q", catalogue="Tiny", can_suggest=True)
    assert "nearest" not in none.text + json.dumps(none.blocks)


@FAST
@given(st.lists(LINKS, max_size=5), HOSTILE)
def test_near_misses_are_valid_whatever_the_catalogue_holds(links: list[Link], question: str) -> None:
    """Only the catalogue's own addresses, and only those that may be followed; as many as fit."""
    answer = replace(answer_of(links, asked=question, verdict=Verdict.NOTHING), corrected=True)
    message = nothing_message(answer, question=question, catalogue=question, can_suggest=True)
    check(message)
    assert urls_in(message.blocks) <= {safe_url(link.url) for link in links[:3]}


def test_a_link_that_may_not_be_followed_is_left_out_and_the_rest_is_numbered_on() -> None:
    """Numbers on the buttons are those of the list."""
    bad = Link(url="javascript:alert(1)", title="bad")
    answer = answer_of([bad, CILIUM])
    message = answer_message(answer, answer.hits, Offer(asked=Asked(answer_id="a", question="q", offset=5)))
    assert "bad" not in json.dumps(message.blocks)
    assert "6. <https://docs.cilium.io" in message.text


@FAST
@given(HOSTILE, HOSTILE)
def test_short_messages_are_valid_whatever_was_asked(question: str, name: str) -> None:
    """Nothing found, help, usage, apology, and what is sent elsewhere."""
    answer = answer_of([], asked=question, corrected=True)
    check(nothing_message(answer, question=question, catalogue=name, can_suggest=True))
    check(help_message(command="/links", catalogue=name, examples=[question] * 4, mention="UBOT", section_name="dns"))
    check(verdict_message(question, helpful=False, can_suggest=True))
    check(usage_message(question, command="/links"))
    check(apology_message(Reference("0123abcd")))
    check(apology_message(Reference("0123abcd")).elsewhere("not_in_channel"))


@FAST
@given(st.lists(LINKS, max_size=12), HOSTILE)
def test_home_is_valid_whatever_the_catalogue_holds(links: list[Link], name: str) -> None:
    """With an answer under the search box, and with a section."""
    info = CatalogueInfo(
        name=name,
        version="0123",
        built_at=BUILT_AT,
        link_count=3,
        sections=tuple((link.section, 1) for link in links) + tuple(((f"s{n}",), 1) for n in range(120)),
    )
    answer = answer_of(links)
    message = answer_message(answer, answer.hits, Offer(asked=ASKED, on_message=False))
    own = Own(helpful=1, unhelpful=2, suggestions=(OwnSuggestion(title=name, url=name, approved=None),) * 7)
    home = Home(info=info, newest=links, examples=[name] * 3, own=own, problem="x")
    section = section_message(name, links)
    check(section)
    for result in (message.blocks, section.blocks, ()):
        assert violations_of_view(home_view(home)) == []
        assert violations_of_view(home_view(replace(home, result=result, asked=replace(ASKED, question=name)))) == []


def test_a_sections_links_name_only_other_sections() -> None:
    """The heading says its own already; a section below it is named."""
    own, deeper = replace(CILIUM, section=("CNI",)), replace(CALICO, section=("CNI", "Calico"))

    def places(name: str, *links: Link) -> list[str]:
        _, body = section_message(name, links).blocks
        return re.findall(r"^ – (.*)$", texts_in(body), re.MULTILINE)

    assert places("CNI", own, deeper) == ["CNI > Calico"]
    assert places("CNI > Calico", deeper) == places("Calico", deeper) == []
    assert places("Elsewhere", own, deeper) == ["CNI", "CNI > Calico"]


def test_a_section_with_more_links_says_how_to_search_in_it() -> None:
    """A list that just ends leads nowhere; whom a screen reader reads to hears it too."""
    whole = section_message("CNI", [CILIUM])
    assert len(whole.blocks) == 2
    first = section_message("CNI", [CILIUM], narrowed='/links section:"CNI <x>" your words')
    check(first)
    assert 'The first 1, most stars first. To search among all: /links section:"CNI <x>" your words' in texts_in(
        first.blocks
    )
    assert 'section:"CNI &lt;x&gt;" your words' in first.text


def test_home_keeps_the_question_and_offers_to_clear_it() -> None:
    """With an answer no examples, without one no Clear; the metadata says what the answer is to."""
    home = Home(examples=["how does it work?"], turn="1")
    plain = home_view(home)
    assert "how does it work?" in texts_in(plain["blocks"])
    assert "Clear" not in texts_in(plain["blocks"])
    asked = Asked(answer_id="a", question="what is Cilium?")
    view = home_view(replace(home, result=plain["blocks"][:1], asked=asked, turn="2"))
    assert view["blocks"][0]["element"]["initial_value"] == "what is Cilium?"
    assert "Clear" in texts_in([view["blocks"][1]])  # beside the box, not below a long answer
    assert "how does it work?" not in texts_in(view["blocks"])
    assert Asked.of(view["private_metadata"]) == asked
    assert view["blocks"][0]["block_id"] != plain["blocks"][0]["block_id"]


def test_home_counts_the_sections_and_tells_what_became_of_suggestions() -> None:
    """Where most is, and that nobody suggests into the void."""
    sections = ((("CNI", "Cilium"), 12), (("DNS",), 3), ((), 1))
    info = CatalogueInfo(name="Tiny", version="0123", built_at=BUILT_AT, link_count=16, sections=sections)
    suggestions = tuple(
        OwnSuggestion(title=f"Page {taken}", url="https://example.org/", approved=taken)
        for taken in (None, True, False)
    )
    view = home_view(Home(info=info, own=Own(helpful=2, unhelpful=1, suggestions=suggestions)))
    shown = texts_in(view["blocks"])
    for part in ("Cilium (12)", "DNS (3)", "CNI > Cilium (12)", "All 2 sections", "16 links"):
        assert part in shown
    many = replace(info, sections=tuple(((f"s{number}",), 1) for number in range(160)))
    one = texts_in(home_view(Home(info=replace(info, link_count=1, sections=((("A",), 1),))))["blocks"])
    for part in ("1 section", "A (1)", "1 link, each chosen"):
        assert part in one
    assert "1 link." in rebuilt_message("", Rebuilt(version="v", fresh=True, first=True, links=1)).text
    assert "The 100 largest of 160 sections" in texts_in(home_view(Home(info=many))["blocks"])
    assert "2 helped you and 1 did not" in shown
    for title, state in (("None", "the curators will decide"), ("True", "taken"), ("False", "not taken")):
        assert f"Page {title}\n – {state}\n" in shown
    assert "Your feedback" not in texts_in(home_view(Home(info=info, own=Own()))["blocks"])


def test_help_is_one_screen_with_three_questions_of_the_catalogue() -> None:
    """Each is a button that asks it, and a line for who reads the text alone."""
    questions = [f"question {number}?" for number in range(4)]
    message = help_message(command="/links", catalogue="Tiny", examples=questions, mention="UBOT", section_name="dns")
    (row,) = [block for block in message.blocks if block["type"] == "actions"]
    assert [(one["text"]["text"], one["value"]) for one in row["elements"]] == [(one, one) for one in questions[:3]]
    assert len(message.blocks) <= 4
    assert "section:dns" in texts_in(message.blocks)
    assert "• /links question 2?" in message.text
    none = help_message(command="/links", catalogue="Tiny", examples=[], mention="")
    assert "Try one" not in none.text + texts_in(none.blocks)


@FAST
@given(HOSTILE, HOSTILE, LINKS)
def test_the_suggestion_form_is_valid_whatever_it_is_filled_with(text: str, url: str, link: Link) -> None:
    """The form, and what the curators get."""
    info = CatalogueInfo(
        name="x", version="0", built_at=BUILT_AT, link_count=1, sections=tuple(((f"s{n}", text), n) for n in range(120))
    )
    neighbours = (Neighbour(link=link, similarity=0.9, exact=False),)
    draft = Draft(url=url, title=text, section="s3 > x", description=text, question=text)
    assert violations_of_view(suggestion_form(draft, info, neighbours)) == []
    assert violations_of_view(suggestion_form(Draft(), None, ())) == []
    assert violations_of_view(thanks_view(to_curators=True, neighbours=neighbours)) == []
    suggestion = Suggestion(
        suggestion_id="0123",
        url=url,
        title=text,
        section=text,
        description=text,
        question=text,
        team="T1",
        user="U0ASKER",
    )
    for message in (
        curators_message(suggestion, neighbours),
        decided_message(suggestion, approved=True, by="U0CURATOR"),
        decided_message(suggestion, approved=False, by="U0CURATOR"),
    ):
        assert violations_of_message(message.payload(), method="chat.postMessage") == []


@given(st.lists(st.text(alphabet="ab\n", max_size=50), max_size=20))
def test_text_is_split_between_lines_only(lines: list[str]) -> None:
    """Each part is within its limit."""
    assert all(len(part) <= 60 for part in split_mrkdwn("\n".join(lines), 60))


def test_a_link_that_moved_keeps_its_address_and_is_marked() -> None:
    """The new address is plain text, which Slack makes no link of; a link that is fine has no mark."""
    moved = replace(CILIUM, status=Status.MOVED, moved_to="https://cilium.example/new/docs")
    dead = replace(CALICO, status=Status.DEAD)
    answer = answer_of([moved, dead, CILIUM])
    message = answer_message(answer, answer.hits, Offer(asked=ASKED))
    shown = json.dumps(message.blocks)
    assert shown.count("moved to cilium.example/new/docs") == 1
    assert shown.count("no longer there when it was last checked") == 1
    assert "https://cilium.example" not in shown
    home = json.dumps(section_message("CNI", [moved, CILIUM]).blocks)
    assert home.count("moved to cilium.example/new/docs") == 1
    assert "https://cilium.example" not in home
    inquiry = Inquiry(surface=Surface.SEARCH, text="cilium")
    reply = Reply(
        inquiry=inquiry, compose=lambda: message, ending=Ending.ANSWERED, seconds=0.0, answer=answer, hits=answer.hits
    )
    described = [row["description"] for row in results_of(reply)]
    assert described[0] == "(moved to cilium.example/new/docs) How Cilium works."
    assert described[2] == "How Cilium works."
    doubtful = replace(reply, answer=answer_of([moved, CILIUM], verdict=Verdict.PERHAPS), hits=answer.hits)
    described = [row["description"] for row in results_of(doubtful)]
    assert described[0] == "(perhaps) (moved to cilium.example/new/docs) How Cilium works."
    assert described[2] == "(perhaps) How Cilium works."


@FAST
@given(HOSTILE, HOSTILE, st.integers(0, 60))
def test_messages_of_the_curators_loop_are_valid_whatever_they_tell(name: str, told: str, count: int) -> None:
    """Written, stuck, being built, built, refused, and the week's questions."""
    suggestion = Suggestion(
        suggestion_id="s", url=name, title=told, section="", description="", question="", team="T", user="U0"
    )
    urls = (f"https://example.org/{name}",) * count
    moved = (Moved(question=told, before=name, after="", lost=True),) * count
    check(written_message(name, (told,) * min(count, 5), builds=True))
    check(stuck_message(suggestion, told))
    check(building_message(name, count, 60))
    check(stopped_message(name))
    check(rebuilt_message(name, Rebuilt(version="v", fresh=True, added=urls, removed=urls, changed=urls, moved=moved)))
    check(rebuilt_message(name, Rebuilt(problem=(told,) * count or ("x",))))
    moment = datetime(2026, 5, 4, tzinfo=UTC)
    gap = Gap(hash="0" * 64, text=told or None, count=count, last_confidence=0.1, last_asked=moment)
    groups = [GapGroup(gaps=(gap,) * (count or 1), section=name)] * (count or 1)
    check(gaps_message(groups, command="/links", doubtful=count))


def test_progress_is_counted_in_texts() -> None:
    """What a curator sees while it builds."""
    assert "40 of 1,200 texts are encoded" in building_message("", 40, 1_200).text


def test_the_form_keeps_its_memory_whatever_was_asked() -> None:
    """What was asked in vain comes back whole, however many bytes its characters have."""
    draft = Draft(url=CILIUM.url, title="x", question="\N{ROCKET}" * 500 + '"')
    view = suggestion_form(draft, None, (Neighbour(link=CALICO, similarity=0.9, exact=False),))
    assert violations_of_view(view) == []
    metadata = json.loads(view["private_metadata"])
    assert len(metadata["q"]) == 400


@pytest.mark.parametrize("fill", ["a", "&"])
@pytest.mark.parametrize("url_chars", [100, 1_500, 1_800, 1_999])
def test_what_stands_below_a_link_leaves_room_for_it(url_chars: int, fill: str) -> None:
    """A section that is too long loses the whole message, so what does not fit is left out, and the rest is shown."""
    further = tuple(Further(kind=fill * 40, url=f"https://d.example/{n}".ljust(290, "b")) for n in range(4))
    url = "https://e.example/".ljust(url_chars, "a")
    answer = answer_of([replace(CILIUM, url=url, title=fill * 150, description=fill * 220, further=further)])
    message = answer_message(answer, answer.hits, Offer(asked=Asked(question="x", answer_id="1")))
    assert violations_of_message({"channel": "C1", **message.payload()}, method="chat.postMessage") == []
    (entry,) = [block for block in message.blocks if block["type"] == "section"]
    assert entry["text"]["text"].startswith(f"*<{url}|")


@pytest.mark.parametrize("fill", ["a", "&"])
@pytest.mark.parametrize("url_chars", [100, 2_000, 2_500, 2_900, 3_000])
def test_messages_about_a_link_leave_room_for_its_address(url_chars: int, fill: str) -> None:
    """Those to curators, and to whoever suggested or reported it; the name stands alone where the address is too long."""
    url = "https://e.example/".ljust(url_chars, fill)
    about = Suggestion(
        suggestion_id="1",
        url=url,
        title=fill * 200,
        section=fill * 75,
        description=fill * 500,
        question=fill * 300,
        team="T1",
        user="U1",
        problem=Problem.BROKEN,
    )
    known = Neighbour(link=replace(CILIUM, url=url, title=fill * 150), similarity=0.9, exact=False)
    for message in (
        curators_message(about, (known,)),
        decided_message(about, approved=True, by="U1"),
        outcome_message(about, approved=False),
        found_message(Found(url=url, title=about.title), known=False),
        found_message(Found(url=url), known=True),
        report_message(about),
        reported_message(about, known=True),
        answered_message(about, mended=True),
        closed_message(about, mended=None, by="U1", written=True),
    ):
        assert violations_of_message({"channel": "C1", **message.payload()}, method="chat.postMessage") == []


def test_further_addresses_stand_below_a_link_by_their_kind() -> None:
    """At most four, and none that may not be followed."""
    further = [Further(kind="Bad", url="javascript:x")]
    further += [Further(kind=f"Demo {n}", url=f"https://d.example/{n}") for n in range(5)]
    answer = answer_of([replace(CILIUM, further=tuple(further))])
    text = json.dumps(answer_message(answer, answer.hits, Offer(asked=ASKED)).blocks)
    assert [f"https://d.example/{n}" in text for n in range(5)] == [True, True, True, False, False]
    assert "<https://d.example/2|Demo 2>" in text
    assert "javascript" not in text
