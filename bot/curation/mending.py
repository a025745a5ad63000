"""A curator's change of a link that the catalogue has, from a form of Slack or of the curators' page."""

import secrets
from dataclasses import replace

from bot.blocks.suggestion import MAX_PROPOSED_CHARS
from bot.slack.payloads import MendedLink
from bot.slack.text import publishable, section_label
from bot.store import Mending, Suggestion
from index import Link


def mended(link: Link, entered: MendedLink, *, team: str, user: str) -> Suggestion:
    """Return the change; questions that are new are as fit to be published as those that people propose."""
    asked = (
        question if question in link.questions else publishable(question, MAX_PROPOSED_CHARS)
        for question in entered.questions
    )
    return Suggestion(
        suggestion_id=secrets.token_hex(8),
        url=link.url,
        title=entered.title,
        section=section_label(link.section) if entered.section is None else entered.section,
        description="",
        question="",
        team=team,
        user=user,
        mending=Mending(questions=tuple(dict.fromkeys(filter(None, asked))), retired=entered.retired),
    )


def changes(change: Suggestion, link: Link) -> bool:
    """Whether a link is another one after a change."""
    same = replace(
        change, title=link.title, section=section_label(link.section), mending=Mending(questions=link.questions)
    )
    return change != same
