"""The help message, with examples that the catalogue can answer."""

from bot.asking.answering import Answering
from bot.blocks.notes import help_message, refusal_message
from bot.services import Services
from bot.settings import MAX_PROMPTS, Settings
from bot.slack.message import Message
from bot.slack.text import clamp, one_line
from index.catalogue.link import Link
from index.errors import BundleError
from index.types import Asks

MAX_PROMPT_CHARS = 150
#: Links looked at for questions that their curators wrote.
_LOOKED_AT = 50


async def help_for(services: Services, channel: str, *, strangers: bool) -> Message:
    """Return the help for somebody in this channel."""
    if strangers and services.settings.slack_connect == "refuse":
        return refusal_message()
    prompts = await prompts_for(services.answering, services.settings, strangers=strangers)
    sections = services.settings.for_channel(channel).sections
    return help_message(
        command=services.settings.command,
        catalogue=", ".join(sections) or _name(services.answering.asks),
        examples=prompts,
        mention=services.identity.user_id,
    )


async def prompts_for(answering: Answering, settings: Settings, *, strangers: bool) -> tuple[str, ...]:
    """Return up to four questions to offer: the setting's, or the catalogue's own; to strangers of public links."""
    if settings.suggested_prompts:
        return settings.suggested_prompts
    try:
        return await answering.run(_from_catalogue, answering.asks, strangers=strangers)
    except (BundleError, TimeoutError):
        return ()


def newest_links(asks: Asks, limit: int, *, strangers: bool) -> tuple[Link, ...]:
    """Return the newest links that these people may see."""
    if not strangers:
        return asks.newest(limit=limit)
    return tuple(link for link in asks.newest(limit=asks.info.link_count) if link.is_public)[:limit]


def _from_catalogue(asks: Asks, *, strangers: bool) -> tuple[str, ...]:
    """Take the questions that curators wrote, each of another section; then the largest sections."""
    by_section: dict[str, str] = {}
    for link in newest_links(asks, _LOOKED_AT, strangers=strangers):
        if link.questions:
            by_section.setdefault(link.section_path, link.questions[0])
    prompts = list(by_section.values())
    largest = () if strangers else sorted(asks.info.sections, key=lambda section: -section[1])
    prompts += [f"Links about {path[-1]}" for path, _ in largest if path]
    return tuple(clamp(one_line(prompt), MAX_PROMPT_CHARS) for prompt in prompts[:MAX_PROMPTS])


def _name(asks: Asks) -> str:
    try:
        return asks.info.name
    except BundleError:
        return ""
