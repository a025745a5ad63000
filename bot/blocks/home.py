"""App Home: a search box, examples, the sections, what is new, and what the person said of answers and links."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.blocks import parts
from bot.blocks.suggestion import section_options
from bot.slack.buttons import MAX_METADATA_CHARS, Asked
from bot.slack.ids import Action
from bot.slack.message import MAX_MESSAGE_CHARS, Block, Message, section
from bot.slack.text import clamp, escape, escape_clamped, mrkdwn_link, one_line, safe_url, section_label
from bot.store import Own
from index import CatalogueInfo, Link, amount

_MAX_QUERY_CHARS = 2_000
#: Buttons for the largest sections, beside the menu of all.
_MAX_SECTION_BUTTONS = 5
_MAX_OWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a person's Home shows."""

    info: CatalogueInfo | None = None
    """None when there is no index; `problem` then says so."""
    newest: Sequence[Link] = ()
    examples: Sequence[str] = ()
    own: Own | None = None
    asked: Asked | None = None
    """The question that `result` answers. It stays in the search box."""
    result: Sequence[Block] = ()
    """Shown under the search box: an answer, or the links of a section."""
    problem: str = ""
    """What is wrong just now, in a line of its own."""
    turn: str = ""
    """Anything that no earlier view had: Slack keeps what was typed into a box as long as its id stays the same."""


def home_view(home: Home) -> dict[str, Any]:
    """Return the view. Its metadata has the question, so that a click in it can be answered with the same links."""
    blocks: list[Block] = [_search_box(home)]
    if home.result:
        blocks += [parts.actions(parts.button("Clear", Action.HOME_CLEAR, label="Back to the start")), *home.result]
    elif home.examples:
        blocks += [parts.context("Try one of these:"), parts.examples([one_line(example) for example in home.examples])]
    if home.problem:
        blocks.append(section(home.problem))
    if home.info is not None:
        blocks += [*_sections(home.info), *_news(home.newest), *_own(home.own), {"type": "divider"}]
        count = f"{amount(home.info.link_count, 'link')}, each chosen by people"
        name = clamp(one_line(home.info.name), 100)
        told = f"{name} · {count} · updated {parts.age(home.info.built_at)}"
        blocks.append(parts.context(told, block_id=parts.version_id(home.info.version)))
    view: dict[str, Any] = {"type": "home", "blocks": blocks}
    if home.asked is not None:
        view["private_metadata"] = home.asked.pack(MAX_METADATA_CHARS)
    return view


def _search_box(home: Home) -> Block:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": Action.HOME_SEARCH,
        "max_length": _MAX_QUERY_CHARS,
        "placeholder": parts.plain_text("Ask as you would ask a colleague, then press Enter", 150),
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
    }
    if home.asked is not None and (question := clamp(one_line(home.asked.question), _MAX_QUERY_CHARS)):
        element["initial_value"] = question
    return {
        "type": "input",
        "block_id": f"{Action.HOME_SEARCH}:{home.turn}"[:255],
        "dispatch_action": True,
        "label": parts.plain_text("What are you looking for?", 2_000),
        "element": element,
    }


def _sections(info: CatalogueInfo) -> list[Block]:
    options = section_options(info, counts=True)
    if not options:
        return []
    menu = {
        "type": "static_select",
        "action_id": Action.HOME_SECTION,
        "placeholder": parts.plain_text(
            _told(len(options), len({section_label(path) for path, _ in info.sections if path})), 150
        ),
        "options": options,
    }
    largest = sorted(info.sections, key=lambda one: -one[1])[:_MAX_SECTION_BUTTONS]
    return [{"type": "divider"}, parts.header("Browse"), parts.actions(*parts.section_buttons(largest), menu)]


def _told(shown: int, every: int) -> str:
    if shown < every:
        return f"The {shown} largest of {every:,} sections"
    return "1 section" if every == 1 else f"All {every} sections"


def _news(newest: Sequence[Link]) -> list[Block]:
    return [{"type": "divider"}, parts.header("What is new"), parts.link_list(newest)] if newest else []


def _own(own: Own | None) -> list[Block]:
    """Return what a person said of answers, and what became of the links that the person suggested."""
    if own is None or not (own.helpful or own.unhelpful or own.suggestions):
        return []
    told = [f"{own.helpful} helped you", f"{own.unhelpful} did not"]
    elements = (
        [parts.run(f"Of the answers that you judged, {' and '.join(told)}.\n")] if own.helpful + own.unhelpful else []
    )
    for suggestion in own.suggestions[:_MAX_OWN]:
        state = {None: "the curators will decide", True: "taken", False: "not taken"}[suggestion.approved]
        url = safe_url(suggestion.url)
        title = clamp(one_line(suggestion.title) or suggestion.url, parts.MAX_TITLE_CHARS)
        elements += [parts.run("• "), parts.link(url, title) if url else parts.run(title), parts.run(f" – {state}\n")]
    return [{"type": "divider"}, parts.header("Your feedback"), parts.rich(*elements)]


def section_message(name: str, links: Sequence[Link], *, narrowed: str = "") -> Message:
    """Return a section's best links; those with an unsafe address are left out.

    Where there are more, `narrowed` is what is asked to search among all of them.
    """
    rest = f"The first {len(links)}, most stars first. To search among all: {narrowed}" if narrowed else ""
    for count in range(len(links), -1, -1):
        shown = links[:count]
        listed = [
            f"• {mrkdwn_link(url, one_line(link.title) or url, len(escape(url)) + parts.MAX_TITLE_CHARS)}"
            for link in shown
            if (url := safe_url(link.url))
        ]
        body = parts.link_list(shown, below=name) if listed else parts.context("There are no links here.")
        text = "\n".join(
            [escape_clamped(one_line(name), parts.MAX_TITLE_CHARS), *(listed or ["There are no links here."])]
        )
        more = [parts.context(rest)] if rest else []
        text = "\n".join([text, *([escape(rest)] if rest else [])])
        message = Message(text=text, blocks=(parts.header(name), body, *more))
        if message.size <= MAX_MESSAGE_CHARS:
            break
    return message
