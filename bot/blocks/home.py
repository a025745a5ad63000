"""App Home: a search box, the sections, new links, and the name of the catalogue."""

from collections.abc import Sequence
from typing import Any

from bot.blocks import parts
from bot.blocks.suggestion import section_options
from bot.slack.ids import Action
from bot.slack.message import Block, section
from bot.slack.text import clamp, one_line
from index import CatalogueInfo, Link

_MAX_QUERY_CHARS = 2_000


def home_view(
    info: CatalogueInfo | None, newest: Sequence[Link], *, result: Sequence[Block] = (), problem: str = ""
) -> dict[str, Any]:
    """Return the view; `result` is shown under the search box."""
    blocks: list[Block] = [_search_box(), *result]
    if problem:
        blocks.append(section(problem))
    if info is not None:
        if options := section_options(info):
            menu = {
                "type": "static_select",
                "action_id": Action.HOME_SECTION,
                "placeholder": parts.plain_text("Browse a section", 150),
                "options": options,
            }
            blocks += [{"type": "divider"}, parts.actions(menu)]
        if newest:
            blocks += [parts.header("What is new"), parts.link_list(newest)]
        count = f"{info.link_count:,} links"
        version = f"version {parts.short_version(info.version)} · built {parts.age(info.built_at)}"
        blocks.append(parts.context(f"{clamp(one_line(info.name), 100)} · {count} · {version}"))
    return {"type": "home", "blocks": blocks}


def _search_box() -> Block:
    return {
        "type": "input",
        "block_id": Action.HOME_SEARCH,
        "dispatch_action": True,
        "label": parts.plain_text("What are you looking for?", 2_000),
        "element": {
            "type": "plain_text_input",
            "action_id": Action.HOME_SEARCH,
            "max_length": _MAX_QUERY_CHARS,
            "placeholder": parts.plain_text("Ask as you would ask a colleague, then press Enter", 150),
            "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
        },
    }


def section_blocks(name: str, links: Sequence[Link]) -> list[Block]:
    """Return a section's best links."""
    return [parts.header(name), parts.link_list(links) if links else parts.context("There are no links here.")]
